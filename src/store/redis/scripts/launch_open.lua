-- KEYS: launch, list of the browser, launches that stand in it. ARGV: time, opened at, idle, absolute, remember, limit,
-- policy (keep, users, all), blinded user or '', the same under each key, sealed record, sealed memory, what the names of
-- launches begin with. Hands out name and record of each launch that it ended; or 'again' and all names, when a name was
-- not given.
local key, list = KEYS[1], KEYS[2]
local opened, remember, limit = num(ARGV[2]), num(ARGV[5]), num(ARGV[6])
local idle, absolute = num(ARGV[3]), num(ARGV[4])

if redis.call('EXISTS', key) == 1 then
  return { 'ended' }
end
local names = listed(2, ARGV[12])
if names.missing then
  return names.missing
end
local runs_out, why = now + idle, 'idle'
if runs_out >= opened + absolute then
  runs_out, why = opened + absolute, 'too_old'
end
-- First the write that a full server refuses: then nothing has been ended for it.
redis.call('HSET', key, 's', 'o', 'v', '1', 'b', list, 'o', ARGV[2], 't', text(now), 'x', text(runs_out), 'w', why,
  'u', ARGV[8], 'r', ARGV[10], 'e', ARGV[11])

local ended, staying = { 'ended' }, {}
local function end_now(other, reason)
  ended[#ended + 1] = other
  ended[#ended + 1] = redis.call('HGET', other, 'r') or ''
  redis.call('SREM', list, other)
  close(other, reason, now, remember)
end

for _, other in ipairs(names) do
  local f = redis.call('HMGET', other, 's', 'x', 'w', 't', 'u', 'b')
  local x, used, user = num(f[2]), num(f[4]), f[5]
  if f[1] ~= 'o' or f[6] ~= list then
    redis.call('SREM', list, other)
  elseif x and used then
    local reason = nil
    if ARGV[7] == 'all' then
      reason = 'replaced'
    elseif ARGV[7] == 'users' and user and user ~= '' and ARGV[8] ~= ''
      and not string.find(ARGV[9], user, 1, true) then
      reason = 'other_user'
    end
    if x <= now then
      redis.call('SREM', list, other)
      close(other, f[3] or 'idle', x, remember)
    elseif reason then
      end_now(other, reason)
    else
      staying[#staying + 1] = { key = other, used = used }
    end
  end
end
table.sort(staying, function(a, b)
  return a.used < b.used
end)
for at = 1, #staying - limit + 1 do
  end_now(staying[at].key, 'evicted')
end

redis.call('SADD', list, key)
forget_after(key, runs_out - now + remember)
keep_for(list, opened + absolute - now + remember)
return ended
