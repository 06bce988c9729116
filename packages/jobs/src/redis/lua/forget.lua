-- Takes a parked job out of the index when it has expired.
--
-- KEYS[1]  zset of the parked jobs
-- KEYS[2]  the job
-- ARGV[1]  id
-- Returns  1 if it had expired, else 0

if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
return redis.call('ZREM', KEYS[1], ARGV[1])
