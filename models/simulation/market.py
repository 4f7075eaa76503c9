"""A simulated market with its ground truth: candles, supply, a fund, releases. A function of seed and time.

Its output must be marked as simulated wherever it is stored or shown. The default end is fixed, so that a run is
reproducible on any day.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from domain.types import Array
from models.simulation.funds import fund_frame
from models.simulation.prices import ASSETS, BLOCK, SimulatedBars, block_rng, make_bars, simulate_paths
from models.simulation.releases import Release, draw_releases, planted_effects
from models.simulation.supply import COINS, asset_supply, simulate_supply

START = datetime(2023, 7, 3, tzinfo=UTC)
DEFAULT_END = datetime(2025, 1, 1, tzinfo=UTC)
GAP_RATE = 0.06
HOLE_ASSET, HOLE_WEEK, HOLE_HOURS = 7, 40, 9 * 24


@dataclass(frozen=True)
class SimulatedData:
    """A simulated market in the columns of the warehouse's entities."""

    candles: pl.DataFrame
    bad_candles: pl.DataFrame
    supply: pl.DataFrame
    metrics: pl.DataFrame
    funds: pl.DataFrame
    releases: list[Release]
    effects: Array
    bars: SimulatedBars


def simulate_market(seed: int, end: datetime = DEFAULT_END, *, with_effects: bool = True) -> SimulatedData:
    """The market from START to `end`. ValueError where `end` leaves less than 30 days."""
    n_hours = int((end - START).total_seconds() // 3600)
    if n_hours < 30 * 24:
        raise ValueError(f"the simulated market starts on {START:%Y-%m-%d} and needs 30 days; its end was {end}")
    releases = draw_releases(seed, START, n_hours)
    effects = (
        planted_effects(releases, START, n_hours, len(ASSETS)) if with_effects else np.zeros((n_hours, len(ASSETS)))
    )
    paths = simulate_paths(seed, n_hours)
    bars = make_bars(paths, effects)
    present = _present(seed, n_hours)
    candles = _candle_frame(bars, present)
    n_days = n_hours // 24
    market_daily = paths.returns[: n_days * 24].mean(1).reshape(n_days, 24).sum(1)
    return SimulatedData(
        candles, _bad_rows(seed, candles), _supply_frame(seed, market_daily), _metric_frame(bars, n_days),
        fund_frame(seed, START, bars.close[:, 0]), releases, effects, bars,
    )  # fmt: skip


def _present(seed: int, n_hours: int) -> np.ndarray:
    """Which bars exist, [T, A]: exchange-wide maintenance of a few hours, and one hole of days in one market."""
    present = np.ones((n_hours, len(ASSETS)), dtype=bool)
    for block in range(-(-n_hours // BLOCK)):
        rng = block_rng(seed, "gaps", block)
        if rng.random() < GAP_RATE:
            at = block * BLOCK + int(rng.integers(0, BLOCK))
            present[at : at + int(rng.integers(1, 5))] = False
    hole = HOLE_WEEK * BLOCK
    present[hole : hole + HOLE_HOURS, HOLE_ASSET] = False
    return present


def _candle_frame(bars: SimulatedBars, present: np.ndarray) -> pl.DataFrame:
    n_hours = len(present)
    hours = pl.datetime_range(START, START + timedelta(hours=n_hours - 1), "1h", time_unit="us", eager=True)
    frames = [
        pl.DataFrame(
            {
                "exchange": "simulated", "symbol": f"{a.ticker}/USD", "timeframe": "1h", "event_ts": hours,
                "asset": a.ticker, "quote": "USD", "open_quote": bars.open[:, i], "high_quote": bars.high[:, i],
                "low_quote": bars.low[:, i], "close_quote": bars.close[:, i], "volume_base": bars.volume[:, i],
            }
        ).filter(pl.Series(present[:, i]))
        for i, a in enumerate(ASSETS)
    ]  # fmt: skip
    return pl.concat(frames).with_columns(available_ts=pl.col("event_ts") + timedelta(hours=1))


def _bad_rows(seed: int, candles: pl.DataFrame) -> pl.DataFrame:
    """A few invalid rows of the kinds that real feeds deliver, at hours without a bar."""
    base = candles.filter(pl.col("asset") == ASSETS[3].ticker).head(5).with_columns(
        event_ts=pl.col("event_ts") - timedelta(days=1), available_ts=pl.col("available_ts") - timedelta(days=1)
    )  # fmt: skip
    row = pl.int_range(pl.len())
    return base.with_columns(
        high_quote=pl.when(row == 0).then(pl.col("low_quote") * 0.9).otherwise("high_quote"),
        close_quote=pl.when(row == 1)
        .then(-pl.col("close_quote"))
        .when(row == 2)
        .then(float("nan"))
        .otherwise("close_quote"),
        volume_base=pl.when(row == 3).then(-1.0).otherwise("volume_base"),
        low_quote=pl.when(row == 4).then(0.0).otherwise("low_quote"),
    )


def _days(n_days: int) -> pl.Series:
    """Ends of the UTC days."""
    return pl.datetime_range(
        START + timedelta(days=1), START + timedelta(days=n_days), "1d", time_unit="us", eager=True
    )


def _supply_frame(seed: int, market_daily: Array) -> pl.DataFrame:
    units, price = simulate_supply(seed, market_daily)
    days = _days(len(market_daily))
    return pl.concat(
        pl.DataFrame(
            {
                "coin": coin,
                "chain": "all",
                "event_ts": days,
                "available_ts": days + timedelta(hours=6),
                "supply_units": units[:, i],
                "price_usd": price[:, i],
                "market_cap_usd": units[:, i] * price[:, i],
            }
        )
        for i, coin in enumerate(COINS)
    )


def _metric_frame(bars: SimulatedBars, n_days: int) -> pl.DataFrame:
    close = bars.close[23 : n_days * 24 : 24]
    units = asset_supply(n_days)
    days = _days(n_days)
    parts = []
    for i, asset in enumerate(ASSETS):
        for metric, value in (
            ("price_usd", close[:, i]),
            ("supply_units", units[:, i]),
            ("market_cap_usd", close[:, i] * units[:, i]),
        ):
            parts.append(
                pl.DataFrame(
                    {
                        "asset": asset.ticker,
                        "metric": metric,
                        "event_ts": days,
                        "available_ts": days + timedelta(hours=6),
                        "value": value,
                    }
                )
            )
    return pl.concat(parts)
