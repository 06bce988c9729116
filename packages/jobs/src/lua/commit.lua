-- Changes the jobs of some lanes of a shard, those of each if they are still what the change was made from.
--
-- KEYS[1]   zset of the lanes, by when the first job of each may be taken; what waits for nothing has a negative score
-- KEYS[2]   the last number that was given: numbers are places and epochs
-- KEYS[3]   how often something was said on the channel
-- KEYS[4…6] zsets of the jobs that wait, run and are parked, by place
-- KEYS[7]   hash of the last job of each event, while it waits or runs
-- KEYS[8]   hash of the lanes, by what the first job of each is: a notice (n), a comment (c) or a lifecycle event (l)
-- KEYS[9]   hash of the signers
-- KEYS[10…] the lanes' lists (the ids of the jobs that wait or run, in the order of their turns), the jobs, what has
--           ended, and the events of what is parked
-- ARGV[1]   the time in milliseconds; empty: Redis' own clock
-- ARGV[2]   the changes as JSON: see RedisCommit.ts
-- ARGV[3…]  the records of the jobs that end
-- Returns   {time, then for each lane: {} if something has changed meanwhile, and {0} to an untrusted process: nothing of
--           the lane is written then; else {1, the numbers that were given}}

local now, all = tonumber(ARGV[1]), cjson.decode(ARGV[2])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local index = { waiting = KEYS[4], running = KEYS[5], parked = KEYS[6] }
-- Any place is below this, so any place less this is below any time.
local beyond = 2 ^ 53
-- By how many milliseconds the clock of a process may be wrong.
local tolerance = 1000

local function named(keys)
  local names = {}
  for index, key in ipairs(keys) do names[index] = KEYS[key] end
  return names
end

local function keep(job)
  local to = job.over
  local place = redis.call('RPUSH', KEYS[to.records], ARGV[to.record]) - 1
  redis.call('HSET', KEYS[to.ids], to.id, place)
  if to.events > 0 then redis.call('HSET', KEYS[to.events], job.event, place) end
  enter(KEYS[to.index], string.format('%s%06x', to.entry, place))
  for _, key in ipairs({ to.records, to.ids, to.events }) do
    if key > 0 then redis.call('PEXPIRE', KEYS[key], job.expire) end
  end
end

local function isUnchanged(plan)
  if plan.now and math.abs(plan.now - now) > tolerance then return false end
  if table.concat(redis.call('LRANGE', KEYS[plan.key], 0, -1), ' ') ~= plan.list then return false end
  for _, seen in ipairs(plan.seen) do
    if (redis.call('HGET', KEYS[seen[1]], 'v') or '') ~= seen[2] then return false end
  end
  -- What is new must not have come and ended meanwhile.
  for _, ended in ipairs(plan.ended) do
    if whereIs(named(ended[1]), ended[2]) ~= ended[3] then return false end
  end
  for _, event in ipairs(plan.events) do
    if (redis.call('HGET', KEYS[7], event[1]) or '') ~= event[2] then return false end
  end
  return true
end

local function commit(plan)
  if plan.signer and untrusted(KEYS[9], plan.signer) then return { 0 } end
  if not isUnchanged(plan) then return {} end

  local numbers = { 1 }
  if plan.numbers > 0 then
    local last = tonumber(redis.call('GET', KEYS[2]) or '0')
    for count = 1, plan.numbers do
      last = following(last, now, all.shard, all.shards)
      numbers[count + 1] = string.format('%.0f', last)
    end
    redis.call('SET', KEYS[2], numbers[#numbers])
  end
  local function number(text) return text:sub(1, 1) == '@' and numbers[tonumber(text:sub(2)) + 1] or text end

  for _, job in ipairs(plan.jobs) do
    local key, place = KEYS[job.key], number(job.position)
    -- Of what is over, too: the append-only file tells what became of each job.
    redis.call('HSET', key, 'v', job.v, 'lane', plan.lane, 'state', job.state, 'position', place,
      'epoch', number(job.epoch), 'ended', job.ended, unpack(job.set))
    if job.over then
      redis.call('DEL', key)
      keep(job)
    else
      if #job.del > 0 then redis.call('HDEL', key, unpack(job.del)) end
      if job.expire > 0 then redis.call('PEXPIRE', key, job.expire)
      elseif job.before == 'parked' then redis.call('PERSIST', key) end
    end
    if index[job.before] and job.before ~= job.state then redis.call('ZREM', index[job.before], job.id) end
    if index[job.state] and (job.before ~= job.state or job.position ~= place) then
      redis.call('ZADD', index[job.state], place, job.id)
    end
    if job.ended == '' then
      if job.position ~= place then redis.call('HSET', KEYS[7], job.event, job.id) end
    elseif redis.call('HGET', KEYS[7], job.event) == job.id then
      redis.call('HDEL', KEYS[7], job.event)
    end
    if job.parkedEvent > 0 then redis.call('SET', KEYS[job.parkedEvent], job.id, 'PX', job.expire) end
  end

  if table.concat(plan.order, ' ') ~= plan.list then
    redis.call('DEL', KEYS[plan.key])
    if #plan.order > 0 then redis.call('RPUSH', KEYS[plan.key], unpack(plan.order)) end
  end

  local head = plan.head
  if #head == 0 then
    redis.call('ZREM', KEYS[1], plan.lane)
    redis.call('HDEL', KEYS[8], plan.lane)
    return numbers
  end
  local score = head[1] > 0 and head[1] or tonumber(number(head[2])) - beyond
  local before = redis.call('ZSCORE', KEYS[1], plan.lane)
  local isAnother = redis.call('HGET', KEYS[8], plan.lane) ~= head[3]
  if isAnother or not before or tonumber(before) ~= score then
    redis.call('ZADD', KEYS[1], string.format('%.0f', score), plan.lane)
    if isAnother then redis.call('HSET', KEYS[8], plan.lane, head[3]) end
    -- Of a renewal nobody has to be told: who looks when the lease would have run out finds the new one.
    if not plan.quiet then
      redis.call('INCR', KEYS[3])
      redis.call('PUBLISH', all.channel, string.format('%.0f %s %s', math.max(0, head[1] - now), head[3], plan.lane))
    end
  end
  return numbers
end

local answers = { string.format('%.0f', now) }
for index, plan in ipairs(all.lanes) do answers[index + 1] = commit(plan) end
return answers
