"""Signals of the market, each with its own record: what followed it, beside what would have by chance."""
