-- KEYS: launch. ARGV: time, owner.
if redis.call('HGET', KEYS[1], 'lo') == ARGV[2] then
  redis.call('HDEL', KEYS[1], 'lo', 'lx')
end
return 1
