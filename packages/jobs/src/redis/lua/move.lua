#!lua flags=allow-oom
-- Takes a job out of the queue as version 0.1 kept it, if nobody runs it there. It is among those that move until it is
-- in the queue of today.
--
-- KEYS[1]  the lane's list
-- KEYS[2]  the job
-- KEYS[3]  zset of the lanes
-- KEYS[4]  zset of the jobs that wait
-- KEYS[5]  zset of the jobs that run
-- KEYS[6]  set of the jobs that move
-- ARGV[1]  id
-- ARGV[2]  lane
-- ARGV[3]  the time in milliseconds; empty: Redis' own clock
-- Returns  1 if it moves, else 0

local id, now = ARGV[1], tonumber(ARGV[3])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
if redis.call('SISMEMBER', KEYS[6], id) == 1 then return 1 end
local state, due = unpack(redis.call('HMGET', KEYS[2], 'state', 'due'))
if state ~= 'waiting' and not (state == 'running' and tonumber(due) <= now) then return 0 end
redis.call('SADD', KEYS[6], id)
redis.call('HSET', KEYS[2], 'state', 'superseded', 'reason', 'moved', 'ended', now)
redis.call('PEXPIRE', KEYS[2], 604800000)
redis.call('LREM', KEYS[1], 0, id)
redis.call('ZREM', KEYS[4], id)
redis.call('ZREM', KEYS[5], id)
if redis.call('LLEN', KEYS[1]) == 0 then redis.call('ZREM', KEYS[3], ARGV[2]) end
return 1
