"""Data vendors, one file each."""
