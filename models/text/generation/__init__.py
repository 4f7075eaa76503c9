"""Releases written by a language model, for research."""
