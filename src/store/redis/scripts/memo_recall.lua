-- KEYS: list. ARGV: time. Hands out its entries, the oldest first.
return redis.call('LRANGE', KEYS[1], 0, -1)
