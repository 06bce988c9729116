-- Takes the lease of a periodic task, or extends it: the rule `waitMillis` of PeriodicLease.ts.
--
-- KEYS[1]  the lease: a hash of holder, until and endedAt
-- ARGV[1]  the time in milliseconds; empty: the time of Redis
-- ARGV[2]  the holder
-- ARGV[3]  the interval, and [4] how long the lease lasts, in milliseconds
-- Returns  0: it is taken; else the milliseconds to wait

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local interval, lasts = tonumber(ARGV[3]), tonumber(ARGV[4])
local lease = redis.call('HMGET', KEYS[1], 'holder', 'until', 'endedAt')
local holder, ended = lease[1] or '', tonumber(lease[3] or 0)

local wait = 0
if holder ~= '' and holder ~= ARGV[2] then wait = math.min(tonumber(lease[2]) - now, lasts) end
if ended ~= 0 then wait = math.max(wait, math.min(ended - now, 0) + interval) end
if wait > 0 then return wait end

redis.call('HSET', KEYS[1], 'holder', ARGV[2], 'until', string.format('%.0f', now + lasts))
redis.call('PEXPIRE', KEYS[1], 2 * interval + 2 * lasts)
return 0
