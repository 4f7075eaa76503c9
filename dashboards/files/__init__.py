"""Frames and marts as text and files."""
