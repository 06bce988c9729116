-- Gives the place of a call back, and corrects its tokens: the rule `giveBack` of CallRatesMemory.ts.
--
-- KEYS     as in rateTake.lua
-- ARGV[1]  the call
-- ARGV[2]  the tokens that it took too many; negative: too few

redis.call('ZREM', KEYS[1], ARGV[1])
if redis.call('EXISTS', KEYS[2]) == 1 then redis.call('HINCRBYFLOAT', KEYS[2], 'level', ARGV[2]) end
return 0
