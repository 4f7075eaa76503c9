"""Tables on disk: CSV, Parquet, JSON lines in the documented columns."""
