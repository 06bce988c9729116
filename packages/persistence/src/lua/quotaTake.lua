-- Counts a job under every quota, or under none: the rule `take` of Quotas.ts.
--
-- KEYS     of each quota: the jobs of its account, a sorted set by their instants
-- ARGV[1]  the time in milliseconds; empty: the time of Redis
-- ARGV[2]  the job
-- ARGV[3]  how long an account is kept after its last change, in milliseconds
-- ARGV[…]  of each quota: its limit, and its period, day or hour
-- Returns  0: it is counted; else the number of the quota that is used up

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local new = {}
for i = 1, #KEYS do
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', string.format('(%.0f', now - tonumber(ARGV[3])))
  if not redis.call('ZSCORE', KEYS[i], ARGV[2]) then
    local from = ARGV[3 + 2 * i] == 'day' and math.floor(now / 86400000) * 86400000 or now - 3600000
    local count = redis.call('ZCOUNT', KEYS[i], string.format('%.0f', from), '+inf')
    if count >= tonumber(ARGV[2 + 2 * i]) then return i end
    new[#new + 1] = KEYS[i]
  end
end
for _, key in ipairs(new) do
  redis.call('ZADD', key, string.format('%.0f', now), ARGV[2])
  redis.call('PEXPIRE', key, ARGV[3])
end
return 0
