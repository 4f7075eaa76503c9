"""Ground words of the project, pure: everything may import them, they import nothing of it."""
