-- A waiting job is parked. A running one is marked: whoever runs it is told with the next renewal.
--
-- ARGV[3]  id
-- Returns  {"done"}, {"stopping"}, {"unknown"} or {"state", state, reason}

local row = load(ARGV[3])
if not row then return { 'unknown' } end
if row.state == 'running' then
  row.reason = cancelled
  save(row, 'running')
  return { 'stopping' }
end
if row.state ~= 'waiting' then return { 'state', row.state, row.reason } end
finish(row, 'parked', cancelled)
announce(row.lane)
return { 'done' }
