-- KEYS: authorization.
if redis.call('HGET', KEYS[1], 's') == 'x' then
  redis.call('HSET', KEYS[1], 's', 'w')
  redis.call('HDEL', KEYS[1], 'c', 'n')
end
return 1
