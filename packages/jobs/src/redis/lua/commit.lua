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
-- ARGV[2]   the changes as JSON, in lists: see RedisCommit.ts
-- ARGV[3…]  the requests of the jobs, and the records of those that end
-- Returns   lines: the time and, with a 1 for each that has some, the days; then for each lane: nothing if something has
--           changed meanwhile, 0 to an untrusted process, and -1 if it cannot be changed: else 1 and the numbers that were
--           given

local now = tonumber(ARGV[1])
local channel, shard, shards, signer, days, searched, lanes = unpack(cjson.decode(ARGV[2]))
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local index = { waiting = KEYS[4], running = KEYS[5], parked = KEYS[6] }
-- Any place is below this, so any place less this is below any time.
local beyond = 2 ^ 53
-- By how many milliseconds the clock of a process may be wrong.
local tolerance = 1000

-- The days on which something has ended that is kept. Whether a job is new is known if the keys of all of them are given.
local there, isThere, left = {}, {}, 0
for day = 1, days do
  isThere[day] = redis.call('EXISTS', KEYS[9 + day])
  left = left + isThere[day]
end
for place, day in ipairs(searched) do
  if isThere[day] == 1 then there[#there + 1] = { day, place - 1 } end
end
local areSearched = #there == left

local function whereEnded(first, field)
  for _, day in ipairs(there) do
    local place = redis.call('HGET', KEYS[first + day[2]], field)
    if place then return day[1] .. ':' .. place end
  end
  return ''
end

local kept = {}
local function keep(over, event, expire)
  local record, records, ids, id, events, entries, entry = unpack(over)
  local place = redis.call('RPUSH', KEYS[records], ARGV[record + 2]) - 1
  redis.call('HSET', KEYS[ids], id, place)
  if events > 0 then redis.call('HSET', KEYS[events], event, place) end
  enter(KEYS[entries], string.format('%s%06x', entry, place))
  for _, key in ipairs({ records, ids, events }) do
    if key > 0 and not kept[key] then
      redis.call('PEXPIRE', KEYS[key], expire)
      kept[key] = true
    end
  end
end

local function isUnchanged(lane, key, version, at, list, seen, events, ended)
  if at > 0 and math.abs(at - now) > tolerance then return false end
  if (redis.call('HGET', KEYS[8], lane) or '') ~= version then return false end
  if list ~= 0 and table.concat(redis.call('LRANGE', KEYS[key], 0, -1), ' ') ~= list then return false end
  for one = 1, #seen, 2 do
    if (redis.call('HGET', KEYS[seen[one]], 'v') or '') ~= seen[one + 1] then return false end
  end
  -- What is new must not have come and ended meanwhile.
  if #ended > 0 and not areSearched then return false end
  for one = 1, #ended, 3 do
    if whereEnded(ended[one], ended[one + 1]) ~= ended[one + 2] then return false end
  end
  for one = 1, #events, 2 do
    if (redis.call('HGET', KEYS[7], events[one]) or '') ~= events[one + 1] then return false end
  end
  return true
end

local isUntrusted
local function answerBefore(lane, key, version, _, at, trusted, list, seen, events, ended)
  if trusted == 1 then
    if isUntrusted == nil then isUntrusted = untrusted(KEYS[9], signer) and true or false end
    if isUntrusted then return { '0' } end
  end
  return isUnchanged(lane, key, version, at, list, seen, events, ended) and { '1' } or {}
end

local announced = {}

local function change(lane, job, number)
  local at, id, event, before, state, position, epoch, version, set, request, del, ended, expire, parkedEvent, over =
    unpack(job)
  local key, place = KEYS[at], number(position)
  if request > 0 then
    set[#set + 1] = 'payload'
    set[#set + 1] = ARGV[request + 2]
  end
  -- Of what is over, too: the append-only file tells what became of each job.
  redis.call('HSET', key, 'v', version, 'lane', lane, 'state', state, 'position', place, 'epoch', number(epoch), 'ended',
    ended, unpack(set))
  if over ~= 0 then
    redis.call('DEL', key)
    keep(over, event, expire)
  else
    if #del > 0 then redis.call('HDEL', key, unpack(del)) end
    if expire > 0 then redis.call('PEXPIRE', key, expire)
    elseif before == 'parked' then redis.call('PERSIST', key) end
  end
  if index[before] and before ~= state then redis.call('ZREM', index[before], id) end
  if index[state] and (before ~= state or position ~= place) then redis.call('ZADD', index[state], place, id) end
  if ended == '' then
    if position ~= place then redis.call('HSET', KEYS[7], event, id) end
  elseif redis.call('HGET', KEYS[7], event) == id then
    redis.call('HDEL', KEYS[7], event)
  end
  if parkedEvent > 0 then redis.call('SET', KEYS[parkedEvent], id, 'PX', expire) end
end

local function commit(plan, numbers)
  local lane, key, after, jobs, edits, head, quiet = plan[1], KEYS[plan[2]], plan[4], plan[12], plan[13], plan[14], plan[15]
  local function number(text)
    return text:byte(1) == 64 and numbers[tonumber(text:sub(2)) + 1] or text
  end
  for _, job in ipairs(jobs) do change(lane, job, number) end

  local order, left, added = unpack(edits)
  if order == 1 then redis.call('DEL', key) end
  for _, id in ipairs(left) do redis.call('LREM', key, 1, id) end
  if #added > 0 then redis.call('RPUSH', key, unpack(added)) end

  if after == '' then
    redis.call('ZREM', KEYS[1], lane)
    redis.call('HDEL', KEYS[8], lane)
    return
  end
  redis.call('HSET', KEYS[8], lane, after)
  if #head > 0 then
    local due, position, work = unpack(head)
    local score = due > 0 and due or tonumber(number(position)) - beyond
    redis.call('ZADD', KEYS[1], string.format('%.0f', score), lane)
    -- Of a renewal nobody has to be told: who looks when the lease would have run out finds the new one.
    if quiet == 0 then announced[#announced + 1] = string.format('%.0f %s %s', math.max(0, due - now), work, lane) end
  end
end

-- The numbers of all lanes, before anything is written: none is given again, whatever becomes of it.
local answers, last = {}, nil
for place, plan in ipairs(lanes) do
  local answer = answerBefore(unpack(plan, 1, 10))
  answers[place] = answer
  if answer[1] == '1' and plan[11] > 0 then
    last = last or tonumber(redis.call('GET', KEYS[2]) or '0')
    for count = 1, plan[11] do
      last = following(last, now, shard, shards)
      answer[count + 1] = string.format('%.0f', last)
    end
  end
end
if last then redis.call('SET', KEYS[2], string.format('%.0f', last)) end

for place, plan in ipairs(lanes) do
  if answers[place][1] == '1' then
    -- A lane that cannot be changed keeps no other from it.
    local isDone, failure = pcall(commit, plan, answers[place])
    if not isDone then
      if #lanes == 1 then return redis.error_reply(type(failure) == 'table' and failure.err or failure) end
      answers[place] = { '-1' }
    end
  end
end
if #announced > 0 then
  -- By its number a server knows that it has heard all before it.
  announced[#announced + 1] = string.format('#%.0f', redis.call('INCRBY', KEYS[3], #announced))
  redis.call('PUBLISH', channel, table.concat(announced, '\n'))
end
local lines = { string.format('%.0f', now) .. ' ' .. table.concat(isThere) }
for place, answer in ipairs(answers) do lines[place + 1] = table.concat(answer, ' ') end
return table.concat(lines, '\n')
