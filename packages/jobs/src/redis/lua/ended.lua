-- What has ended: of each day a list of records, and hashes of the places in it.

-- Finds a field in the hashes of some days. Returns "" or the number of the day among them and the place in its list.
local function whereIs(hashes, field)
  for day, hash in ipairs(hashes) do
    local place = redis.call('HGET', hash, field)
    if place then return day .. ':' .. place end
  end
  return ''
end
