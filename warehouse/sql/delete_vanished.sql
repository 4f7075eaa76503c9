DELETE FROM @table AS t WHERE @scope AND NOT EXISTS (SELECT 1 FROM _stage s WHERE @key_match)
