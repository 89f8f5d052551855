-- KEYS: launch. ARGV: time, remember, reason, version that is meant or ''. Hands out name and record if it was open.
local remember = num(ARGV[2])
local f = redis.call('HMGET', KEYS[1], 's', 'x', 'w', 'v', 'r')
if f[1] ~= 'o' then
  return { 'ended' }
end
local x = num(f[2])
if not (x and f[3]) then
  return { 'damaged' }
end
if x <= now then
  close(KEYS[1], f[3], x, remember)
  return { 'ended' }
end
if ARGV[4] ~= '' and f[4] ~= ARGV[4] then
  return { 'newer' }
end
close(KEYS[1], ARGV[3], now, remember)
return { 'ended', KEYS[1], f[5] or '' }
