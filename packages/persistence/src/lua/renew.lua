-- Keeps a lease alive.
--
-- ARGV[3]  id
-- ARGV[4]  epoch of the lease
-- ARGV[5]  how long it lasts from now, in milliseconds
-- Returns  1, or 0 if it was lost

local row = load(ARGV[3])
if not row or row.state ~= 'running' or row.epoch ~= tonumber(ARGV[4]) then return 0 end
row.due = now + tonumber(ARGV[5])
save(row, 'running')
-- Nobody has to be told: who looks when the old one would have run out finds this one.
redis.call('ZADD', due, row.due, row.lane)
return 1
