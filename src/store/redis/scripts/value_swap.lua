-- KEYS: value. ARGV: time, until when the new one is kept, 'is' or 'none', the expected one, 'is' or 'none', the new one.
local key, lasts = KEYS[1], num(ARGV[2])
local f = redis.call('HMGET', key, 'v', 'un')
local there, there_lasts = f[1], num(f[2])
if not there_lasts or there_lasts <= now then
  there = false
end
local expected = ARGV[3] == 'is' and ARGV[4]
if there ~= expected then
  return 0
end
if ARGV[5] ~= 'is' or lasts <= now then
  redis.call('DEL', key)
  return 1
end
redis.call('HSET', key, 'v', ARGV[6], 'un', text(lasts))
forget_after(key, lasts - now)
return 1
