-- KEYS: claim. ARGV: time, callback, when it was claimed.
--
-- It ends when it began, and is forgotten later: the claim of the same attempt may be under way still, and must find that it was given back.
local f = redis.call('HMGET', KEYS[1], 'c', 'd', 's')
if f[1] == ARGV[2] and not f[2] and f[3] == ARGV[3] then
  -- A full server lets a script go on that has begun by deleting.
  redis.call('HDEL', KEYS[1], 'd')
  redis.call('HSET', KEYS[1], 'x', f[3])
end
return 1
