"""The form of every forecast, a table of quantiles, and its scores."""
