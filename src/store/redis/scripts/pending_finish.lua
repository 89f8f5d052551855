-- KEYS: claim. ARGV: callback, sealed outcome.
local f = redis.call('HMGET', KEYS[1], 'c', 'd')
if f[1] == ARGV[1] and not f[2] then
  redis.call('HSET', KEYS[1], 'd', ARGV[2])
  redis.call('HDEL', KEYS[1], 's', 'n')
end
return 1
