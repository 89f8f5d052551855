-- KEYS: list of launches, launches that stand in it. ARGV: time, remember, reason, what the names of launches begin with.
-- Hands out name and record of each launch that was open; or 'again' and all names, when a name was not given.
local remember = num(ARGV[2])
local names = listed(1, ARGV[4])
if names.missing then
  return names.missing
end
local ended = { 'ended' }
for _, key in ipairs(names) do
  local f = redis.call('HMGET', key, 's', 'x', 'w', 'b', 'r')
  local x = num(f[2])
  redis.call('SREM', KEYS[1], key)
  if f[1] == 'o' and f[4] == KEYS[1] then
    if x and x <= now then
      close(key, f[3] or 'idle', x, remember)
    else
      close(key, ARGV[3], now, remember)
      ended[#ended + 1] = key
      ended[#ended + 1] = f[5] or ''
    end
  end
end
return ended
