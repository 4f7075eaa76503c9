"""The stage that measures and scores releases."""
