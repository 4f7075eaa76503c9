COPY (FROM @mart) TO @target (@options)
