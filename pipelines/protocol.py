"""`tapewire evaluate` over a span that the user names: parse it, bring the data in, evaluate, and say what came out."""

import logging
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from pipelines import run as runs
from pipelines.settings import Settings, SettingsError

log = logging.getLogger("tapewire.evaluate")
_SPACING = re.compile(r"(\d+)([dh])")
_CLOCK = re.compile(r"([01]\d|2[0-3]):00")


@dataclass(frozen=True)
class Protocol:
    """What to evaluate: train on everything up to `train_until`, forecast from origins in [test_from, test_to).

    With `refit_every`, models are trained anew at that spacing, on data that ends as long before as the first time.
    Assets with less than `min_share` of the test hours are left out.
    """

    train_until: datetime
    test_from: datetime
    test_to: datetime
    origin_hours: tuple[int, ...]
    refit_every: timedelta | None = None
    min_share: float = 0.99

    def __post_init__(self) -> None:
        if not self.train_until <= self.test_from < self.test_to:
            raise SettingsError(
                f"training must end before the test and the test before its end, got --train-until {self.train_until}, "
                f"--test-from {self.test_from}, --test-to {self.test_to}"
            )
        if not 0 <= self.min_share <= 1:
            raise SettingsError(f"--min-share is a share between 0 and 1, got {self.min_share}")


def origin_hours(text: str) -> tuple[int, ...]:
    """`00:00,12:00` as hours of the day. SettingsError for anything but full hours: candles are hourly."""
    found = [_CLOCK.fullmatch(part.strip()) for part in text.split(",")]
    if not all(found):
        raise SettingsError(f"--origins are full hours such as 00:00,12:00, got {text!r}")
    return tuple(sorted({int(match[1]) for match in found if match}))


def spacing(text: str | None) -> timedelta | None:
    """`30d` or `12h` as a time span. SettingsError for anything else."""
    if text is None:
        return None
    match = _SPACING.fullmatch(text.strip())
    if not match or int(match[1]) == 0:
        raise SettingsError(f"--refit-every is a number of days or hours such as 30d or 12h, got {text!r}")
    return timedelta(days=int(match[1])) if match[2] == "d" else timedelta(hours=int(match[1]))


def evaluate_over(settings: Settings, protocol: Protocol, out: Path) -> pl.DataFrame:
    """Ingest and derive what is not there yet, evaluate every model over the protocol's span, write the files."""
    from pipelines.evaluate import evaluate_to_files
    from pipelines.ingest import ingest
    from pipelines.stages import Bench, derive_stage

    run = runs.start(settings, "evaluate")
    code = 1
    try:
        if not settings.exchanges:  # a live history is grown by ingest and backfill, on their own schedule
            ingest(run)
        bench = Bench(run)
        derive_stage(bench)
        with run.open() as con:
            scores = evaluate_to_files(con, run, bench.market(con), protocol, out)
        code = 0
    finally:
        runs.finish(run, code)
    return scores


def league(scores: pl.DataFrame) -> pl.DataFrame:
    """One row per model, best first: CRPS ÷ the volatility-scaled walk's with interval and test, coverage, the set."""
    whole = scores.filter(pl.col("asset") == "ALL", pl.col("regime") == "all")

    def metric(name: str, horizon: int, value: str = "value") -> pl.DataFrame:
        return whole.filter(pl.col("metric") == name, pl.col("horizon_h") == horizon).select("model_name", value)

    ratio = whole.filter(pl.col("metric") == "ratio_to_volatility_walk", pl.col("horizon_h") == 0)
    table = (
        whole.select("model_name")
        .unique()
        .join(
            ratio.select("model_name", ratio="value", low="low", high="high", p="p_value"), on="model_name", how="left"
        )
    )
    for horizon in (1, 4, 8, 24):
        each = metric("ratio_to_volatility_walk", horizon).rename({"value": f"ratio_{horizon}h"})
        table = table.join(each, on="model_name", how="left")
    for horizon in (1, 4, 8, 24):
        each = metric("coverage_90", horizon).rename({"value": f"cover_{horizon}h"})
        table = table.join(each, on="model_name", how="left")
    kept = metric("confidence_set", 0, "p_value").rename({"p_value": "set_p"})
    named = table.join(kept, on="model_name", how="left").with_columns(pl.col("ratio").fill_null(1.0))
    return named.sort("ratio", "model_name").rename({"model_name": "model"})
