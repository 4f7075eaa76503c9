"""The panel: assets × time × channels with a mask, scale-free and causal, from which every model window is cut.

Row t uses bars closed at or before `close_ts[t]`, and documents and supply figures available by then.
"""

import hashlib
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.candles import Array, Bars, log_returns, market_index, rolling_mean, trailing_dollar_volume
from features.volatility import Scale, ewma, garman_klass, parkinson, realised_volatility

HAR_SPANS_H = (6, 24, 72, 168, 720)
CLIP = 8.0
CHANNELS = (
    "return_scaled", "range_scaled", *(f"log_rv_{s}h" for s in HAR_SPANS_H), "log_gk_24h", "log_volume",
    "market_return_scaled", "btc_return_scaled", "log_rv_24h_btc", "log_rv_24h_market",
    "ssr_oscillator", "supply_growth_7d", "news_intensity", "hour_sin", "hour_cos", "week_sin", "week_cos",
)  # fmt: skip


@dataclass(frozen=True)
class Panel:
    """Aligned tensors: `values` [A, T, C] float32 (0 where invalid), `mask` [A, T] (true where a bar was there).

    `log_close` [A, T] (NaN in gaps) and `variance`-based scales come from the same bars; `close_ts` [T] is UTC.
    """

    assets: tuple[str, ...]
    close_ts: NDArray[np.datetime64]
    values: NDArray[np.float32]
    mask: NDArray[np.bool_]
    log_close: Array
    channels: tuple[str, ...] = CHANNELS

    def fingerprint(self) -> str:
        """A hash of everything a model can see in the panel."""
        digest = hashlib.sha256()
        for part in (self.values, self.mask, self.log_close, self.close_ts.astype(np.int64)):
            digest.update(np.ascontiguousarray(part).tobytes())
        digest.update(repr((self.assets, self.channels)).encode())
        return digest.hexdigest()[:16]


def build_panel(bars: Bars, scale: Scale, ssr: pl.DataFrame, news: pl.DataFrame) -> Panel:
    """The panel of hourly bars. `ssr`: features.ssr_daily; `news`: features.news_hourly; either may be empty."""
    returns = log_returns(bars)
    channels = [
        *_volatility_channels(bars, scale, returns),
        *_market_channels(bars, returns),
        *_daily_channels(bars, ssr),
        _news_channel(bars, news),
        *_calendar(bars.close_ts, len(bars.assets)),
    ]
    stacked = np.stack(channels, axis=-1).transpose(1, 0, 2)
    mask = np.isfinite(returns).T
    values = np.clip(np.nan_to_num(stacked, nan=0.0, posinf=CLIP, neginf=-CLIP), -CLIP, CLIP)
    return Panel(bars.assets, bars.close_ts, values.astype(np.float32), mask, np.log(bars.close).T)


def _volatility_channels(bars: Bars, scale: Scale, returns: Array) -> list[Array]:
    expected = np.vstack([np.full((1, returns.shape[1]), np.nan), np.sqrt(scale.horizon_variance(1))[:-1]])
    level = np.sqrt(scale.variance)
    with np.errstate(divide="ignore", invalid="ignore"):
        return [
            returns / expected,
            np.sqrt(parkinson(bars)) / expected - 0.8,
            *(np.log(realised_volatility(returns, span) / level) for span in HAR_SPANS_H),
            np.log(np.sqrt(rolling_mean(garman_klass(bars), 24, 12)) / level),
            np.log(bars.volume / rolling_mean(bars.volume, 168, 24)),
        ]


def _market_channels(bars: Bars, returns: Array) -> list[Array]:
    index = market_index(returns, trailing_dollar_volume(bars))
    btc = returns[:, [bars.assets.index("BTC")]] if "BTC" in bars.assets else index
    btc = np.broadcast_to(btc, returns.shape)
    out = [_self_scaled(index), _self_scaled(btc)]
    with np.errstate(divide="ignore", invalid="ignore"):
        out += [np.log(realised_volatility(x, 24) / realised_volatility(x, 720)) for x in (btc, index)]
    return out


def _self_scaled(returns: Array) -> Array:
    level = np.sqrt(ewma(returns**2, 36.0))
    before = np.vstack([np.full((1, returns.shape[1]), np.nan), level[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        return returns / before


def _daily_channels(bars: Bars, ssr: pl.DataFrame) -> list[Array]:
    rows = pl.DataFrame({"ts": bars.close_ts.astype("datetime64[us]")}).with_columns(
        pl.col("ts").dt.replace_time_zone("UTC")
    )
    total = ssr.filter(pl.col("coin") == "ALL") if "coin" in ssr.columns else ssr
    if total.is_empty():
        nothing = np.zeros((len(rows), len(bars.assets)))
        return [nothing, nothing]
    known = (
        total.select("event_ts", "oscillator_z", "growth_7d", ts="available_ts")
        .sort("ts", "event_ts")
        .unique("ts", keep="last", maintain_order=True)
    )
    joined = rows.join_asof(known, on="ts", tolerance="4d")
    shape = (1, len(bars.assets))
    return [
        np.tile((joined["oscillator_z"].to_numpy() / 3)[:, None], shape),
        np.tile((joined["growth_7d"].to_numpy() * 20)[:, None], shape),
    ]


def _news_channel(bars: Bars, news: pl.DataFrame) -> Array:
    """Intensity of the latest hour with news, for a day after it; 0 without."""
    out = np.zeros(bars.close.shape)
    for (asset,), group in news.group_by("asset"):
        if asset not in bars.assets:
            continue
        seconds = group.sort("available_ts")
        row = np.searchsorted(
            seconds["available_ts"].dt.epoch("s").to_numpy(), bars.close_ts.astype(np.int64), side="right"
        ) - 1  # fmt: skip
        age = bars.close_ts.astype(np.int64) - seconds["available_ts"].dt.epoch("s").to_numpy()[np.maximum(row, 0)]
        fresh = (row >= 0) & (age <= 86400)
        out[fresh, bars.assets.index(str(asset))] = seconds["intensity"].to_numpy()[row[fresh]]
    return out


def calendar(ts: NDArray[np.datetime64]) -> Array:
    """Hour of the day and of the week as sines and cosines of the bar that closes at `ts`, [..., 4]."""
    hour = ts.astype("datetime64[h]").astype(np.int64) - 1
    day, week = 2 * np.pi * (hour % 24) / 24, 2 * np.pi * ((hour + 72) % 168) / 168
    return np.stack([np.sin(day), np.cos(day), np.sin(week), np.cos(week)], axis=-1)


def _calendar(close_ts: NDArray[np.datetime64], n_assets: int) -> list[Array]:
    four = calendar(close_ts)
    return [np.repeat(four[:, [i]], n_assets, axis=1) for i in range(4)]
