CREATE TABLE @table (@columns)
