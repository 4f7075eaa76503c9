"""Known false releases measured on one grid of bars: peak move, reversal, and when the move was flagged.

The flag uses only what was known at the time: it is the first close after the release at which the move, in units of
the reference walk's sigma for the time passed, exceeds THRESHOLD. `false_alarms` is how often that happens on
comparable days without a release.
"""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from features.candles import Bars
from models.impact.measure.benchmarks import ewma_sigma

WINDOW_H = 24.0
THRESHOLD = 4.0
WEEKS_BACK, VOLATILITY_RATIO = 26, 1.6
FILE = Path(__file__).with_name("known_cases.toml")


@dataclass(frozen=True)
class KnownCase:
    """One case of the curated table."""

    id: str
    asset: str
    time: datetime
    precision: str
    claim: str
    channel: str
    kind: str
    reported: str
    clean: bool
    sources: tuple[str, ...]
    denied: datetime | None = None


@dataclass(frozen=True)
class CaseMove:
    """Prices in the WINDOW_H after a case; hours from the release, simple returns, prices in the quote currency."""

    base: float
    peak: float
    time_to_peak_h: float
    end: float
    half_life_h: float | None
    peak_sigma: float
    flagged_h: float | None
    flagged_at: np.datetime64 | None
    false_alarms: float | None

    @property
    def peak_return(self) -> float:
        """The largest move, from highs and lows, as a simple return."""
        return self.peak / self.base - 1

    @property
    def end_return(self) -> float:
        """Simple return at the last close of the window."""
        return self.end / self.base - 1

    @property
    def reversal_share(self) -> float:
        """Share of the peak reversed at the end; 0 where there was no move."""
        return 1 - self.end_return / self.peak_return if self.peak_return else 0.0


@cache
def known_cases() -> tuple[KnownCase, ...]:
    """The curated table. KeyError or TypeError where an entry lacks a field."""
    with FILE.open("rb") as handle:
        return tuple(KnownCase(**(c | {"sources": tuple(c["sources"])})) for c in tomllib.load(handle)["case"])


@cache
def known_claims() -> dict[tuple[str, date], str]:
    """What known false releases claimed, without hindsight, by asset ("" where none was named) and UTC day."""
    with FILE.open("rb") as handle:
        of_a_day = tomllib.load(handle)["claim"]
    return {(c["asset"], c["day"]): c["claim"] for c in of_a_day} | {
        (c.asset, c.time.date()): c.claim for c in known_cases()
    }


def base_row(case: KnownCase, bars: Bars) -> int:
    """Row of the last close at or before the release; −1 before the first."""
    return int(bars.row_at(np.array([np.datetime64(case.time.replace(tzinfo=None), "s")]))[0])


def measure_case(case: KnownCase, bars: Bars) -> CaseMove | None:
    """The case on one grid; None where the grid does not hold its asset, the close before it, or the day after it.

    Looks WINDOW_H past the release; the sigma is that known at the base close.
    """
    if case.asset not in bars.assets:
        return None
    asset = bars.assets.index(case.asset)
    moment, row = np.datetime64(case.time.replace(tzinfo=None), "s"), base_row(case, bars)
    steps = round(WINDOW_H / bars.step_h)
    if row < steps or row + steps >= len(bars.close_ts):
        return None
    sigma = ewma_sigma(bars)[:, asset]
    after = slice(row + 1, row + 1 + steps)
    base, close = float(bars.close[row, asset]), bars.close[after, asset]
    if not np.isfinite(base) or not np.isfinite(close).any() or not sigma[row] > 0:
        return None
    ends = bars.close_ts[after]
    hours = (ends - moment) / np.timedelta64(3600, "s")
    high, low = np.nan_to_num(bars.high[after, asset], nan=base), np.nan_to_num(bars.low[after, asset], nan=base)
    up, down = int(high.argmax()), int(low.argmin())
    rises = np.log(high[up] / base) >= -np.log(low[down] / base)
    at, peak = (up, float(high[up])) if rises else (down, float(low[down]))
    scaled = np.abs(np.log(close / base)) / (sigma[row] * np.sqrt(np.arange(1, steps + 1)))
    scaled = np.nan_to_num(scaled, nan=0.0)
    flagged = int((scaled >= THRESHOLD).argmax()) if (scaled >= THRESHOLD).any() else None
    left = (close / base - 1) / (peak / base - 1) if peak != base else np.ones_like(close)
    halved = np.flatnonzero((np.arange(steps) >= at) & (left <= 0.5))
    return CaseMove(
        base, peak, float(hours[at]), float(close[np.isfinite(close)][-1]),
        float(hours[halved[0]] - hours[at]) if len(halved) else None, float(scaled.max()),
        None if flagged is None else float(hours[flagged]), None if flagged is None else ends[flagged],
        false_alarms(bars.close[:, asset], sigma, row, steps, round(24 / bars.step_h)),
    )  # fmt: skip


def false_alarms(close: Array, sigma: Array, row: int, steps: int, day: int) -> float | None:
    """Share of earlier days, from the same time of day and at similar volatility, on which the flag would be raised.

    Days of the WEEKS_BACK before `row` that do not overlap it; None below ten such days.
    """
    rows: NDArray[np.int64] = row - day * np.arange(1, 7 * WEEKS_BACK + 1)
    rows = rows[(rows >= 0) & (rows + steps <= row)]
    similar = (sigma[rows] / sigma[row] < VOLATILITY_RATIO) & (sigma[rows] / sigma[row] > 1 / VOLATILITY_RATIO)
    rows = rows[similar]
    if len(rows) < 10:
        return None
    path = close[rows[:, None] + np.arange(1, steps + 1)]
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled = np.abs(np.log(path / close[rows][:, None])) / (sigma[rows][:, None] * np.sqrt(np.arange(1, steps + 1)))
    known = np.isfinite(scaled).any(1)
    return float((np.nan_to_num(scaled[known], nan=0.0) >= THRESHOLD).any(1).mean()) if known.sum() >= 10 else None


def denied_after_h(case: KnownCase, hours: float | None) -> float | None:
    """Hours from a flag `hours` after the release to the denial; negative where the denial came first."""
    if hours is None or case.denied is None:
        return None
    return (case.denied - case.time) / timedelta(hours=1) - hours
