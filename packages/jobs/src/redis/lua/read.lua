-- Reads a lane's list and some jobs, as one step.
--
-- KEYS[1]  the lane's list
-- KEYS[2]  hash of the last job of each event, while it waits or runs
-- KEYS[3]  hash of the lanes, with the version of each
-- KEYS     then of each day, the last one first: the list of the jobs that have ended; then for each event of each day the
--          hash of the event's place in that list; then for each job asked for: the job, and of each day the hash of its
--          place
-- ARGV[1]  the time in milliseconds; empty: Redis' own clock
-- ARGV[2]  how many days
-- ARGV[3]  how many events
-- ARGV[4]  the lane
-- ARGV[5…] the fields of the events, then those of the jobs asked for
-- Returns  {time, version, ids in the list, for each event {id of its job or "", where its job that has ended is or "", its record or
--          ""}, for each job fields and values in turn, or only its record if it has ended}

local now, days, events = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if now == '' then
  local time = redis.call('TIME')
  now = string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000))
end
local function keysFrom(first) return { unpack(KEYS, first, first + days - 1) } end
local lists = keysFrom(4)
local function record(where)
  local day, place = where:match('^(%d+):(%d+)$')
  return day and redis.call('LINDEX', lists[tonumber(day)], place) or ''
end

local found = { now, reading('HGET', KEYS[3], ARGV[4]) or '', redis.call('LRANGE', KEYS[1], 0, -1), {} }
for index = 1, events do
  local field = ARGV[4 + index]
  local where = whereIs(keysFrom(4 + index * days), field)
  found[4][index] = { reading('HGET', KEYS[2], field) or '', where, record(where) }
end
for index = 5 + events, #ARGV do
  local first = 4 + (1 + events) * days + (index - 5 - events) * (1 + days)
  local fields = redis.pcall('HGETALL', KEYS[first])
  if fields.err then
    if not fields.err:find('^WRONGTYPE') then error(fields) end
    -- A job that cannot be read: it keeps nothing else of its lane from being so.
    fields = { 'state', fields.err }
  end
  if #fields == 0 then
    local ended = record(whereIs(keysFrom(first + 1), ARGV[index]))
    if ended ~= '' then fields = { ended } end
  end
  found[#found + 1] = fields
end
return found
