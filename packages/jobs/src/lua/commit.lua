-- Changes the jobs of some lanes of a shard, those of each if they are still what the change was made from.
--
-- KEYS[1]   zset of the lanes, by when the first job of each may be taken; what waits for nothing has a negative score
-- KEYS[2]   the last number that was given: numbers are places and epochs
-- KEYS[3]   how many lanes were announced on the channel
-- KEYS[4…6] zsets of the jobs that wait, run and are parked, by place
-- KEYS[7]   hash of the last job of each event, while it waits or runs
-- KEYS[8]   hash of the lanes: what the first job of each is, a notice (n), a comment (c) or a lifecycle event (l), and
--           the version of the lane
-- KEYS[9]   hash of the signers
-- KEYS[10…] of each day, the last one first: the list of the jobs that have ended; then the lanes' lists (the ids of the
--           jobs that wait or run, in the order of their turns), the jobs, what has ended, and the events of what is parked
-- ARGV[1]   the time in milliseconds; empty: Redis' own clock
-- ARGV[2]   the changes as JSON: see RedisCommit.ts
-- ARGV[3…]  the records of the jobs that end
-- Returns   {time, then for each lane: {} if something has changed meanwhile, {0} to an untrusted process, and {-1} if it
--           cannot be changed: else {1, the numbers that were given}}

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

-- The days on which something has ended that is kept.
local days
local function daysOfEnds()
  if days then return days end
  days = {}
  for day = 1, all.days do
    if redis.call('EXISTS', KEYS[9 + day]) == 1 then days[#days + 1] = day end
  end
  return days
end

local function whereEnded(first, field)
  for _, day in ipairs(daysOfEnds()) do
    local place = redis.call('HGET', KEYS[first + day - 1], field)
    if place then return day .. ':' .. place end
  end
  return ''
end

local kept = {}
local function keep(job)
  local to = job.over
  local place = redis.call('RPUSH', KEYS[to.records], ARGV[to.record]) - 1
  redis.call('HSET', KEYS[to.ids], to.id, place)
  if to.events > 0 then redis.call('HSET', KEYS[to.events], job.event, place) end
  enter(KEYS[to.index], string.format('%s%06x', to.entry, place))
  for _, key in ipairs({ to.records, to.ids, to.events }) do
    if key > 0 and not kept[key] then
      redis.call('PEXPIRE', KEYS[key], job.expire)
      kept[key] = true
    end
  end
end

local function isUnchanged(plan)
  if plan.now and math.abs(plan.now - now) > tolerance then return false end
  if (redis.call('HGET', KEYS[8], plan.lane) or '') ~= plan.version then return false end
  if plan.list and table.concat(redis.call('LRANGE', KEYS[plan.key], 0, -1), ' ') ~= plan.list then return false end
  for _, seen in ipairs(plan.seen) do
    if (redis.call('HGET', KEYS[seen[1]], 'v') or '') ~= seen[2] then return false end
  end
  -- What is new must not have come and ended meanwhile.
  for _, ended in ipairs(plan.ended) do
    if whereEnded(ended[1], ended[2]) ~= ended[3] then return false end
  end
  for _, event in ipairs(plan.events) do
    if (redis.call('HGET', KEYS[7], event[1]) or '') ~= event[2] then return false end
  end
  return true
end

local function answerBefore(plan)
  if plan.signer and untrusted(KEYS[9], plan.signer) then return { 0 } end
  return isUnchanged(plan) and { 1 } or {}
end

local announced = {}

local function commit(plan, numbers)
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

  if plan.order then redis.call('DEL', KEYS[plan.key]) end
  for _, id in ipairs(plan.left) do redis.call('LREM', KEYS[plan.key], 1, id) end
  if #plan.added > 0 then redis.call('RPUSH', KEYS[plan.key], unpack(plan.added)) end

  if plan.after == '' then
    redis.call('ZREM', KEYS[1], plan.lane)
    redis.call('HDEL', KEYS[8], plan.lane)
    return
  end
  redis.call('HSET', KEYS[8], plan.lane, plan.after)
  local head = plan.head
  if #head > 0 then
    local score = head[1] > 0 and head[1] or tonumber(number(head[2])) - beyond
    redis.call('ZADD', KEYS[1], string.format('%.0f', score), plan.lane)
    -- Of a renewal nobody has to be told: who looks when the lease would have run out finds the new one.
    if not plan.quiet then
      announced[#announced + 1] = string.format('%.0f %s %s', math.max(0, head[1] - now), head[3], plan.lane)
    end
  end
end

-- The numbers of all lanes, before anything is written: none is given again, whatever becomes of it.
local answers, last = {}, nil
for position, plan in ipairs(all.lanes) do
  local answer = answerBefore(plan)
  answers[position] = answer
  if answer[1] == 1 and plan.numbers > 0 then
    last = last or tonumber(redis.call('GET', KEYS[2]) or '0')
    for count = 1, plan.numbers do
      last = following(last, now, all.shard, all.shards)
      answer[count + 1] = string.format('%.0f', last)
    end
  end
end
if last then redis.call('SET', KEYS[2], string.format('%.0f', last)) end

for position, plan in ipairs(all.lanes) do
  if answers[position][1] == 1 then
    -- A lane that cannot be changed keeps no other from it.
    local isDone, failure = pcall(commit, plan, answers[position])
    if not isDone then
      if #all.lanes == 1 then return redis.error_reply(type(failure) == 'table' and failure.err or failure) end
      answers[position] = { -1 }
    end
  end
end
if #announced > 0 then
  redis.call('INCRBY', KEYS[3], #announced)
  redis.call('PUBLISH', all.channel, table.concat(announced, '\n'))
end
return { string.format('%.0f', now), unpack(answers) }
