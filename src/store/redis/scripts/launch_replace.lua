-- KEYS: launch. ARGV: time, expected version, next version, blinded user or '', sealed record, sealed memory.
local f = redis.call('HMGET', KEYS[1], 's', 'x', 'v')
if f[1] ~= 'o' then
  return { 'gone' }
end
local x = num(f[2])
if not (x and f[3]) then
  return { 'damaged' }
end
if x <= now then
  return { 'gone' }
end
if f[3] ~= ARGV[2] then
  return { 'conflict' }
end
-- A full server lets a script go on that has begun by deleting. New tokens take the place of the old ones, and without
-- them an open launch would be lost.
redis.call('HDEL', KEYS[1], '-')
redis.call('HSET', KEYS[1], 'v', ARGV[3], 'u', ARGV[4], 'r', ARGV[5], 'e', ARGV[6])
return { 'written' }
