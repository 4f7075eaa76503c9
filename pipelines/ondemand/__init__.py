"""One question, one answer: what commands do outside the night."""
