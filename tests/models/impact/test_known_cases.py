"""The curated table of known cases, the flag, and the cases as they happened where real candles are at hand."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from features.candles import Bars, build_bars
from models.impact.cases import THRESHOLD, KnownCase, denied_after_h, known_cases, measure_case
from tests.conftest import random_bars

CASES = {c.id: c for c in known_cases()}


def test_every_case_has_a_time_a_claim_and_sources_and_was_denied_after_it_was_made():
    assert len(CASES) == len(known_cases()) >= 10
    for case in CASES.values():
        assert case.time.tzinfo == UTC
        assert case.denied is None or timedelta(0) < case.denied - case.time < timedelta(hours=6)
        assert case.claim
        assert case.precision in {"minute", "about 5 minutes", "about 30 minutes", "hour"}
        assert case.sources
        assert all(s.startswith(("https://", "http://")) for s in case.sources)


def _jump(bars: Bars, row: int, factor: float, back: int) -> KnownCase:
    """A case at the close of `row`; the price of the first asset jumps in the second bar after it and comes back."""
    for grid in (bars.open, bars.high, bars.low, bars.close):
        grid[row + 2 : row + back, 0] *= factor
    time = bars.close_ts[row].astype("datetime64[us]").item().replace(tzinfo=UTC)
    return KnownCase("x", bars.assets[0], time, "minute", "c", "ch", "k", "r", True, ("https://e.org",),
                denied=time + timedelta(hours=5))  # fmt: skip


@pytest.mark.parametrize("factor", [1.4, 1 / 1.4])
def test_a_planted_jump_is_measured_flagged_and_seen_to_come_back(factor):
    bars = random_bars(2000, gaps=False)
    case = _jump(bars, 1500, factor, 8)
    move = measure_case(case, bars)
    assert move.base == bars.close[1500, 0]
    assert np.sign(move.peak_return) == np.sign(factor - 1)
    assert abs(np.log1p(move.peak_return)) == pytest.approx(np.log(1.4), abs=0.08)
    assert move.flagged_h == 2.0, "the first close after the jump"
    assert denied_after_h(case, move.flagged_h) == 3.0
    assert move.peak_sigma > THRESHOLD
    assert move.reversal_share > 0.7
    assert move.half_life_h is not None


def test_without_a_jump_nothing_is_flagged_and_false_alarms_are_rare():
    bars = random_bars(4000, gaps=False)
    quiet = measure_case(_jump(bars, 3900, 1.0, 8), bars)
    assert quiet.flagged_h is None
    assert denied_after_h(_jump(bars, 3900, 1.0, 8), None) is None
    assert quiet.false_alarms < 0.05


def test_a_case_outside_the_candles_or_without_its_asset_is_not_measured():
    bars = random_bars(500, gaps=False)
    case = _jump(bars, 300, 1.2, 8)
    assert measure_case(replace(case, asset="NONE"), bars) is None
    assert measure_case(replace(case, time=datetime(1999, 1, 1, tzinfo=UTC)), bars) is None
    assert measure_case(replace(case, time=datetime(2100, 1, 1, tzinfo=UTC)), bars) is None


def test_the_flag_of_a_case_looks_at_nothing_after_it():
    bars = random_bars(2000, gaps=False)
    case = _jump(bars, 1500, 1.4, 8)
    before = measure_case(case, bars)
    bars.close[1504:] *= 0.5
    after = measure_case(case, bars)
    assert (after.flagged_h, after.base, after.false_alarms) == (before.flagged_h, before.base, before.false_alarms)


def _real(folder, name: str, timeframe: str) -> Bars:
    frame = pl.read_parquet(folder / name)
    frame = frame.rename({"ts": "event_ts", "open": "open_quote", "high": "high_quote", "low": "low_quote",
                          "close": "close_quote", "volume": "volume_base"})  # fmt: skip
    parts = pl.col("symbol").str.split("/")
    return build_bars(
        frame.with_columns(
            asset=parts.list.first(),
            quote=parts.list.last().str.split(":").list.first(),
            event_ts=pl.col("event_ts").cast(pl.Datetime("us", "UTC")),
        ).with_columns(available_ts=pl.col("event_ts")),
        timeframe,
        ("USDT", "USD"),
    )


def test_the_litecoin_walmart_case_comes_out_as_it_was(data):
    move = measure_case(CASES["ltc-walmart-2021"], _real(data, "candles_15m_ltc_2021.parquet", "15m"))
    assert move.base == pytest.approx(175, abs=2)
    assert 233 <= move.peak <= 240.5
    assert 0.30 < move.peak_return < 0.38
    assert move.time_to_peak_h <= 0.5
    assert move.half_life_h <= 0.75, "half of it was gone within three quarters of an hour"
    assert move.reversal_share > 0.9
    assert move.flagged_h <= 0.5
    assert denied_after_h(CASES["ltc-walmart-2021"], move.flagged_h) > 1.0, "more than an hour before the denial"


def test_the_false_report_of_a_bitcoin_fund_comes_out_as_it_was(data):
    move = measure_case(CASES["btc-etf-cointelegraph-2023"], _real(data, "candles_5m_2023q4.parquet", "5m"))
    assert 27_700 < move.base < 28_100
    assert 29_500 < move.peak < 31_000, "a perpetual's highs reach beyond the 30,000 that spot was reported at"
    assert move.time_to_peak_h < 0.6
    assert move.half_life_h < 1.0
    assert move.flagged_h < 0.2


def test_the_kroger_case_shows_by_its_range_in_hourly_candles(data):
    move = measure_case(CASES["bch-kroger-2021"], _real(data, "candles_1h.parquet", "1h"))
    assert 595 < move.base < 612
    assert 0.03 < move.peak_return < 0.08
    assert move.time_to_peak_h <= 1.5
    assert abs(move.end_return) < abs(move.peak_return)
