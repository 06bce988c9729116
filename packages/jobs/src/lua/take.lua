-- Leases the lane's first job, if it may run now. A lease of it that has run out is lost by this.
--
-- ARGV[3]  names this call, so that it can be made again when its answer was lost
-- ARGV[4]  how long the lease lasts, in milliseconds
-- ARGV[5]  lane
-- Returns  nothing, or {id, payload, epoch, attempts, earlier attempts, losses, 1 if it was cancelled or 0}

local call, lease, lane = ARGV[3], tonumber(ARGV[4]), ARGV[5]

-- What its process did not survive may be what kills it, so it waits ever longer and others get their turn.
local function rest(losses)
  if losses < 3 then return 0 end
  return math.min(1000 * 2 ^ (losses - 3), 10000)
end

local function taken(row)
  local payload = redis.call('HGET', job_of(row.id), 'payload') or ''
  return { row.id, payload, row.epoch, row.attempts, row.earlier, row.losses, is_cancelled(row) and 1 or 0 }
end

local row = first(lane)
while row do
  if row.due > now then
    announce(lane)
    return row.state == 'running' and row.call == call and taken(row) or false
  end
  if row.state == 'running' and not is_cancelled(row) then
    row.attempts, row.losses = row.attempts - 1, row.losses + 1
    row.due = now + rest(row.losses)
    give_back(row)
    row = first(lane)
  else
    local before = row.state
    if before == 'waiting' then
      row.state, row.attempts = 'running', row.attempts + 1
      -- What failed for a reason of that name was not cancelled by anybody.
      if row.reason == cancelled then row.reason = '' end
    end
    row.epoch, row.due, row.call = tick(), now + lease, call
    save(row, before)
    announce(lane)
    return taken(row)
  end
end
announce(lane)
return false
