-- Reads a lane's list and some jobs, as one step.
--
-- KEYS[1]  the lane's list
-- KEYS[2]  hash of the last job of each event, while it waits or runs
-- KEYS     then of each day, the last one first: the list of the jobs that have ended; then for each event of each day the
--          hash of the event's place in that list; then for each job asked for: the job, and of each day the hash of its
--          place
-- ARGV[1]  the time in milliseconds; empty: Redis' own clock
-- ARGV[2]  how many days
-- ARGV[3]  how many events
-- ARGV[4…] the fields of the events, then those of the jobs asked for
-- Returns  {time, ids in the list, for each event {id of its job or "", where its job that has ended is or "", its record or
--          ""}, for each job fields and values in turn, or only its record if it has ended}

local now, days, events = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if now == '' then
  local time = redis.call('TIME')
  now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
end
local function keysFrom(first) return { unpack(KEYS, first, first + days - 1) } end
local lists = keysFrom(3)
local function record(where)
  local day, place = where:match('^(%d+):(%d+)$')
  return day and redis.call('LINDEX', lists[tonumber(day)], place) or ''
end

local found = { now, redis.call('LRANGE', KEYS[1], 0, -1), {} }
for index = 1, events do
  local field = ARGV[3 + index]
  local where = whereIs(keysFrom(3 + index * days), field)
  found[3][index] = { redis.call('HGET', KEYS[2], field) or '', where, record(where) }
end
for index = 4 + events, #ARGV do
  local first = 3 + (1 + events) * days + (index - 4 - events) * (1 + days)
  local fields = redis.call('HGETALL', KEYS[first])
  if #fields == 0 then
    local ended = record(whereIs(keysFrom(first + 1), ARGV[index]))
    if ended ~= '' then fields = { ended } end
  end
  found[#found + 1] = fields
end
return found
