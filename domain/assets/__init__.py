"""Assets: one table of their codes, and what a code means."""
