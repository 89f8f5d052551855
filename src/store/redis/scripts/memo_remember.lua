-- KEYS: list. ARGV: time, for how long, how many to keep, value. Hands out the entries that fall out, the oldest first.
--
-- An entry is a moment, a colon, and a value. The list is forgotten at the moment that its newest entry says.
local key, life, keep = KEYS[1], num(ARGV[2]), num(ARGV[3])
local entries = redis.call('LRANGE', key, 0, -1)
local alive = false
for _, entry in ipairs(entries) do
  local lasts = num(string.match(entry, '^(%d+):'))
  if not lasts then
    return { 'damaged' }
  end
  alive = now < lasts
end
-- First the write that a full server refuses: then nothing has been dropped for it.
redis.call('RPUSH', key, text(now + life) .. ':' .. ARGV[4])
local dropped = { 'dropped' }
if alive then
  local staying = {}
  for _, entry in ipairs(entries) do
    if string.sub(entry, string.find(entry, ':', 1, true) + 1) == ARGV[4] then
      redis.call('LREM', key, 1, entry)
    else
      staying[#staying + 1] = entry
    end
  end
  for at = 1, #staying + 1 - keep do
    dropped[#dropped + 1] = staying[at]
  end
  redis.call('LTRIM', key, text(-keep), -1)
else
  redis.call('LTRIM', key, -1, -1)
end
forget_after(key, life)
return dropped
