"""Stages of a night: each reads frames, calls one thing, writes frames."""
