"""Detection of machine-written texts, and its accuracy."""
