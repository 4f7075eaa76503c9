"""Flow: core to features. Computed from what was available at the run's moment; skipped where nothing changed."""

import duckdb
import numpy as np
import polars as pl

from features.candles import Array, Bars, log_returns, market_index, rolling_mean, trailing_dollar_volume
from features.news import document_novelty, first_told, news_hourly
from features.ssr import ssr_daily
from features.volatility import Scale, garman_klass, parkinson, realised_volatility, scale
from models.text.embed import MODEL as WORDS
from models.text.embed import embed
from models.text.group import group
from models.text.sentence import MODEL as MEANING
from pipelines.market import load_bars, load_links
from pipelines.run import Run
from warehouse import read
from warehouse.connect import transaction
from warehouse.entities import (
    CANDLE_FEATURES,
    DOCUMENT_EMBEDDINGS,
    DOCUMENT_NOVELTY,
    DOCUMENT_STORIES,
    NEWS_HOURLY,
    SSR_DAILY,
)
from warehouse.write import WriteResult, write

INPUTS = ("candles", "supply", "asset_metrics", "documents", "document_assets")
BETA_BARS = 720


def derive(con: duckdb.DuckDBPyConnection, run: Run) -> list[WriteResult]:
    """Compute and write SSR, embeddings, stories, novelty, news features, and what follows from candles.

    Without hourly candles everything else is written, then NotEnoughDataError is raised.
    """
    batch = run.batch("derive")
    supply, metrics = read.as_of(con, "supply", run.as_of), read.as_of(con, "asset_metrics", run.as_of)
    ratio = ssr_daily(supply, metrics, run.settings.features.coin_list)
    documents = read.first_versions(con, "documents", run.as_of)
    embeddings = embed(documents)
    stories = group(documents).join(documents.select("doc_id", "available_ts"), on="doc_id", maintain_order="left")
    meanings = read.read(con, "features.document_embeddings").filter(pl.col("model") == MEANING)
    authorship = read.read(con, "features.document_authorship")
    news = news_hourly(first_told(load_links(con, run), stories), embeddings, authorship)
    with transaction(con):
        results = [
            write(con, SSR_DAILY, ratio, batch, replace=True),
            write(con, DOCUMENT_EMBEDDINGS, embeddings, batch, replace={"model": WORDS}),
            write(con, DOCUMENT_STORIES, stories, batch, replace=True),
            write(con, DOCUMENT_NOVELTY, document_novelty(embeddings, meanings), batch, replace=True),
            write(con, NEWS_HOURLY, news, batch, replace=True),
        ]
    bars = load_bars(con, run)
    with transaction(con):
        return [*results, write(con, CANDLE_FEATURES, candle_features(bars, scale(bars)), batch, replace=True)]


def candle_features(bars: Bars, level: Scale) -> pl.DataFrame:
    """Rows of features.candle_features: one per asset and hour that has a bar."""
    returns = log_returns(bars)
    index = market_index(returns, trailing_dollar_volume(bars))
    dollars = bars.volume * bars.close
    with np.errstate(divide="ignore", invalid="ignore"):
        amihud = rolling_mean(np.abs(returns) / (dollars / 1e6), 24, 12)
    btc = returns[:, [bars.assets.index("BTC")]] if "BTC" in bars.assets else index
    grids = {
        "log_return": returns, "parkinson_var": parkinson(bars), "garman_klass_var": garman_klass(bars),
        "realised_vol_24h": realised_volatility(returns, 24), "ewma_vol_1h": np.sqrt(level.variance),
        "hour_of_week_factor": np.broadcast_to(level.factor()[:, None], returns.shape),
        "sigma_next_1h": np.sqrt(level.horizon_variance(1)), "dollar_volume": dollars, "amihud_24h": amihud,
        "beta_btc_30d": _rolling_beta(returns, np.broadcast_to(btc, returns.shape)),
        "corr_market_30d": _rolling_correlation(returns, index),
    }  # fmt: skip
    close = pl.Series(bars.close_ts.astype("datetime64[us]")).dt.replace_time_zone("UTC")
    frames = []
    for i, asset in enumerate(bars.assets):
        there = np.isfinite(bars.close[:, i])
        columns = {name: np.where(np.isfinite(g[:, i]), g[:, i], np.nan)[there] for name, g in grids.items()}
        frames.append(
            pl.DataFrame({"available_ts": close.filter(pl.Series(there)), **columns})
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
    both = np.isfinite(y) & np.isfinite(x)
    y, x = np.where(both, y, np.nan), np.where(both, x, np.nan)
    mean = {k: rolling_mean(v, BETA_BARS, BETA_BARS // 2) for k, v in
            {"y": y, "x": x, "xy": x * y, "xx": x * x, "yy": y * y}.items()}  # fmt: skip
    return mean["xy"] - mean["x"] * mean["y"], mean["xx"] - mean["x"] ** 2, mean["yy"] - mean["y"] ** 2
