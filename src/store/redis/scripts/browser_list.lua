-- KEYS: list of launches. ARGV: time.
return redis.call('SMEMBERS', KEYS[1])
