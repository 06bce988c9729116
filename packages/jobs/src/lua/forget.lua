-- Forgets jobs that ended too long ago: some of them, so that nobody waits for long.
--
-- ARGV[3]  at most how many
-- Returns  how many those were

local old = redis.call('ZRANGEBYSCORE', ended, '-inf', '(' .. string.format('%.0f', now - retention), 'LIMIT', 0, ARGV[3])
for _, id in ipairs(old) do forget(id) end
return #old
