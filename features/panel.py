"""The panel: aligned assets × time × channels with a mask, scale-free and causal, from which every window is cut.

Two tensors: the *tape* (what each bar did, for windows that look back) and the *context* (what is known at a bar's
close, for the origin alone). Row t uses bars closed at `close_ts[t]`, and documents and figures available by then.
"""

import hashlib
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.types import Array
from features.candles import Bars, log_path, log_returns, market_index, rolling_mean, trailing_dollar_volume
from features.context import CONTEXT, SHORT_HALF_LIFE_H, build_context
from features.volatility import VolatilityScale, ewma, parkinson

CLIP = 8.0
TAPE = ("return_scaled", "range_scaled", "log_volume", "btc_return_scaled", "market_return_scaled")


@dataclass(frozen=True)
class Panel:
    """Aligned tensors, float32: `tape` [A, T, C] (0 in gaps), `context` [A, T, K] (NaN where unknown), `mask` [A, T] (a
    bar with a return was there). `log_close` [A, T] (`candles.log_path`) is NaN in gaps; `close_ts` [T] is UTC.
    """

    assets: tuple[str, ...]
    close_ts: NDArray[np.datetime64]
    tape: NDArray[np.float32]
    context: NDArray[np.float32]
    mask: NDArray[np.bool_]
    log_close: Array
    tape_channels: tuple[str, ...] = TAPE
    context_channels: tuple[str, ...] = CONTEXT

    def until(self, row: int) -> "Panel":
        """The panel up to and including `row`."""
        end = row + 1
        return replace(
            self, close_ts=self.close_ts[:end], tape=self.tape[:, :end], context=self.context[:, :end],
            mask=self.mask[:, :end], log_close=self.log_close[:, :end],
        )  # fmt: skip

    def fingerprint(self) -> str:
        """A hash of everything a model can see in the panel."""
        digest = hashlib.sha256()
        for part in (self.tape, self.context, self.mask, self.log_close, self.close_ts.astype(np.int64)):
            digest.update(np.ascontiguousarray(part).tobytes())
        digest.update(repr((self.assets, self.tape_channels, self.context_channels)).encode())
        return digest.hexdigest()[:16]


def build_panel(
    bars: Bars, scale: VolatilityScale, ssr: pl.DataFrame, news: pl.DataFrame, funding: pl.DataFrame | None = None
) -> Panel:
    """The panel of hourly bars.

    `ssr`: features.ssr_daily; `news`: features.news_hourly; `funding`: asset, available_ts, funding_rate_per_hour per
    settlement. Each may be empty.
    """
    returns = log_returns(bars)
    tape = np.stack(_tape_channels(bars, scale, returns), axis=-1)
    known = build_context(bars, scale, ssr, news, pl.DataFrame() if funding is None else funding)
    return Panel(
        bars.assets, bars.close_ts, np.nan_to_num(_tensor(tape), copy=False), _tensor(known),
        np.isfinite(returns).T, log_path(bars).T,
    )  # fmt: skip


def _tensor(x: Array) -> NDArray[np.float32]:
    """[T, A, C] to a clipped [A, T, C] of float32."""
    out = np.ascontiguousarray(x.transpose(1, 0, 2), dtype=np.float32)
    return np.clip(out, -CLIP, CLIP, out=out)


def _tape_channels(bars: Bars, scale: VolatilityScale, returns: Array) -> list[Array]:
    """The channels of TAPE, [T, A] each; expectations are those known one bar earlier."""
    expected = np.vstack([np.full((1, returns.shape[1]), np.nan), np.sqrt(scale.horizon_variance(1))[:-1]])
    index = market_index(returns, trailing_dollar_volume(bars))
    btc = returns[:, [bars.assets.index("BTC")]] if "BTC" in bars.assets else index
    with np.errstate(divide="ignore", invalid="ignore"):
        return [
            returns / expected,
            np.sqrt(parkinson(bars)) / expected - 0.8,
            np.log(bars.volume / rolling_mean(bars.volume, 168, 24)),
            np.broadcast_to(_self_scaled(btc), returns.shape),
            _self_scaled(index),
        ]


def _self_scaled(returns: Array) -> Array:
    """Returns ÷ their own EWMA volatility of the bar before, [T, A]."""
    level = np.sqrt(ewma(returns**2, SHORT_HALF_LIFE_H))
    before = np.vstack([np.full((1, returns.shape[1]), np.nan), level[:-1]])
    with np.errstate(divide="ignore", invalid="ignore"):
        return returns / before


def calendar(ts: NDArray[np.datetime64]) -> Array:
    """Hour of the day and of the week as sines and cosines of the bar that closes at `ts`, [..., 4]."""
    hour = ts.astype("datetime64[h]").astype(np.int64) - 1
    day, week = 2 * np.pi * (hour % 24) / 24, 2 * np.pi * ((hour + 72) % 168) / 168
    return np.stack([np.sin(day), np.cos(day), np.sin(week), np.cos(week)], axis=-1)
