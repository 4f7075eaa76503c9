"""Controls of a study: nothing is found where nothing is, planted moves are found, and a test that errs is told."""

import numpy as np
import polars as pl
import pytest

from features.volatility import volatility_scale
from models.impact import pseudo_studies
from models.impact.pseudo_studies import AS_IT_SHOULD, PLANTED_MOVES, PSEUDO, TOO_OFTEN, control_rows, positive_rows
from models.impact.sample import build_sample
from models.impact.study import ImpactStudy
from tests.conftest import random_bars
from tests.models.impact.test_placebo import HOURS, _releases


@pytest.fixture(scope="module")
def study() -> ImpactStudy:
    bars = random_bars(HOURS, gaps=False)
    rows = np.sort(np.random.default_rng(1).integers(1000, HOURS - 100, 80))
    return ImpactStudy(build_sample(_releases(bars, rows), bars), (1.0, 4.0, 24.0), volatility_scale(bars))


@pytest.mark.slow
def test_pseudo_releases_find_nothing_and_planted_moves_are_found_the_same_each_time(study, monkeypatch):
    monkeypatch.setattr(pseudo_studies, "PLANTED", 1.0)  # of normal returns, on which .35 sigma is hard to see
    rows = control_rows(study)
    assert rows.select("control", "window_h").rows() == [(c, w) for w in (4.0, 24.0) for c in (PSEUDO, PLANTED_MOVES)]
    nothing, planted = (rows.filter(pl.col("control") == c) for c in (PSEUDO, PLANTED_MOVES))
    assert set(nothing["verdict"]) == {AS_IT_SHOULD}
    assert nothing["found"].max() < 0.12
    assert planted["found"].min() > 0.8
    assert (rows["n_releases"] == 80).all()
    assert control_rows(study).equals(rows)


@pytest.mark.slow
def test_a_test_that_rejects_too_often_is_told(study, monkeypatch):
    honest, often = pseudo_studies.placebo_rank, np.random.default_rng(2)

    def eager(*args):
        found = honest(*args)
        return None if found is None else pseudo_studies.replace(found, p_value=0.01 if often.random() < 0.2 else 0.5)

    monkeypatch.setattr(pseudo_studies, "placebo_rank", eager)
    nothing = control_rows(study).filter(pl.col("control") == PSEUDO)
    assert set(nothing["verdict"]) == {TOO_OFTEN}


def test_known_cases_are_held_against_their_false_alarms_on_their_finest_candles():
    hour = pl.datetime(2024, 1, 1, time_zone="UTC")
    cases = pl.DataFrame({
        "case_id": ["a", "a", "b", "c", "d", "e"], "timeframe": ["1h", "5m", "1h", "1h", "1h", "1h"],
        "is_clean": [True, True, True, True, True, False], "false_alarms": [0.05] * 6,
        "flagged": [False, True, True, True, True, False],
    }).with_columns(flagged_ts=pl.when("flagged").then(hour))  # fmt: skip
    (found,) = positive_rows(cases, pl.DataFrame()).to_dicts()
    assert (found["n_releases"], found["found"], found["verdict"]) == (4, 1.0, "found")
    none = cases.with_columns(flagged_ts=pl.lit(None, pl.Datetime("us", "UTC")))
    assert positive_rows(none, pl.DataFrame())["verdict"].to_list() == ["not beyond chance"]


def test_pumps_and_announcements_of_exchanges_are_told_with_the_verdict_of_their_kind():
    responses = pl.DataFrame({
        "study_id": "1h", "slice_by": ["kind", "kind", "kind", "source"],
        "slice": ["exchange_announcement", "news", "pump", "pump"], "peak_h": [4.0, 8.0, None, 1.0],
        "alone_h": [None, None, 24.0, None], "n_releases": [50, 70, 9, 9],
        "verdict": ["moves", "nothing found", "not tested", "moves"],
    })  # fmt: skip
    assert positive_rows(pl.DataFrame(), responses).rows() == [
        ("1h", "exchange announcements", 4.0, 50, "moves"), ("1h", "announced pumps", 24.0, 9, "not tested"),
    ]  # fmt: skip
    assert positive_rows(pl.DataFrame(), pl.DataFrame()).is_empty()
