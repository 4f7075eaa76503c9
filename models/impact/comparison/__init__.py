"""Generated and fabricated releases against real ones."""
