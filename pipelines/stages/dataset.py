"""The data set as the models see it: core and features as of the run's moment, turned into grids and tensors."""

from dataclasses import dataclass

import duckdb
import polars as pl

from domain.labels import release_group
from features.candles import Bars, build_bars, log_path
from features.panel import build_panel
from features.volatility import volatility_scale
from models.forecast.baselines.walks import horizon_sigma, targets
from models.forecast.dataset import Dataset
from models.forecast.network.windows import collect_documents
from models.text.embed import MODEL as WORD_MODEL
from models.text.embed import WIDTH
from pipelines.run import Run
from warehouse import read

QUOTES = ("USDT", "USD", "USDC", "BUSD")


@dataclass(frozen=True)
class LinkedDataset(Dataset):
    """What the models are fitted on, with the links between documents and assets."""

    links: pl.DataFrame


def load_bars(con: duckdb.DuckDBPyConnection, run: Run, timeframe: str = "1h") -> Bars:
    """The grid of one timeframe. ValueError where no candles of it are there."""
    return build_bars(read.as_of(con, "candles", run.as_of), timeframe, QUOTES)


def load_links(con: duckdb.DuckDBPyConnection, run: Run) -> pl.DataFrame:
    """Documents and their assets above the confidence that counts: labels as of now, availability as at first.

    A revision (a label that was added, say) is a new version that becomes available when it is seen; the document
    itself was available with its first, which is what `published_authorship` is of.
    """
    documents = read.as_of(con, "documents", run.as_of)
    first = read.first_versions(con, "documents", run.as_of).select(
        "doc_id", first_ts="available_ts", published_authorship="authorship"
    )
    known = documents.join(first, on="doc_id").with_columns(available_ts=pl.max_horizontal("first_ts", "event_ts"))
    known = with_labels(con, known)
    links = read.as_of(con, "document_assets", run.as_of)
    return (
        links.filter(pl.col("confidence") >= run.settings.impact.min_confidence)
        .select("doc_id", "asset")
        .join(known.drop("first_ts"), on="doc_id")
        .sort("available_ts", "doc_id", "asset")
    )


def with_labels(con: duckdb.DuckDBPyConnection, documents: pl.DataFrame) -> pl.DataFrame:
    """Documents with what was said of them later, and the group that follows.

    A desk's own labels go before those of a document's source, and these before what came with the text. They say
    which group a release is counted to, and of what kind; no model reads them, so that the newest count, whenever they
    were given (core.documents_as_of holds none of them).
    """
    source = read.read(con, "core.source_labels").select(
        "doc_id", "event_label", "is_recommended", source_authorship="authorship", source_veracity="veracity"
    )
    desk = read.read(con, "core.document_labels").select("doc_id", own_authorship="authorship", own_veracity="veracity")
    return (
        documents.join(source, on="doc_id", how="left", maintain_order="left")
        .join(desk, on="doc_id", how="left", maintain_order="left")
        .with_columns(pl.coalesce(f"own_{c}", f"source_{c}", c).alias(c) for c in ("authorship", "veracity"))
        .with_columns(pl.col("is_recommended").fill_null(value=True), release_group())
        .drop("own_authorship", "own_veracity", "source_authorship", "source_veracity")
    )


def load_dataset(con: duckdb.DuckDBPyConnection, run: Run) -> LinkedDataset:
    """Bars, panel and documents. Features must have been derived."""
    bars = load_bars(con, run)
    level = volatility_scale(bars)
    panel = build_panel(
        bars, level, read.read(con, "features.ssr_daily"), read.read(con, "features.news_hourly"),
        read.read(con, "features.funding_hourly"),
    )  # fmt: skip
    links = load_links(con, run)
    embeddings = read.read(con, "features.document_embeddings").filter(pl.col("model") == WORD_MODEL)
    documents = collect_documents(links, embeddings, bars.assets, WIDTH)
    y, sigma = targets(log_path(bars)), horizon_sigma(level)
    return LinkedDataset(bars, level, panel, documents, y, sigma, links)
