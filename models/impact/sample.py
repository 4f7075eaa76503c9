"""The releases of one study: which can be measured, in which group they are tested, which windows the bars measure."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.types import Array
from features.candles import Bars
from models.impact.measure.events import EXCLUSION_REASONS, Design, Events, exclusion_reasons

ALL = "all"
GROUPS = ("real", "generated", "fabricated", "unlabelled", "late_stamp")
TIME_UNCERTAIN, UNFINISHED, MEASURED = "time less certain than the window", "window's last bar is missing", "measured"


@dataclass(frozen=True)
class Sample:
    """Releases that can be measured on one grid of bars, in step with `events`.

    `frame` has doc_id, asset, event_ts, available_ts, release_group, is_late_stamp, is_recommended. `released` has
    every release on the grid, even those that cannot be measured: placebo times avoid them too. `left_out`
    counts those that cannot, by reason. `row_after` [N]: row of the first close at or after the moment by which the
    release was surely public (the number of rows where there is none).
    """

    frame: pl.DataFrame
    events: Events
    bars: Bars
    released: Events
    left_out: dict[str, int]
    design: Design
    row_after: NDArray[np.int64]

    @property
    def when_h(self) -> Array:
        """Base closes in hours since 1970, [N]."""
        return hours_since_1970(self.bars.close_ts)[self.events.row]

    def groups(self) -> NDArray[np.str_]:
        """Group of each release for tests, [N]."""
        return self.frame.select(tested_group()).to_series().to_numpy().astype(str)

    def unmeasured_rows(self, windows_h: tuple[float, ...]) -> pl.DataFrame:
        """Rows of models.impact_coverage where no release could be measured at all."""
        windows = measurable_windows(self.bars, self.design, windows_h)
        return coverage_rows(self.bars.timeframe, dict.fromkeys(windows, self.left_out))


def tested_group() -> pl.Expr:
    """Group of a release for tests: late stamps on their own; '' for releases that a curated table advises against."""
    late = pl.when(pl.col("is_late_stamp")).then(pl.lit("late_stamp")).otherwise("release_group")
    return pl.when(pl.col("is_recommended")).then(late).otherwise(pl.lit("")).alias("test_group")


def measurable_windows(bars: Bars, design: Design, windows_h: tuple[float, ...]) -> tuple[float, ...]:
    """The windows that are a whole number of bars and end within the path after a release."""
    step, longest = bars.step_h, design.after_h
    return tuple(float(w) for w in windows_h if step - 1e-9 <= w <= longest and abs(w / step - round(w / step)) < 1e-6)


def coverage_rows(study_id: str, counted: dict[float, dict[str, int]]) -> pl.DataFrame:
    """Rows of models.impact_coverage from the number of releases per window and reason."""
    rows = [(study_id, w, reason, n) for w, reasons in counted.items() for reason, n in reasons.items()]
    schema = {"study_id": pl.String, "window_h": pl.Float64, "reason": pl.String, "n_releases": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def hours_since_1970(close_ts: NDArray[np.datetime64]) -> Array:
    """Moments as hours since 1970, [T]."""
    return close_ts.astype("datetime64[s]").astype(np.float64) / 3600


def build_sample(releases: pl.DataFrame, bars: Bars, design: Design | None = None) -> Sample:
    """The sample of the releases (one row per doc_id and asset) that the bars can measure."""
    design = design or Design()
    frame = releases.filter(pl.col("asset").is_in(list(bars.assets))).sort("event_ts", "doc_id", "asset")
    position = {a: i for i, a in enumerate(bars.assets)}
    asset = np.array([position[a] for a in frame["asset"].to_list()], dtype=np.int64)
    moment = frame["event_ts"].dt.epoch("s").to_numpy().astype("datetime64[s]")
    uncertain = (frame["available_ts"] - frame["event_ts"]).dt.total_seconds().to_numpy() / 3600
    events = Events(asset, bars.row_at(moment).astype(np.int64), uncertain.astype(np.float64))
    reason = exclusion_reasons(bars, events, design) if len(frame) else np.zeros(0, dtype=np.int64)
    left_out = {name: int((reason == i).sum()) for i, name in enumerate(EXCLUSION_REASONS)}
    left_out[EXCLUSION_REASONS[0]] = len(releases) - len(frame)
    keep = reason < 0
    public = frame["available_ts"].dt.epoch("s").to_numpy().astype("datetime64[s]")
    after = np.searchsorted(bars.close_ts.astype("datetime64[s]"), public, side="left").astype(np.int64)
    return Sample(
        frame.filter(pl.Series(keep, dtype=pl.Boolean)), events.where(keep), bars, events,
        {k: v for k, v in left_out.items() if v}, design, after[keep],
    )  # fmt: skip


class NoWindowError(ValueError):
    """None of the windows can be measured on the bars."""


def overlapping(events: Events, released: Events, steps: int) -> NDArray[np.int32]:
    """How many other releases of the same asset lie less than a window away from each, [N]."""
    out = np.zeros(len(events), dtype=np.int32)
    for asset in np.unique(events.asset):
        mine = events.asset == asset
        known = np.sort(released.row[released.asset == asset])
        low = np.searchsorted(known, events.row[mine] - steps, side="right")
        out[mine] = np.searchsorted(known, events.row[mine] + steps, side="left") - low - 1
    return out
