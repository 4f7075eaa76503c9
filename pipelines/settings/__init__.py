"""One frozen settings object."""
