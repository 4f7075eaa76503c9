"""Flow: core to features. Computed from what was available at the run's moment; skipped where nothing changed."""

import logging

import duckdb
import polars as pl

from domain.errors import NotEnoughDataError
from domain.timeframes import SECONDS
from features.candle_features import candle_features
from features.candles import Bars, build_bars
from features.daily.funds import fund_premium
from features.daily.market import asset_daily, daily_bars
from features.daily.ssr import ssr_daily
from features.funding import funding_hourly
from features.market_choice import choose_markets
from features.news import document_novelty, keep_first_reports, news_hourly
from features.volatility import volatility_scale
from models.impact.measure.calendar import calendar_table
from models.text.embed import MODEL as WORD_MODEL
from models.text.embed import embed
from models.text.language.sentence import MODEL as SENTENCE_MODEL
from models.text.stories import group_stories
from pipelines.run import Run
from pipelines.stages.dataset import QUOTES, load_links
from warehouse import read
from warehouse.connect import transaction
from warehouse.schema.features import (
    ASSET_DAILY,
    CANDLE_FEATURES,
    FUND_PREMIUM,
    FUNDING_HOURLY,
    MACRO_CALENDAR,
    MARKET_SERIES,
    NEWS_HOURLY,
    SSR_DAILY,
)
from warehouse.schema.texts import DOCUMENT_EMBEDDINGS, DOCUMENT_NOVELTY, DOCUMENT_STORIES
from warehouse.write import WriteResult, write

log = logging.getLogger("tapewire.derive")


def derive(con: duckdb.DuckDBPyConnection, run: Run) -> list[WriteResult]:
    """Compute and write SSR, embeddings, stories, novelty, news, funding per hour, and what follows from candles.

    Without hourly candles everything else is written, then NotEnoughDataError is raised.
    """
    batch = run.batch("derive")
    supply, metrics = read.as_of(con, "supply", run.as_of), read.as_of(con, "asset_metrics", run.as_of)
    ratio = ssr_daily(supply, metrics, run.settings.features.coin_list)
    _say_what_the_total_lacks(ratio)
    documents = read.first_versions(con, "documents", run.as_of)
    embeddings = embed(documents)
    stories = group_stories(documents).join(
        documents.select("doc_id", "available_ts"), on="doc_id", maintain_order="left"
    )
    meanings = read.read(con, "features.document_embeddings").filter(pl.col("model") == SENTENCE_MODEL)
    authorship = read.read(con, "features.document_authorship")
    news = news_hourly(keep_first_reports(load_links(con, run), stories), embeddings, authorship)
    candles = read.as_of(con, "candles", run.as_of)
    hourly, grids = _grids(candles)
    with transaction(con):
        results = [
            write(con, SSR_DAILY, ratio, batch, replace=True),
            write(con, DOCUMENT_EMBEDDINGS, embeddings, batch, replace={"model": WORD_MODEL}),
            write(con, DOCUMENT_STORIES, stories, batch, replace=True),
            write(con, DOCUMENT_NOVELTY, document_novelty(embeddings, meanings), batch, replace=True),
            write(con, NEWS_HOURLY, news, batch, replace=True),
            write(con, FUNDING_HOURLY, funding_hourly(read.as_of(con, "funding", run.as_of)), batch, replace=True),
            write(con, MARKET_SERIES, _market_series(con, run), batch, replace=True),
            write(con, ASSET_DAILY, asset_daily(daily_bars(grids)), batch, replace=True),
            write(con, FUND_PREMIUM, fund_premium(*_fund_prices(con, run, hourly, metrics)), batch, replace=True),
            write(con, MACRO_CALENDAR, calendar_table(), run.batch("calendar", is_simulated=False), replace=True),
        ]
    bars = build_bars(candles, "1h", QUOTES) if hourly is None else hourly
    with transaction(con):
        return [
            *results,
            write(con, CANDLE_FEATURES, candle_features(bars, volatility_scale(bars)), batch, replace=True),
        ]


PREFERRED = ("1h", "1d", "15m", "5m", "1m")  # of which bars an asset's days are made: the first that it has


def _grids(candles: pl.DataFrame) -> tuple[Bars | None, list[Bars]]:
    """The hourly grid, and grids of every asset: hourly ones, then those of assets that have no hourly candles."""
    grids: list[Bars] = []
    have: set[str] = set()
    for timeframe in PREFERRED:
        wanted = candles.filter(pl.col("timeframe") == timeframe, ~pl.col("asset").is_in(list(have)))
        try:
            grids.append(build_bars(wanted, timeframe, QUOTES))
        except NotEnoughDataError:  # none of this timeframe
            continue
        have |= set(grids[-1].assets)
    return (grids[0] if grids and grids[0].timeframe == "1h" else None), grids


def _fund_prices(
    con: duckdb.DuckDBPyConnection, run: Run, hourly: Bars | None, metrics: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Funds, and hourly and daily prices of the coins that they hold."""
    funds = read.as_of(con, "funds", run.as_of)
    daily = metrics.filter(pl.col("metric") == "price_usd").sort("source").unique(["asset", "event_ts"], keep="first")
    held = funds["asset"].unique().to_list()
    closes = [
        pl.DataFrame({"available_ts": hourly.close_ts.astype("datetime64[us]"), "close_quote": hourly.close[:, i]})
        .with_columns(pl.col("available_ts").dt.replace_time_zone("UTC"), asset=pl.lit(asset))
        .fill_nan(None)
        for i, asset in enumerate(hourly.assets if hourly else ())
        if hourly and asset in held
    ]
    none = pl.DataFrame(
        schema={"available_ts": pl.Datetime("us", "UTC"), "close_quote": pl.Float64, "asset": pl.String}
    )
    return funds, pl.concat([none, *closes]), daily.rename({"value": "price_usd"})


def _say_what_the_total_lacks(ratio: pl.DataFrame) -> None:
    """Log the coins that the newest total is without, and how long there has been none."""
    if ratio.is_empty():
        return
    total = ratio.filter(pl.col("coin") == "ALL")
    absent = total["absent_coins"][-1] if len(total) else None
    if absent:
        log.warning("no source has a supply of %s: the total of stablecoins is without", absent)
    without = ratio["event_ts"].n_unique() - len(total)
    if without:
        log.warning(
            "%d days have no total of stablecoins: a coin of the list neither has nor carries a figure", without
        )


def _market_series(con: duckdb.DuckDBPyConnection, run: Run) -> pl.DataFrame:
    """Rows of features.market_series: the choice of markets for every timeframe that has candles."""
    stats = read.market_stats(con, run.as_of, QUOTES)
    counts = stats.group_by("timeframe", "asset").agg(n_markets=pl.len())
    chosen = [
        choose_markets(of_one.drop("timeframe"), QUOTES).with_columns(timeframe=pl.lit(timeframe))
        for (timeframe,), of_one in stats.group_by("timeframe", maintain_order=True)
    ]
    if not chosen:
        return pl.DataFrame(schema={c.name: pl.Null for c in MARKET_SERIES.columns})
    length = pl.col("timeframe").replace_strict(SECONDS, return_dtype=pl.Int64)
    return (
        pl.concat(chosen)
        .join(counts, on=["timeframe", "asset"])
        .with_columns(available_ts=pl.col("last_ts") + pl.duration(seconds=length))
        .rename({"first_ts": "event_ts"})
    )
