-- KEYS: claim. ARGV: time, callback, when it was claimed.
local f = redis.call('HMGET', KEYS[1], 'c', 'd', 's')
if f[1] == ARGV[2] and not f[2] and f[3] == ARGV[3] then
  redis.call('DEL', KEYS[1])
end
return 1
