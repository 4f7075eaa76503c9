"""Results that are too good: more likely a look into the future than skill."""

import numpy as np

from domain.types import Array

ABSURD_SHARPE = 4.0
MOST_RIGHT = 0.55
FEWEST_HELD = 1000


def direction_right(value: Array, move: Array) -> tuple[float, int]:
    """Share of held bars in which the position moved the right way, and how many there were.

    `value` [R, A] after each bar, `move` [R, A] earned in each bar. Bars without a move are left out.
    """
    held = (np.abs(value[:-1]) > 0) & (move[1:] != 0)
    return float((move[1:][held] > 0).mean()) if held.any() else np.nan, int(held.sum())


def alarms(gross_sharpe: float, at_least: float, right: float, n_held: int) -> list[str]:
    """What cannot be true unless proven: one sentence each.

    The lower end of the gross Sharpe ratio's interval, `at_least`, above ABSURD_SHARPE; more than MOST_RIGHT of
    FEWEST_HELD held bars in the right direction.
    """
    said = []
    if at_least > ABSURD_SHARPE:
        said.append(
            f"Sharpe ratio before costs of {gross_sharpe:.1f}, at least {at_least:.1f}: above "
            f"{ABSURD_SHARPE:g} a look into the future is likelier than skill"
        )
    if n_held >= FEWEST_HELD and right > MOST_RIGHT:
        said.append(
            f"right in {100 * right:.1f} % of {n_held:,} held bars: above {100 * MOST_RIGHT:g} % this is taken for a "
            "leak until proven otherwise"
        )
    return said
