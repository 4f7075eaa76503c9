COPY (FROM @mart) TO @target (@options, PARTITION_BY (@column), WRITE_PARTITION_COLUMNS true)
