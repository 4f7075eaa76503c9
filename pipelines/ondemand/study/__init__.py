"""A user's tables of events and of prices, read for an event study."""
