-- KEYS: authorization. ARGV: now, list of the browser, mark of this attempt.
local f = redis.call('HMGET', KEYS[1], 'b', 's', 'x', 'c', 'n', 'r', 'd')
if f[1] ~= ARGV[2] then
  return { 'none' }
end
local expires = num(f[3])
if not expires then
  return { 'damaged' }
end
if num(ARGV[1]) >= expires then
  return { 'none' }
end
-- The same mark: this attempt was answered, and the answer got lost.
if f[2] == 'w' or (f[2] == 'x' and f[5] == ARGV[3]) then
  if not f[6] then
    return { 'damaged' }
  end
  redis.call('HSET', KEYS[1], 's', 'x', 'c', ARGV[1], 'n', ARGV[3])
  return { 'fresh', f[6] }
elseif f[2] == 'x' and f[4] then
  return { 'exchanging', f[4] }
elseif f[2] == 'd' and f[7] then
  return { 'done', f[7] }
end
return { 'damaged' }
