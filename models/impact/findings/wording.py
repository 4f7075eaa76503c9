"""Numbers of findings in words."""


def hours(length: float) -> str:
    """A length of time: minutes below an hour, whole days beyond one."""
    if length < 1:
        return f"{60 * length:.0f} minutes"
    return f"{length / 24:g} days" if length > 24 and length % 24 == 0 else f"{length:g} h"


def p_of(value: float) -> str:
    """A p-value with its sign: `= .012`, or `< .001`."""
    return "< .001" if value < 0.001 else f"= {value:.3f}"
