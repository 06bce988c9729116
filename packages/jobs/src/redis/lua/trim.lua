-- Takes out of an index what has expired.
--
-- KEYS[1]  the index
-- ARGV[1]  places below this are looked at
-- ARGV[2]  the first day, in base 36, of which something is left
-- ARGV[3]  how many portions to look at
-- Returns  how many entries were taken out

local gone = 0
for _, portion in ipairs(redis.call('ZRANGE', KEYS[1], '-inf', '(' .. ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[3])) do
  local left = {}
  for at = 0, #portion - 1, width do
    if tonumber(portion:sub(at + 10, at + 12), 36) >= tonumber(ARGV[2], 36) then
      left[#left + 1] = portion:sub(at + 1, at + width)
    end
  end
  if #left * width < #portion then
    gone = gone + #portion / width - #left
    redis.call('ZREM', KEYS[1], portion)
    put(KEYS[1], table.concat(left))
  end
end
return gone
