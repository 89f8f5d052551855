-- KEYS: authorization, list of the browser. ARGV: now, started at, expires at, limit, sealed record.
local key, list = KEYS[1], KEYS[2]
local now, expires, limit = num(ARGV[1]), num(ARGV[3]), num(ARGV[4])

local before = redis.call('HGET', key, 'b')
-- First the write that a full server refuses: then nothing has been dropped for it.
redis.call('HSET', key, 's', 'w', 'b', list, 't', ARGV[2], 'x', ARGV[3], 'r', ARGV[5])
redis.call('HDEL', key, 'c', 'n', 'd')
if before and before ~= list then
  redis.call('SREM', before, key)
end

local others = {}
for _, other in ipairs(redis.call('SMEMBERS', list)) do
  if other ~= key then
    local f = redis.call('HMGET', other, 's', 't', 'x', 'b')
    local expires_at = num(f[3])
    if f[4] == list and expires_at and now < expires_at then
      others[#others + 1] = { key = other, waiting = f[1] == 'w', started = num(f[2]) or 0 }
    else
      redis.call('SREM', list, other)
    end
  end
end
-- One that is being exchanged, or whose answer may be asked for again, is worth more than one that nobody claimed.
table.sort(others, function(a, b)
  if a.waiting ~= b.waiting then
    return a.waiting
  end
  return a.started < b.started
end)
for at = 1, #others - limit + 1 do
  redis.call('DEL', others[at].key)
  redis.call('SREM', list, others[at].key)
end

redis.call('SADD', list, key)
forget_after(key, expires - now)
keep_for(list, expires - now)
return 1
