"""Flow: score releases, realised and expected, and compare the groups."""

import logging

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray

from features.candles import Array
from features.news import first_told
from models.forecast.checkpoint import CheckpointError, load
from models.forecast.net import Ensemble
from models.forecast.quantiles import HORIZONS_H, LEVELS, MEDIAN, quantile_of
from models.forecast.roster import NETWORK
from models.forecast.windows import build_store, usable
from models.impact.scored import score_releases
from models.impact.study import ImpactStudy, comparisons, sample, test_group
from pipelines.market import Market, load_bars
from pipelines.run import Run
from warehouse import read
from warehouse.connect import transaction
from warehouse.entities import IMPACT, IMPACT_COMPARISONS, IMPACT_PATHS, IMPACT_TESTS, SCORED, TIMEFRAMES, Entity
from warehouse.write import WriteResult, write

log = logging.getLogger("tapewire.impact")
LOW, HIGH = LEVELS.index(0.05), LEVELS.index(0.95)


def score_impact(con: duckdb.DuckDBPyConnection, run: Run, market: Market) -> list[WriteResult]:
    """Realised and scored impact of every release, tests and comparisons, on every timeframe that has candles.

    Of the copies of one story about an asset, the first counts.
    """
    every = market.links.filter(pl.col("kind").is_in(list(run.settings.impact.kinds)))
    releases = first_told(every, read.read(con, "features.document_stories"))
    if len(releases) < len(every):
        log.info("%d copies of releases are left out: a story counts once per asset", len(every) - len(releases))
    scored = score(con, run, market, releases)
    tables: dict[str, list[pl.DataFrame]] = {
        e.name: [] for e in (IMPACT, IMPACT_PATHS, IMPACT_TESTS, IMPACT_COMPARISONS)
    }
    for timeframe in (t for t in TIMEFRAMES if t != "1d" and _has_candles(con, run, t)):
        hourly = timeframe == "1h"
        chosen = sample(releases, market.bars if hourly else load_bars(con, run, timeframe))
        log.info("%s candles: %d releases can be measured", timeframe, len(chosen.events))
        if len(chosen.events) == 0:
            continue
        study = ImpactStudy(chosen, run.settings.impact.windows_h, market.scale if hourly else None)
        against = study.forecast_rows(scored) if hourly and not scored.is_empty() else (pl.DataFrame(), pl.DataFrame())
        tables["impact"] += [study.impact_rows(), against[0]]
        tables["impact_paths"].append(study.path_rows())
        tables["impact_tests"] += [study.test_rows(), against[1]]
        tables["impact_comparisons"].append(study.comparison_rows())
    if not scored.is_empty():
        tables["impact_comparisons"].append(_scored_comparisons(scored))
    with transaction(con):
        written = [
            _write(con, run, e, tables[e.name]) for e in (IMPACT, IMPACT_PATHS, IMPACT_TESTS, IMPACT_COMPARISONS)
        ]
        return [*written, _write(con, run, SCORED, [scored.drop("forecast_quantile", "test_group", strict=False)])]


def _write(con: duckdb.DuckDBPyConnection, run: Run, entity: Entity, frames: list[pl.DataFrame]) -> WriteResult:
    """Replace a derived table by the rows of `frames`; by none where they are all empty."""
    filled = [f for f in frames if not f.is_empty()]
    empty = pl.DataFrame(schema={c.name: pl.String for c in entity.given})
    rows = pl.concat(filled, how="diagonal_relaxed") if filled else empty
    return write(con, entity, rows, run.batch("impact"), replace=True)


def _has_candles(con: duckdb.DuckDBPyConnection, run: Run, timeframe: str) -> bool:
    query = "SELECT count(*) FROM core.candles_as_of($2) WHERE timeframe = $1"
    return bool(con.execute(query, [timeframe, run.as_of]).fetchall()[0][0])


def _scored_comparisons(scored: pl.DataFrame) -> pl.DataFrame:
    """What the network expects, compared between groups: change of the 90 % band's width that the text makes."""
    rows = []
    for horizon in HORIZONS_H:
        part = scored.filter(pl.col("horizon_h") == horizon)
        change = (part["width_text"] / part["width_none"] - 1).to_numpy()
        rows += comparisons(
            change, part["test_group"].to_numpy().astype(str), part["event_ts"].dt.epoch("s").to_numpy() / 3600,
            float(horizon), study_id="scored", answer="scored", quantity="expected_width_change",
        )  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def score(con: duckdb.DuckDBPyConnection, run: Run, market: Market, releases: pl.DataFrame) -> pl.DataFrame:
    """Rows of models.scored, and `forecast_quantile`: each release by the newest model whose training ended before it.

    Releases known to the day only have no hour to score at and are left out, as are those before the first model.
    """
    rows = usable(market.panel, market.sigma, run.settings.forecast.lookback_h)
    timed = releases.filter(
        pl.col("asset").is_in(list(market.bars.assets)), pl.col("ts_precision") != "day"
    ).sort("event_ts", "doc_id", "asset")  # fmt: skip
    models = con.execute(
        "SELECT model_id, train_end_ts FROM models.training_runs WHERE model_name = $1 AND train_end_ts <= $2 "
        "QUALIFY row_number() OVER (PARTITION BY train_end_ts ORDER BY ingested_ts DESC, model_id) = 1 "
        "ORDER BY train_end_ts",
        [NETWORK, run.as_of],
    ).fetchall()
    ends = [trained_to for _, trained_to in models[1:]] + [run.as_of]
    parts = []
    for (model_id, trained_to), until in zip(models, ends, strict=False):
        span = timed.filter(pl.col("event_ts") > trained_to, pl.col("event_ts") <= until)
        parts.append(_score_span(run, market, model_id, span, rows))
    kept = [p for p in parts if not p.is_empty()]
    n_scored = sum(p["doc_id"].n_unique() for p in kept)
    log.info("scored %d of %d releases; the others came before the first model", n_scored, timed["doc_id"].n_unique())
    return pl.concat(kept) if kept else pl.DataFrame()


def _usable_model(run: Run, market: Market, model_id: str) -> tuple[Ensemble, Array] | None:
    """A stored network with its base quantiles; None, with a warning, where it does not fit today's panel."""
    try:
        trained, base, assets = load(run.settings.checkpoints / f"{model_id}.ckpt")
    except CheckpointError as error:
        log.warning("%s; its releases are not scored", error)
        return None
    net = trained.net()
    have = (market.bars.assets, market.panel.tape.shape[2], market.panel.context.shape[2],
            market.documents.vectors.shape[1])  # fmt: skip
    if (assets, net.config.channels, net.config.context, net.config.embedding) != have:
        log.warning("%s was made for other assets or channels; its releases are not scored", model_id)
        return None
    return net, base


def _score_span(
    run: Run, market: Market, model_id: str, releases: pl.DataFrame, rows: NDArray[np.bool_]
) -> pl.DataFrame:
    """Rows of models.scored for the releases of one model's span."""
    if releases.is_empty():
        return pl.DataFrame()
    model = _usable_model(run, market, model_id)
    if model is None:
        return pl.DataFrame()
    net, base = model
    store = build_store(market.panel, market.documents, market.y, market.sigma, base, net.config.lookback)
    asset = np.array([market.bars.assets.index(a) for a in releases["asset"].to_list()], dtype=np.int64)
    moment = releases["event_ts"].dt.epoch("s").to_numpy().astype("datetime64[s]")
    row = market.bars.row_at(moment).astype(np.int64)
    keep = (row >= 0) & rows[asset, np.maximum(row, 0)]
    releases, pairs = releases.filter(pl.Series(keep)), np.stack([asset[keep], row[keep]], axis=1)
    if len(pairs) == 0:
        return pl.DataFrame()
    own = np.array([market.documents.row_of[d] for d in releases["doc_id"].to_list()], dtype=np.int64)
    result = score_releases(net, store, pairs, own, market.sigma)
    origin = pl.Series(market.bars.close_ts[pairs[:, 1]].astype("datetime64[us]")).dt.replace_time_zone("UTC")
    frames = []
    for h, horizon in enumerate(HORIZONS_H):
        realised = market.y[pairs[:, 1], pairs[:, 0], h]
        width = {k: v[:, h, HIGH] - v[:, h, LOW] for k, v in vars(result).items()}
        frames.append(
            releases.select(
                "doc_id", "asset", "event_ts", "available_ts", "release_group", test_group()
            ).with_columns(
                horizon_h=pl.lit(horizon, pl.Int32), model_id=pl.lit(model_id), origin_ts=origin,
                median_text=pl.Series(result.with_text[:, h, MEDIAN]),
                median_none=pl.Series(result.without[:, h, MEDIAN]), median_walk=pl.Series(result.walk[:, h, MEDIAN]),
                width_text=pl.Series(width["with_text"]), width_none=pl.Series(width["without"]),
                width_walk=pl.Series(width["walk"]), realised=pl.Series(realised).fill_nan(None),
                forecast_quantile=pl.Series(quantile_of(result.without[:, h], realised)).fill_nan(None),
            )
        )  # fmt: skip
    return pl.concat(frames)
