-- KEYS: claim. ARGV: callback.
local f = redis.call('HMGET', KEYS[1], 'c', 'd')
if f[1] == ARGV[1] and not f[2] then
  redis.call('DEL', KEYS[1])
end
return 1
