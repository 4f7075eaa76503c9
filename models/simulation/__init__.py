"""A simulated market with a known truth."""
