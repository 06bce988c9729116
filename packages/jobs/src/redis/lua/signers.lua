-- Signers of a shard's jobs.

-- Refuses a process that signs nothing, or with a key that the other servers do not count: they would refuse its jobs.
local function untrusted(key, signer)
  local keys = reading('HGET', key, 'keys')
  return keys and not (' ' .. keys .. ' '):find(' ' .. signer .. ' ', 1, true)
end
