"""Releases as the backtest trades them: when public, when known to be false, what was expected of them."""

import duckdb
import numpy as np
import polars as pl

from models.backtest.ledger.market import Market
from models.backtest.strategies.release_rules import NEVER, Releases
from pipelines.run import Run
from pipelines.stages.dataset import LinkedDataset
from pipelines.stages.impact.impact import of_releases
from warehouse import read


def releases_traded(
    con: duckdb.DuckDBPyConnection, run: Run, dataset: LinkedDataset, market: Market
) -> Releases | None:
    """Releases about assets of the market, first reports only; None where there is none.

    Authorship as it came with the text. That a release is false is known from its retraction, or from the label of who
    says so, on: never from what a source knew in hindsight.
    """
    links = of_releases(con, run, dataset).filter(pl.col("asset").is_in(list(market.assets)))
    if links.is_empty():
        return None
    links = links.join(_flagged(con), on="doc_id", how="left", maintain_order="left")
    position = {asset: i for i, asset in enumerate(market.assets)}
    asset = links["asset"].replace_strict(position, return_dtype=pl.Int64).to_numpy()
    expected, width, windows_h = _expected(con, links)
    flag = _rows(market, links["flagged_ts"])
    row = _rows(market, links["available_ts"])
    is_open = (links["published_authorship"] != "machine").fill_null(value=True).to_numpy() & ~(
        (flag != NEVER) & (flag <= row)
    )
    return Releases(asset, row, flag, is_open, windows_h, expected, width)


def _rows(market: Market, moments: pl.Series) -> np.ndarray:
    """Row of the first close at or after each moment; NEVER for none, the number of rows after the last close."""
    at = np.searchsorted(market.close_ts, moments.dt.epoch("s").fill_null(0).to_numpy().astype("datetime64[s]"))
    return np.where(moments.is_null().to_numpy(), NEVER, at)


def _flagged(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """doc_id, flagged_ts: when it was first known that a document is false."""
    false = pl.col("veracity") == "false"
    source = read.read(con, "core.source_labels").filter(false | pl.col("retracted_ts").is_not_null())
    desk = read.read(con, "core.document_labels").filter(false)
    said = [
        source.select("doc_id", flagged_ts=pl.coalesce("retracted_ts", "available_ts")),
        desk.select("doc_id", flagged_ts="available_ts"),
    ]
    return pl.concat(said).group_by("doc_id").agg(pl.col("flagged_ts").min())


def _expected(con: duckdb.DuckDBPyConnection, links: pl.DataFrame) -> tuple[np.ndarray, np.ndarray, tuple[float, ...]]:
    """Median and width of the band [N, W] that the response model gave then, and the windows in hours."""
    told = read.read(con, "models.response_expected")
    windows = tuple(sorted(told["window_h"].unique().to_list())) or (1.0,)
    by_window = []
    for window in windows:
        own = told.filter(pl.col("window_h") == window).select(
            "doc_id", "asset", "median", width=pl.col("high") - pl.col("low")
        )
        joined = links.join(own, on=["doc_id", "asset"], how="left", maintain_order="left")
        by_window.append(joined.select("median", "width").cast(pl.Float64).fill_null(np.nan).to_numpy())
    stacked = np.stack(by_window, axis=1)
    return stacked[..., 0], stacked[..., 1], windows
