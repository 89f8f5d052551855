-- KEYS: launch. ARGV: owner.
if redis.call('HGET', KEYS[1], 'lo') == ARGV[1] then
  redis.call('HDEL', KEYS[1], 'lo', 'lx')
end
return 1
