-- KEYS: launch. ARGV: time, owner, for how long.
local f = redis.call('HMGET', KEYS[1], 's', 'x', 'lo', 'lx')
local x = num(f[2])
if f[1] ~= 'o' or not x or x <= now then
  return 0
end
local held_until = num(f[4])
if f[3] and f[3] ~= ARGV[2] and held_until and now < held_until then
  return 0
end
-- A full server lets a script go on that has begun by deleting. What is open may be refreshed there.
redis.call('HDEL', KEYS[1], '-')
redis.call('HSET', KEYS[1], 'lo', ARGV[2], 'lx', text(now + num(ARGV[3])))
return 1
