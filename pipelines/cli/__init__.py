"""The commands, thin: parse, call one thing, say what happened."""
