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
-- KEYS[10…] of each day, the last one first: the list of the jobs that have ended; then the zsets of those that are done and
--           superseded; then the lanes' lists (the ids of the jobs that wait or run, in the order of their turns), the
--           jobs, what has ended, and the events of what is parked
-- ARGV[1]   the time in milliseconds; empty: Redis' own clock
-- ARGV[2]   the changes as one flat list in JSON: see RedisCommit.ts
-- ARGV[3…]  the requests of the jobs, and the records of those that end
-- Returns   lines: the time and, with a 1 for each that has some, the days; then for each lane: nothing if something has
--           changed meanwhile, 0 to an untrusted process, and -1 if it cannot be changed: else 1 and the numbers that were
--           given

local now = tonumber(ARGV[1])
local plan = cjson.decode(ARGV[2])
local channel, shard, shards, signer, days, searched, count = unpack(plan, 1, 7)
-- The types of the keys that lanes share, before anything is written: what fails later leaves half of a change, and what
-- is accepted now has to be ended later.
for _, at in ipairs({ 1, 4, 5, 6, 10 + days, 11 + days }) do reading('ZCARD', KEYS[at]) end
for _, at in ipairs({ 7, 9 }) do reading('HLEN', KEYS[at]) end
for at = 2, 3 do
  local number = reading('GET', KEYS[at])
  if number and not isNumber(number) then return redis.error_reply('WRONGTYPE ' .. KEYS[at] .. ' is no number') end
end
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local index = { waiting = KEYS[4], running = KEYS[5], parked = KEYS[6] }
-- Any place is below this, so any place less this is below any time.
local beyond = 2 ^ 53
-- By how many milliseconds the clock of a process may be wrong.
local tolerance = 1000

-- A call costs more than what it does, so that all lanes share those on the keys that they share.
local function callFor(command, key, all)
  for first = 1, #all, 4000 do redis.call(command, key, unpack(all, first, math.min(first + 3999, #all))) end
end

-- The days on which something has ended that is kept. Whether a job is new is known if the keys of all of them are given.
local there, isThere = {}, {}
for day = 1, days do isThere[day] = 0 end
for one = 1, searched do
  local day = plan[7 + one]
  isThere[day] = math.min(1, reading('LLEN', KEYS[9 + day]))
  if isThere[day] == 1 then there[#there + 1] = { day, one - 1 } end
end
local areSearched = #there == redis.call('EXISTS', unpack(KEYS, 10, 9 + days))
if not areSearched then
  for day = 1, days do isThere[day] = redis.call('EXISTS', KEYS[9 + day]) end
end

local function whereEnded(first, field)
  for _, day in ipairs(there) do
    local place = redis.call('HGET', KEYS[first + day[2]], field)
    if place then return day[1] .. ':' .. place end
  end
  return ''
end

-- The places of the lanes in the plan. The versions of the lanes, and the jobs of their events, as they are now. What is
-- new has no key.
local lanes, names, digests, new = {}, {}, {}, {}
local at = 8 + searched
for lane = 1, count do
  lanes[lane] = at
  names[lane] = plan[at]
  local seen = at + 19
  local events = seen + plan[at + 12]
  for one = seen, events - 1, 2 do
    if plan[one + 1] == '' then new[#new + 1] = KEYS[plan[one]] end
  end
  for one = events, events + plan[at + 13] - 1, 2 do digests[#digests + 1] = plan[one] end
  at = at + plan[at + 18]
end
local versions = redis.call('HMGET', KEYS[8], unpack(names))
local ofEvents = #digests > 0 and redis.call('HMGET', KEYS[7], unpack(digests)) or {}
local areNew = #new == 0 or redis.call('EXISTS', unpack(new)) == 0
local nextEvent = 0

local function isUnchanged(lane, at)
  local time, list = plan[at + 4], plan[at + 6]
  local seen = at + 19
  local events = seen + plan[at + 12]
  local ended = events + plan[at + 13]
  local first = nextEvent
  nextEvent = nextEvent + plan[at + 13] / 2
  if time > 0 and math.abs(time - now) > tolerance then return false end
  if (versions[lane] or '') ~= plan[at + 2] then return false end
  if list ~= 0 and table.concat(redis.call('LRANGE', KEYS[plan[at + 1]], 0, -1), ' ') ~= list then return false end
  for one = seen, events - 1, 2 do
    local version = plan[one + 1]
    if not (areNew and version == '') and (redis.call('HGET', KEYS[plan[one]], 'v') or '') ~= version then
      return false
    end
  end
  -- What is new must not have come and ended meanwhile.
  if plan[at + 14] > 0 and not areSearched then return false end
  for one = ended, ended + plan[at + 14] - 1, 3 do
    if whereEnded(plan[one], plan[one + 1]) ~= plan[one + 2] then return false end
  end
  for one = events, ended - 1, 2 do
    first = first + 1
    if (ofEvents[first] or '') ~= plan[one + 1] then return false end
  end
  return true
end

local isUntrusted
local function answerBefore(lane, at)
  if plan[at + 5] == 1 then
    if isUntrusted == nil then isUntrusted = untrusted(KEYS[9], signer) and true or false end
    if isUntrusted then
      nextEvent = nextEvent + plan[at + 13] / 2
      return { '0' }
    end
  end
  return isUnchanged(lane, at) and { '1' } or {}
end

local function numberIn(numbers, text)
  return text:byte(1) == 64 and numbers[tonumber(text:sub(2)) + 1] or text
end

-- Sizes of the hashes of what is over, as they are read before anything of a lane is written.
local sizes = {}
local function readSize(at)
  if at > 0 and not sizes[at] then sizes[at] = reading('HLEN', KEYS[at]) end
end

-- The places of a job's fields, of those that are removed, of where it is kept if it is over, and of the next job.
local function partsOf(job)
  local set = job + 15
  local del = set + plan[job + 12]
  local over = del + plan[job + 13]
  return set, del, over, over + plan[job + 14]
end

-- Writes what is a lane's own.
local function write(at, numbers)
  local left = at + 19 + plan[at + 12] + plan[at + 13] + plan[at + 14]
  local added = left + plan[at + 16]
  local first, behind = added + plan[at + 17], at + plan[at + 18]
  local job = first
  while job < behind do
    local _, _, over, next = partsOf(job)
    if next > over then
      readSize(plan[over + 2])
      readSize(plan[over + 4])
    end
    job = next
  end
  -- First, so that where it is no list, nothing is written of a job that is refused.
  local list = KEYS[plan[at + 1]]
  if plan[at + 15] == 1 then redis.call('DEL', list) end
  for one = left, added - 1 do redis.call('LREM', list, 1, plan[one]) end
  if first > added then redis.call('RPUSH', list, unpack(plan, added, first - 1)) end
  job = first
  while job < behind do
    local place, id, _, before, state, position, epoch, version, request, ended, expire, parkedEvent =
      unpack(plan, job, job + 11)
    local set, del, over, next = partsOf(job)
    local key = KEYS[place]
    position, epoch = numberIn(numbers, position), numberIn(numbers, epoch)
    -- Of what is over, too: the append-only file tells what became of each job.
    if request > 0 then
      redis.call('HSET', key, 'v', version, 'lane', plan[at], 'state', state, 'position', position, 'epoch', epoch,
        'ended', ended, 'payload', ARGV[request + 2], unpack(plan, set, del - 1))
    else
      redis.call('HSET', key, 'v', version, 'lane', plan[at], 'state', state, 'position', position, 'epoch', epoch,
        'ended', ended, unpack(plan, set, del - 1))
    end
    if next == over then
      if over > del then redis.call('HDEL', key, unpack(plan, del, over - 1)) end
      if expire > 0 then redis.call('PEXPIRE', key, expire)
      elseif before == 'parked' then redis.call('PERSIST', key) end
    end
    if parkedEvent > 0 then redis.call('SET', KEYS[parkedEvent], id, 'PX', expire) end
    job = next
  end
end

-- What the lanes write into the keys that they share.
local leaving = { waiting = {}, running = {}, parked = {} }
local coming = { waiting = {}, running = {}, parked = {} }
local begun, over, overEvents, gone = {}, {}, {}, {}
local changedLanes, emptied, due, announced = {}, {}, {}, {}

local function note(at, numbers)
  local name, after, work = plan[at], plan[at + 3], plan[at + 11]
  local job = at + 19 + plan[at + 12] + plan[at + 13] + plan[at + 14] + plan[at + 16] + plan[at + 17]
  local behind = at + plan[at + 18]
  while job < behind do
    local key, id, event, before, state, position = unpack(plan, job, job + 5)
    local _, _, kept, next = partsOf(job)
    local place = numberIn(numbers, position)
    local from, to = leaving[before], coming[state]
    if from and before ~= state then from[#from + 1] = id end
    if to and (before ~= state or position ~= place) then
      to[#to + 1] = place
      to[#to + 1] = id
    end
    if plan[job + 9] ~= '' then
      overEvents[#overEvents + 1] = event
      over[#over + 1] = job
    elseif position ~= place then
      begun[#begun + 1] = event
      begun[#begun + 1] = id
    end
    if next > kept then gone[#gone + 1] = KEYS[key] end
    job = next
  end
  if after == '' then
    emptied[#emptied + 1] = name
    return
  end
  changedLanes[#changedLanes + 1] = name
  changedLanes[#changedLanes + 1] = after
  if work ~= '' then
    local time, position = plan[at + 9], plan[at + 10]
    due[#due + 1] = string.format('%d', time > 0 and time or tonumber(numberIn(numbers, position)) - beyond)
    due[#due + 1] = name
    -- Of a renewal nobody has to be told, nor of a lease that lasts until everybody has looked again.
    if plan[at + 7] == 0 then
      announced[#announced + 1] = string.format('%d %s %s', math.max(0, time - now), work, name)
    end
  end
end

-- Keeps what is over, for as long as its day: a key gets its time to live when it begins.
local function keepAll()
  local lists = {}
  for _, job in ipairs(over) do
    local _, _, kept, next = partsOf(job)
    if next > kept then
      local records = plan[kept + 1]
      local list = lists[records] or { expire = plan[job + 10], jobs = {}, records = {} }
      lists[records] = list
      list.jobs[#list.jobs + 1] = { job, kept }
      list.records[#list.records + 1] = ARGV[plan[kept] + 2]
    end
  end
  local entries = {}
  for records, list in pairs(lists) do
    local place = redis.call('RPUSH', KEYS[records], unpack(list.records)) - #list.records
    if place == 0 then redis.call('PEXPIRE', KEYS[records], list.expire) end
    local function put(key, field)
      redis.call('HSET', KEYS[key], field, string.format('%d', place))
      if sizes[key] == 0 then redis.call('PEXPIRE', KEYS[key], list.expire) end
      sizes[key] = 1
    end
    for _, job in ipairs(list.jobs) do
      local ids, id, events, portions, entry = unpack(plan, job[2] + 2, job[2] + 6)
      put(ids, id)
      if events > 0 then put(events, plan[job[1] + 2]) end
      local all = entries[portions] or {}
      entries[portions] = all
      all[#all + 1] = string.format('%s%06x', entry, place)
      place = place + 1
    end
  end
  for portions, all in pairs(entries) do enterAll(KEYS[portions], all) end
end

-- The numbers of all lanes, before anything is written: none is given again, whatever becomes of it.
local answers, last = {}, nil
for lane, at in ipairs(lanes) do
  local answer = answerBefore(lane, at)
  answers[lane] = answer
  if answer[1] == '1' and plan[at + 8] > 0 then
    last = last or tonumber(redis.call('GET', KEYS[2]) or '0')
    for number = 1, plan[at + 8] do
      last = following(last, now, shard, shards)
      answer[number + 1] = string.format('%d', last)
    end
  end
end
if last then redis.call('SET', KEYS[2], string.format('%d', last)) end

for lane, at in ipairs(lanes) do
  if answers[lane][1] == '1' then
    -- A lane that cannot be changed keeps no other from it.
    local isDone, failure = pcall(write, at, answers[lane])
    if isDone then
      note(at, answers[lane])
    else
      if #lanes == 1 then return redis.error_reply(type(failure) == 'table' and failure.err or failure) end
      answers[lane] = { '-1' }
    end
  end
end

if #gone > 0 then redis.call('DEL', unpack(gone)) end
if #over > 0 then
  keepAll()
  local ended = {}
  for one, id in ipairs(redis.call('HMGET', KEYS[7], unpack(overEvents))) do
    if id == plan[over[one] + 1] then ended[#ended + 1] = overEvents[one] end
  end
  callFor('HDEL', KEYS[7], ended)
end
callFor('HSET', KEYS[7], begun)
for state, key in pairs(index) do
  callFor('ZREM', key, leaving[state])
  callFor('ZADD', key, coming[state])
end
callFor('ZREM', KEYS[1], emptied)
callFor('ZADD', KEYS[1], due)
-- By its number a server knows that it has heard all before it.
if #announced > 0 then announced[#announced + 1] = string.format('#%d', redis.call('INCRBY', KEYS[3], #announced)) end
-- The versions come last: a lane that has none was written by half.
callFor('HDEL', KEYS[8], emptied)
callFor('HSET', KEYS[8], changedLanes)
if #announced > 0 then redis.call('PUBLISH', channel, table.concat(announced, '\n')) end
local lines = { string.format('%d', now) .. ' ' .. table.concat(isThere) }
for lane, answer in ipairs(answers) do lines[lane + 1] = table.concat(answer, ' ') end
return table.concat(lines, '\n')
