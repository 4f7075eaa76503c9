INSERT INTO @table BY NAME SELECT * EXCLUDE (_row), @constants FROM _stage
