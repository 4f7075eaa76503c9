"""Every table declared once, a file per subject."""
