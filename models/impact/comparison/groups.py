"""Groups of releases compared, over the whole sample and by slice, and checked by other methods."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from domain.types import Array
from features.candles import trailing_dollar_volume
from models.impact.comparison.checks import cluster_bootstrap, matched, mislabelled, placebo_labels, soft_labels
from models.impact.comparison.compare import PAIRS, Comparison, compare
from models.impact.study import ImpactStudy
from models.impact.study_moves import RAW

PERMUTATION, RANKS = "permutation", "ranks"
EXCESS, RAW_EXCESS = "excess_move", "raw_excess_move"
SLICE_PERMUTATIONS = 500
WHOLE = ("all", "all")
MIN_ASSETS_FOR_TERCILES = 6
PARTS_OF_DAY = ("00–08", "08–16", "16–24")
TERCILES = {"liquidity": ("low", "middle", "high"), "capitalisation": ("small", "middle", "large")}
NO_CAPS = pl.DataFrame(
    schema={"asset": pl.String, "available_ts": pl.Datetime("us", "UTC"), "market_cap_usd": pl.Float64}
)


@dataclass(frozen=True)
class ReleaseTraits:
    """Slices and matching covariates of N releases: names of slices [N] ('' where unknown), covariates [N, K]."""

    slices: dict[str, NDArray[np.str_]]
    covariates: Array
    probability: Array


def release_traits(study: ImpactStudy, caps: pl.DataFrame) -> ReleaseTraits:
    """Slices and matching covariates of a study's releases, as known at each base close.

    `caps`: asset, available_ts, market_cap_usd. Liquidity is the dollar volume of the month before. Terciles are
    those of the assets at the moment, so that a quiet market has as many illiquid assets as a busy one. The sample's
    frame may hold `kind`, `event_label`, `publisher` and `machine_probability`.
    """
    chosen, bars = study.sample, study.bars
    row, asset = chosen.events.row, chosen.events.asset
    volume = trailing_dollar_volume(bars, study.design.rows(bars)[0])
    cap = _caps_at(bars.close_ts[row], caps, bars.assets)
    frame = chosen.frame
    hour = ((bars.close_ts[row].astype("datetime64[s]").astype(np.int64) // 3600) % 24).astype(np.int64)
    day = (bars.close_ts[row].astype("datetime64[s]").astype(np.int64) // 86400 + 3) % 7  # 0 is a Monday
    kind = pl.coalesce([pl.col(c) for c in ("event_label", "kind") if c in frame.columns] or [pl.lit("")])
    slices = {
        "liquidity": _tercile(volume[row], asset, TERCILES["liquidity"]),
        "capitalisation": _tercile(cap, asset, TERCILES["capitalisation"]),
        "kind": frame.select(kind.fill_null("").alias("kind"))["kind"].to_numpy().astype(str),
        "hour": np.array(PARTS_OF_DAY)[hour // 8],
        "source": frame["publisher"].fill_null("").to_numpy().astype(str)
        if "publisher" in frame.columns
        else np.full(len(frame), ""),
    }
    with np.errstate(divide="ignore"):
        size = np.nan_to_num(np.log(volume[row, asset]), nan=0.0)  # unknown volume counts as equal
        spread = np.log(study.sigma(study.windows[-1], study.moves.primary))
    angle = 2 * np.pi * hour / 24
    covariates = np.stack([size, spread, np.sin(angle), np.cos(angle), (day >= 5).astype(np.float64)], axis=1)
    judged = frame["machine_probability"] if "machine_probability" in frame.columns else pl.Series([None] * len(frame))
    return ReleaseTraits(slices, covariates, judged.cast(pl.Float64).fill_null(np.nan).to_numpy())


def _caps_at(moment: NDArray[np.datetime64], caps: pl.DataFrame, assets: tuple[str, ...]) -> Array:
    """Newest capitalisation of every asset known at each moment, [N, A]; NaN where none is."""
    out = np.full((len(moment), len(assets)), np.nan)
    at = moment.astype("datetime64[s]").astype(np.int64)
    for i, asset in enumerate(assets):
        own = caps.filter(pl.col("asset") == asset).sort("available_ts")
        if own.is_empty():
            continue
        known = own["available_ts"].dt.epoch("s").to_numpy()
        last = np.searchsorted(known, at, side="right") - 1
        out[:, i] = np.where(last >= 0, own["market_cap_usd"].to_numpy()[np.maximum(last, 0)], np.nan)
    return out


def _tercile(of_assets: Array, asset: NDArray[np.int64], names: tuple[str, ...]) -> NDArray[np.str_]:
    """Tercile of each release's own asset among all assets' values [N, A]; '' where fewer than six are known."""
    own = np.take_along_axis(of_assets, asset[:, None], axis=1)[:, 0]
    n = np.isfinite(of_assets).sum(1)
    below = (of_assets < own[:, None]).sum(1)
    third = np.minimum(3 * below // np.maximum(n, 1), 2)
    known = np.isfinite(own) & (n >= MIN_ASSETS_FOR_TERCILES)
    return np.where(known, np.array(names)[third], "")


def realised_comparisons(study: ImpactStudy, known: ReleaseTraits) -> pl.DataFrame:
    """Rows of models.impact_comparisons, realised, without q-values: excess moves of two groups, window by window.

    The primary excess move (residuals) is compared over the whole sample by permutation, by ranks, by clusters,
    matched, with labels that may be wrong, with labels assigned at random, and (exploratory) by the detector's
    probabilities; each slice by permutation. Raw moves stand beside, by permutation. Releases whose window is
    confounded are left out.
    """
    rows = []
    when, asset, primary = study.sample.when_h, study.sample.events.asset, study.moves.primary
    for window in study.windows:
        excess, clean = study.excess(window), study.clean(window)
        scores = np.where(clean, study.moves.scores(primary, window)[:, 0], np.nan)
        raw = np.where(clean, study.moves.matched(RAW, window).excess, np.nan)
        key_columns = {"study_id": study.study_id, "answer": "realised", "window_h": float(window)}
        for a, b in PAIRS:
            member = (study.groups == a) | (study.groups == b)
            x, is_a, at = excess[member], study.groups[member] == a, when[member]
            methods: dict[str, Callable[[], Comparison | None]] = {
                PERMUTATION: partial(compare, x, is_a, at, window),
                RANKS: partial(compare, scores[member], is_a, at, window),
                "cluster_bootstrap": partial(cluster_bootstrap, x, is_a, at, window),
                "matched": partial(matched, x, is_a, at, window, asset[member], known.covariates[member]),
                "mislabelled_10": partial(mislabelled, x, is_a, at, window),
                "placebo_labels": partial(placebo_labels, x, is_a, at, window),
            }
            of_pair = key_columns | {"group_a": a, "group_b": b}
            rows += _whole_sample_rows(methods, of_pair | {"quantity": EXCESS})
            rows += _slice_rows(x, is_a, at, window, {k: v[member] for k, v in known.slices.items()},
                                of_pair | {"quantity": EXCESS})  # fmt: skip
            beside: dict[str, Callable[[], Comparison | None]] = {
                PERMUTATION: partial(compare, raw[member], is_a, at, window)
            }
            rows += _whole_sample_rows(beside, of_pair | {"quantity": RAW_EXCESS})
        tested = study.groups != ""
        soft = partial(soft_labels, excess[tested], known.probability[tested], when[tested], window)
        pair = {"group_a": "machine by detector", "group_b": "human by detector", "quantity": EXCESS}
        rows += _whole_sample_rows({"soft_labels": soft}, key_columns | pair)
    return pl.DataFrame(rows, infer_schema_length=None)


def _whole_sample_rows(
    methods: dict[str, Callable[[], Comparison | None]], key_columns: dict[str, object]
) -> list[dict[str, object]]:
    """One row per method that gave a result."""
    found = {name: method() for name, method in methods.items()}
    return [
        {**key_columns, "slice_by": WHOLE[0], "slice": WHOLE[1], "method": name, **vars(c)}
        for name, c in found.items()
        if c
    ]


def _slice_rows(
    x: Array,
    is_a: NDArray[np.bool_],
    when_h: Array,
    window: float,
    slices: dict[str, NDArray[np.str_]],
    key_columns: dict[str, object],
) -> list[dict[str, object]]:
    rows = []
    for by, names in slices.items():
        if by == "source":
            continue  # who wrote it is no slice of who is compared
        for name in np.unique(names[names != ""]):
            part = names == name
            c = compare(x[part], is_a[part], when_h[part], window, permutations=SLICE_PERMUTATIONS)
            if c:
                rows.append({**key_columns, "slice_by": by, "slice": str(name), "method": PERMUTATION, **vars(c)})
    return rows


def with_comparison_q_values(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows with `q_value`: false discovery controlled over studies, windows and pairs of each answer and method.

    Whole-sample comparisons are one family and slices another, so that slices do not cost whole-sample power.
    """
    if frame.is_empty():
        return frame
    return frame.with_columns(
        q_value=pl.col("p_value")
        .map_batches(lambda p: pl.Series(stats.false_discovery_control(p.to_numpy())), return_dtype=pl.Float64)
        .over("answer", "quantity", "method", pl.col("slice_by") == WHOLE[0])
    )
