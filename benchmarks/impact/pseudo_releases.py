"""Pseudo-releases on real candles: studies of releases that never were, at random moments or after large moves."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.candles import Bars, build_bars
from features.volatility import volatility_scale
from models.impact.measure.calendar import macro_announcements
from models.impact.measure.events import Events
from models.impact.sample import build_sample
from models.impact.study import ImpactStudy

WINDOWS_H = (1.0, 4.0, 8.0, 24.0, 48.0, 72.0)
POOL, N_RELEASES = 15_000, 100
START = np.datetime64("2020-09-01")


def load_bars(data: Path) -> Bars:
    """The hourly grid of the real candles."""
    candles = pl.read_parquet(data / "candles_1h.parquet").select(
        pl.col("symbol").str.split("/").list.get(0).alias("asset"),
        pl.col("symbol").str.split("/").list.get(1).alias("quote"), "symbol", "timeframe", exchange=pl.lit("binance"),
        event_ts=pl.col("ts").cast(pl.Datetime("us", "UTC")), open_quote="open", high_quote="high", low_quote="low",
        close_quote="close", volume_base="volume",
    )  # fmt: skip
    return build_bars(candles.with_columns(available_ts=pl.col("event_ts") + pl.duration(hours=1)), "1h")


def pool_of(bars: Bars, rows: NDArray[np.int64], asset: NDArray[np.int64]) -> ImpactStudy:
    """A study of pseudo-releases half an hour after the closes `rows`; none of them counts as news for another."""
    moment = pl.Series(bars.close_ts[rows].astype("datetime64[us]")).dt.replace_time_zone("UTC")
    frame = pl.DataFrame({
        "doc_id": [f"p{i}" for i in range(len(rows))], "asset": [bars.assets[a] for a in asset], "event_ts": moment,
        "release_group": "real", "is_late_stamp": False, "is_recommended": True,
    }).with_columns(event_ts=pl.col("event_ts") + pl.duration(minutes=30))  # fmt: skip
    none = np.zeros(0, dtype=np.int64)
    chosen = build_sample(frame.with_columns(available_ts=pl.col("event_ts")), bars)
    alone = replace(chosen, released=Events(none, none, np.zeros(0)))
    return ImpactStudy(alone, WINDOWS_H, volatility_scale(bars), announcements=macro_announcements())


def random_pool(bars: Bars, rng: np.random.Generator, assets: NDArray[np.int64]) -> ImpactStudy:
    """Pseudo-releases at random moments of some assets."""
    first, last = int(np.searchsorted(bars.close_ts, START)), len(bars.close_ts) - 80
    return pool_of(bars, np.sort(rng.integers(first, last, POOL)), rng.choice(assets, POOL))


def reacting_pool(bars: Bars, rng: np.random.Generator, times: int) -> ImpactStudy:
    """Pseudo-releases inside bars that are `times` as likely where the bar moves more than two sigmas."""
    raw = volatility_scale(bars)
    sigma = np.sqrt(raw.horizon_variance(1))
    move = np.full(bars.close.shape, np.nan)
    move[1:] = np.abs(np.log(bars.close[1:] / bars.close[:-1])) / sigma[:-1]
    first, last = int(np.searchsorted(bars.close_ts, START)), len(bars.close_ts) - 80
    weight = np.where(np.isfinite(move[first:last]), 1.0 + (times - 1) * (move[first:last] > 2), 0.0)
    at = rng.choice(weight.size, POOL, p=(weight / weight.sum()).ravel())
    bar, asset = np.divmod(np.sort(at), weight.shape[1])
    return pool_of(bars, first + bar - 1, asset)


def draws(study: ImpactStudy, mix: str, studies: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Places in the pool of the releases of each study."""
    when = study.sample.when_h
    day = np.floor(when / 24).astype(np.int64)
    days, count = np.unique(day, return_counts=True)
    full = days[count >= 4]
    for _ in range(studies):
        if mix == "25 days":
            chosen = rng.choice(full, N_RELEASES // 4, replace=False)
            yield np.sort(np.concatenate([rng.choice(np.flatnonzero(day == d), 4, replace=False) for d in chosen]))
            continue
        among = np.arange(len(when))
        if mix == "half a year":
            begin = rng.uniform(when[0], when[-1] - 4380)
            among = np.flatnonzero((when >= begin) & (when < begin + 4380))
        yield np.sort(rng.choice(among, min(N_RELEASES, len(among)), replace=False))
