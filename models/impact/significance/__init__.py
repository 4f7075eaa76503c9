"""Is it chance? Classic event tests, rank tests, resampling, dependence between releases."""
