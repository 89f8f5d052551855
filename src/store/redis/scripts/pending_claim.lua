-- KEYS: claim. ARGV: time, until, callback, mark of this attempt. Hands out the sealed outcome where there is one,
-- or when it was claimed.
local lasts = num(ARGV[2])
local f = redis.call('HMGET', KEYS[1], 'c', 'x', 's', 'n', 'd')
local expires = num(f[2])
if not (f[1] and expires and (f[5] or (f[3] and f[4]))) then
  if redis.call('EXISTS', KEYS[1]) == 1 then
    return { 'damaged' }
  end
elseif now < expires then
  local same = f[1] == ARGV[3]
  if f[5] then
    return { same and 'done' or 'other', f[5] }
  elseif not same then
    return { 'other' }
  elseif f[4] == ARGV[4] then
    -- This attempt was answered, and the answer got lost.
    return { 'fresh', f[3] }
  end
  return { 'exchanging', f[3] }
elseif now < lasts and f[4] == ARGV[4] then
  -- This attempt was given back, and comes late. Nobody waits for its answer.
  return { 'exchanging', f[3] }
end
if now < lasts then
  redis.call('HSET', KEYS[1], 'c', ARGV[3], 'x', ARGV[2], 's', text(now), 'n', ARGV[4])
  redis.call('HDEL', KEYS[1], 'd')
  forget_after(KEYS[1], lasts - now)
  return { 'fresh', text(now) }
end
return { 'fresh' }
