-- Tells which lanes are due, or will be.
--
-- KEYS[1]  zset of the lanes
-- KEYS[2]  hash of the lanes: what the first job of each is, and the version of the lane
-- ARGV[1]  the time in milliseconds; empty: Redis' own clock
-- ARGV[2]  how far to look back, in milliseconds: what was due before is left out. Empty: everything
-- Returns  {{milliseconds until it is due, 0 if it is; what its first job is; lane}, …}, the longest waiting first

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local from = ARGV[2] == '' and '-inf' or string.format('%.0f', now - tonumber(ARGV[2]))
local found = redis.call('ZRANGEBYSCORE', KEYS[1], from, '+inf', 'WITHSCORES')
local lanes = {}
for index = 1, #found, 2 do
  local lane, score = found[index], tonumber(found[index + 1])
  lanes[#lanes + 1] = { math.max(0, score - now), (redis.call('HGET', KEYS[2], lane) or 'c'):sub(1, 1), lane }
end
return lanes
