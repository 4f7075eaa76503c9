"""Groups too small to be tested together: one by one, partially pooled, and events on bars as they are."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from features.candles import Bars
from models.impact.findings.each import each_event, told
from models.impact.findings.few import hierarchical, partially_pooled, standing_out
from models.impact.measure.events import Design

START = datetime(2024, 1, 1, tzinfo=UTC)
DESIGN = Design(estimation_h=24, gap_h=1, before_h=4, after_h=4)


def _bars(close: np.ndarray, step_h: float = 1 / 60) -> Bars:
    """Bars of one minute of the assets A, B, … that open at the close before."""
    last = np.vstack([close[:1], close[:-1]])
    ends = np.datetime64(START.replace(tzinfo=None), "s") + (1 + np.arange(len(close))) * np.timedelta64(
        round(step_h * 3600), "s"
    )
    high, low = np.fmax(close, last), np.fmin(close, last)
    high, low = (np.where(np.isfinite(close), x, np.nan) for x in (high, low))
    names = tuple(chr(65 + i) for i in range(close.shape[1]))
    return Bars(names, "1m", ends, last, high, low, close, np.where(np.isfinite(close), 1.0, np.nan))


def _walks(n_assets: int, days: float, seed: int, *, traded: float = 0.5) -> np.ndarray:
    """Random walks with heavy tails of which a minute shows its price with probability `traded`."""
    rng = np.random.default_rng(seed)
    n = round(days * 1440)
    close = 100 * np.exp(np.cumsum(0.0005 * rng.standard_t(4, (n, n_assets)), axis=0))
    return np.where(rng.random(close.shape) < traded, close, np.nan)


def _events(bars: Bars, minutes: list[int]) -> pl.DataFrame:
    rows = [(f"e{i}", bars.assets[i % len(bars.assets)], START + timedelta(minutes=m)) for i, m in enumerate(minutes)]
    frame = pl.DataFrame(rows, schema=["doc_id", "asset", "event_ts"], orient="row")
    return frame.with_columns(release_group=pl.lit("unlabelled"))


def test_partial_pooling_gives_the_published_values_of_the_eight_schools():
    effect = np.array([28, 8, -3, 7, -1, 1, 18, 12.0])
    error = np.array([15, 10, 16, 11, 9, 11, 10, 18.0])
    found = hierarchical(effect, error**2)
    np.testing.assert_allclose(found.mean, [11.4, 7.9, 6.1, 7.6, 5.1, 6.1, 10.7, 8.5], atol=0.15)
    assert ((found.low < found.mean) & (found.mean < found.high)).all()


@pytest.mark.slow
def test_partially_pooled_intervals_cover_and_are_narrower_than_those_of_a_group_alone():
    rng, cover, narrower = np.random.default_rng(1), [], []
    for _ in range(120):
        group = np.repeat([f"g{i}" for i in range(8)], rng.integers(5, 21, 8))
        truth = {f"g{i}": t for i, t in enumerate(rng.normal(0.3, 0.3, 8))}
        x = np.array([truth[g] for g in group]) + rng.standard_t(5, len(group))
        for name, (mean, low, high) in partially_pooled(x, group, rng.uniform(0, 9600, len(group))).items():
            cover.append(low <= truth[name] <= high)
            own = x[group == name]
            narrower.append(high - low < 2 * 1.96 * x.std() / np.sqrt(len(own)))
            assert low < mean < high
    assert 0.92 < np.mean(cover) < 0.98
    assert np.mean(narrower) > 0.9


def test_what_falls_on_one_day_counts_once_in_partial_pooling():
    rng = np.random.default_rng(2)
    group = np.repeat(["a", "b", "c", "d"], 30)
    day = np.tile(np.repeat(np.arange(6), 5), 4) + 10 * np.repeat(np.arange(4), 30)
    shared = rng.normal(0, 1, 60)[day]
    together, apart = (partially_pooled(shared, group, when) for when in (24.0 * day, 24.0 * np.arange(120)))
    widths = [np.mean([high - low for _, low, high in found.values()]) for found in (together, apart)]
    assert widths[0] > 1.5 * widths[1]


def test_nothing_is_pooled_below_three_groups_of_five():
    x, when = np.ones(14), 24.0 * np.arange(14)
    assert partially_pooled(x, np.repeat(["a", "b", ""], [5, 5, 4]), when) == {}
    assert partially_pooled(x, np.repeat(["a", "b", "c"], [5, 5, 4]), when) == {}


@pytest.mark.parametrize("n", [6, 12])
def test_a_count_one_by_one_keeps_its_size_and_finds_what_stands_out(n):
    rng, rejected, found = np.random.default_rng(3), 0, 0
    for _ in range(600):
        own, control = np.abs(rng.standard_t(3, n)), np.abs(rng.standard_t(3, (n, 30)))
        when = 48.0 * np.arange(n)
        outcome, planted = standing_out(own, control, when), standing_out(3 * own + 2, control, when)
        assert outcome is not None and planted is not None
        rejected += outcome.p_value <= 0.05
        found += planted.p_value <= 0.05
    assert rejected / 600 <= 0.06
    assert found / 600 > 0.85


def test_of_the_releases_of_one_day_the_first_counts():
    own, control = np.array([9.0, 0, 9, 9, 9, 9]), np.tile(np.arange(1.0, 31), (6, 1)) / 10
    outcome = standing_out(own, control, np.array([0.0, 5, 24, 48, 72, 96]))
    assert outcome is not None
    assert (outcome.k, outcome.n) == (5, 5)
    assert standing_out(own, control, np.array([0.0, 5, 24, 48, 72, 73])) is None


def test_a_planted_pump_is_found_at_its_minute_with_its_size_and_what_came_back():
    close = _walks(4, 3, 5, traded=0.6)
    at = 2000
    for a in range(4):
        close[at : at + 3, a] = 1.30 * np.nanmean(close[at - 30 : at, a])
        close[at + 3 : at + 60, a] = np.where(
            np.isfinite(close[at + 3 : at + 60, a]), np.nanmean(close[at - 30 : at, a]), np.nan
        )
    bars = _bars(close)
    found = each_event(_events(bars, [at] * 4), bars, DESIGN, (5 / 60, 0.5))
    hour = found.filter(pl.col("window_h") == 0.5)
    np.testing.assert_allclose(hour["peak_return"], 0.3, atol=0.06)
    np.testing.assert_allclose(hour["given_back"], 1.0, atol=0.2)
    assert (hour["largest_bar_h"].abs() <= 5 / 60).all()
    assert (hour["peak_after_h"] <= 5 / 60).all()
    assert (found.filter(pl.col("window_h") == 5 / 60)["p_value"] < 0.01).all()


def test_the_figures_of_an_event_are_those_of_a_plain_loop_and_the_future_changes_nothing():
    close = _walks(1, 2.5, 6, traded=0.4)
    bars = _bars(close)
    row, steps = 2500, 15
    event = _events(bars, [row])
    (found,) = each_event(event, bars, DESIGN, (0.25,)).to_dicts()

    def largest(t: int) -> float | None:
        seen = np.flatnonzero(np.isfinite(close[: t + 1, 0]))
        ahead = slice(t + 1, t + 1 + steps)
        if t - seen[-1] > 60 or not np.isfinite(close[ahead, 0]).any():
            return None
        base = close[seen[-1], 0]
        up, down = np.log(np.nanmax(bars.high[ahead, 0]) / base), np.log(np.nanmin(bars.low[ahead, 0]) / base)
        return float(up if up >= -down else down)

    own = largest(row - 1)
    like = [abs(m) for k in range(1, 97) if (m := largest(row - 1 - 60 - steps * k)) is not None]
    assert own is not None
    assert found["peak_return"] == pytest.approx(np.expm1(own))
    assert found["n_like"] == len(like)
    assert found["p_value"] == pytest.approx((1 + sum(m >= abs(own) for m in like)) / (1 + len(like)))
    later = close.copy()
    later[row + steps :] *= 3
    (again,) = each_event(event, _bars(later), DESIGN, (0.25,)).to_dicts()
    assert again | {"largest_bar_h": None} == found | {"largest_bar_h": None}


def test_events_without_an_effect_stand_out_as_often_as_chance_gives():
    share = []
    for seed in range(6):
        bars = _bars(_walks(40, 1.5, 100 + seed))
        found = each_event(_events(bars, [1600 + 7 * i for i in range(40)]), bars, DESIGN, (0.25,))
        share.append((found["p_value"] <= 0.05).mean())
    assert 0.02 < np.mean(share) < 0.08


def test_the_sentences_tell_what_stands_out_and_what_does_not():
    close = _walks(12, 14, 7)
    quiet = _events(_bars(close), [1440 * (d + 2) - 100 for d in range(12)])
    assert "no more than chance gives" in told(each_event(quiet, _bars(close), DESIGN, (0.25,)))[0]
    for d in range(12):
        at = 1440 * (d + 2) - 100
        close[at : at + 10, d] = 1.2 * np.nanmean(close[at - 30 : at, d])
    first, second = told(each_event(quiet, _bars(close), DESIGN, (0.25,)))
    assert "12 of 12 events on days of their own" in first
    assert "beyond chance" in first
    assert "within five minutes by 12 of 12" in second


def test_an_event_whose_last_price_is_too_old_or_that_nothing_follows_has_no_row():
    close = _walks(1, 2.5, 8)
    close[2300:2500] = np.nan
    close[2501:2530] = np.nan
    bars = _bars(close)
    assert each_event(_events(bars, [2450]), bars, DESIGN, (0.25,)).is_empty()
    assert each_event(_events(bars, [2502]), bars, DESIGN, (0.25,)).is_empty()
    assert told(pl.DataFrame()) == []


def test_a_change_of_unit_inside_a_window_is_no_move():
    close = _walks(1, 2.5, 9)
    close[2505:] *= 1000
    seams = np.zeros(close.shape, dtype=bool)
    seams[2505] = True
    bars = replace(_bars(close), seams=seams)
    assert each_event(_events(bars, [2500]), bars, DESIGN, (0.25,)).is_empty()
    (before,) = each_event(_events(bars, [2480]), bars, DESIGN, (0.25,)).to_dicts()
    assert abs(before["peak_return"]) < 0.1
