-- Ends a lease.
--
-- ARGV[3]  names this call, so that it can be made again when its answer was lost
-- ARGV[4]  id
-- ARGV[5]  epoch of the lease
-- ARGV[6]  Done, Park, Retry or Release
-- ARGV[7]  the outcome as JSON, or the reason
-- ARGV[8]  the delay of a retry, in milliseconds
-- Returns  1, or 0 if the lease was lost: then nothing was changed

local call, id, epoch, what, text = ARGV[3], ARGV[4], tonumber(ARGV[5]), ARGV[6], ARGV[7]

local row = load(id)
if not row then return 0 end
if row.call == call then return 1 end
if row.state ~= 'running' or row.epoch ~= epoch then return 0 end

row.call = call
if what == 'Done' then
  redis.call('HSET', job_of(id), 'outcome', text)
  finish(row, 'done', '')
elseif what == 'Park' then
  finish(row, 'parked', text)
elseif is_cancelled(row) then
  -- It waits for nobody but whoever ends what is left of its run. The lease is over, so its epoch is too.
  row.epoch, row.due = tick(), 0
  save(row, 'running')
elseif what == 'Retry' then
  row.reason, row.due = text, now + tonumber(ARGV[8])
  give_back(row)
else
  row.attempts, row.due = row.attempts - 1, 0
  give_back(row)
end
announce(row.lane)
return 1
