-- Takes a place and tokens for a call: the rule `take` of CallRatesMemory.ts.
--
-- KEYS[1]  the calls that have a place, by its end
-- KEYS[2]  the tokens: a hash of level and at
-- ARGV[1]  the time in milliseconds; empty: the time of Redis
-- ARGV[2]  the call
-- ARGV[3]  how many calls may have a place; empty: any number
-- ARGV[4]  the tokens of a minute; empty: any number
-- ARGV[5]  the tokens of the call
-- ARGV[6]  for how long a place is kept, in milliseconds
-- Returns  the wait in milliseconds; -1: there is no place

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local concurrent = tonumber(ARGV[3])
if concurrent and redis.call('ZCARD', KEYS[1]) >= concurrent then return -1 end
redis.call('ZADD', KEYS[1], now + ARGV[6], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[6])

local perMinute = tonumber(ARGV[4])
if not perMinute then return 0 end
local stored = redis.call('HMGET', KEYS[2], 'level', 'at')
local level = (tonumber(stored[1]) or perMinute) + (now - (tonumber(stored[2]) or now)) * perMinute / 60000
level = math.min(perMinute, level) - ARGV[5]
redis.call('HSET', KEYS[2], 'level', string.format('%.3f', level), 'at', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[2], 3600000)
return math.ceil(math.max(0, -level) * 60000 / perMinute)
