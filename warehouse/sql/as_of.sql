FROM @macro($ts)
