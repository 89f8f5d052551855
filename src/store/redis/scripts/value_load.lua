-- KEYS: value. ARGV: time.
local f = redis.call('HMGET', KEYS[1], 'v', 'un')
local lasts = num(f[2])
if not f[1] or not lasts or lasts <= now then
  return { 'none' }
end
return { 'value', f[1] }
