"""The error of a source that cannot deliver."""


class SourceError(RuntimeError):
    """A source could not deliver; the message says what was there, what was expected, what to do."""
