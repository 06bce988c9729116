-- A parked or done job waits again.
--
-- ARGV[3]  id
-- ARGV[4]  how many jobs of a lane may wait
-- Returns  {"done"}, {"unknown"}, {"state", state, reason}, {"newer", id} or {"full", how many wait}

local row = load(ARGV[3])
if not row then return { 'unknown' } end
if row.state ~= 'parked' and row.state ~= 'done' then return { 'state', row.state, row.reason } end
local waiting, push = waiting_in(active(row.lane))
if row.lifecycle and push then return { 'newer', push.id } end
if waiting >= tonumber(ARGV[4]) then return { 'full', tostring(waiting) } end
append(row)
announce(row.lane)
return { 'done' }
