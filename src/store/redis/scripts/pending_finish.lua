-- KEYS: claim. ARGV: time, callback, sealed outcome.
local f = redis.call('HMGET', KEYS[1], 'c', 'd')
if f[1] == ARGV[2] and not f[2] then
  redis.call('HSET', KEYS[1], 'd', ARGV[3])
  redis.call('HDEL', KEYS[1], 's', 'n')
end
return 1
