-- KEYS: any name: a cluster finds the server by it. ARGV: time.
return 1
