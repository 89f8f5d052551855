-- KEYS: authorization. ARGV: sealed outcome.
if redis.call('HGET', KEYS[1], 's') == 'x' then
  redis.call('HSET', KEYS[1], 's', 'd', 'd', ARGV[1])
  redis.call('HDEL', KEYS[1], 'r', 'c', 'n')
end
return 1
