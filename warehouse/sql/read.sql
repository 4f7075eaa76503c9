FROM @table
