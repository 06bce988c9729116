-- What the scripts of the queue share: its keys, and the steps that they are made of. The text of one of them follows.
--
-- KEYS[1]  the hash tag that every key starts with. One slot holds the whole queue, so that a step may touch any of it.
-- ARGV[1]  the time, in milliseconds; empty: Redis' own clock, the one that all processes share.
-- ARGV[2]  how long an ended job is kept, in milliseconds.
--
-- <tag>:queue:<lane>  list   the ids of the lane's jobs that wait or run, in their order; only the first may run
-- <tag>:job:<id>      hash   a job. It expires some time after its end, in case that nobody sweeps it away before
-- <tag>:due           zset   the lanes, by the time at which the first job of each may be taken: when its delay has
--                            passed or its lease has run out. What waits for nothing has a negative score, the smaller
--                            the longer it waits
-- <tag>:is:<state>    zset   the jobs in a state, by their place in the order of arrival
-- <tag>:ended         zset   the jobs that have ended, by when
-- <tag>:tick          string the last number that was given: they are places and epochs
-- <tag>:changes       string how often something was said on the channel
-- <tag>:ready         channel: "<milliseconds until it is due> <lane>", whenever that changes

local root = KEYS[1]
local retention = tonumber(ARGV[2])
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

local day = 86400000
-- Any place is below this, so any place less this is below any time.
local beyond = 2 ^ 53

-- Why a cancelled job is parked; and while it still runs, what marks it.
local cancelled = 'cancelled'

local function queue_of(lane) return root .. ':queue:' .. lane end
local function job_of(id) return root .. ':job:' .. id end
local function is(state) return root .. ':is:' .. state end
local due = root .. ':due'
local ended = root .. ':ended'

local fields = {
  'lane', 'lifecycle', 'state', 'position', 'attempts', 'earlier', 'losses', 'due', 'epoch', 'ended', 'call', 'reason'
}
local numbers = { position = 1, attempts = 1, earlier = 1, losses = 1, due = 1, epoch = 1, ended = 1 }

-- Forgets a job, whatever is left of it.
local function forget(id)
  for _, state in ipairs({ 'done', 'superseded', 'parked' }) do redis.call('ZREM', is(state), id) end
  redis.call('ZREM', ended, id)
  redis.call('DEL', job_of(id))
end

-- A job without its payload; nil if there is none, or if it ended too long ago.
local function load(id)
  local values = redis.call('HMGET', job_of(id), unpack(fields))
  if not values[1] then return nil end
  local row = { id = id }
  for index, field in ipairs(fields) do
    row[field] = numbers[field] and tonumber(values[index]) or values[index]
  end
  row.lifecycle = row.lifecycle == '1'
  if row.ended > 0 and row.ended < now - retention then
    forget(id)
    return nil
  end
  return row
end

-- Stores what has changed of a job, and moves it to the index of its state. `before`: the state that it had, if any.
local function save(row, before)
  redis.call('HSET', job_of(row.id),
    'lane', row.lane, 'lifecycle', row.lifecycle and '1' or '0', 'state', row.state, 'position', row.position,
    'attempts', row.attempts, 'earlier', row.earlier, 'losses', row.losses, 'due', row.due, 'epoch', row.epoch,
    'ended', row.ended, 'call', row.call, 'reason', row.reason)
  if before and before ~= row.state then redis.call('ZREM', is(before), row.id) end
  redis.call('ZADD', is(row.state), row.position, row.id)
end

-- A number larger than every one before it. It is not smaller than the time either: should Redis come back without the
-- last numbers that it gave, it gives none of them again.
local function tick()
  local last = math.max(tonumber(redis.call('GET', root .. ':tick') or '0') + 1, now)
  redis.call('SET', root .. ':tick', last)
  return last
end

-- The lane's jobs that wait or run. An id without its job, which nothing of ours leaves behind, is removed.
local function active(lane)
  local rows = {}
  for _, id in ipairs(redis.call('LRANGE', queue_of(lane), 0, -1)) do
    local row = load(id)
    if row then rows[#rows + 1] = row else redis.call('LREM', queue_of(lane), 0, id) end
  end
  return rows
end

local function first(lane)
  local id = redis.call('LINDEX', queue_of(lane), 0)
  if not id then return nil end
  return load(id) or active(lane)[1]
end

-- The jobs of these that wait, and the one of them that a newer push replaces.
local function waiting_in(rows)
  local waiting, push = 0, nil
  for _, row in ipairs(rows) do
    if row.state == 'waiting' then
      waiting = waiting + 1
      if row.lifecycle then push = row end
    end
  end
  return waiting, push
end

local function finish(row, state, reason)
  local before = row.state
  row.state, row.reason, row.ended = state, reason, now
  save(row, before)
  redis.call('LREM', queue_of(row.lane), 1, row.id)
  redis.call('ZADD', ended, now, row.id)
  redis.call('PEXPIRE', job_of(row.id), retention + day)
end

local function supersede(row, by) finish(row, 'superseded', 'job ' .. by .. ' is newer') end

-- A job waits at the end of its lane, as if nobody had tried it; but for the numbers that must not be given twice.
local function append(row)
  local before = row.state
  row.earlier = row.earlier + row.attempts
  row.attempts, row.losses, row.due, row.ended = 0, 0, 0, 0
  row.state, row.position, row.reason = 'waiting', tick(), ''
  save(row, before)
  redis.call('HDEL', job_of(row.id), 'outcome')
  redis.call('PERSIST', job_of(row.id))
  redis.call('ZREM', ended, row.id)
  redis.call('RPUSH', queue_of(row.lane), row.id)
end

-- A job that ran waits again in its old place; unless a newer push waits by now, which makes it needless.
local function give_back(row)
  if row.lifecycle then
    local _, newer = waiting_in(active(row.lane))
    if newer then return supersede(row, newer.id) end
  end
  row.state = 'waiting'
  save(row, 'running')
end

-- Whether somebody has cancelled a job that runs.
local function is_cancelled(row) return row.state == 'running' and row.reason == cancelled end

-- Brings the index of the lanes up to date, and tells everybody when this one is to be looked at.
local function announce(lane)
  local head = first(lane)
  if not head then
    redis.call('ZREM', due, lane)
    return
  end
  local score = head.due > 0 and head.due or head.position - beyond
  local before = redis.call('ZSCORE', due, lane)
  if before and tonumber(before) == score then return end
  redis.call('ZADD', due, string.format('%.0f', score), lane)
  redis.call('INCR', root .. ':changes')
  redis.call('PUBLISH', root .. ':ready', string.format('%.0f %s', math.max(0, head.due - now), lane))
end
