-- KEYS: launch. ARGV: now, remember, reason. Hands out name and record if it was open.
local now, remember = num(ARGV[1]), num(ARGV[2])
local f = redis.call('HMGET', KEYS[1], 's', 'x', 'w', 'b', 'r')
if f[1] ~= 'o' then
  return { 'ended' }
end
local x = num(f[2])
if not (x and f[3] and f[4]) then
  return { 'damaged' }
end
if x <= now then
  close(KEYS[1], f[4], f[3], x, now, remember)
  return { 'ended' }
end
close(KEYS[1], f[4], ARGV[3], now, now, remember)
return { 'ended', KEYS[1], f[5] or '' }
