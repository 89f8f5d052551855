-- KEYS: launch. ARGV: time, idle, absolute, remember, 'use' or 'look', how long a use that was noted stands for others, and the last
-- bytes of the record that the process has opened already, or ''. The one script on the path of every request.
local function runs_out(used, opened)
  local idle, absolute = used + num(ARGV[2]), opened + num(ARGV[3])
  if idle >= absolute then
    return absolute, 'too_old'
  end
  return idle, 'idle'
end

local key, remember = KEYS[1], num(ARGV[4])
local f = redis.call('HMGET', key, 's', 'x', 'w', 't', 'o', 'v', 'r', 'e', 'why', 'at', 'un')
if f[1] == 'o' then
  local x, used, opened = num(f[2]), num(f[4]), num(f[5])
  if not (x and used and opened and f[3] and f[6] and f[7]) then
    return { 'damaged' }
  end
  if now < x then
    local open = { 'open', f[6], f[7] }
    if ARGV[7] ~= '' and string.sub(f[7], -#ARGV[7]) == ARGV[7] then
      open = { 'same', f[6] }
    end
    -- With other lifetimes than those of the use that was noted, this one is noted too.
    local is_noted = now - used < num(ARGV[6]) and runs_out(used, opened) == x
    if ARGV[5] ~= 'use' or is_noted then
      return open
    end
    used = math.max(used, now)
    local ends, why = runs_out(used, opened)
    local touched = redis.pcall('HSET', key, 't', text(used), 'x', text(ends), 'w', why)
    if not failed(touched) then
      forget_after(key, ends - now + remember)
    elseif string.find(touched.err, 'OOM', 1, true) then
      -- A full server still answers; the use just does not count.
      open[#open + 1] = 'full'
      return open
    else
      return touched
    end
    return open
  end
  close(key, f[3], x, remember)
  if now < x + remember and f[8] then
    return { 'ended', f[8], f[3], f[2] }
  end
  return { 'none' }
elseif f[1] == 'e' then
  local forgotten = num(f[11])
  if not (forgotten and f[8] and f[9] and f[10]) then
    return { 'damaged' }
  end
  if now < forgotten then
    return { 'ended', f[8], f[9], f[10] }
  end
  return { 'none' }
elseif f[1] or redis.call('EXISTS', key) == 1 then
  return { 'damaged' }
end
return { 'none' }
