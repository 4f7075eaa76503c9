"""Releases of a study in event time, and the record of what was expected of them."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from features.volatility import volatility_scale
from models.impact.comparison.groups import NO_CAPS, release_traits
from models.impact.event_time import STATES, expected_rows, history_of
from models.impact.findings.response_record import _interval_of_share, record_rows, said_of_record
from models.impact.sample import build_sample
from models.impact.study import ImpactStudy
from models.quantiles.quantiles import MEDIAN
from models.response.by_record import LOW
from models.response.walk_forward import LEVEL_NAMES, expect
from tests.conftest import random_bars
from tests.models.impact.test_placebo import HOURS, _releases

WINDOWS = (4.0, 24.0)


@pytest.fixture(scope="module")
def walked():
    bars = random_bars(HOURS, gaps=False)
    rows = np.sort(np.random.default_rng(1).choice(np.arange(900, HOURS - 80), 90, replace=False))
    frame = _releases(bars, rows, minutes=20)
    frame = pl.concat([frame, _releases(bars, rows[:1], precision_min=1440).with_columns(doc_id=pl.lit("day"))])
    study = ImpactStudy(build_sample(frame, bars), WINDOWS, volatility_scale(bars))
    n = len(study.sample.frame)
    history, order = history_of(
        study, release_traits(study, NO_CAPS), [f"text number {i}" for i in range(n)], ["news"] * n
    )
    return study, history, order, expect(history)


def test_moves_run_from_the_first_close_after_the_release_and_are_over_with_their_window(walked):
    study, history, order, _ = walked
    doc = study.sample.frame[order]["doc_id"].to_list()
    at, place = doc.index("d40"), int(order[doc.index("d40")])
    asset, row = study.sample.events.asset[place], study.sample.row_after[place]
    grid = study.moves.grids["residual"]
    assert study.bars.close_ts[row] - np.timedelta64(40, "m") == np.datetime64(
        study.sample.frame["event_ts"][place].replace(tzinfo=None), "s"
    )
    expected = grid.moved(np.array([row]), np.array([asset]), 4) / grid.sigma(np.array([row]), np.array([asset]), 4)
    assert history.move[at, 0] == pytest.approx(expected[0])
    assert history.over_h[at, 0] == study.hours[row + 4]
    assert (np.diff(history.known_h) >= 0).all()


def test_a_release_known_to_the_day_has_no_move_in_windows_shorter_than_a_day(walked):
    study, history, order, _ = walked
    at = study.sample.frame[order]["doc_id"].to_list().index("day")
    assert np.isnan(history.move[at, 0])
    assert np.isfinite(history.move[at, 1])


def test_the_state_of_a_release_is_known_at_the_first_close_after_it(walked):
    study, history, order, _ = walked
    waited = history.state[:, STATES.index("hours to the first close")]
    known = study.sample.frame[order]["available_ts"].dt.epoch("s").to_numpy() / 3600
    np.testing.assert_allclose(known + waited, study.hours[study.sample.row_after[order]], atol=1e-6)
    assert ((waited >= 0) & (waited < 1)).all()
    assert np.isfinite(history.state[:, : STATES.index("machine probability")]).all()
    assert history.states == STATES


def test_cutting_off_prices_after_the_first_close_changes_no_state(walked):
    study, history, order, _ = walked
    frame, row = study.sample.frame, int(study.sample.row_after[order[60]])
    bars = study.bars
    cut = replace(bars, close_ts=bars.close_ts[: row + 1], **{
        name: getattr(bars, name)[: row + 1] for name in ("open", "high", "low", "close", "volume")
    })  # fmt: skip
    public = frame["available_ts"].dt.epoch("s") <= int(bars.close_ts[row].astype("datetime64[s]").astype(np.int64))
    short = ImpactStudy(build_sample(frame.filter(public), cut), WINDOWS, volatility_scale(cut))
    n = len(short.sample.frame)
    found, _ = history_of(short, release_traits(short, NO_CAPS), [""] * n, [""] * n)
    np.testing.assert_allclose(found.state[:60], history.state[:60], rtol=1e-6, atol=1e-9)


def test_bands_are_quantiles_times_the_sigma_known_at_the_close(walked):
    study, history, order, found = walked
    rows = expected_rows(study, history, order, found)
    one = rows.filter(pl.col("doc_id") == "d40", pl.col("window_h") == 4.0).to_dicts()[0]
    at = study.sample.frame[order]["doc_id"].to_list().index("d40")
    assert one["low"] == pytest.approx(one["sigma"] * found.combined[at, 0, LOW])
    assert one["median"] == pytest.approx(one["sigma"] * found.combined[at, 0, MEDIAN])
    assert one["realised"] == pytest.approx(one["sigma"] * history.move[at, 0])
    assert one["low"] < one["median"] < one["high"]
    assert 0 < one["odds_large"] < 1
    assert 0 < one["odds_up"] < 1
    assert set(rows["level"]) <= set(LEVEL_NAMES)
    assert rows.select(pl.struct("doc_id", "asset", "window_h").is_duplicated().sum()).item() == 0


def test_the_record_counts_what_lay_inside_and_tells_no_words_where_there_are_none(walked):
    study, history, order, found = walked
    record = record_rows(history, study.groups[order], found)
    every = record.filter(pl.col("release_group") == "all", pl.col("window_h") == 4.0).to_dicts()[0]
    known = np.isfinite(history.move[:, 0]) & (found.n_past >= 20)
    inside = (history.move[:, 0] >= found.combined[:, 0, LOW]) & (history.move[:, 0] <= found.combined[:, 0, -4])
    assert every["n_releases"] == known.sum()
    assert every["covered"] == pytest.approx(inside[known].mean())
    assert every["covered_low"] <= every["covered"] <= every["covered_high"]
    said = said_of_record(record)
    assert "the 90 % band of the move beyond the market held" in said[0]
    assert "tells nothing of the move beyond words dealt at random" in said[1]


def test_sentences_tell_what_words_add_where_they_do():
    record = pl.DataFrame({
        "window_h": [4.0, 24.0], "release_group": "all", "n_releases": 300, "covered": [0.9, 0.89],
        "words_gain": [0.25, 0.01], "words_gain_low": [0.2, -0.01], "words_gain_high": [0.3, 0.03],
        "words_gain_p": [0.0001, 0.4], "correlation": [0.7, 0.1], "words_over_kind": [0.2, 0.01],
    })  # fmt: skip
    said = said_of_record(record)
    assert "After 300 releases" in said[0]
    assert "90 % within 4 h, 89 % within 24 h" in said[0]
    assert "within 4 h they lower the score (CRPS) by 25 % of the walk's (95 % interval 20 to 30)" in said[1]
    assert "correlate by 0.70" in said[1]
    nothing = said_of_record(record.with_columns(words_gain_p=pl.lit(0.2)))
    assert "tells nothing" in nothing[1]
    assert "tells nothing" in said_of_record(record.with_columns(words_over_kind=pl.lit(-0.01)))[1]
    assert "at most 30.0 %" in nothing[1]
    assert said_of_record(pl.DataFrame()) == []


def test_a_band_that_held_every_time_has_an_interval_that_says_of_how_many():
    when = np.arange(0.0, 240.0, 6.0)  # 40 releases, ten windows of 24 hours apart
    low, high = _interval_of_share(np.ones(40), when, 24.0)
    assert (low, high) == (pytest.approx(0.025 ** (1 / 10)), 1.0)
    low, high = _interval_of_share(np.zeros(40), when, 24.0)
    assert (low, high) == (0.0, pytest.approx(1 - 0.025 ** (1 / 10)))
    low, high = _interval_of_share(np.repeat([1.0, 0.0], [36, 4]), when, 6.0)
    assert 0.7 < low < 0.9 < high <= 1
