-- Types of the keys that the lanes of a shard share. Another program may have written one of them.

-- Whether a text is a number as we write it, which can be counted on.
local function isNumber(text) return #text <= 15 and text:find('^%d+$') end

local function wrongType(key, found, kind)
  return 'WRONGTYPE ' .. key .. ' is a ' .. found .. ' and not a ' .. kind .. ', another program has written it: delete it'
end

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
    if found ~= kind and found ~= 'none' then return wrongType(key, found, kind) end
  end
end

-- The types by the first letters of the commands that read them.
local kindsRead = { G = 'string', H = 'hash', L = 'list', Z = 'zset' }

-- Runs a command that reads. If it fails, the error names the key, and the type that it has to have.
local function reading(command, key, ...)
  local answer = redis.pcall(command, key, ...)
  if type(answer) == 'table' and answer.err then
    local isWrong = answer.err:find('^WRONGTYPE')
    local wrong = isWrong and wrongType(key, redis.call('TYPE', key).ok, kindsRead[command:sub(1, 1)])
    error({ err = wrong or answer.err .. ': ' .. key })
  end
  return answer
end
