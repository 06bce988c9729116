-- Replaces what a task holds by money for a call: the rule `reserve` of SpendTable.ts.
--
-- KEYS[1]  the task's hold: a hash of call, amount, day, range and settled
-- KEYS[2]  the costs of the day: a hash, by names
-- KEYS[3]  the costs of the day of what the task holds
-- KEYS[4…] of each account: its total on the day, and on the day of what the task holds
-- ARGV[1]  the time in milliseconds; empty: the time of Redis
-- ARGV[2]  the day that the keys are of
-- ARGV[3]  the number of the call
-- ARGV[4]  for how long the hold, and [5] the costs are kept, in milliseconds
-- ARGV[6]  the names of the costs, and [7] those of what the task holds
-- ARGV[8]  the number of ranges; of each its least and its most
-- ARGV[…]  of each account: its limit or empty, and for how long its total is kept
-- Returns  {0, day}: it is another day
--          {1, amount, range, day, tightest account or 0}: granted
--          {2, tightest account}: refused

local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local today = math.floor(now / 86400000)
if today ~= tonumber(ARGV[2]) then return {0, today} end

local hold = redis.call('HMGET', KEYS[1], 'call', 'amount', 'day', 'range')
local held = tonumber(hold[2] or 0)

local ranges = tonumber(ARGV[8])
local at = 8 + 2 * ranges
local accounts = (#KEYS - 3) / 2
local left, tightest = nil, 0
for i = 1, accounts do
  local limit = tonumber(ARGV[at + 2 * i - 1])
  if limit then
    local total, before = KEYS[2 + 2 * i], KEYS[3 + 2 * i]
    local own = total == before and held or 0
    local rest = limit - tonumber(redis.call('GET', total) or 0) + own
    if left == nil or rest < left then left, tightest = rest, i end
  end
end

if hold[1] == ARGV[3] then
  return {1, hold[2], tonumber(hold[4]), tonumber(hold[3]), hold[4] == '0' and 0 or tightest}
end

local range, amount
for i = 1, ranges do
  local least, most = tonumber(ARGV[7 + 2 * i]), tonumber(ARGV[8 + 2 * i])
  if left == nil or least <= left then
    range, amount = i - 1, left and math.min(left, most) or most
    break
  end
end
if range == nil then return {2, tightest} end

for i = 1, accounts do
  local total, before, kept = KEYS[2 + 2 * i], KEYS[3 + 2 * i], ARGV[at + 2 * i]
  if held ~= 0 then redis.call('INCRBY', before, whole(-held)) end
  redis.call('INCRBY', total, whole(amount))
  redis.call('PEXPIRE', total, kept)
end
if held ~= 0 then addCosts(KEYS[3], ARGV[7], {0, -held}, ARGV[5]) end
addCosts(KEYS[2], ARGV[6], {0, amount}, ARGV[5])
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'call', ARGV[3], 'amount', whole(amount), 'day', today, 'range', range)
redis.call('PEXPIRE', KEYS[1], ARGV[4])
return {1, whole(amount), range, today, range == 0 and 0 or tightest}
