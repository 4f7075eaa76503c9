"""Forecasts that the network has to beat: random walks, GARCH, HAR, LightGBM."""
