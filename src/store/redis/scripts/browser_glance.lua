-- KEYS: list of the browser, launches that stand in it. ARGV: time. Hands out name, last use and blinded user of each that
-- is open.
local open = { 'open' }
for at = 2, #KEYS do
  local f = redis.call('HMGET', KEYS[at], 's', 'x', 't', 'u', 'b')
  local x = num(f[2])
  if f[1] == 'o' and f[5] == KEYS[1] and x and now < x and num(f[3]) then
    open[#open + 1] = KEYS[at]
    open[#open + 1] = f[3]
    open[#open + 1] = f[4] or ''
  end
end
return open
