"""What the hourly network expects after every release, real or generated, with its text and without.

A generated release has no time of its own: it is placed where a real release of its asset (and kind, where there is
one) was published, so that the two can be held beside each other; where there is none, at the last close.
"""

import logging
from dataclasses import replace
from datetime import UTC, datetime

import duckdb
import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from domain.names import NETWORK
from models.forecast.baselines.base import Base
from models.forecast.baselines.scaled import reference_walk
from models.forecast.checkpoint import CheckpointError, load
from models.forecast.network.net import Ensemble
from models.forecast.network.windows import WindowStore
from models.impact.expected import NO_DOCUMENT, expected_quantiles
from models.impact.sample import tested_group
from models.quantiles.quantiles import HORIZONS_H, LEVELS, MEDIAN, quantile_of
from models.text.embed import embed
from pipelines.run import Run
from pipelines.stages.dataset import LinkedDataset
from pipelines.stages.impact.placement import ScoredSpan, close_moments, place_generated
from warehouse import read

log = logging.getLogger("tapewire.impact")
LOW, HIGH = LEVELS.index(0.05), LEVELS.index(0.95)


def expected_moves(
    con: duckdb.DuckDBPyConnection, run: Run, dataset: LinkedDataset, releases: pl.DataFrame
) -> pl.DataFrame:
    """Rows of models.scored (with forecast_quantile and test_group): releases by the newest model trained before them.

    Releases known to the day only have no hour to look from and are left out, as are those before the first model.
    """
    rows = dataset.usable(run.settings.forecast.lookback_h)
    timed = releases.filter(pl.col("asset").is_in(list(dataset.bars.assets)), pl.col("ts_precision") != "day").sort(
        "event_ts", "doc_id", "asset"
    )
    generated = read.read(con, "models.generated_releases").sort("text_id")
    spans = [s for s in _spans(con, run, dataset, timed, rows, generated) if s]
    n_scored = sum(s.releases["doc_id"].n_unique() for s in spans)
    log.info("scored %d of %d releases; the others came before the first model", n_scored, timed["doc_id"].n_unique())
    if not spans:
        return pl.DataFrame()
    scored = [_expected_rows(dataset, s, s.releases, s.pairs, s.own) for s in spans]
    placed = place_generated(spans, generated, dataset, rows)
    if placed:
        log.info("placed and scored %d generated releases", sum(len(p.releases) for p in placed))
    scored += [_expected_rows(dataset, p, p.releases, p.pairs, p.own) for p in placed]
    return pl.concat(scored, how="diagonal_relaxed")


def _spans(
    con: duckdb.DuckDBPyConnection,
    run: Run,
    dataset: LinkedDataset,
    timed: pl.DataFrame,
    rows: NDArray[np.bool_],
    generated: pl.DataFrame,
) -> list[ScoredSpan | None]:
    models = con.execute(
        "SELECT model_id, train_end_ts FROM models.training_runs WHERE model_name = $1 AND train_end_ts <= $2 "
        "QUALIFY row_number() OVER (PARTITION BY train_end_ts ORDER BY ingested_ts DESC, model_id) = 1 "
        "ORDER BY train_end_ts",
        [NETWORK, run.as_of],
    ).fetchall()
    ends = [trained_to for _, trained_to in models[1:]] + [run.as_of]
    spans = []
    for made, until in zip(models, ends, strict=False):
        part = timed.filter(pl.col("event_ts").is_between(made[1], until, closed="right"))
        spans.append(_span(run, dataset, made, part, rows, generated))
    return spans


def _span(
    run: Run,
    dataset: LinkedDataset,
    made: tuple[str, datetime],
    releases: pl.DataFrame,
    rows: NDArray[np.bool_],
    generated: pl.DataFrame,
) -> ScoredSpan | None:
    """The releases of one model's span with the windows to expected_moves them in; None where there are none."""
    if releases.is_empty():
        return None
    model = _usable_model(run, dataset, made[0])
    if model is None:
        return None
    net, base = model
    asset = np.array([dataset.bars.assets.index(a) for a in releases["asset"].to_list()], dtype=np.int64)
    moment = releases["event_ts"].dt.epoch("s").to_numpy().astype("datetime64[s]")
    row = dataset.bars.row_at(moment).astype(np.int64)
    fresh = (moment - dataset.bars.close_ts[np.maximum(row, 0)]) < np.timedelta64(3600, "s")
    keep = (row >= 0) & fresh & rows[asset, np.maximum(row, 0)]
    releases, pairs = releases.filter(pl.Series(keep)), np.stack([asset[keep], row[keep]], axis=1)
    if len(pairs) == 0:
        return None
    own = np.array([dataset.documents.row_of[d] for d in releases["doc_id"].to_list()], dtype=np.int64)
    store = dataset.store(base.walk(dataset), net.config.lookback)
    return ScoredSpan(*made, net, base, _with_texts(store, generated), releases, pairs, own)


def _usable_model(run: Run, dataset: LinkedDataset, model_id: str) -> tuple[Ensemble, Base] | None:
    """A stored network with its base; None, with a warning, where it does not fit today's panel."""
    try:
        trained, base, assets = load(run.settings.checkpoints / f"{model_id}.ckpt")
    except CheckpointError as error:
        log.warning("%s; its releases are not scored", error)
        return None
    net = trained.net()
    have = (dataset.bars.assets, dataset.panel.tape.shape[2], dataset.panel.context.shape[2],
            dataset.documents.vectors.shape[1])  # fmt: skip
    if (assets, net.config.channels, net.config.context, net.config.embedding) != have:
        log.warning("%s was made for other assets or channels; its releases are not scored", model_id)
        return None
    return net, base


def _with_texts(store: WindowStore, generated: pl.DataFrame) -> WindowStore:
    """The store with the vectors of generated releases after those of documents, in the order of `generated`."""
    if generated.is_empty():
        return store
    texts = embed(generated.select("title", "body", doc_id="text_id", available_ts="created_ts"))
    vectors = torch.from_numpy(np.array(texts["embedding"].to_list(), dtype=np.float32))
    return replace(store, vectors=torch.cat([store.vectors, vectors]))


def _expected_rows(
    dataset: LinkedDataset, span: ScoredSpan, releases: pl.DataFrame, pairs: NDArray[np.int64], own: NDArray[np.int64]
) -> pl.DataFrame:
    """Rows of models.scored for releases at origins `pairs` [N, 2]; a generated one stands in its host's place."""
    hidden = own
    if "placed_doc_id" in releases.columns:
        hosts = releases["placed_doc_id"].to_list()
        hidden = np.array([dataset.documents.row_of[d] if d else NO_DOCUMENT for d in hosts], dtype=np.int64)
    base, nothing = span.base.walk(dataset), np.full(len(pairs), NO_DOCUMENT)
    text = expected_quantiles(span.net, span.store, pairs, own, base, instead_of=hidden)
    none = expected_quantiles(span.net, span.store, pairs, nothing, base, instead_of=hidden)
    trained_to = np.array([np.datetime64(span.trained_to.astimezone(UTC).replace(tzinfo=None), "s")])
    walk = reference_walk(dataset, int(dataset.bars.row_at(trained_to)[0])).forecast(pairs)
    origin = close_moments(dataset, pairs[:, 1])
    frames = []
    for h, horizon in enumerate(HORIZONS_H):
        realised = dataset.y[pairs[:, 1], pairs[:, 0], h]
        if "placed_doc_id" in releases.columns:
            realised = np.full(len(pairs), np.nan)  # what came there came after the real release, not after this one
        placed = pl.col("placed_doc_id") if "placed_doc_id" in releases.columns else pl.lit(None, pl.String)
        frames.append(
            releases.select(
                "doc_id", "asset", "event_ts", "available_ts", "release_group", tested_group(),
                placed.alias("placed_doc_id"),
            ).with_columns(
                horizon_h=pl.lit(horizon, pl.Int32), model_id=pl.lit(span.model_id), origin_ts=origin,
                median_text=pl.Series(text[:, h, MEDIAN]), median_none=pl.Series(none[:, h, MEDIAN]),
                median_walk=pl.Series(walk[:, h, MEDIAN]),
                **{f"width_{k}": pl.Series(v[:, h, HIGH] - v[:, h, LOW])
                   for k, v in (("text", text), ("none", none), ("walk", walk))},
                low_text=pl.Series(text[:, h, LOW]), low_none=pl.Series(none[:, h, LOW]),
                low_walk=pl.Series(walk[:, h, LOW]),
                realised=pl.Series(realised).fill_nan(None),
                forecast_quantile=pl.Series(quantile_of(none[:, h], realised)).fill_nan(None),
            )
        )  # fmt: skip
    return pl.concat(frames)
