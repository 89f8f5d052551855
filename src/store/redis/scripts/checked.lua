-- For tests: no script touches a key that it does not declare.
local redis = (function(real)
  local declared = {}
  for _, key in ipairs(KEYS) do
    declared[key] = true
  end
  local function checked(run)
    return function(command, key, ...)
      if command == 'TIME' then
        return run(command)
      end
      if not declared[key] then
        error('undeclared key: ' .. command .. ' ' .. tostring(key))
      end
      return run(command, key, ...)
    end
  end
  return { call = checked(real.call), pcall = checked(real.pcall) }
end)(redis)

