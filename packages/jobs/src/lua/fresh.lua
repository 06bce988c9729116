-- Stores new jobs, each of a lane in which nothing waits or runs. A job that is known, or whose event or lane is, is left
-- to who called.
--
-- KEYS[1]   zset of the lanes, by when the first job of each may be taken
-- KEYS[2]   the last number that was given
-- KEYS[3]   how often something was said on the channel
-- KEYS[4]   zset of the jobs that wait, by place
-- KEYS[5]   hash of the last job of each event, while it waits or runs
-- KEYS[6]   hash of the lanes, by what the first job of each is
-- KEYS[7]   hash of the signers
-- KEYS[8…]  the lanes' lists, the jobs, and what has ended
-- ARGV[1]   the time in milliseconds; empty: Redis' own clock
-- ARGV[2]   the jobs as JSON: see RedisIntake.ts
-- Returns   {time, for each job 1 if it is stored and 0 if it is left}; only {time} if that is another day than the one
--           for which the keys are named, and {} to an untrusted process: nothing is written then

local now, plan = tonumber(ARGV[1]), cjson.decode(ARGV[2])
if untrusted(KEYS[7], plan.signer) then return {} end
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local text = string.format('%.0f', now)
local answers = { text }
if math.floor(now / 86400000) ~= plan.day then return answers end
-- Any place is below this, so any place less this is below any time.
local beyond = 2 ^ 53

local function hasEnded(keys, field)
  local names = {}
  for index, key in ipairs(keys) do names[index] = KEYS[key] end
  return whereIs(names, field) ~= ''
end

local function isNew(job)
  return redis.call('EXISTS', KEYS[job.key], KEYS[job.list]) == 0 and redis.call('HEXISTS', KEYS[5], job.event) == 0
    and not hasEnded(job.events, job.event) and not hasEnded(job.ids, job.short)
end

local last, stored = tonumber(redis.call('GET', KEYS[2]) or '0'), 0
local function store(job)
  last = following(last, now, plan.shard, plan.shards)
  local place = string.format('%.0f', last)
  redis.call('HSET', KEYS[job.key], 'v', plan.v, 'lane', job.lane, 'state', 'waiting', 'position', place, 'epoch', '0',
    'ended', '', 'r', text, 'si', text, unpack(job.set))
  redis.call('ZADD', KEYS[4], place, job.id)
  redis.call('HSET', KEYS[5], job.event, job.id)
  redis.call('RPUSH', KEYS[job.list], job.id)
  redis.call('ZADD', KEYS[1], string.format('%.0f', last - beyond), job.lane)
  redis.call('HSET', KEYS[6], job.lane, job.work)
  redis.call('PUBLISH', plan.channel, '0 ' .. job.work .. ' ' .. job.lane)
  stored = stored + 1
end

for _, job in ipairs(plan.jobs) do
  -- If the answer of a try was lost, its jobs are there.
  local isOurs = redis.call('HGET', KEYS[job.key], 'call') == plan.call
  local isStored = isOurs or isNew(job)
  if isStored and not isOurs then store(job) end
  answers[#answers + 1] = isStored and redis.call('HGET', KEYS[job.key], 'position') or '0'
end
if stored > 0 then
  redis.call('SET', KEYS[2], string.format('%.0f', last))
  redis.call('INCRBY', KEYS[3], stored)
end
return answers
