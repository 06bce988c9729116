-- Tells which lanes are due, or will be. All lanes are told in pages: other commands come between two of them, however
-- many lanes there are.
--
-- KEYS[1]  zset of the lanes
-- KEYS[2]  hash of the lanes: what the first job of each is, and the version of the lane
-- ARGV[1]  the time in milliseconds; empty: Redis' own clock
-- ARGV[2]  how far to look back, in milliseconds: what was due before is left out, and there is one page. Empty: everything
-- ARGV[3]  cursor of the page; 0: the first one
-- Returns  {cursor of the next page, 0 if there is none; {{milliseconds until it is due, 0 if it is; its score: the lowest
--          waits longest; what its first job is; lane}, …}}. A lane that is there from the first page to the last is in
--          one of them at least

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local cursor, found
if ARGV[2] == '' then
  local page = redis.call('ZSCAN', KEYS[1], ARGV[3], 'COUNT', 1000)
  cursor, found = page[1], page[2]
else
  local from = string.format('%.0f', now - tonumber(ARGV[2]))
  cursor, found = '0', redis.call('ZRANGEBYSCORE', KEYS[1], from, '+inf', 'WITHSCORES')
end
local lanes = {}
for index = 1, #found, 2 do
  local lane, score = found[index], found[index + 1]
  local work = (redis.call('HGET', KEYS[2], lane) or 'c'):sub(1, 1)
  lanes[#lanes + 1] = { math.max(0, tonumber(score) - now), score, work, lane }
end
return { cursor, lanes }
