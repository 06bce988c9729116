-- An index of what has ended: a zset of portions, by the first place in each. A portion is one text of some entries in
-- their order, each as long as the others: the place in base 36, the day in base 36, and the place in the day's list.

local width, most = 18, 28

local function placeIn(portion, at) return tonumber(portion:sub(at + 1, at + 9), 36) end

local function put(index, portion)
  if portion ~= '' then redis.call('ZADD', index, string.format('%d', placeIn(portion, 0)), portion) end
end

-- Adds entries to the portions that they belong to, which are divided if they are full.
local function enterAll(index, entries)
  if #entries > 1 then table.sort(entries) end
  -- Most come in their order, behind all others: nothing but the last portion is read, and not taken apart.
  local last = redis.call('ZRANGE', index, -1, -1)[1] or ''
  if last:sub(-width) < entries[1] then
    local text = last .. table.concat(entries)
    if last ~= '' then redis.call('ZREM', index, last) end
    for first = 1, #text, width * most do put(index, text:sub(first, first + width * most - 1)) end
    return
  end
  local done = 0
  while done < #entries do
    local place = string.format('%d', placeIn(entries[done + 1], 0))
    local portion = redis.call('ZRANGE', index, place, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, 1)[1]
    if not portion then portion = redis.call('ZRANGE', index, 0, 0)[1] or '' end
    local from = portion == '' and place or string.format('%d', math.max(tonumber(place), placeIn(portion, 0)))
    local behind = redis.call('ZRANGE', index, '(' .. from, '+inf', 'BYSCORE', 'LIMIT', 0, 1)[1]
    local before = behind and placeIn(behind, 0) or math.huge
    local all = {}
    for at = 0, #portion - 1, width do all[#all + 1] = portion:sub(at + 1, at + width) end
    while done < #entries and placeIn(entries[done + 1], 0) < before do
      done = done + 1
      all[#all + 1] = entries[done]
    end
    table.sort(all)
    if portion ~= '' then redis.call('ZREM', index, portion) end
    -- Most come in their order, so that the last one leaves full portions behind.
    local size = behind and math.ceil(#all / math.ceil(#all / most)) or most
    for first = 1, #all, size do put(index, table.concat(all, '', first, math.min(first + size - 1, #all))) end
  end
end
