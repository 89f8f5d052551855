-- A launch is a hash. s: 'o' open, 'e' ended; v: version; r: record, sealed; u: user, blinded; b: name of its browser's list; o: opened;
-- t: the last use that was noted; x: when it runs out, w: as what; lo, lx: owner and end of its lease; e: what is remembered of it when it
-- has ended, sealed. Of one that has ended: why, at, and un, until when it is remembered.
-- Times are milliseconds of this server's clock; a test may give another one. ARGV[1] is that or ''.
local SLACK = 60000
local LONGEST = 315360000000

local function num(text)
  return tonumber(text or '')
end

-- Plain digits: Lua's own conversion turns large numbers into 1.7e+12.
local function text(number)
  return string.format('%.0f', number)
end

local now = num(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = num(time[1]) * 1000 + math.floor(num(time[2]) / 1000)
end

-- Memory is freed later than anything ends.
local function forget_after(key, ms)
  redis.call('PEXPIRE', key, text(math.min(math.max(ms, 0) + SLACK, LONGEST)))
end

-- For a list: never sooner than something else in it needs.
local function keep_for(key, ms)
  local wanted = math.min(math.max(ms, 0) + SLACK, LONGEST)
  if redis.call('PTTL', key) < wanted then
    redis.call('PEXPIRE', key, text(wanted))
  end
end

local function failed(reply)
  return type(reply) == 'table' and reply.err
end

-- The launches that stand in the list KEYS[at]. `missing` is what to answer when one of them is not among the keys that
-- follow: a script touches no key that it was not given. Names of another form are nobody's.
local function listed(at, family)
  local given, names, complete = {}, {}, true
  for next = at + 1, #KEYS do
    given[KEYS[next]] = true
  end
  for _, name in ipairs(redis.call('SMEMBERS', KEYS[at])) do
    if string.sub(name, 1, #family) == family and string.find(name, ':launch:', #family, true) then
      names[#names + 1] = name
      complete = complete and given[name]
    end
  end
  if not complete then
    names.missing = { 'again', unpack(names) }
  end
  return names
end

-- Makes an open launch an ended one. It stays in the list of its browser, which not every script may touch; who reads a
-- list looks each entry up. Ending must work on a full server too, which lets a script go on that has begun by
-- deleting; where one does not, nothing is remembered.
local function close(key, why, at, remember)
  local left = at + remember - now
  redis.call('HDEL', key, 'lo', 'lx')
  if left > 0 then
    local written = redis.pcall('HSET', key, 's', 'e', 'why', why, 'at', text(at), 'un', text(at + remember))
    if not failed(written) then
      redis.call('HDEL', key, 'r', 'u', 'v', 'o', 't', 'x', 'w')
      forget_after(key, left)
      return
    end
  end
  redis.call('DEL', key)
end
