-- Functions of the scripts of the ledger.

-- A number without an exponent. Numbers up to 2^53 are exact.
local function whole(number)
  return string.format('%.0f', number)
end

-- Adds to the costs under these names: spent, held, lost, calls, unpriced, and tokens by kind.
local function addCosts(key, names, changes, kept)
  local sums = {0, 0, 0, 0, 0, 0, 0, 0, 0}
  local at = 1
  for number in string.gmatch(redis.call('HGET', key, names) or '', '%S+') do
    sums[at] = tonumber(number)
    at = at + 1
  end
  for i, change in ipairs(changes) do sums[i] = sums[i] + change end
  for i, sum in ipairs(sums) do sums[i] = whole(sum) end
  redis.call('HSET', key, names, table.concat(sums, ' '))
  redis.call('PEXPIRE', key, kept)
end
