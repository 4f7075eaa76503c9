DELETE FROM @table AS t USING (SELECT s.* FROM _stage s JOIN _diff d USING (_row) WHERE d.status = 'changed') s
WHERE @key_match
