-- Tells which lanes are due, or will be, in pages: other commands come between two of them, however many lanes there are.
--
-- KEYS[1]  zset of the lanes
-- KEYS[2]  hash of the lanes: what the first job of each is, and the version of the lane
-- KEYS[3]  the note that waits were shortened
-- ARGV[1]  the time in milliseconds; empty: Redis' own clock
-- ARGV[2]  how far to look back, in milliseconds: what was due before is left out. Empty: everything
-- ARGV[3]  where the page begins, as the one before it has told; empty: the first one. It is a score, which every replica
--          understands
-- Returns  {where the next page begins, empty if there is none; {{milliseconds until it is due, 0 if it is; its score: the
--          lowest waits longest; what its first job is; lane}, …}; the time in milliseconds; the note}. A lane that is there from the
--          first page to the last, and becomes due no sooner meanwhile, is in one of them at least

local size = 1000
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local from = ARGV[3]
if from == '' then from = ARGV[2] == '' and '-inf' or string.format('%.0f', now - tonumber(ARGV[2])) end
local found = reading('ZRANGEBYSCORE', KEYS[1], from, '+inf', 'WITHSCORES', 'LIMIT', 0, size)
local rest = ''
if #found == 2 * size then
  -- All lanes of the last score are in one page, so that the next one begins behind it.
  local last = found[#found]
  for _, text in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], last, last, 'WITHSCORES')) do found[#found + 1] = text end
  rest = '(' .. last
end
local lanes = {}
-- Lanes that are not in the zset: it was deleted, or Redis has lost it.
if ARGV[3] == '' and reading('HLEN', KEYS[2]) > redis.call('ZCARD', KEYS[1]) then
  for _, lane in ipairs(redis.call('HKEYS', KEYS[2])) do
    if not redis.call('ZSCORE', KEYS[1], lane) then
      lanes[#lanes + 1] = { 0, '0', redis.call('HGET', KEYS[2], lane):sub(1, 1), lane }
    end
  end
end
for index = 1, #found, 2 do
  local lane, score = found[index], found[index + 1]
  local work = (redis.call('HGET', KEYS[2], lane) or 'c'):sub(1, 1)
  lanes[#lanes + 1] = { math.max(0, tonumber(score) - now), score, work, lane }
end
local note = redis.pcall('GET', KEYS[3])
return { rest, lanes, string.format('%.0f', now), type(note) == 'string' and note or '' }
