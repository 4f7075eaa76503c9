INSERT INTO @table BY NAME
SELECT s.* EXCLUDE (_row) @replaced, @constants
FROM _stage s JOIN _diff d USING (_row)
