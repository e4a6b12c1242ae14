-- Stores an actor's folded state only if it is newer than what is there (design 3.2 step 5), so that a late write of an older session is harmless.
-- KEYS[1]  mmm:fatigue:{tenant|actor}
-- ARGV[1]  version, decimal
-- ARGV[2]  the state: "<version> <rest>"
-- ARGV[3]  time to live in milliseconds
-- Returns 1 if stored, 0 if what is there is as new or newer.
local there = redis.call('GETRANGE', KEYS[1], 0, 15)
if there ~= '' then
  local version = tonumber(string.match(there, '^(%d+) '))
  if version and version >= tonumber(ARGV[1]) then
    return 0
  end
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
return 1
