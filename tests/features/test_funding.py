"""Funding per hour: the length of a settlement is stated, or told by the spacing as it was known then."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.funding import LENGTHS_H, funding_hourly, settled_in_bar
from tests.conftest import random_bars

START = datetime(2024, 5, 1, tzinfo=UTC)


def _funding(hours, rates=None, stated=None, symbol="BTC/USDT:USDT", late_s=0):
    ts = [START + timedelta(hours=h, seconds=late_s * (i % 3)) for i, h in enumerate(hours)]
    return pl.DataFrame(
        {
            "exchange": ["binance"] * len(ts), "symbol": [symbol] * len(ts), "asset": ["BTC"] * len(ts),
            "event_ts": ts, "available_ts": ts, "funding_rate": rates or [8e-4] * len(ts),
            "interval_h": stated or [None] * len(ts),
        },
        schema_overrides={"interval_h": pl.Float64},
    )  # fmt: skip


def test_a_swap_that_settles_every_hour_pays_its_rate_eight_times_as_often():
    eight, one = funding_hourly(_funding([0, 8, 16])), funding_hourly(_funding([0, 1, 2]))
    assert eight["funding_rate_per_hour"].to_list() == [None, pytest.approx(1e-4), pytest.approx(1e-4)]
    assert one["funding_rate_per_hour"].to_list() == [None, pytest.approx(8e-4), pytest.approx(8e-4)]


def test_a_length_that_changes_is_followed_from_the_settlement_on_that_shows_it():
    got = funding_hourly(_funding([0, 8, 16, 20, 24, 25]))
    assert got["interval_h"].to_list() == [None, 8, 8, 4, 4, 1]


def test_a_stated_length_goes_before_the_spacing():
    got = funding_hourly(_funding([0, 8, 16], stated=[4.0, 4.0, None]))
    assert got["interval_h"].to_list() == [4, 4, 8]
    assert got["is_interval_stated"].to_list() == [True, True, False]


def test_a_hole_lends_no_rate_its_own_length_and_lateness_of_seconds_changes_nothing():
    got = funding_hourly(_funding([0, 8, 16, 32, 72, 80], late_s=5))
    assert got["interval_h"].to_list() == [None, 8, 8, 8, 8, 8]


def test_a_longer_distance_is_believed_when_it_comes_a_second_time():
    assert funding_hourly(_funding([0, 8, 16, 40, 48]))["interval_h"].to_list() == [None, 8, 8, None, 8]
    assert funding_hourly(_funding([0, 4, 8, 16, 20]))["interval_h"].to_list() == [None, 4, 4, None, 4]
    assert funding_hourly(_funding([0, 1, 2, 10, 18]))["interval_h"].to_list() == [None, 1, 1, None, 8]


def test_swaps_are_kept_apart():
    both = pl.concat([_funding([0, 8, 16]), _funding([1, 2, 3], symbol="PEPE/USDT:USDT")])
    got = funding_hourly(both.sort("event_ts"))
    assert dict(got.group_by("symbol").agg(pl.col("interval_h").last()).iter_rows()) == {
        "BTC/USDT:USDT": 8, "PEPE/USDT:USDT": 1,
    }  # fmt: skip


@given(st.lists(st.sampled_from([*LENGTHS_H, 3, 40]), min_size=2, max_size=30), st.integers(1, 29))
def test_cutting_off_the_future_changes_no_rate(steps, cut):
    hours = [sum(steps[:i]) for i in range(len(steps))]
    whole = funding_hourly(_funding(hours))
    assert whole[:cut].equals(funding_hourly(_funding(hours[:cut])))


def test_a_settlement_is_paid_by_who_held_over_the_bar_that_it_closes():
    bars = random_bars(30, assets=("BTC", "ETH"), gaps=False)  # first close at 01:00
    moments = [datetime(2024, 1, 1, 8, 0, 7, tzinfo=UTC), datetime(2024, 1, 1, 16, tzinfo=UTC),
               datetime(2024, 1, 1, 8, 30, tzinfo=UTC), datetime(2023, 12, 31, 16, tzinfo=UTC)]  # fmt: skip
    table = pl.DataFrame({
        "exchange": ["x", "x", "y", "x"], "symbol": ["BTC/USDT:USDT"] * 4, "asset": ["BTC"] * 4, "event_ts": moments,
        "funding_rate": [0.001, -0.002, 0.5, 0.9],
    })  # fmt: skip
    paid = settled_in_bar(table, bars)
    at = {int(r): float(paid[r, 0]) for r in np.flatnonzero(paid[:, 0])}
    assert at == {7: 0.001, 15: -0.002}, "seconds late is the same bar; another swap and what came before count nothing"
    assert (paid[:, 1] == 0).all()
    assert (settled_in_bar(table.clear(), bars) == 0).all()


def test_a_swap_with_more_settlements_does_not_displace_one_that_is_known_for_longer():
    bars = random_bars(600, assets=("BTC",), gaps=False)
    old = [START.replace(month=1) + timedelta(hours=8 * i) for i in range(1, 40)]
    new = [START.replace(month=1) + timedelta(hours=200 + i) for i in range(300)]
    table = pl.DataFrame({
        "exchange": ["x"] * len(old) + ["y"] * len(new), "symbol": "BTC/USDT:USDT", "asset": "BTC",
        "event_ts": old + new, "funding_rate": [0.001] * len(old) + [0.01] * len(new),
    })  # fmt: skip
    paid = settled_in_bar(table, bars)[:, 0]
    assert (paid[:312] > 0).sum() == 39 and paid[:312].max() == 0.001, "while the older is known it counts alone"
    assert (paid[320:] == 0.01).sum() > 100, "after it the other"
