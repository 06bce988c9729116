-- Keeps a lease alive.
--
-- ARGV[3]  id
-- ARGV[4]  epoch of the lease
-- ARGV[5]  how long it lasts from now, in milliseconds
-- Returns  "kept", "lost", or "cancelled": kept, but its work must stop

local row = load(ARGV[3])
if not row or row.state ~= 'running' or row.epoch ~= tonumber(ARGV[4]) then return 'lost' end
row.due = now + tonumber(ARGV[5])
save(row, 'running')
-- Nobody has to be told: who looks when the old one would have run out finds this one.
redis.call('ZADD', due, row.due, row.lane)
return is_cancelled(row) and 'cancelled' or 'kept'
