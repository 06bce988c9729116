-- Tells which lanes are due, or will be.
--
-- ARGV[3]  how far to look back, in milliseconds: what was due before is left out. Empty: everything
-- Returns  {milliseconds until it is due, 0 if it is; lane; the next one's; …}, the longest waiting first

local from = ARGV[3] == '' and '-inf' or string.format('%.0f', now - tonumber(ARGV[3]))
local found = redis.call('ZRANGEBYSCORE', due, from, '+inf', 'WITHSCORES')
local lanes = {}
for index = 1, #found, 2 do
  lanes[index] = math.max(0, tonumber(found[index + 1]) - now)
  lanes[index + 1] = found[index]
end
return lanes
