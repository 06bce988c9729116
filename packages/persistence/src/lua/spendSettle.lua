-- Replaces a call's reservation by its cost, or gives back what a task holds: the rules `settle` and `release` of
-- SpendTable.ts.
--
-- KEYS[1]  the task's hold: a hash of call, amount, day, range and settled
-- KEYS[2]  the costs of the day of the hold: a hash, by names
-- KEYS[3…] of each account: its total on that day
-- ARGV[1]  the day of the hold
-- ARGV[2]  the number of the call; empty: give back what is held
-- ARGV[3]  what the task goes on holding
-- ARGV[4]  for how long the hold, and [5] the costs are kept, in milliseconds
-- ARGV[6]  the names of the costs
-- ARGV[7]  what was spent; ARGV[8…] lost, calls, unpriced, and tokens by kind
-- ARGV[…]  of each account: for how long its total is kept
-- Returns  1: it was done; 0: it had been done before

local hold = redis.call('HMGET', KEYS[1], 'call', 'amount', 'day', 'settled')
if not hold[1] or hold[3] ~= ARGV[1] then return 0 end
if ARGV[2] ~= '' and (hold[1] ~= ARGV[2] or hold[4]) then return 0 end

local keep, spent = tonumber(ARGV[3]), tonumber(ARGV[7])
local change = keep - tonumber(hold[2])
for i = 1, #KEYS - 2 do
  redis.call('INCRBY', KEYS[2 + i], whole(spent + change))
  redis.call('PEXPIRE', KEYS[2 + i], ARGV[14 + i])
end
local costs = {spent, change}
for i = 8, 14 do costs[#costs + 1] = tonumber(ARGV[i]) end
addCosts(KEYS[2], ARGV[6], costs, ARGV[5])
if keep == 0 then
  redis.call('DEL', KEYS[1])
else
  redis.call('HSET', KEYS[1], 'amount', whole(keep), 'settled', 1)
  redis.call('PEXPIRE', KEYS[1], ARGV[4])
end
return 1
