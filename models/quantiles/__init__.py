"""The one shape of every forecast, a table of quantiles, and how it is scored."""
