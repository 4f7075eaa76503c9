"""How likely a text is machine-written, and how well that can be told."""
