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
-- ARGV[2]   the changes as JSON, in lists: see RedisCommit.ts
-- ARGV[3…]  the requests of the jobs, and the records of those that end
-- Returns   lines: the time and, with a 1 for each that has some, the days; then for each lane: nothing if something has
--           changed meanwhile, 0 to an untrusted process, and -1 if it cannot be changed: else 1 and the numbers that were
--           given

local now = tonumber(ARGV[1])
local channel, shard, shards, signer, days, searched, lanes = unpack(cjson.decode(ARGV[2]))
-- The types of the keys that lanes share, before anything is written: what fails later leaves half of a change, and what
-- is accepted now has to be ended later.
for _, place in ipairs({ 1, 4, 5, 6, 10 + days, 11 + days }) do reading('ZCARD', KEYS[place]) end
reading('HLEN', KEYS[7])
local isUntrusted = untrusted(KEYS[9], signer)
local counts = {}
for place = 2, 3 do
  local number = reading('GET', KEYS[place]) or '0'
  if not isNumber(number) then return redis.error_reply('WRONGTYPE ' .. KEYS[place] .. ' is no number') end
  counts[place] = tonumber(number)
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
for place, day in ipairs(searched) do
  isThere[day] = math.min(1, reading('LLEN', KEYS[9 + day]))
  if isThere[day] == 1 then there[#there + 1] = { day, place - 1 } end
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

-- A list of the plan: 0 is an empty one.
local none = {}
local function some(list) return list == 0 and none or list end

-- The versions of the lanes, and the jobs of their events, as they are now. What is new has no key.
local names, digests, new = {}, {}, {}
for place, plan in ipairs(lanes) do
  names[place] = plan[1]
  local events, seen = some(plan[9]), some(plan[8])
  for one = 1, #events, 2 do digests[#digests + 1] = events[one] end
  for one = 1, #seen, 2 do
    if seen[one + 1] == '' then new[#new + 1] = KEYS[seen[one]] end
  end
end
local versions = redis.call('HMGET', KEYS[8], unpack(names))
local ofEvents = #digests > 0 and redis.call('HMGET', KEYS[7], unpack(digests)) or {}
local areNew = #new == 0 or redis.call('EXISTS', unpack(new)) == 0
local nextEvent = 0

local function isUnchanged(place, plan)
  local at, list, seen, events, ended = plan[5], plan[7], some(plan[8]), some(plan[9]), some(plan[10])
  local first = nextEvent
  nextEvent = nextEvent + #events / 2
  if at > 0 and math.abs(at - now) > tolerance then return false end
  if (versions[place] or '') ~= plan[3] then return false end
  if list ~= 0 and table.concat(redis.call('LRANGE', KEYS[plan[2]], 0, -1), ' ') ~= list then return false end
  for one = 1, #seen, 2 do
    local version = seen[one + 1]
    if not (areNew and version == '') and (redis.call('HGET', KEYS[seen[one]], 'v') or '') ~= version then return false end
  end
  -- What is new must not have come and ended meanwhile.
  if #ended > 0 and not areSearched then return false end
  for one = 1, #ended, 3 do
    if whereEnded(ended[one], ended[one + 1]) ~= ended[one + 2] then return false end
  end
  for one = 2, #events, 2 do
    if (ofEvents[first + one / 2] or '') ~= events[one] then return false end
  end
  return true
end

local function answerBefore(place, plan)
  if plan[6] == 1 and isUntrusted then
    nextEvent = nextEvent + #some(plan[9]) / 2
    return { '0' }
  end
  return isUnchanged(place, plan) and { '1' } or {}
end

local function numberIn(numbers, text)
  return text:byte(1) == 64 and numbers[tonumber(text:sub(2)) + 1] or text
end

-- Sizes of the hashes of what is over, as they are read before anything of a lane is written.
local sizes = {}
local function readSize(at)
  if at > 0 and not sizes[at] then sizes[at] = reading('HLEN', KEYS[at]) end
end

-- Writes what is a lane's own.
local function write(plan, numbers)
  local lane = plan[1]
  for _, job in ipairs(plan[12]) do
    if job[15] ~= 0 then
      local _, _, ids, _, events = unpack(job[15])
      readSize(ids)
      readSize(events)
    end
  end
  -- First, so that where it is no list, nothing is written of a job that is refused.
  local key = KEYS[plan[2]]
  local order, left, added = unpack(some(plan[13]))
  if order == 1 then redis.call('DEL', key) end
  for _, id in ipairs(some(left or 0)) do redis.call('LREM', key, 1, id) end
  if added and added ~= 0 then redis.call('RPUSH', key, unpack(added)) end
  for _, job in ipairs(plan[12]) do
    local at, id, _, before, state, position, epoch, version, set, request, del, ended, expire, parkedEvent, over =
      unpack(job)
    local key = KEYS[at]
    if set == 0 then set = {} end
    if request > 0 then
      set[#set + 1] = 'payload'
      set[#set + 1] = ARGV[request + 2]
    end
    -- Of what is over, too: the append-only file tells what became of each job.
    redis.call('HSET', key, 'v', version, 'lane', lane, 'state', state, 'position', numberIn(numbers, position), 'epoch',
      numberIn(numbers, epoch), 'ended', ended, unpack(set))
    if over == 0 then
      if del ~= 0 then redis.call('HDEL', key, unpack(del)) end
      if expire > 0 then redis.call('PEXPIRE', key, expire)
      elseif before == 'parked' then redis.call('PERSIST', key) end
    end
    if parkedEvent > 0 then redis.call('SET', KEYS[parkedEvent], id, 'PX', expire) end
  end
end

-- What the lanes write into the keys that they share.
local leaving = { waiting = {}, running = {}, parked = {} }
local coming = { waiting = {}, running = {}, parked = {} }
local begun, over, overEvents, gone = {}, {}, {}, {}
local changedLanes, emptied, due, announced = {}, {}, {}, {}

local function note(plan, numbers)
  local lane, after, head = plan[1], plan[4], plan[14]
  for _, job in ipairs(plan[12]) do
    local id, event, before, state, position = job[2], job[3], job[4], job[5], job[6]
    local place = numberIn(numbers, position)
    local from, to = leaving[before], coming[state]
    if from and before ~= state then from[#from + 1] = id end
    if to and (before ~= state or position ~= place) then
      to[#to + 1] = place
      to[#to + 1] = id
    end
    if job[12] ~= '' then
      overEvents[#overEvents + 1] = event
      over[#over + 1] = job
    elseif position ~= place then
      begun[#begun + 1] = event
      begun[#begun + 1] = id
    end
    if job[15] ~= 0 then gone[#gone + 1] = KEYS[job[1]] end
  end
  if after == '' then
    emptied[#emptied + 1] = lane
    return
  end
  changedLanes[#changedLanes + 1] = lane
  changedLanes[#changedLanes + 1] = after
  if head ~= 0 then
    local at, position, work = unpack(head)
    due[#due + 1] = string.format('%d', at > 0 and at or tonumber(numberIn(numbers, position)) - beyond)
    due[#due + 1] = lane
    -- Of a renewal nobody has to be told, nor of a lease that lasts until everybody has looked again.
    if plan[15] == 0 then announced[#announced + 1] = string.format('%d %s %s', math.max(0, at - now), work, lane) end
  end
end

-- Keeps what is over, for as long as its day: a key gets its time to live when it begins.
local function keepAll()
  local lists = {}
  for _, job in ipairs(over) do
    local kept = job[15]
    if kept ~= 0 then
      local list = lists[kept[2]] or { first = kept[2], expire = job[13], jobs = {}, records = {} }
      lists[kept[2]] = list
      list.jobs[#list.jobs + 1] = job
      list.records[#list.records + 1] = ARGV[kept[1] + 2]
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
      local _, _, ids, id, events, portions, entry = unpack(job[15])
      put(ids, id)
      if events > 0 then put(events, job[3]) end
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
for place, plan in ipairs(lanes) do
  local answer = answerBefore(place, plan)
  answers[place] = answer
  if answer[1] == '1' and plan[11] > 0 then
    last = last or counts[2]
    for count = 1, plan[11] do
      last = following(last, now, shard, shards)
      answer[count + 1] = string.format('%d', last)
    end
  end
end
if last then redis.call('SET', KEYS[2], string.format('%d', last)) end

for place, plan in ipairs(lanes) do
  if answers[place][1] == '1' then
    -- A lane that cannot be changed keeps no other from it.
    local isDone, failure = pcall(write, plan, answers[place])
    if isDone then
      note(plan, answers[place])
    else
      if #lanes == 1 then return redis.error_reply(type(failure) == 'table' and failure.err or failure) end
      answers[place] = { '-1' }
    end
  end
end

if #gone > 0 then redis.call('DEL', unpack(gone)) end
if #over > 0 then
  keepAll()
  local ended = {}
  for place, id in ipairs(redis.call('HMGET', KEYS[7], unpack(overEvents))) do
    if id == over[place][2] then ended[#ended + 1] = overEvents[place] end
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
for place, answer in ipairs(answers) do lines[place + 1] = table.concat(answer, ' ') end
return table.concat(lines, '\n')
