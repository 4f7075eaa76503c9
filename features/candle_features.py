"""Features of candles per asset and hour: returns, volatilities, liquidity, beta and correlation."""

import numpy as np
import polars as pl

from domain.types import Array
from features.candles import Bars, dollar_volume, log_returns, market_index, rolling_mean, trailing_dollar_volume
from features.volatility import VolatilityScale, garman_klass, parkinson, realised_volatility

BETA_BARS = 720


def candle_features(bars: Bars, scale: VolatilityScale) -> pl.DataFrame:
    """Rows of features.candle_features: one per asset and hourly bar. Uses bars closed by the end of the hour."""
    returns = log_returns(bars)
    index = market_index(returns, trailing_dollar_volume(bars))
    dollars = dollar_volume(bars)
    with np.errstate(divide="ignore", invalid="ignore"):
        amihud = rolling_mean(np.abs(returns) / (dollars / 1e6), 24, 12)
    btc = returns[:, [bars.assets.index("BTC")]] if "BTC" in bars.assets else index
    grids = {
        "log_return": returns, "parkinson_var": parkinson(bars), "garman_klass_var": garman_klass(bars),
        "realised_vol_24h": realised_volatility(returns, 24), "ewma_vol_1h": np.sqrt(scale.variance),
        "hour_of_week_factor": np.broadcast_to(scale.factor()[:, None], returns.shape),
        "sigma_next_1h": np.sqrt(scale.horizon_variance(1)), "dollar_volume": dollars, "amihud_24h": amihud,
        "beta_btc_30d": _rolling_beta(returns, np.broadcast_to(btc, returns.shape)),
        "corr_market_30d": _rolling_correlation(returns, index),
    }  # fmt: skip
    close = pl.Series(bars.close_ts.astype("datetime64[us]")).dt.replace_time_zone("UTC")
    frames = []
    for i, asset in enumerate(bars.assets):
        has_bar = np.isfinite(bars.close[:, i])
        columns = {name: np.where(np.isfinite(g[:, i]), g[:, i], np.nan)[has_bar] for name, g in grids.items()}
        frames.append(
            pl.DataFrame({"available_ts": close.filter(pl.Series(has_bar)), **columns})
            .with_columns(asset=pl.lit(asset), event_ts=pl.col("available_ts") - pl.duration(hours=1))
            .fill_nan(None)
        )
    return pl.concat(frames)


def _rolling_beta(y: Array, x: Array) -> Array:
    """Slope of y on x over the last BETA_BARS bars, [T, A]."""
    covariance, variance, _ = _rolling_moments(y, x)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(variance > 1e-14, covariance / variance, np.nan)


def _rolling_correlation(y: Array, x: Array) -> Array:
    """Correlation of y and x over the last BETA_BARS bars, [T, A]."""
    covariance, var_x, var_y = _rolling_moments(y, x)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where((var_x > 1e-14) & (var_y > 1e-14), covariance / np.sqrt(var_x * var_y), np.nan)


def _rolling_moments(y: Array, x: Array) -> tuple[Array, Array, Array]:
    """Covariance of y and x, variance of x, variance of y over the last BETA_BARS bars, [T, A] each."""
    both = np.isfinite(y) & np.isfinite(x)
    y, x = np.where(both, y, np.nan), np.where(both, x, np.nan)
    mean = {
        k: rolling_mean(v, BETA_BARS, BETA_BARS // 2)
        for k, v in {"y": y, "x": x, "xy": x * y, "xx": x * x, "yy": y * y}.items()
    }
    return mean["xy"] - mean["x"] * mean["y"], mean["xx"] - mean["x"] ** 2, mean["yy"] - mean["y"] ** 2
