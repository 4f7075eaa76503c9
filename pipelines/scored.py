"""The scored answer: what the network expects after every release, real or generated, and with other words in its
place.

A generated release has no time of its own: it is placed where a real release of its asset (and kind, where there is
one) was published, so that the two can be held beside each other; where there is none, at the last close.
"""

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import duckdb
import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from features.candles import Array
from models.forecast.checkpoint import CheckpointError, load
from models.forecast.net import Ensemble
from models.forecast.quantiles import HORIZONS_H, LEVELS, MEDIAN, quantile_of
from models.forecast.roster import NETWORK
from models.forecast.windows import WindowStore, build_store, usable
from models.impact.scored import NOTHING, read_texts
from models.impact.study import test_group
from models.text.embed import embed
from pipelines.market import Market
from pipelines.run import Run
from warehouse import read

log = logging.getLogger("tapewire.impact")
STRIDE = 7919  # a prime, so that neighbours in time are not dealt to neighbours in a batch
LOW, HIGH = LEVELS.index(0.05), LEVELS.index(0.95)
LINK_COLUMNS = ("doc_id", "asset", "event_ts", "available_ts", "release_group", "kind", "is_late_stamp",
                "is_recommended", "ts_precision")  # fmt: skip


@dataclass(frozen=True)
class Scores:
    """Rows of models.scored (with forecast_quantile and test_group) and of models.counterfactual."""

    scored: pl.DataFrame
    other_words: pl.DataFrame


@dataclass(frozen=True)
class _Span:
    """Releases that one model may score: those published after its training ended and before the next one's."""

    model_id: str
    trained_to: datetime
    net: Ensemble
    store: WindowStore
    releases: pl.DataFrame
    pairs: NDArray[np.int64]
    own: NDArray[np.int64]


def score(con: duckdb.DuckDBPyConnection, run: Run, market: Market, releases: pl.DataFrame) -> Scores:
    """Score releases by the newest model whose training ended before them.

    Releases known to the day only have no hour to score at and are left out, as are those before the first model.
    """
    rows = usable(market.panel, market.sigma, run.settings.forecast.lookback_h)
    timed = releases.filter(
        pl.col("asset").is_in(list(market.bars.assets)), pl.col("ts_precision") != "day"
    ).sort("event_ts", "doc_id", "asset")  # fmt: skip
    generated = read.read(con, "models.generated_releases").sort("text_id")
    spans = [s for s in _spans(con, run, market, timed, rows, generated) if s]
    n_scored = sum(s.releases["doc_id"].n_unique() for s in spans)
    log.info("scored %d of %d releases; the others came before the first model", n_scored, timed["doc_id"].n_unique())
    if not spans:
        return Scores(pl.DataFrame(), pl.DataFrame())
    scored = [_scored(market, s, s.releases, s.pairs, s.own) for s in spans]
    placed = _placed(spans, generated, market, rows)
    if placed:
        log.info("placed and scored %d generated releases", sum(len(p.releases) for p in placed))
    scored += [_scored(market, p, p.releases, p.pairs, p.own) for p in placed]
    others = [_other_words(market, s, generated) for s in spans]
    return Scores(pl.concat(scored, how="diagonal_relaxed"), pl.concat(others))


def _spans(
    con: duckdb.DuckDBPyConnection, run: Run, market: Market, timed: pl.DataFrame, rows: NDArray[np.bool_],
    generated: pl.DataFrame,
) -> list[_Span | None]:  # fmt: skip
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
        spans.append(_span(run, market, made, part, rows, generated))
    return spans


def _span(
    run: Run, market: Market, made: tuple[str, datetime], releases: pl.DataFrame, rows: NDArray[np.bool_],
    generated: pl.DataFrame,
) -> _Span | None:  # fmt: skip
    """The releases of one model's span with the windows to score them in; None where there are none."""
    if releases.is_empty():
        return None
    model = _usable_model(run, market, made[0])
    if model is None:
        return None
    net, base = model
    asset = np.array([market.bars.assets.index(a) for a in releases["asset"].to_list()], dtype=np.int64)
    moment = releases["event_ts"].dt.epoch("s").to_numpy().astype("datetime64[s]")
    row = market.bars.row_at(moment).astype(np.int64)
    fresh = (moment - market.bars.close_ts[np.maximum(row, 0)]) < np.timedelta64(3600, "s")
    keep = (row >= 0) & fresh & rows[asset, np.maximum(row, 0)]
    releases, pairs = releases.filter(pl.Series(keep)), np.stack([asset[keep], row[keep]], axis=1)
    if len(pairs) == 0:
        return None
    own = np.array([market.documents.row_of[d] for d in releases["doc_id"].to_list()], dtype=np.int64)
    store = build_store(market.panel, market.documents, market.y, market.sigma, base, net.config.lookback)
    return _Span(*made, net, _with_texts(store, generated), releases, pairs, own)


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


def _with_texts(store: WindowStore, generated: pl.DataFrame) -> WindowStore:
    """The store with the vectors of generated releases after those of documents, in the order of `generated`."""
    if generated.is_empty():
        return store
    texts = embed(generated.select("title", "body", doc_id="text_id", available_ts="created_ts"))
    vectors = torch.from_numpy(np.array(texts["embedding"].to_list(), dtype=np.float32))
    return replace(store, vectors=torch.cat([store.vectors, vectors]))


def _placed(spans: list[_Span], generated: pl.DataFrame, market: Market, rows: NDArray[np.bool_]) -> list[_Span]:
    """Each generated release in the place of a real one of its asset, of its kind where there is one; dealt in turn.

    Where no release of its asset was scored, it is placed at the last close, by the last model.
    """
    hosts = pl.concat(
        [s.releases.select(LINK_COLUMNS).with_row_index("at").with_columns(span=pl.lit(i)) for i, s in enumerate(spans)]
    ).filter(pl.col("release_group") != "generated")
    chosen: dict[int, list[tuple[int, int]]] = {}
    alone: list[int] = []
    turn: dict[tuple[str, str], int] = {}
    for number, (asset, kind) in enumerate(generated.select("asset", "kind").iter_rows()):
        of_asset = hosts.filter(pl.col("asset") == asset)
        of_kind = of_asset.filter(pl.col("kind") == kind)
        pool = of_kind if len(of_kind) else of_asset
        if pool.is_empty():
            alone += [number] if asset in market.bars.assets else []
            continue
        at = turn.setdefault((asset, kind), 0)
        turn[asset, kind] += 1
        host = pool.row(at * STRIDE % len(pool), named=True)
        chosen.setdefault(host["span"], []).append((host["at"], number))
    out = []
    for i, picks in sorted(chosen.items()):
        s = spans[i]
        at_host, numbers = (np.array(x, dtype=np.int64) for x in zip(*picks, strict=True))
        placed = s.releases[at_host.tolist()].with_columns(
            placed_doc_id=pl.col("doc_id"), doc_id=generated[numbers.tolist()]["text_id"],
        )  # fmt: skip
        out.append(_of_generated(market, s, placed, s.pairs[at_host], numbers))
    return out + _at_last_close(market, spans[-1], generated, alone, rows)


def _of_generated(
    market: Market, span: _Span, placed: pl.DataFrame, pairs: NDArray[np.int64], numbers: NDArray[np.int64]
) -> _Span:  # fmt: skip
    releases = placed.with_columns(
        release_group=pl.lit("generated"), is_late_stamp=pl.lit(False), is_recommended=pl.lit(True)
    )
    return replace(span, releases=releases, pairs=pairs, own=len(market.documents.vectors) + numbers)


def _at_last_close(
    market: Market, span: _Span, generated: pl.DataFrame, numbers: list[int], rows: NDArray[np.bool_]
) -> list[_Span]:  # fmt: skip
    """Generated releases that have no real one to stand beside, at the last close that their asset can be read at."""
    pairs = [
        (asset, int(np.flatnonzero(rows[asset])[-1]), n)
        for n in numbers
        if rows[asset := market.bars.assets.index(generated["asset"][n])].any()
    ]
    if not pairs:
        return []
    at = np.array(pairs, dtype=np.int64)
    after = np.datetime64(span.trained_to.astimezone(UTC).replace(tzinfo=None), "s")
    at = at[market.bars.close_ts[at[:, 1]] > after]  # an asset that ended before has no model trained before its close
    if len(at) == 0:
        return []
    moment = _moment(market, at[:, 1])
    texts = generated[at[:, 2].tolist()]
    placed = texts.select("asset", "kind", doc_id="text_id").with_columns(
        placed_doc_id=pl.lit(None, pl.String), event_ts=moment, available_ts=moment
    )
    return [_of_generated(market, span, placed, at[:, :2], at[:, 2])]


def _scored(
    market: Market, span: _Span, releases: pl.DataFrame, pairs: NDArray[np.int64], own: NDArray[np.int64]
) -> pl.DataFrame:  # fmt: skip
    """Rows of models.scored for releases at origins `pairs` [N, 2]; a generated one stands in its host's place."""
    hidden = own
    if "placed_doc_id" in releases.columns:
        hosts = releases["placed_doc_id"].to_list()
        hidden = np.array([market.documents.row_of[d] if d else NOTHING for d in hosts], dtype=np.int64)
    text = read_texts(span.net, span.store, pairs, own, market.sigma, instead_of=hidden)
    none = read_texts(span.net, span.store, pairs, np.full(len(pairs), NOTHING), market.sigma, instead_of=hidden)
    walk = span.store.base[torch.from_numpy(pairs[:, 0])].double().numpy()
    walk = walk * market.sigma[pairs[:, 1], pairs[:, 0]][:, :, None]
    origin = _moment(market, pairs[:, 1])
    frames = []
    for h, horizon in enumerate(HORIZONS_H):
        realised = market.y[pairs[:, 1], pairs[:, 0], h]
        if "placed_doc_id" in releases.columns:
            realised = np.full(len(pairs), np.nan)  # what came there came after the real release, not after this one
        placed = pl.col("placed_doc_id") if "placed_doc_id" in releases.columns else pl.lit(None, pl.String)
        frames.append(
            releases.select(
                "doc_id", "asset", "event_ts", "available_ts", "release_group", test_group(),
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


def _moment(market: Market, row: NDArray[np.int64]) -> pl.Series:
    return pl.Series(market.bars.close_ts[row].astype("datetime64[us]")).dt.replace_time_zone("UTC")


def _other_words(market: Market, span: _Span, generated: pl.DataFrame) -> pl.DataFrame:
    """Rows of models.counterfactual: every release of a span with each kind of words in its place."""
    hosts, n = span.releases, len(span.releases)
    drawn = {"real": (span.own, hosts["doc_id"]), "none": (np.full(n, NOTHING), pl.Series([None] * n, dtype=pl.String)),
             **_drawn(market, span), "generated": _generated_for(market, hosts, generated)}  # fmt: skip
    frames = []
    for words, (text, ids) in drawn.items():
        there = np.ones(n, dtype=bool) if words in ("real", "none") else text != NOTHING
        if not there.any():
            continue
        found = read_texts(
            span.net, span.store, span.pairs[there], text[there], market.sigma, instead_of=span.own[there]
        )
        base = hosts.filter(pl.Series(there)).select("doc_id", "asset", "available_ts").with_columns(
            words=pl.lit(words), text_id=ids.filter(pl.Series(there)), model_id=pl.lit(span.model_id)
        )  # fmt: skip
        frames += [
            base.with_columns(
                horizon_h=pl.lit(h, pl.Int32), median=pl.Series(found[:, i, MEDIAN]),
                width=pl.Series(found[:, i, HIGH] - found[:, i, LOW]),
            )
            for i, h in enumerate(HORIZONS_H)
        ]  # fmt: skip
    return pl.concat(frames)


Words = tuple[NDArray[np.int64], pl.Series]


def _drawn(market: Market, span: _Span) -> dict[str, Words]:
    """For each release a text drawn from the earlier releases of its own asset (shuffled) and of another one."""
    every = market.links.filter(pl.col("doc_id").is_in(list(market.documents.row_of))).sort("available_ts", "doc_id")
    kinds = span.releases["kind"].unique().to_list()
    every = every.filter(pl.col("kind").is_in(kinds))
    at = every["available_ts"].dt.epoch("us").to_numpy()
    asset = every["asset"].to_numpy()
    names = every["doc_id"].to_list()
    by_asset = {a: np.flatnonzero(asset == a) for a in set(asset.tolist())}
    rng = np.random.default_rng(17)
    out: dict[str, list[str | None]] = {"shuffled": [], "other_asset": []}
    for own, moment in zip(span.releases["asset"], span.releases["event_ts"].dt.epoch("us"), strict=True):
        place = rng.random(2)
        mine = by_asset.get(own, np.zeros(0, dtype=np.int64))
        mine = mine[: int(np.searchsorted(at[mine], moment))]
        out["shuffled"].append(_one(names, mine, place[0]))
        before = np.arange(int(np.searchsorted(at, moment)))
        out["other_asset"].append(_one(names, before[asset[before] != own], place[1]))
    rows = market.documents.row_of
    return {
        words: (np.array([rows[d] if d else NOTHING for d in ids], dtype=np.int64), pl.Series(ids, dtype=pl.String))
        for words, ids in out.items()
    }  # fmt: skip


def _one(names: list[str], places: NDArray[np.int64], draw: float) -> str | None:
    """The document at a share `draw` of the places."""
    return names[int(places[int(draw * len(places))])] if len(places) else None


def _generated_for(market: Market, hosts: pl.DataFrame, generated: pl.DataFrame) -> Words:
    """For each release a generated one of its asset, of its kind where there is one, dealt in turn."""
    first = len(market.documents.vectors)
    assets, kinds = (generated[c].to_numpy() if len(generated) else np.zeros(0, dtype=str) for c in ("asset", "kind"))
    turn: dict[tuple[str, str], int] = {}
    rows = np.zeros(len(hosts), dtype=np.int64)
    ids: list[str | None] = []
    for i, (asset, kind) in enumerate(hosts.select("asset", "kind").iter_rows()):
        of_asset = np.flatnonzero(assets == asset)
        of_kind = of_asset[kinds[of_asset] == kind]
        pool = of_kind if len(of_kind) else of_asset
        if len(pool) == 0:
            ids.append(None)
            continue
        at = turn.get((asset, kind), 0)
        turn[asset, kind] = at + 1
        number = int(pool[at % len(pool)])
        rows[i] = first + number
        ids.append(generated["text_id"][number])
    return rows, pl.Series(ids, dtype=pl.String)
