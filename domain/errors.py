"""Errors that more than one package raises."""


class NotEnoughDataError(ValueError):
    """The history is too short or too empty for what was asked; more data would mend it."""
