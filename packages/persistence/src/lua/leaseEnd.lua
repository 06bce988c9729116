-- Ends the turn of a periodic task, unless another process has the lease.
--
-- KEYS[1]  the lease: a hash of holder, until and endedAt
-- ARGV[1]  the time in milliseconds; empty: the time of Redis
-- ARGV[2]  the holder
-- Returns  1: it has ended; 0: another process has the lease

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'holder', '', 'endedAt', string.format('%.0f', now))
return 1
