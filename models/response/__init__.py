"""What to expect after a release: its move beyond the market, in event time, from releases that came before it."""
