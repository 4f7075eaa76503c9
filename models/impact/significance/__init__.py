"""Statistical significance: classic event tests, rank tests, resampling, dependence between releases."""
