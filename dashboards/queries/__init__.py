"""Questions to the warehouse: a user's own, within limits, and the cookbook."""
