DROP TABLE @table
