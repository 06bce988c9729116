-- Accepts a job, unless its delivery came before or its lane is full.
--
-- ARGV[3]  names this call, so that it can be made again when its answer was lost
-- ARGV[4]  how many jobs of a lane may wait
-- ARGV[5]  id, a function of the delivery
-- ARGV[6]  lane
-- ARGV[7]  1: a push or another event of the pull request's life, 0: a mention
-- ARGV[8]  delivery
-- ARGV[9]  payload
-- Returns  {"accepted", id}, {"accepted", id, superseded id}, {"duplicate", id} or {"full", how many wait}

local call, capacity, id, lane = ARGV[3], tonumber(ARGV[4]), ARGV[5], ARGV[6]
local lifecycle = ARGV[7] == '1'

local known = load(id)
if known and known.call == call then return { 'accepted', id } end
if known and known.state ~= 'parked' then return { 'duplicate', id } end

local waiting, push = waiting_in(active(lane))
local pending = lifecycle and push or nil
if known and pending and known.position < pending.position then
  supersede(known, pending.id)
  return { 'accepted', pending.id, known.id }
end
if waiting - (pending and 1 or 0) >= capacity then return { 'full', tostring(waiting) } end

if pending then supersede(pending, id) end
local row = known or { id = id, lane = lane, lifecycle = lifecycle, attempts = 0, earlier = 0, epoch = 0 }
row.call = call
append(row)
redis.call('HSET', job_of(id), 'delivery', ARGV[8], 'payload', ARGV[9])
announce(lane)
return pending and { 'accepted', id, pending.id } or { 'accepted', id }
