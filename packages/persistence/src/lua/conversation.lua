-- Keeps what was said of a pull request, for a time.
--
-- KEYS[1]  the session of a runner that keeps its own history: a string
-- KEYS[2]  the messages: JSON
-- ARGV[1]  for how long, in milliseconds
-- ARGV[2]  1: there is a session
-- ARGV[3]  the session
-- ARGV[4]  the messages
-- Returns  1

if ARGV[2] == '1' then
  redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[1])
else
  redis.call('DEL', KEYS[1])
end
redis.call('SET', KEYS[2], ARGV[4], 'PX', ARGV[1])
return 1
