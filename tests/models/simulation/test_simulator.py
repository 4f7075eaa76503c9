"""The simulated market: credible, seeded, nested, with a truth that is exactly what was planted."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from models.simulation.market import START, simulate_market
from models.simulation.prices import ASSETS, simulate_paths
from models.simulation.releases import GROUP_SHARE, draw_releases, planted_response
from models.simulation.supply import DEPEG_DAY

RANGES = {
    "volatility": (0.54, 1.61), "excess_kurtosis": (8.0, 74.0), "acf_abs_1": (0.21, 0.39), "acf_abs_24": (0.093, 0.23),
    "acf_abs_168": (0.037, 0.132), "corr_market": (0.65, 0.87), "hour_max_over_min": (1.47, 1.98),
    "weekend": (0.70, 0.92),
}  # fmt: skip


def stylised_facts(returns: np.ndarray, first_hour: int = 0) -> dict[str, float]:
    """Medians over assets of the facts that RANGES names; `returns` [T, A], hour 0 is Monday 00:00 + `first_hour`."""
    hour = np.arange(len(returns)) + first_hour
    rows = []
    for i in range(returns.shape[1]):
        x, others = returns[:, i], np.nanmean(np.delete(returns, i, 1), axis=1)
        ok = np.isfinite(x) & np.isfinite(others)
        size, z = np.abs(x), x[ok]

        def acf(lag: int, size: np.ndarray = size) -> float:
            a, b = size[lag:], size[:-lag]
            both = np.isfinite(a) & np.isfinite(b)
            return float(np.corrcoef(a[both], b[both])[0, 1])

        by_hour = [np.nanmean(size[hour % 24 == h]) for h in range(24)]
        weekend = hour // 24 % 7 >= 5
        rows.append([
            z.std() * np.sqrt(8760), ((z - z.mean()) ** 4).mean() / z.var() ** 2 - 3, acf(1), acf(24), acf(168),
            np.corrcoef(z, others[ok])[0, 1], max(by_hour) / min(by_hour),
            np.nanmean(size[weekend]) / np.nanmean(size[~weekend]),
        ])  # fmt: skip
    return dict(zip(RANGES, np.median(rows, axis=0).tolist(), strict=True))


@pytest.mark.parametrize("seed", [1, 7, 11])
def test_the_stylised_facts_of_simulated_returns_lie_in_the_ranges_of_real_ones(seed):
    facts = stylised_facts(simulate_paths(seed, 78 * 168).returns)
    outside = {k: v for k, v in facts.items() if not RANGES[k][0] <= v <= RANGES[k][1]}
    assert outside == {}


def market_volatility(returns: np.ndarray) -> tuple[float, float]:
    """Of the logarithm of daily realised volatility, averaged over assets: its deviation over days, and its
    autocorrelation at 7 days.
    """
    days = len(returns) // 24
    by_day = returns[: days * 24].reshape(days, 24, -1)
    complete = np.isfinite(by_day).sum(1) >= 20
    with np.errstate(divide="ignore"):
        logs = np.where(complete, 0.5 * np.log(np.nansum(by_day**2, axis=1)), np.nan)
    shared = np.nanmean(logs - np.nanmean(logs, axis=0), axis=1)
    return float(shared.std()), float(np.corrcoef(shared[7:], shared[:-7])[0, 1])


SPREAD, PERSISTENCE = (0.38, 0.50), (0.36, 0.60)  # of the real market: 78 weeks at a time, and 2020 to 2024 whole


def test_volatility_comes_in_regimes_that_all_assets_share_as_on_real_markets():
    """Medians over eight markets of a year and a half; a single market may pass through one regime or five."""
    spread, persistence = np.median([market_volatility(simulate_paths(s, 78 * 168).returns) for s in range(1, 9)], 0)
    assert SPREAD[0] <= spread <= SPREAD[1]
    assert PERSISTENCE[0] <= persistence <= PERSISTENCE[1]


def test_the_regimes_are_as_wide_and_as_long_as_those_of_the_real_market(data):
    candles = pl.read_parquet(data / "candles_1h.parquet")
    wide = candles.pivot(on="symbol", index="ts", values="close").sort("ts").drop("ts").to_numpy()
    with np.errstate(invalid="ignore"):
        spread, persistence = market_volatility(np.diff(np.log(wide), axis=0))
    assert SPREAD[0] <= spread <= SPREAD[1]
    assert PERSISTENCE[0] <= persistence <= PERSISTENCE[1]


def test_the_ranges_are_those_of_the_real_market(data):
    """The 5 % and 95 % quantiles over 22 pairs and 5 years; medians of one year must lie inside."""
    candles = pl.read_parquet(data / "candles_1h.parquet").filter(pl.col("ts").dt.year() == 2023)
    wide = candles.pivot(on="symbol", index="ts", values="close").sort("ts").drop("ts").to_numpy()
    facts = stylised_facts(np.diff(np.log(wide), axis=0), first_hour=6 * 24 + 1)
    assert {k: v for k, v in facts.items() if not RANGES[k][0] <= v <= RANGES[k][1]} == {}


def test_a_longer_run_begins_with_the_shorter_one():
    short, long = simulate_market(3, START + timedelta(days=90)), simulate_market(3, START + timedelta(days=121))
    end = START + timedelta(days=90)
    for name in ("candles", "supply", "metrics"):
        whole = getattr(long, name).filter(
            pl.col("event_ts") + (timedelta(hours=1) if name == "candles" else timedelta()) <= end
        )
        mine = getattr(short, name)
        keys = [c for c in ("asset", "symbol", "coin", "metric", "event_ts") if c in mine.columns]
        assert mine.sort(keys).equals(whole.sort(keys)), name
    assert short.releases == long.releases[: len(short.releases)]


def test_the_same_seed_gives_the_same_market_and_another_seed_another():
    a, b, c = (simulate_market(s, START + timedelta(days=40)) for s in (5, 5, 6))
    assert a.candles.equals(b.candles)
    assert not a.candles.equals(c.candles)


def test_candles_with_and_without_releases_differ_by_exactly_what_was_planted():
    end = START + timedelta(days=60)
    loud, quiet = simulate_market(2, end), simulate_market(2, end, with_effects=False)
    difference = np.log(loud.bars.close) - np.log(quiet.bars.close)
    np.testing.assert_allclose(difference, np.cumsum(loud.effects, axis=0), atol=1e-10)
    assert np.abs(loud.effects).sum() > 0.1


def test_the_planted_response_waits_for_its_delay_peaks_and_decays_to_what_stays():
    for release in draw_releases(4, START, 24 * 60, with_text=False)[:30]:
        hours = np.array(
            [0.0, release.delay_h, release.delay_h + 1.0, release.delay_h + 1 + release.half_life_h, 500.0]
        )
        path = planted_response(release, hours)
        kept, peak = release.permanent_log_return, release.peak_log_return
        np.testing.assert_allclose(path, [0, 0, peak, (peak + kept) / 2, kept], atol=1e-9)


def test_groups_move_as_they_are_planted_to_and_small_assets_move_more():
    releases = draw_releases(8, START, 24 * 3000, with_text=False)
    share = {g: np.mean([r.group == g for r in releases]) for g in GROUP_SHARE}
    assert share == pytest.approx(GROUP_SHARE, abs=0.03)
    assert all(r.permanent_log_return == 0 and r.retracted for r in releases if r.group == "fabricated")
    size = {a.ticker: np.mean([abs(r.peak_log_return) for r in releases if r.asset == a.ticker]) for a in ASSETS}
    assert size["KORU"] > 2 * size["BTC"]


def test_a_night_of_the_default_length_has_what_the_market_promises():
    market = simulate_market(7)
    assert market.candles["asset"].n_unique() == 12
    assert len(market.releases) >= 300
    assert len({r.title for r in market.releases}) > 0.9 * len(market.releases)
    assert market.bad_candles.height == 5
    price = market.supply.filter(pl.col("coin") == "DPEG").sort("event_ts")["price_usd"]
    assert price[DEPEG_DAY] < 0.9
    assert price[DEPEG_DAY + 30] > 0.99
    assert market.supply.filter(pl.col("coin") != "DPEG")["price_usd"].is_between(0.99, 1.01).all()


def test_an_end_that_is_too_early_says_when_the_market_starts():
    with pytest.raises(ValueError, match="starts on 2023-07-03"):
        simulate_market(1, datetime(2023, 7, 10, tzinfo=UTC))
