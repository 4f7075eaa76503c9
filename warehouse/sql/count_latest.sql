SELECT count(*) FROM @table WHERE @current
