-- Times are milliseconds of the caller's clock; this server's clock only frees memory, later than any deadline.
local SLACK = 60000
local LONGEST = 315360000000

local function num(text)
  return tonumber(text or '')
end

-- Plain digits: Lua's own conversion turns large numbers into 1.7e+12.
local function text(number)
  return string.format('%.0f', number)
end

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

-- Makes an open launch an ended one. Ending must work on a full server too: where that does not let a script that has
-- begun to write go on writing, nothing is remembered.
local function close(key, list, why, at, now, remember)
  redis.call('SREM', list, key)
  local left = at + remember - now
  if left > 0 then
    local written = redis.pcall('HSET', key, 's', 'e', 'why', why, 'at', text(at), 'un', text(at + remember))
    if not failed(written) then
      redis.call('HDEL', key, 'r', 'u', 'v', 'o', 't', 'x', 'w', 'lo', 'lx')
      forget_after(key, left)
      return
    end
  end
  redis.call('DEL', key)
end
