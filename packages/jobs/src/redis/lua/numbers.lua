-- Numbers of a shard: places and epochs.

-- The number after the last one. Larger than every one before, and not smaller than the time: should Redis come back
-- without the last numbers that it gave, it gives none of them again. No other shard gives the same.
local function following(last, now, shard, shards)
  local next = math.max(last + 1, now)
  return next + (shard - next) % shards
end
