"""Tests of one study per group, window and benchmark, as rows of models.impact_tests."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import polars as pl
from scipy import stats

from models.impact.measure.benchmarks import AbnormalReturns
from models.impact.measure.paths import path_shape
from models.impact.sample import ALL, GROUPS, hours_since_1970
from models.impact.significance.event_tests import ROBUST_TESTS, event_tests, prepare
from models.impact.significance.outcome import Outcome
from models.impact.significance.overlap import excess_move, mean_with_overlap
from models.impact.study import FORECAST, REFERENCE, ImpactStudy

EFFECT = {"excess_move": 0.25, "mean_car": 0.01, "cross_sectional_t": 0.01}


def with_q_values(rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows of tests with `q_value`: the p-value with the false-discovery rate controlled over all groups and windows.

    The family of a test is every group and window that it is made for, per study and benchmark. Benjamini and Hochberg
    (1995): windows of one release are positively dependent.
    """
    frame = pl.DataFrame(rows, infer_schema_length=None)
    if frame.is_empty():
        return frame
    family = ["study_id", "benchmark", "test"]
    return frame.with_columns(
        q_value=pl.col("p_value")
        .map_batches(lambda p: pl.Series(stats.false_discovery_control(p.to_numpy())), return_dtype=pl.Float64)
        .over(family)
    )


def event_test_rows(study: ImpactStudy) -> pl.DataFrame:
    """Rows of models.impact_tests: every test per group, window and benchmark, and the excess move.

    Windows are those after the release, and (negative) the time before it. Benchmarks run in parallel.
    """
    groups = [g for g in (ALL, *GROUPS) if study.member(g).any()]
    with ThreadPoolExecutor(2) as pool:
        parts = list(pool.map(lambda returns: _tests_of(study, returns, groups), study.returns.values()))
    rows = [row for part in parts for row in part] + _excess_tests(study, groups)
    return with_q_values(rows)


def _tests_of(study: ImpactStudy, returns: AbnormalReturns, groups: list[str]) -> list[dict[str, object]]:
    before = (-study.design.before_h,) if study.design.before_h >= study.bars.step_h else ()
    windows = (*study.windows, *before)
    blank = np.stack([*study.uncertain.values(), *(np.zeros(len(study.groups), dtype=bool) for _ in before)], axis=1)
    prepared = prepare(returns, windows, study.sample.events.row, blank)
    found = event_tests(prepared, [study.member(g) for g in groups], study.sample.when_h)
    return [
        row
        for g, of_group in zip(groups, found, strict=True)
        for w, outcomes in zip(windows, of_group, strict=True)
        for row in _rows(study.study_id, outcomes, g, w, returns.benchmark)
    ]


def _excess_tests(study: ImpactStudy, groups: list[str]) -> list[dict[str, object]]:
    """Against the reference walk only: placebo times are its raw moves, to which no other CAR compares.

    None where fewer than MIN_MATCHED_SHARE of a group's releases have placebo times: where releases cluster, the few
    quiet times left are quieter than usual.
    """
    rows = []
    hours, raw = hours_since_1970(study.bars.close_ts), study.moves(REFERENCE)
    for window in study.windows:
        scaled = study.scaled(raw[window], window)
        for group in groups:
            member = np.isfinite(scaled) & study.member(group)
            if not study.is_matched(group, window):
                continue
            when = study.sample.when_h[member]
            found = excess_move(scaled[member], study.placebo[window].where(member), when, hours, window)
            rows += _rows(study.study_id, [found] if found else [], group, window, REFERENCE)
    return rows


def _rows(study_id: str, outcomes: list[Outcome], group: str, window: float, benchmark: str) -> list[dict[str, object]]:
    return [
        {
            "study_id": study_id, "release_group": group, "window_h": window, "benchmark": benchmark,
            "test": o.test, "estimate": o.estimate, "low": o.low, "high": o.high, "statistic": o.statistic,
            "p_value": o.p_value, "detectable": o.detectable,
            "power": o.power(EFFECT[o.test]) if o.test in EFFECT else None,
            "is_preferred": o.test in ROBUST_TESTS or o.test == "excess_move", "n_releases": o.n,
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
        returns = study.returns[REFERENCE]
        rows = study.rows_of(
            FORECAST,
            moves,
            path_shape(returns, window),
            window,
            study.activity_columns(window),
            study.drift_before(returns),
        )
        impact.append(rows.with_columns(forecast_quantile=quantile))
        for group in GROUPS:
            member = np.isfinite(scaled) & study.member(group)
            found = mean_with_overlap(moves[member], study.sample.when_h[member], window, test="mean_car")
            tests += _rows(study.study_id, [found] if found else [], group, window, FORECAST)
    return (pl.concat(impact) if impact else pl.DataFrame()), with_q_values(tests)
