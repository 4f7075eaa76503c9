"""Tests of one study per group, window and benchmark, as rows of models.impact_tests."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from models.impact.measure.benchmarks import AbnormalReturns
from models.impact.measure.paths import path_shape
from models.impact.sample import ALL, GROUPS
from models.impact.significance.event_tests import event_tests, prepare
from models.impact.significance.outcome import Outcome
from models.impact.significance.overlap import excess_move, mean_with_overlap
from models.impact.significance.placebo_ranks import MIN_BLOCKS, RANK, blocks, placebo_days, placebo_rank
from models.impact.study import FORECAST, ImpactStudy
from models.impact.study_moves import FIRST_CLOSE_AFTER, LAST_CLOSE, RAW, RESIDUAL

STACKED = "stacked"
EFFECT = {"excess_move": 0.25, STACKED: 0.25, "mean_car": 0.01, "cross_sectional_t": 0.01}
CONFOUNDED = "confounded"
TEST_SCHEMA = {
    **dict.fromkeys(("study_id", "release_group"), pl.String), "window_h": pl.Float64,
    **dict.fromkeys(("base", "benchmark", "test"), pl.String),
    **dict.fromkeys(("estimate", "low", "high", "statistic", "p_value", "q_value", "detectable", "power"), pl.Float64),
    "is_preferred": pl.Boolean, "n_releases": pl.Int64,
}  # fmt: skip
AFTER_LESS_BEFORE = "after_less_before"
# the tests that keep their size on real prices, with the benchmark on which they do (benchmarks/impact/real_prices.py)
PREFERRED = {(RANK, RESIDUAL), ("shifted_t", "market")}


def with_q_values(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of tests with `q_value`: the p-value with the false-discovery rate controlled over everything a test was
    made for.

    The family of a test is every study (timeframe), group, window, base and benchmark. Benjamini and Hochberg (1995):
    windows of one release are positively dependent.
    """
    if rows.is_empty():
        return rows
    return rows.with_columns(
        q_value=pl.col("p_value")
        .map_batches(lambda p: pl.Series(stats.false_discovery_control(p.to_numpy())), return_dtype=pl.Float64)
        .over("test")
    )


def event_test_rows(study: ImpactStudy, groups: tuple[str, ...] = (ALL, *GROUPS)) -> pl.DataFrame:
    """Rows of models.impact_tests without q-values: every test per group, window and benchmark.

    Windows are those after the release, and (negative) those before it. Benchmarks run in parallel. Releases in whose
    window something else moved prices are tested apart, as the group `confounded`, by the tests beside placebo times.
    """
    present = [g for g in groups if study.member(g).any()]
    with ThreadPoolExecutor(2) as pool:
        beside = pool.submit(_placebo_tests, study, present)
        parts = list(pool.map(lambda returns: _tests_of(study, returns, present), _together(study.returns)))
    rows = [row for part in parts for row in part] + beside.result()
    return pl.DataFrame(rows, schema=TEST_SCHEMA)


def _together(returns: dict[str, AbnormalReturns]) -> list[list[AbnormalReturns]]:
    """Benchmarks whose estimation residuals are the same ones (market and residual) together, those first."""
    groups: dict[int, list[AbnormalReturns]] = {}
    for one in returns.values():
        groups.setdefault(id(one.estimation), []).append(one)
    return sorted(groups.values(), key=len, reverse=True)


def _tests_of(study: ImpactStudy, together: list[AbnormalReturns], groups: list[str]) -> list[dict[str, object]]:
    windows = (*study.before, *study.windows)
    blank = np.stack([study.moves.uncertain(w) | ~study.clean(w) for w in windows], axis=1)
    members, rows, prepared = [study.member(g) for g in groups], [], None
    for returns in together:
        prepared = prepare(returns, windows, study.sample.events.row, blank, like=prepared)
        found = event_tests(prepared, members, study.sample.when_h)
        rows += [
            row
            for g, of_group in zip(groups, found, strict=True)
            for w, outcomes in zip(windows, of_group, strict=True)
            for row in test_rows(study, outcomes, g, w, returns.benchmark)
        ]
    return rows


def _placebo_tests(study: ImpactStudy, groups: list[str]) -> list[dict[str, object]]:
    """Excess moves and their ranks beside comparison times, from both bases; after less before."""
    rows = []
    bases = [(w, LAST_CLOSE) for w in (*study.before, *study.windows)]
    bases += [(w, FIRST_CLOSE_AFTER) for w in study.windows]
    for benchmark in study.moves.grids:
        for window, base in bases:
            clean = study.clean(window)
            members = {g: study.member(g) & clean for g in groups} | {CONFOUNDED: study.member(ALL) & ~clean}
            for group, member in members.items():
                found = excess_tests(study, benchmark, member, window, base)
                if benchmark == study.moves.primary and group != CONFOUNDED:
                    beside = study.moves.beside_others(window, base).where(member)
                    stacked = excess_move(beside, study.hours, window, test=STACKED)
                    found += [stacked] if stacked else []
                rows += test_rows(study, found, group, window, benchmark, base)
    for window in study.windows:
        if -window in study.before:
            for group in groups:
                difference = after_less_before(study, group, window)
                found = [difference] if difference else []
                rows += test_rows(study, found, group, window, study.moves.primary, FIRST_CLOSE_AFTER)
    return rows


def excess_tests(
    study: ImpactStudy, benchmark: str, member: NDArray[np.bool_], window: float, base: str
) -> list[Outcome]:
    """The mean excess move of the releases `member` [N] over a window, and the tests of their placebo ranks."""
    if not member.any():
        return []
    matched, scores = study.moves.matched(benchmark, window, base), study.moves.scores(benchmark, window, base)
    of_group, of_scores = matched.where(member), scores[member]
    when = study.hours[np.clip(of_group.row, 0, len(study.hours) - 1)]
    found = (
        excess_move(of_group, study.hours, window),
        placebo_rank(of_scores, of_group, study.hours, window),
        placebo_days(of_scores, when, window),
    )
    return [o for o in found if o]


def after_less_before(study: ImpactStudy, group: str, window_h: float) -> Outcome | None:
    """Mean of the normal score of the move after the first close past the stamp, less that of as many hours before.

    Positive where prices move after the release more than before it; not tested below MIN_BLOCKS days.
    """
    clean = study.clean(window_h) & (study.moves.confounded(-window_h) == "")
    member = study.member(group) & clean
    after = study.moves.scores(study.moves.primary, window_h, FIRST_CLOSE_AFTER)[member, 0]
    difference = after - study.moves.scores(study.moves.primary, -window_h)[member, 0]
    when = study.sample.when_h[member]
    if blocks(when[np.isfinite(difference)], window_h) < MIN_BLOCKS:
        return None
    return mean_with_overlap(difference, when, max(2 * window_h, 36.0), test=AFTER_LESS_BEFORE)


def test_rows(
    study: ImpactStudy, outcomes: list[Outcome], group: str, window: float, benchmark: str, base: str = LAST_CLOSE
) -> list[dict[str, object]]:
    """Rows of models.impact_tests for outcomes of one group, window, benchmark and base."""
    preferred = PREFERRED if study.moves.primary == RESIDUAL else {(t, study.moves.primary) for t, _ in PREFERRED}
    return [
        {
            "study_id": study.study_id, "release_group": group, "window_h": window, "base": base,
            "benchmark": benchmark, "test": o.test, "estimate": o.estimate, "low": o.low, "high": o.high,
            "statistic": o.statistic, "p_value": o.p_value, "q_value": None, "detectable": o.detectable,
            "power": o.power(EFFECT[o.test]) if o.test in EFFECT else None,
            "is_preferred": (o.test, benchmark) in preferred, "n_releases": o.n,
        }
        for o in outcomes
    ]  # fmt: skip


def forecast_rows(study: ImpactStudy, scored: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows of models.impact and models.impact_tests against the network's own forecast without the text.

    `scored`: doc_id, asset, horizon_h, realised, median_none, forecast_quantile. Only windows that are horizons,
    and releases that a model trained before them could score.
    """
    impact, tests = [], []
    for window in study.windows:
        known = study.sample.frame.select("doc_id", "asset").join(
            scored.filter(pl.col("horizon_h") == window), on=["doc_id", "asset"], how="left", maintain_order="left"
        )
        moves = (known["realised"] - known["median_none"]).cast(pl.Float64).fill_null(np.nan).to_numpy()
        scaled = study.scaled(moves, window)
        if not np.isfinite(scaled).any():
            continue
        quantile = known["forecast_quantile"].filter(pl.Series(np.isfinite(scaled)))
        shape = path_shape(study.returns[RAW], window)
        rows = study.rows_of(FORECAST, moves, shape, window, study.activity_columns(window))
        impact.append(rows.with_columns(forecast_quantile=quantile))
        for group in GROUPS:
            member = np.isfinite(scaled) & study.member(group) & study.clean(window)
            found = mean_with_overlap(moves[member], study.sample.when_h[member], window, test="mean_car")
            tests += test_rows(study, [found] if found else [], group, window, FORECAST)
    return (pl.concat(impact) if impact else pl.DataFrame()), pl.DataFrame(tests, infer_schema_length=None)
