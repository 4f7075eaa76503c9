"""The context of an origin: what is known at the close of a bar, one number per channel, free of price units.

Each channel is a ratio or a number of standard deviations, so that one network can read every asset and regime. Row t
uses bars closed at or before t, and documents, supply and funding figures available by then. A channel that is not
known (a young asset, no funding) is NaN.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.types import Array
from features.candles import Bars, dollar_volume, log_returns, market_index, rolling_mean, trailing_dollar_volume
from features.volatility import VolatilityScale, ewma, garman_klass

RV_SPANS_H = (1, 6, 24, 72, 168, 720, 2160)
GK_SPANS_H = (1, 6, 24, 168)
ABSOLUTE_SPANS_H = (6, 24, 168)
TYPICAL_SPANS_H = (168, 720, 2160)
VOLUME_SPANS_H = (1, 24, 168)
RETURN_SPANS_H = (1, 4, 24, 168, 720)
MARKET_SPANS_H = (1, 6, 24, 168)
MARKET_RETURN_SPANS_H = (1, 4, 24)
BREADTH_SPANS_H = (1, 24)
MONTH_H, HALF_YEAR_H = 720.0, 4380.0
SHORT_HALF_LIFE_H = 36.0
FUNDING_MAX_AGE_H = 24
NEWS_MAX_AGE_H = 24
CONTEXT = (
    *(f"log_rv_{s}h" for s in RV_SPANS_H), *(f"log_gk_{s}h" for s in GK_SPANS_H),
    *(f"log_abs_{s}h" for s in ABSOLUTE_SPANS_H), *(f"log_typical_gk_{s}h" for s in TYPICAL_SPANS_H),
    *(f"log_volume_{s}h" for s in VOLUME_SPANS_H), "log_typical_volume_720h",
    *(f"return_{s}h" for s in RETURN_SPANS_H),
    "log_level_month", "log_level_half_year", "log_level_others", "log_level_market_month",
    *(f"{who}_{what}" for who in ("btc", "market") for what in (
        *(f"log_rv_{s}h" for s in MARKET_SPANS_H), "log_level_month",
        *(f"return_{s}h" for s in MARKET_RETURN_SPANS_H), "log_level_ratio")),
    *(f"log_breadth_{s}h" for s in BREADTH_SPANS_H),
    "funding_bps_8h", "ssr_oscillator", "supply_growth_7d", "news_intensity", "news_novelty",
    *(f"{part}_{period}{k}" for period in ("day", "week") for k in (1, 2) for part in ("sin", "cos")),
)  # fmt: skip


def build_context(
    bars: Bars, scale: VolatilityScale, ssr: pl.DataFrame, news: pl.DataFrame, funding: pl.DataFrame
) -> Array:
    """All channels of CONTEXT, [T, A, K]. The three frames may be empty."""
    returns = log_returns(bars)
    deseasonalised = returns / scale.factor()[:, None]
    channels = [
        *_own_channels(bars, scale, returns, deseasonalised),
        *_level_channels(scale, deseasonalised),
        *_market_channels(bars, scale, returns),
        *_breadth_channels(scale, returns),
        _latest_known(bars, funding, "funding_rate_per_hour", FUNDING_MAX_AGE_H) * 8e4,
        *_supply_channels(bars, ssr),
        np.nan_to_num(_latest_known(bars, news, "intensity", NEWS_MAX_AGE_H)),
        np.nan_to_num(_latest_known(bars, news, "novelty", NEWS_MAX_AGE_H)),
        *_calendar_channels(bars.close_ts, returns.shape[1]),
    ]
    assert len(channels) == len(CONTEXT)
    out = np.empty((*returns.shape, len(channels)))
    for i, channel in enumerate(channels):
        out[:, :, i] = channel
    return out


def _root_mean(x: Array, span: int) -> Array:
    """Root of the mean over `span` rows, [T, A]."""
    return np.sqrt(np.maximum(rolling_mean(x, span, max(1, span // 2)), 1e-12))


def _own_channels(bars: Bars, scale: VolatilityScale, returns: Array, deseasonalised: Array) -> list[Array]:
    """The asset's own volatilities over several spans ÷ its EWMA level, volume, and returns in units of the level.

    "Typical" channels are geometric means, which are robust to a few extreme hours.
    """
    level = np.sqrt(scale.variance)
    pattern = scale.factor()[:, None] ** 2
    volume = dollar_volume(bars)
    with np.errstate(divide="ignore", invalid="ignore"):
        range_variance = garman_klass(bars) / pattern
        month_volume = rolling_mean(volume, 720, 24)
        log_range = _log(range_variance) / 2
        return [
            *(np.log(_root_mean(deseasonalised**2, s) / level) for s in RV_SPANS_H),
            *(np.log(_root_mean(range_variance, s) / level) for s in GK_SPANS_H),
            *(np.log(rolling_mean(np.abs(deseasonalised), s, s // 2) / level + 1e-9) for s in ABSOLUTE_SPANS_H),
            *(rolling_mean(log_range, s, s // 8) - np.log(level) for s in TYPICAL_SPANS_H),
            *(np.log(rolling_mean(volume, s, max(1, s // 2)) / month_volume + 1e-9) for s in VOLUME_SPANS_H),
            rolling_mean(_log(volume), 720, 24) - np.log(month_volume),
            *(rolling_mean(returns, s, max(1, s // 2)) * np.sqrt(s) / level for s in RETURN_SPANS_H),
        ]


def _log(x: Array) -> Array:
    """Logarithm of what is positive; NaN elsewhere."""
    return np.log(np.where(x > 0, x, np.nan))


def _level_channels(scale: VolatilityScale, deseasonalised: Array) -> list[Array]:
    """EWMA level ÷ that of the asset's own month and half-year and of all assets; theirs ÷ that of their month."""
    level = np.sqrt(scale.variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        log_level = np.log(np.where(level > 0, level, np.nan))
        known = np.isfinite(log_level)
        others = np.where(known, log_level, 0).sum(1, keepdims=True) / known.sum(1, keepdims=True)
        slow = np.log(ewma(np.exp(2 * others), MONTH_H)) / 2
        return [
            np.log(level / np.sqrt(ewma(deseasonalised**2, MONTH_H))),
            np.log(level / np.sqrt(ewma(deseasonalised**2, HALF_YEAR_H))),
            log_level - others,
            np.broadcast_to(others - slow, level.shape),
        ]


def _market_channels(bars: Bars, scale: VolatilityScale, returns: Array) -> list[Array]:
    """The state of BTC and of the market without the asset: volatilities, level, returns, and the asset's level
    relative to theirs."""
    index = market_index(returns, trailing_dollar_volume(bars))
    btc = returns[:, [bars.assets.index("BTC")]] if "BTC" in bars.assets else index
    own_level = np.sqrt(scale.variance)
    factor = scale.factor()[:, None]
    out: list[Array] = []
    for x in (btc, index):
        with np.errstate(divide="ignore", invalid="ignore"):
            level = np.sqrt(ewma((x / factor) ** 2, SHORT_HALF_LIFE_H))
            part = [
                *(np.log(_root_mean((x / factor) ** 2, s) / level) for s in MARKET_SPANS_H),
                np.log(level / np.sqrt(ewma((x / factor) ** 2, MONTH_H))),
                *(rolling_mean(x, s, max(1, s // 2)) * np.sqrt(s) / level for s in MARKET_RETURN_SPANS_H),
                np.log(own_level / level),
            ]
        out += [np.broadcast_to(p, returns.shape) for p in part]
    return out


def _breadth_channels(scale: VolatilityScale, returns: Array) -> list[Array]:
    """Log mean squared return of all assets in units of its expected variance, over several spans."""
    expected = np.vstack([np.full((1, returns.shape[1]), np.nan), scale.horizon_variance(1)[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        surprise = np.minimum(returns**2 / expected, 100.0)
    known = np.isfinite(surprise)
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.where(known, surprise, 0).sum(1, keepdims=True) / known.sum(1, keepdims=True)
    return [np.broadcast_to(np.log(rolling_mean(mean, s) + 1e-3), returns.shape) for s in BREADTH_SPANS_H]


def _latest_known(bars: Bars, frame: pl.DataFrame, column: str, max_age_h: int) -> Array:
    """The newest value of each asset known at each close and at most `max_age_h` old, [T, A]; NaN where none is."""
    out = np.full(bars.close.shape, np.nan)
    if frame.is_empty():
        return out
    closes = bars.close_ts.astype(np.int64)
    for (asset,), group in frame.group_by("asset"):
        if asset not in bars.assets:
            continue
        ordered = group.sort("available_ts")
        seconds = ordered["available_ts"].dt.epoch("s").to_numpy()
        row = np.searchsorted(seconds, closes, side="right") - 1
        age = closes - seconds[np.maximum(row, 0)]
        fresh = (row >= 0) & (age <= max_age_h * 3600)
        out[fresh, bars.assets.index(str(asset))] = ordered[column].to_numpy()[row[fresh]]
    return out


def _supply_channels(bars: Bars, ssr: pl.DataFrame) -> list[Array]:
    """SSR oscillator and 7-day supply growth, as known at each close."""
    unknown = np.full(bars.close.shape, np.nan)
    total = ssr.filter(pl.col("coin") == "ALL") if "coin" in ssr.columns else ssr
    if total.is_empty():
        return [unknown, unknown]
    rows = pl.DataFrame({"ts": bars.close_ts.astype("datetime64[us]")}).with_columns(
        pl.col("ts").dt.replace_time_zone("UTC")
    )
    known = (
        total.select("event_ts", "oscillator_z", "growth_7d", ts="available_ts")
        .sort("ts", "event_ts")
        .unique("ts", keep="last", maintain_order=True)
    )
    joined = rows.join_asof(known, on="ts", tolerance="4d")
    return [
        np.broadcast_to(joined[name].cast(pl.Float64).to_numpy()[:, None] * unit, bars.close.shape)
        for name, unit in (("oscillator_z", 1 / 3), ("growth_7d", 20.0))
    ]


def _calendar_channels(close_ts: NDArray[np.datetime64], n_assets: int) -> list[Array]:
    """Two sines and cosines of the hour of the day and of the week in which the next bar lies."""
    hour = close_ts.astype("datetime64[h]").astype(np.int64)
    cycles = [k * (hour + shift) / period for period, shift in ((24, 0), (168, 72)) for k in (1, 2)]
    waves = [wave(2 * np.pi * cycle) for cycle in cycles for wave in (np.sin, np.cos)]
    return [np.broadcast_to(w[:, None], (len(hour), n_assets)) for w in waves]
