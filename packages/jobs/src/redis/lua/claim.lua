-- Makes the signers of a shard's jobs those of a server that starts.
--
-- KEYS[1]  hash of the signers
-- KEYS[2]  zset of the jobs that wait
-- KEYS[3]  zset of the jobs that run
-- ARGV[1]  the signers as they were read
-- ARGV[2]  the signers
-- Returns  {0} if they have changed meanwhile, and nothing is written then; else {1, 1 if the jobs without a signature
--          are to be signed and 0 if not, the ids of the jobs to look at}

-- Before anything is written: servers without a key would be refused although this one cannot start.
for place = 2, 3 do reading('ZCARD', KEYS[place]) end
local before = reading('HGET', KEYS[1], 'keys') or ''
if before ~= ARGV[1] then return { 0 } end
if before == '' then redis.call('HSET', KEYS[1], 'adopts', '1') end
redis.call('HSET', KEYS[1], 'keys', ARGV[2])
local adopts = redis.call('HEXISTS', KEYS[1], 'adopts')
local answer = { 1, adopts }
-- From here on nothing is stored by a server without one of the keys, so that these are all. While there are two keys,
-- another server may sign with the other one, and each that starts looks once more.
if before ~= ARGV[2] or adopts == 1 or ARGV[2]:find(' ', 1, true) then
  for _, key in ipairs({ KEYS[2], KEYS[3] }) do
    for _, id in ipairs(redis.call('ZRANGE', key, 0, -1)) do answer[#answer + 1] = id end
  end
end
return answer
