-- Looks whether the keys that the lanes of a shard share are of their types.
--
-- KEYS     those that commit.lua begins with, up to the zsets of the jobs that are done and superseded
-- Returns  an error that names the first one that is not; else OK

local wrong = wrongKey(#KEYS - 11)
return wrong and redis.error_reply(wrong) or redis.status_reply('OK')
