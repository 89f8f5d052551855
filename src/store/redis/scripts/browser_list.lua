-- KEYS: list of launches.
return redis.call('SMEMBERS', KEYS[1])
