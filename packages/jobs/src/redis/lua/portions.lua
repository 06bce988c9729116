-- An index of what has ended: a zset of portions, by the first place in each. A portion is one text of some entries in
-- their order, each as long as the others: the place in base 36, the day in base 36, and the place in the day's list.

local width, most = 18, 28

local function placeIn(portion, at) return tonumber(portion:sub(at + 1, at + 9), 36) end

local function put(index, portion)
  if portion ~= '' then redis.call('ZADD', index, string.format('%.0f', placeIn(portion, 0)), portion) end
end

-- Adds an entry to the portion that it belongs to, which is divided if it is full.
local function enter(index, entry)
  local place = placeIn(entry, 0)
  local text = string.format('%.0f', place)
  local found = redis.call('ZRANGE', index, text, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, 1)
  if #found == 0 then found = redis.call('ZRANGE', index, 0, 0) end
  local portion, at = found[1] or '', 0
  while at < #portion and placeIn(portion, at) < place do at = at + width end
  local all = portion:sub(1, at) .. entry .. portion:sub(at + 1)
  if portion ~= '' then redis.call('ZREM', index, portion) end
  -- Most come in their order, so that the last one leaves a full portion behind.
  local isLast = redis.call('ZCOUNT', index, '(' .. text, '+inf') == 0
  local cut = #all
  if #all > most * width then cut = (isLast and most or most / 2) * width end
  put(index, all:sub(1, cut))
  put(index, all:sub(cut + 1))
end
