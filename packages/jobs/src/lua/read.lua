-- Reads a lane's list and some jobs, as one step.
--
-- KEYS[1]   the lane's list
-- KEYS[2]   the event's key
-- KEYS[3…]  jobs
-- ARGV[1]   the time in milliseconds; empty: Redis' own clock
-- Returns   {time, ids in the list, id of the event's job or "", fields and values of each job in turn}

local now = ARGV[1]
if now == '' then
  local time = redis.call('TIME')
  now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
end
local found = { now, redis.call('LRANGE', KEYS[1], 0, -1), redis.call('GET', KEYS[2]) or '' }
for index = 3, #KEYS do found[index + 1] = redis.call('HGETALL', KEYS[index]) end
return found
