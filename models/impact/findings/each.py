"""Events one by one, on bars as they are: how far and when each moved, what came back, and how usual that is.

For groups too small to be tested together, and for small coins whose minutes without a trade are absent: moves run from
one trade to another (Maynes and Rumsey 1993), a price stays valid for VALID_H, and each event is ranked among the
windows before it that are as long.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import ndimage, stats

from domain.types import Array
from features.candles import Bars
from models.impact.findings.wording import hours, p_of
from models.impact.measure.events import Design
from models.impact.sample import hours_since_1970

VALID_H = 1.0
FEWEST_LIKE, MOST_LIKE = 8, 1000
UNUSUAL = 0.05
NEAR_H = 5 / 60


@dataclass(frozen=True)
class Path:
    """One asset: time of each close (hours since 1970), last trade price and its age, highest and lowest of each bar,
    and the log return from trade to trade (0 in bars without one, and where the series goes on in another unit); how
    often its unit has changed so far, [T] each.
    """

    close_h: Array
    price: Array
    age_h: Array
    high: Array
    low: Array
    moved: Array
    units: NDArray[np.int64]

    def largest(self, steps: int) -> Array:
        """Log move to the extreme of the next `steps` bars that lies further from the last price, [T]; NaN where that
        price is too old, no trade follows or the unit changes.
        """
        up, down = (_next_extreme(x, steps, s) for x, s in ((self.high, 1), (self.low, -1)))
        with np.errstate(invalid="ignore", divide="ignore"):
            above, below = np.log(up / self.price), np.log(down / self.price)
        move = np.where(above >= -below, above, below)
        ends = np.minimum(np.arange(len(move)) + steps, len(move) - 1)
        return np.where((self.age_h <= VALID_H) & (self.units[ends] == self.units), move, np.nan)


def path_of(bars: Bars, asset: int) -> Path:
    """The path of one asset of the grid."""
    close, rows = bars.close[:, asset], np.arange(len(bars.close_ts))
    traded = np.isfinite(close)
    last = np.maximum.accumulate(np.where(traded, rows, -1))
    price = np.where(last >= 0, close[np.maximum(last, 0)], np.nan)
    moved = np.zeros(len(close))
    with np.errstate(invalid="ignore"):
        moved[1:] = np.where(traded[1:], np.log(price[1:] / price[:-1]), 0.0)
    seam = np.zeros(len(close), dtype=bool) if bars.seams is None else bars.seams[:, asset]
    moved[seam] = 0.0
    age = np.where(last >= 0, (rows - last) * bars.step_h, np.inf)
    return Path(hours_since_1970(bars.close_ts), price, age, bars.high[:, asset], bars.low[:, asset],
                np.nan_to_num(moved), np.cumsum(seam))  # fmt: skip


def _next_extreme(x: Array, steps: int, sign: int) -> Array:
    """Largest (`sign` 1) or smallest (−1) known value of the next `steps` rows, [T]; NaN where none is known."""
    ahead = np.append(np.where(np.isfinite(x), sign * x, -np.inf)[1:], -np.inf)
    found = ndimage.maximum_filter1d(ahead, steps, origin=-(steps // 2), mode="constant", cval=-np.inf)
    return np.where(np.isfinite(found), sign * found, np.nan)


def each_event(frame: pl.DataFrame, bars: Bars, design: Design, windows_h: tuple[float, ...]) -> pl.DataFrame:
    """A row for each event of `frame` (doc_id, asset, event_ts, release_group) and window that its coin's trades show.

    Looks `design.after_h` past the event for its largest bar, otherwise no further than the window; like windows lie in
    the estimation span, end to end. `peak_return` and `end_return` are simple; `peak_after_h` counts to the end of
    the bar; `given_back`: share of the peak that was gone at the end; `usual_return`: median peak of the like windows,
    `p_value` the share of them (and the event) with a peak as large.
    """
    fitting = tuple(
        w for w in windows_h
        if bars.step_h <= w <= design.after_h and abs(w / bars.step_h - round(w / bars.step_h)) < 1e-6
    )  # fmt: skip
    rows = []
    for (asset,), events in frame.filter(pl.col("asset").is_in(list(bars.assets))).group_by("asset"):
        path = path_of(_needed(bars, events, design), bars.assets.index(str(asset)))
        for w in fitting:
            largest = path.largest(round(w / bars.step_h))
            rows += [r for e in events.iter_rows(named=True) if (r := _one(e, path, largest, bars, design, w))]
    out = pl.DataFrame(rows, infer_schema_length=None)
    return out if out.is_empty() else out.sort("event_ts", "doc_id", "asset", "window_h")


def _needed(bars: Bars, events: pl.DataFrame, design: Design) -> Bars:
    """The part of the grid that the events of one asset need."""
    span, gap, before, after = design.rows(bars)
    ends = events.select(pl.col("event_ts").min().alias("first"), pl.col("event_ts").max().alias("last")).row(0)
    first, last = bars.row_at(np.array([np.datetime64(t.replace(tzinfo=None), "s") for t in ends]))
    earlier = max(span + gap, before) + math.ceil(VALID_H / bars.step_h) + 1
    part = slice(max(int(first) - earlier, 0), int(last) + after + 2)
    return replace(
        bars, close_ts=bars.close_ts[part], open=bars.open[part], high=bars.high[part], low=bars.low[part],
        close=bars.close[part], volume=bars.volume[part], seams=None if bars.seams is None else bars.seams[part],
    )  # fmt: skip


def _one(
    event: dict[str, Any], path: Path, largest: Array, bars: Bars, design: Design, window_h: float
) -> dict[str, Any] | None:
    """What one event did within a window; None where it has no price or no trade follows."""
    moment = np.datetime64(event["event_ts"].replace(tzinfo=None), "us")
    hour = moment.astype(np.int64) / 3.6e9
    row = int(np.searchsorted(path.close_h, np.floor(hour * 3600) / 3600 + 1e-9, side="right")) - 1
    steps = round(window_h / bars.step_h)
    if row < 0 or row + steps >= len(path.price) or not np.isfinite(largest[row]):
        return None
    ahead = slice(row + 1, row + 1 + steps)
    extreme = path.high[ahead] if largest[row] >= 0 else path.low[ahead]
    at = int(np.nanargmax(extreme) if largest[row] >= 0 else np.nanargmin(extreme))
    peak, end = np.expm1(largest[row]), path.price[row + steps] / path.price[row] - 1
    span, gap, before, after = design.rows(bars)
    starts = row - gap - steps * np.arange(1, min(span // steps, MOST_LIKE) + 1)
    like = np.abs(largest[starts[starts >= 0]])
    like = like[np.isfinite(like)]
    shown = slice(max(row + 1 - before, 0), row + 1 + after)
    jump = shown.start + int(np.abs(path.moved[shown]).argmax())
    known = len(like) >= FEWEST_LIKE
    return {
        "doc_id": event["doc_id"], "asset": event["asset"], "event_ts": event["event_ts"],
        "release_group": event["release_group"], "timeframe": bars.timeframe, "window_h": window_h,
        "base_quote": path.price[row], "base_age_h": path.age_h[row] + hour - path.close_h[row],
        "peak_return": peak, "peak_after_h": path.close_h[row + 1 + at] - hour, "end_return": end,
        "given_back": 1 - end / peak if peak else None, "largest_bar_h": path.close_h[jump] - hour,
        "usual_return": float(np.median(np.expm1(like))) if known else None, "n_like": len(like),
        "p_value": (1 + int((like >= abs(largest[row])).sum())) / (1 + len(like)) if known else None,
    }  # fmt: skip


def told(rows: pl.DataFrame) -> list[str]:
    """What the events show one by one, in the window in which most of them stand out; nothing where none is known."""
    if rows.is_empty():
        return []
    best = max(filter(None, map(_counted, rows.partition_by("window_h"))), key=lambda c: -c.p_value, default=None)
    if best is None:
        return []
    window, n_windows = hours(best.rows["window_h"][0]), rows["window_h"].n_unique()
    p = min(1.0, best.p_value * n_windows)
    usual = best.rows["usual_return"].median()
    peak, back = best.rows["peak_return"].abs().median(), best.rows["given_back"].median()
    assert isinstance(usual, float) and isinstance(peak, float) and isinstance(back, float)
    near = best.rows.filter(pl.col("largest_bar_h").abs() <= NEAR_H + 1e-9)
    at_once = best.rows.filter(pl.col("peak_after_h") <= NEAR_H + 1e-9)
    chance = "beyond chance" if p < UNUSUAL else "no more than chance gives"
    return [
        f"One by one, on {best.rows['timeframe'][0]} bars as they are: {best.k} of {best.n} events on days of their "
        f"own moved further within {window} than in 95 % of the windows of that length before, where chance gives "
        f"{UNUSUAL * best.n:.1f} (p {p_of(p)}, {n_windows} windows looked at): {chance}.",
        f"Median of the largest move within {window}: {100 * peak:.1f} %, {peak / usual:.1f} times the usual; reached "
        f"within five minutes by {len(at_once)} of {len(best.rows)}. At the end of the window {100 * back:.0f} % of it "
        f"was gone (median). The largest bar of the whole path lies within five minutes of the event for {len(near)}.",
    ]


@dataclass(frozen=True)
class Count:
    """How many of the events of one window stand out by themselves, one of each day."""

    rows: pl.DataFrame
    k: int
    n: int
    p_value: float


def _counted(rows: pl.DataFrame) -> Count | None:
    """Events whose own p-value is at most UNUSUAL, the first of each day: exact binomial, upper tail."""
    known = rows.filter(pl.col("p_value").is_not_null()).sort("event_ts")
    able = known.filter(pl.col("n_like") >= round(1 / UNUSUAL) - 1)
    own = able.unique(pl.col("event_ts").dt.date(), keep="first", maintain_order=True)["p_value"]
    if own.is_empty():
        return None
    k = int((own <= UNUSUAL + 1e-12).sum())
    return Count(known, k, len(own), float(stats.binomtest(k, len(own), UNUSUAL, alternative="greater").pvalue))
