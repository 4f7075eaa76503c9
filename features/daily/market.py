"""Daily bars of each asset, and what a market morning asks of them: returns, volatility, falls, beta to BTC.

A day is a UTC day, known at its end. Row t uses days up to t. Whatever spans a day without a price, or a seam between
markets or units, is null: it would be no return.
"""

from collections.abc import Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.candles import JUMP, Bars, coarser_bars

RETURN_DAYS = (1, 7, 30, 90)
VOLATILITY_DAYS, VOLATILITY_MIN = 30, 20
YEAR, YEAR_MIN = 365, 90
BETA_DAYS, BETA_MIN = 90, 60


BARS_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "asset": pl.String, "event_ts": pl.Datetime("us", "UTC"), "open": pl.Float64, "high": pl.Float64,
    "low": pl.Float64, "close": pl.Float64, "volume_base": pl.Float64, "timeframe": pl.String, "n_bars": pl.Int32,
    "is_seam": pl.Boolean,
}  # fmt: skip


def daily_bars(grids: Sequence[Bars]) -> pl.DataFrame:
    """Daily bars, one row per asset and UTC day from its first to its last: asset, event_ts (end of the day), open,
    high, low, close (quote currency; null on days without a trade), volume_base, timeframe and n_bars (bars of the day
    in which something was traded), is_seam.

    Each asset's are made of the first grid that has the asset. The last day is left out until it has ended.
    """
    frames, have = [pl.DataFrame(schema=BARS_SCHEMA)], set[str]()
    for grid in grids:
        whole = grid if grid.timeframe == "1d" else coarser_bars(grid, "1d")
        ended = whole.close_ts <= grid.close_ts[-1]
        day = np.searchsorted(whole.close_ts, grid.close_ts)
        traded = np.zeros(whole.close.shape, dtype=np.int32)
        np.add.at(traded, day, np.isfinite(grid.close).astype(np.int32))
        frames += [_long(whole, i, ended, traded[:, i], grid.timeframe)
                   for i, asset in enumerate(whole.assets) if asset not in have]  # fmt: skip
        have |= set(whole.assets)
    return pl.concat(frames)


def _long(bars: Bars, i: int, ended: NDArray[np.bool_], traded: NDArray[np.int32], timeframe: str) -> pl.DataFrame:
    """Rows of one asset from its first to its last traded day."""
    known = np.flatnonzero(np.isfinite(bars.close[:, i]) & ended)
    rows = slice(known[0], known[-1] + 1) if len(known) else slice(0, 0)
    seams = np.zeros(len(ended), dtype=bool) if bars.seams is None else bars.seams[:, i]
    grids = {"open": bars.open, "high": bars.high, "low": bars.low, "close": bars.close, "volume_base": bars.volume}
    close_ts = pl.Series(bars.close_ts[rows].astype("datetime64[us]")).dt.replace_time_zone("UTC")
    return pl.DataFrame(
        {
            "asset": [bars.assets[i]] * len(close_ts), "event_ts": close_ts,
            **{name: grid[rows, i] for name, grid in grids.items()},
            "timeframe": [timeframe] * len(close_ts), "n_bars": traded[rows], "is_seam": seams[rows],
        },
        schema=BARS_SCHEMA,
    ).fill_nan(None)  # fmt: skip


def asset_daily(bars: pl.DataFrame) -> pl.DataFrame:
    """Rows of features.asset_daily from `daily_bars`: one row per asset and day."""
    close = pl.col("close")
    jumped = ((close / _of_asset(close.forward_fill().shift(1))).log().abs() >= np.log(JUMP)).fill_null(value=False)
    marked = bars.with_columns(is_seam=pl.col("is_seam") | jumped).with_columns(
        log_return=pl.when(~pl.col("is_seam")).then((close / _of_asset(close.shift(1))).log()),
        _unit=_of_asset(pl.col("is_seam").cum_sum()),
        volume_quote=pl.when(pl.col("volume_base") == 0).then(0.0).otherwise(pl.col("volume_base") * close),
    )
    variance = (pl.col("log_return") ** 2).rolling_mean(VOLATILITY_DAYS, min_samples=VOLATILITY_MIN)
    usual = pl.col("volume_quote").shift(1).rolling_median(VOLATILITY_DAYS, min_samples=VOLATILITY_MIN)
    shown = marked.with_columns(
        *(
            pl.when(pl.col("_unit") == _of_asset(pl.col("_unit").shift(n)))
            .then(close / _of_asset(close.shift(n)) - 1)
            .alias(f"return_{n}d")
            for n in RETURN_DAYS
        ),
        volatility_30d=_of_asset((variance * YEAR).sqrt()),
        volume_ratio=pl.col("volume_quote") / _of_asset(usual),
        drawdown=close / close.cum_max().over("asset", "_unit", order_by="event_ts") - 1,
    ).with_columns(volatility_percentile=_of_asset(_share_below("volatility_30d")))
    return _with_beta(shown).select(
        "asset", "event_ts", pl.col("event_ts").alias("available_ts"),
        *(pl.col(name).alias(f"{name}_quote") for name in ("open", "high", "low", "close")),
        "volume_base", "volume_quote", "timeframe", "n_bars", "log_return", *(f"return_{n}d" for n in RETURN_DAYS),
        "volume_ratio", "volatility_30d", "volatility_percentile", "drawdown", "beta_btc_90d", "correlation_btc_90d",
    ).sort("asset", "event_ts")  # fmt: skip


def _of_asset(of: pl.Expr) -> pl.Expr:
    """An expression over the days of each asset, in order of time."""
    return of.over("asset", order_by="event_ts")


def _share_below(name: str) -> pl.Expr:
    """Share of the values of the past year, today's included, that are at most today's; null below YEAR_MIN of them."""
    return pl.col(name).rolling_rank(YEAR, method="max", min_samples=YEAR_MIN) / pl.col(name).is_not_null().cast(
        pl.Float64
    ).rolling_sum(YEAR, min_samples=1)


def _with_beta(frame: pl.DataFrame) -> pl.DataFrame:
    """Beta and correlation of daily returns to BTC's, BETA_DAYS days; null without BTC, and for BTC itself."""
    btc = frame.filter(pl.col("asset") == "BTC").select("event_ts", _btc="log_return")
    both = frame.join(btc, on="event_ts", how="left", maintain_order="left")
    known = pl.col("log_return").is_not_null() & pl.col("_btc").is_not_null() & (pl.col("asset") != "BTC")
    y, x = pl.when(known).then("log_return"), pl.when(known).then("_btc")

    def mean(of: pl.Expr) -> pl.Expr:
        return _of_asset(of.rolling_mean(BETA_DAYS, min_samples=BETA_MIN))

    moments = both.with_columns(_y=mean(y), _x=mean(x), _yy=mean(y * y), _xx=mean(x * x), _xy=mean(x * y))
    covariance = pl.col("_xy") - pl.col("_x") * pl.col("_y")
    var_x, var_y = pl.col("_xx") - pl.col("_x") ** 2, pl.col("_yy") - pl.col("_y") ** 2
    moves = (var_x > 1e-14) & (var_y > 1e-14)
    return moments.with_columns(
        beta_btc_90d=pl.when(moves).then(covariance / var_x),
        correlation_btc_90d=pl.when(moves).then(covariance / (var_x * var_y).sqrt()),
    )
