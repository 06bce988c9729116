-- A waiting job is parked.
--
-- ARGV[3]  id
-- ARGV[4]  the reason
-- Returns  {"done"}, {"unknown"} or {"state", state, reason}

local row = load(ARGV[3])
if not row then return { 'unknown' } end
if row.state ~= 'waiting' then return { 'state', row.state, row.reason } end
finish(row, 'parked', ARGV[4])
announce(row.lane)
return { 'done' }
