-- KEYS: list of launches. ARGV: now, remember, reason. Hands out name and record of each launch that was open.
local now, remember = num(ARGV[1]), num(ARGV[2])
local ended = { 'ended' }
for _, key in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local f = redis.call('HMGET', key, 's', 'x', 'w', 'b', 'r')
  local x = num(f[2])
  if f[1] ~= 'o' or f[4] ~= KEYS[1] then
    redis.call('SREM', KEYS[1], key)
  elseif x and x <= now then
    close(key, KEYS[1], f[3] or 'idle', x, now, remember)
  else
    close(key, KEYS[1], ARGV[3], now, now, remember)
    ended[#ended + 1] = key
    ended[#ended + 1] = f[5] or ''
  end
end
return ended
