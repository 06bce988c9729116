-- Types of the keys that the lanes of a shard share. Another program may have written one of them.

-- Whether a text is a number as we write it, which can be counted on.
local function isNumber(text) return #text <= 15 and text:find('^%d+$') end

-- Names the first key of another type than it has to have; nil if all are right. `days`: how many lists of ended jobs are
-- among the keys, which are those that commit.lua begins with.
local function wrongKey(days)
  local kinds = { 'zset', 'number', 'number', 'zset', 'zset', 'zset', 'hash', 'hash', 'hash' }
  for _ = 1, days do kinds[#kinds + 1] = 'list' end
  kinds[#kinds + 1] = 'zset'
  kinds[#kinds + 1] = 'zset'
  for place, kind in ipairs(kinds) do
    local key = KEYS[place]
    local found = redis.call('TYPE', key).ok
    if kind == 'number' and found == 'string' and isNumber(redis.call('GET', key)) then found = 'number' end
    if found ~= kind and found ~= 'none' then
      return 'WRONGTYPE ' .. key .. ' is a ' .. found .. ' and not a ' .. kind .. ', another program has written it: delete it'
    end
  end
end

-- Runs a command that reads, and names its key if it fails.
local function reading(command, key, ...)
  local answer = redis.pcall(command, key, ...)
  if type(answer) == 'table' and answer.err then error({ err = answer.err .. ': ' .. key }) end
  return answer
end
