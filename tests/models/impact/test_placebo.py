"""Moves beyond the market, comparison times, placebo ranks: agreement, causality, size and power."""

import numpy as np
import polars as pl
import pytest
from scipy import stats

from features.volatility import volatility_scale
from models.impact.measure.benchmarks import abnormal_returns, others_index
from models.impact.measure.calendar import announcements_of, macro_announcements, spans_with_announcement
from models.impact.measure.controls import DAYS_BACK, NONE, RECENT_H, ControlRules, has_release
from models.impact.measure.events import Design, Events
from models.impact.measure.matched import Matched, continuation, excess_moves
from models.impact.measure.moves import raw_moves, residual_moves, rolling_beta
from models.impact.measure.paths import car
from models.impact.sample import build_sample
from models.impact.significance.outcome import detectable_factor, skewed_limits, t_power
from models.impact.significance.placebo_ranks import MIN_BLOCKS, normal_scores, placebo_days, placebo_rank
from models.impact.study import ImpactStudy
from models.impact.study_moves import ANNOUNCEMENT, FIRST_CLOSE_AFTER, MOVE_BEFORE
from tests.conftest import random_bars

HOURS = 4400


@pytest.fixture(scope="module")
def bars():
    return random_bars(HOURS, gaps=False)


def _residual(bars):
    span, gap, _, _ = Design().rows(bars)
    return residual_moves(bars, others_index(bars, span), span, gap)


def _releases(bars, rows, *, minutes: int = 0, precision_min: int = 0, asset: int = 0):
    moment = pl.Series(bars.close_ts[rows].astype("datetime64[us]")).dt.replace_time_zone("UTC")
    return pl.DataFrame({"doc_id": [f"d{i}" for i in range(len(rows))], "asset": bars.assets[asset],
                         "event_ts": moment, "release_group": "real", "is_late_stamp": False,
                         "is_recommended": True}).with_columns(
        event_ts=pl.col("event_ts") + pl.duration(minutes=minutes),
        available_ts=pl.col("event_ts") + pl.duration(minutes=minutes + precision_min),
    )  # fmt: skip


def test_residual_moves_are_the_cars_of_the_market_model_without_its_intercept(bars):
    rng = np.random.default_rng(1)
    events = Events(rng.integers(0, 3, 50), np.sort(rng.integers(1200, HOURS - 100, 50)), np.zeros(50))
    mine = abnormal_returns(bars, events)["residual"]
    moves = _residual(bars)
    for hours in (1, 4, 24, 72):
        np.testing.assert_allclose(moves.moved(events.row, events.asset, hours), car(mine, hours), atol=1e-12)


def test_the_rolling_slope_is_that_of_least_squares():
    rng = np.random.default_rng(2)
    x, y = rng.standard_normal((300, 2)), rng.standard_normal((300, 2))
    y[::7] = np.nan
    found = rolling_beta(y, x, 100, 10)
    for row in (150, 299):
        part = slice(row - 10 - 100 + 1, row - 10 + 1)
        for a in range(2):
            known = np.isfinite(y[part, a])
            expected = stats.linregress(x[part, a][known], y[part, a][known]).slope
            assert found[row, a] == pytest.approx(expected, abs=1e-10)
    assert np.isnan(found[:109]).all(), "the span begins before the grid"


def test_cutting_off_the_future_changes_no_slope_sigma_state_or_comparison_time(bars):
    cut = 3000
    short = type(bars)(bars.assets, "1h", bars.close_ts[:cut], *(x[:cut] for x in (
        bars.open, bars.high, bars.low, bars.close, bars.volume)))  # fmt: skip
    whole, part = _residual(bars), _residual(short)
    np.testing.assert_array_equal(part.beta, whole.beta[:cut])
    np.testing.assert_array_equal(part.variance, whole.variance[:cut])
    for a, b in zip(part.states(), whole.states(), strict=True):
        np.testing.assert_array_equal(a, b[:cut])
    row, asset = np.array([2500, 2700, 2900]), np.array([0, 1, 2])
    rules = [_rules(m, n) for m, n in ((part, cut), (whole, HOURS))]
    np.testing.assert_array_equal(*(r.controls(row, asset) for r in rules))


def _rules(moves, n: int, released: Events | None = None, longest: int = 72) -> ControlRules:
    none = Events(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), np.zeros(0))
    weekend = (np.arange(n) // 24) % 7 >= 5
    return ControlRules(
        moves.states(), weekend, np.zeros(n, dtype=bool), 24, round(RECENT_H), longest, released or none
    )


def test_comparison_times_share_the_hour_end_before_the_release_and_are_alike_in_volatility(bars):
    moves = _residual(bars)
    rng = np.random.default_rng(3)
    row, asset = np.sort(rng.integers(2000, HOURS - 100, 200)), rng.integers(0, 3, 200)
    found = _rules(moves, HOURS).controls(row, asset)
    used = found != NONE
    back = (row[:, None] - found)[used]
    assert (used.sum(1) == found.shape[1]).mean() > 0.8
    assert (back % 24 == 0).all()
    assert back.min() >= 72, "the longest window is over when the release comes"
    assert back.max() <= 24 * DAYS_BACK
    last = moves.states()[2]
    own, anywhere = last[row, asset][:, None], last[row[:, None] - 24 * np.arange(3, 80), asset[:, None]]
    chosen = np.abs(own - last[np.maximum(found, 0), asset[:, None]])[used].mean()
    assert chosen < 0.8 * np.abs(own - anywhere).mean()


def test_times_soon_after_a_release_are_compared_with_such_times(bars):
    moves = _residual(bars)
    rows = np.arange(800, HOURS - 100, 24 * 7)
    released = Events(np.zeros(len(rows), dtype=np.int64), rows, np.zeros(len(rows)))
    after = rows[[-1]] + 30
    found = _rules(moves, HOURS, released).controls(after, np.array([0]))
    at = found[found != NONE][None]
    soon = has_release(at - round(RECENT_H), at - 1, np.array([0]), released)
    assert soon.mean() > 0.9
    quiet = _rules(moves, HOURS, released).controls(after + 70, np.array([0]))
    at = quiet[quiet != NONE][None]
    assert has_release(at - round(RECENT_H), at - 1, np.array([0]), released).mean() < 0.1


def test_an_announcement_in_a_window_and_a_large_move_before_confound_a_release(bars):
    loud = random_bars(HOURS, gaps=False)
    for grid in (loud.open, loud.high, loud.low, loud.close):
        grid[2999:, 0] *= 1.4
    rows = np.array([2500, 3000, 3500])
    announcements = loud.close_ts[[3510]].astype("datetime64[s]")
    study = ImpactStudy(build_sample(_releases(loud, rows), loud), (4.0, 24.0), None, announcements=announcements)
    assert study.moves.confounded(4.0).tolist() == ["", MOVE_BEFORE, ""]
    assert study.moves.confounded(24.0).tolist() == ["", MOVE_BEFORE, ANNOUNCEMENT]
    starts = study.moves.controls(24.0, "last_close")
    held = spans_with_announcement(loud.close_ts[np.maximum(starts, 0)], 24.0, announcements) & (starts != NONE)
    assert not held.any(), "no comparison window holds one either"


def test_a_window_after_the_stamp_begins_at_the_first_close_by_which_the_release_was_public(bars):
    made = build_sample(_releases(bars, np.array([2000, 2100]), minutes=20), bars)
    assert made.events.row.tolist() == [2000, 2100]
    assert made.row_after.tolist() == [2001, 2101]
    sure = build_sample(_releases(bars, np.array([2000]), minutes=20, precision_min=60), bars)
    assert sure.row_after.tolist() == [2002]
    on_time = build_sample(_releases(bars, np.array([2000])), bars)
    assert on_time.row_after.tolist() == [2000], "a stamp on the close has no bar before it is public"


def test_a_release_that_is_surely_public_only_after_the_last_close_is_not_measured_from_there(bars):
    rows = np.array([2000, HOURS - 10])
    study = ImpactStudy(build_sample(_releases(bars, rows, precision_min=24 * 60), bars), (4.0, 24.0), None)
    assert study.sample.row_after.tolist() == [2024, HOURS]
    own = study.moves.matched("residual", 24.0, FIRST_CLOSE_AFTER).own
    assert np.isfinite(own).tolist() == [True, False]
    assert len(study.impact_rows())


def test_a_move_inside_the_bar_of_the_stamp_is_no_move_after_it(bars):
    loud = random_bars(HOURS, gaps=False)
    for grid in (loud.open, loud.high, loud.low, loud.close):
        grid[3001:, 0] *= 1.5
    study = ImpactStudy(build_sample(_releases(loud, np.array([3000]), minutes=20), loud), (4.0,), None)
    assert study.moves.matched("residual", 4.0).excess[0] > 20
    assert study.moves.matched("residual", 4.0, FIRST_CLOSE_AFTER).own[0] < 5


def test_raw_moves_answer_where_the_market_of_most_releases_is_not_known(bars):
    alone = random_bars(HOURS, gaps=False)
    for grid in (alone.open, alone.high, alone.low, alone.close):
        grid[1500:, 1:] = np.nan
    rows = np.arange(3000, 4000, 100)
    study = ImpactStudy(build_sample(_releases(alone, rows), alone), (4.0,), None)
    assert study.moves.primary == "reference_walk"
    assert np.isfinite(study.excess(4.0)).all()
    whole = ImpactStudy(build_sample(_releases(bars, rows), bars), (4.0,), None)
    assert whole.moves.primary == "residual"


def test_normal_scores_are_the_van_der_waerden_scores_and_need_enough_known_controls():
    own, control = np.array([0.5, 9.0, np.nan, 1.0]), np.tile(np.arange(10.0), (4, 1))
    control[3, :5] = np.nan
    scores = normal_scores(own, control)
    assert scores[0, 0] == pytest.approx(stats.norm.ppf((2 - 0.5) / 11))
    assert scores[1, 0] == pytest.approx(stats.norm.ppf((10.5 - 0.5) / 11)), "a tie shares its ranks"
    assert np.isnan(scores[2]).all()
    assert np.isnan(scores[3]).all()
    np.testing.assert_allclose(np.nansum(scores[0]), 0, atol=1e-12)


def _heavy_study(rng, n: int = 60, k: int = 30, shift: float = 0.0):
    """Releases on a day each, moves of heavy tails; `shift` is added to their sizes."""
    row = np.sort(rng.choice(np.arange(400, 4000), n, replace=False)) * 24
    control_row = row[:, None] - 24 * np.arange(3, 3 + k)
    size = np.abs(rng.standard_t(3, (n, k + 1)))
    return Matched(size[:, 0] + shift, size[:, 1:], row, control_row)


@pytest.mark.slow
def test_placebo_ranks_keep_their_size_in_both_tails_under_heavy_tails_and_find_a_shift():
    rng = np.random.default_rng(4)
    hours = np.arange(4000.0 * 24)
    p, signs = {"rank": [], "days": []}, []
    for _ in range(400):
        matched = _heavy_study(rng)
        scores = normal_scores(matched.own, matched.control)
        ranked, days = placebo_rank(scores, matched, hours, 24.0), placebo_days(scores, hours[matched.row], 24.0)
        p["rank"].append(ranked.p_value)
        p["days"].append(days.p_value)
        signs.append(np.sign(ranked.statistic) * (ranked.p_value < 0.05))
    for name, values in p.items():
        assert 0.025 <= np.mean(np.array(values) < 0.05) <= 0.085, name
    assert np.mean(np.array(signs) > 0) <= 0.055
    assert np.mean(np.array(signs) < 0) <= 0.055
    found = 0
    for _ in range(100):
        matched = _heavy_study(rng, shift=0.6)
        found += placebo_rank(normal_scores(matched.own, matched.control), matched, hours, 24.0).p_value < 0.05
    assert found >= 80


def test_releases_on_fewer_than_twenty_days_are_not_tested():
    matched = _heavy_study(np.random.default_rng(5), n=MIN_BLOCKS - 1)
    scores = normal_scores(matched.own, matched.control)
    hours = np.arange(4000.0 * 24)
    assert placebo_rank(scores, matched, hours, 24.0) is None
    assert placebo_days(scores, hours[matched.row], 24.0) is None


def test_what_comes_back_is_negative_and_what_goes_on_positive(bars):
    loud = random_bars(HOURS, gaps=False)
    for grid in (loud.open, loud.high, loud.low, loud.close):
        grid[3001:3005, 0] *= 1.5
        grid[3501:, 1] *= 1.5
        grid[3506:, 1] *= 1.5
    moves = raw_moves(loud, volatility_scale(loud))
    row, asset = np.array([3000, 3500]), np.array([0, 1])
    later, first = continuation(moves, row, asset, np.full((2, 3), NONE), (4, 24))
    assert later.own[0] < -0.5 * first.own[0]
    assert later.own[1] > 0.5 * first.own[1]
    assert np.isnan(later.control).all()
    sizes = excess_moves(moves, row, asset, np.full((2, 3), NONE), 4)
    np.testing.assert_allclose(sizes.own, first.own)


def test_the_factor_of_a_detectable_effect_is_that_of_the_noncentral_t():
    for df, factor in ((5, 3.514), (7, 3.270), (1e9, 2.802)):
        assert detectable_factor(df) == pytest.approx(factor, abs=2e-3)
    for df, shift in ((4, 2.0), (30, 2.8), (200, 1.0)):
        critical = stats.t.ppf(0.975, df)
        expected = stats.nct.sf(critical, df, shift) + stats.nct.cdf(-critical, df, shift)
        assert t_power(shift, df) == pytest.approx(expected, abs=2e-4)


@pytest.mark.slow
def test_an_interval_of_skewed_values_covers_their_mean_better_than_a_symmetric_one():
    rng = np.random.default_rng(6)
    critical, mean = float(stats.t.ppf(0.975, 39)), 1.3293  # of an exponential to the power of 1.5
    covered = symmetric = 0
    for _ in range(2000):
        x = rng.exponential(1, 40) ** 1.5
        error = x.std(ddof=1) / np.sqrt(40)
        u = x - x.mean()
        below, above = skewed_limits(critical, float((u**3).sum() / (u**2).sum() ** 1.5))
        covered += x.mean() - below * error <= mean <= x.mean() + above * error
        symmetric += abs(x.mean() - mean) <= critical * error
    assert covered > symmetric + 40
    assert skewed_limits(critical, 0.0) == (critical, critical)


def test_announcements_are_moments_in_utc_of_hours_in_new_york():
    fomc, cpi = announcements_of("fomc").astype(str).tolist(), announcements_of("cpi").astype(str).tolist()
    assert {"2022-06-15T18:00:00", "2024-01-31T19:00:00", "2020-03-15T21:00:00"} <= set(fomc)
    assert {"2022-06-10T12:30:00", "2023-01-12T13:30:00"} <= set(cpi)
    assert "2023-04-07T12:30:00" in announcements_of("payrolls").astype(str).tolist(), "Good Friday"
    every = macro_announcements()
    assert (np.diff(every) >= np.timedelta64(0, "s")).all()
    years = pl.Series("year", every.astype("datetime64[us]")).dt.year().value_counts()
    assert years["count"].min() >= 30
