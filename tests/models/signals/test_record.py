"""Records of signals: on random walks they find nothing, planted ones are found, and nothing looks ahead."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from scipy import stats

from models.signals.record import BEYOND, CYCLES, DIRECTION, Grid, difference, outcomes, records
from models.signals.values import SIGNALS, YEAR_MIN, Inputs, signal_values
from warehouse.schema.features import FUND_PREMIUM, FUNDING_HOURLY, NEWS_HOURLY, SSR_DAILY
from warehouse.schema.texts import DOCUMENT_AUTHORSHIP

START = datetime(2021, 1, 1, tzinfo=UTC)
TYPES = {"VARCHAR": pl.String, "DOUBLE": pl.Float64, "INTEGER": pl.Int32, "BOOLEAN": pl.Boolean}
NO_SIGMA = pl.DataFrame(schema={"asset": pl.String, "event_ts": pl.Datetime("us", "UTC"), "ewma_vol_1h": pl.Float64})


def _none(entity) -> pl.DataFrame:
    return pl.DataFrame(schema={c.name: TYPES.get(c.type, pl.Datetime("us", "UTC")) for c in entity.columns})


def _days(n: int) -> pl.Series:
    return pl.Series([START + timedelta(days=i + 1) for i in range(n)], dtype=pl.Datetime("us", "UTC"))


def _market(seed: int, n: int = 900, assets: tuple[str, ...] = ("BTC", "ETH", "SOL")) -> pl.DataFrame:
    """Rows of features.asset_daily of random walks with a common factor; volume knows nothing."""
    rng = np.random.default_rng(seed)
    common = rng.standard_t(4, n) * 0.02
    frames = []
    for asset in assets:
        returns = common + rng.standard_t(4, n) * 0.02
        path = np.cumsum(returns)
        momentum = np.concatenate([np.full(30, np.nan), np.expm1(path[30:] - path[:-30])])
        frames.append(
            pl.DataFrame(
                {
                    "asset": asset, "event_ts": _days(n), "log_return": returns, "return_30d": momentum,
                    "volatility_30d": 0.028 * np.sqrt(2 * 365) * np.exp(1e-6 * rng.standard_normal(n)),
                    "volatility_percentile": rng.random(n),
                    "volume_ratio": np.exp(rng.standard_normal(n)),
                }
            ).fill_nan(None)
        )  # fmt: skip
    return pl.concat(frames)


def _inputs(daily: pl.DataFrame, **given: pl.DataFrame) -> Inputs:
    none = {
        "ssr_daily": _none(SSR_DAILY), "fund_premium": _none(FUND_PREMIUM), "funding_hourly": _none(FUNDING_HOURLY),
        "news_hourly": _none(NEWS_HOURLY), "document_authorship": _none(DOCUMENT_AUTHORSHIP),
        "widths": pl.DataFrame(schema={"asset": pl.String, "origin_ts": pl.Datetime("us", "UTC"), "ratio": pl.Float64}),
    }  # fmt: skip
    return Inputs(asset_daily=daily, **(none | given))


def _slow(rng: np.random.Generator, n: int) -> np.ndarray:
    """A signal with a memory of months, as most have."""
    return np.convolve(rng.standard_normal(n + 60), np.ones(60) / 8, "valid")[:n]


def test_the_difference_is_that_of_means_and_its_error_that_of_a_plain_computation():
    rng = np.random.default_rng(1)
    inside, y = rng.random((300, 3)) < 0.3, rng.standard_normal((300, 3))
    known = rng.random((300, 3)) < 0.9
    y[rng.random((300, 3)) < 0.1] = np.nan
    inside &= known
    estimate, error = difference(inside, known, y)
    assert estimate == pytest.approx(np.nanmean(y[inside]) - np.nanmean(y[known & ~inside]), abs=1e-12)
    have = known & np.isfinite(y)
    x, z = inside[have].astype(float), y[have]
    score = np.zeros_like(y)
    score[have] = (x - x.mean()) * (z - z.mean())
    daily, t = score.sum(1), np.arange(300)
    slow = [np.sqrt(2 / 300) * (daily * np.cos(np.pi * j * (t + 0.5) / 300)).sum() for j in range(1, CYCLES + 1)]
    by_hand = np.sqrt(300 * np.mean(np.square(slow))) / (have.sum() * x.var())
    assert error == pytest.approx(by_hand, rel=1e-9)


def test_outcomes_are_the_sum_of_the_days_ahead_and_never_of_the_day_itself():
    daily = _market(1, 40, ("BTC",))
    grid = outcomes(daily, NO_SIGMA)
    returns = daily["log_return"].to_numpy()
    assert grid.log_return[7][3, 0] == pytest.approx(returns[4:11].sum())
    assert np.isnan(grid.log_return[7][33:, 0]).all()
    assert np.isfinite(grid.log_return[7][32, 0])
    sigma = daily.select("asset", "event_ts", ewma_vol_1h=pl.lit(1e-5))
    assert np.nanmax(np.abs(outcomes(daily, sigma).scaled[1])) == BEYOND


@pytest.mark.slow
def test_on_random_walks_signals_with_a_long_memory_find_nothing_more_often_than_by_chance():
    p_values = []
    for seed in range(40):
        rng = np.random.default_rng(1000 + seed)
        n = 900
        ssr = pl.DataFrame({
            "coin": "ALL", "event_ts": _days(n), "available_ts": _days(n), "oscillator_z": _slow(rng, n),
            "growth_30d": _slow(rng, n),
        })  # fmt: skip
        daily = _market(seed)
        told = records(signal_values(_inputs(daily, ssr_daily=ssr)), outcomes(daily, NO_SIGMA))
        p_values.append(told["p_value"].to_numpy())
    p = np.array(p_values, dtype=float)
    share = (p < 0.05).mean()
    clusters = (p < 0.05).mean(1)
    error = clusters.std(ddof=1) / np.sqrt(len(clusters))
    assert abs(share - 0.05) < 3 * error + 0.01, f"{share:.3f} of tests below 5 %, standard error {error:.3f}"
    assert (p < 0.5).mean() == pytest.approx(0.5, abs=0.08)


def test_a_planted_signal_is_found_with_its_size_and_by_name_alone():
    daily, told = _market(3), None
    known = daily["volume_ratio"].to_numpy() > 2.2
    returns = daily["log_return"].to_numpy().copy()
    same = daily["asset"].to_numpy()[1:] == daily["asset"].to_numpy()[:-1]
    returns[1:][known[:-1] & same] += 0.04
    told = records(
        signal_values(_inputs(daily.with_columns(log_return=returns))),
        outcomes(daily.with_columns(log_return=returns), NO_SIGMA),
    )
    found = told.filter(pl.col("q_value") <= 0.01)
    assert found["signal"].unique().to_list() == ["volume"]
    row = told.row(by_predicate=(pl.col("signal") == "volume") & (pl.col("state") == "high")
                   & (pl.col("outcome") == DIRECTION) & (pl.col("horizon_d") == 1), named=True)  # fmt: skip
    assert row["verdict"] == "higher returns followed"
    assert row["low"] < 0.04 / (0.028 * np.sqrt(2)) < row["high"] + 0.2
    assert row["estimate"] > 2 * row["detectable"] / 2.8


def test_q_values_are_those_of_benjamini_and_hochberg_over_all_rows():
    daily = _market(5)
    told = records(signal_values(_inputs(daily)), outcomes(daily, NO_SIGMA)).drop_nulls("p_value")
    np.testing.assert_allclose(told["q_value"], stats.false_discovery_control(told["p_value"].to_numpy()), rtol=1e-12)


def test_a_short_history_gives_no_verdict_and_says_so():
    daily = _market(6, 240)
    told = records(signal_values(_inputs(daily)), outcomes(daily, NO_SIGMA))
    assert told["p_value"].null_count() == len(told) > 0
    assert told["verdict"].unique().to_list() == ["too short a history"]


def test_no_signal_is_high_or_low_before_there_is_a_past_to_compare_with():
    values = signal_values(_inputs(_market(7, 300)))
    early = values.filter(pl.col("signal") == "volume", pl.col("event_ts") < START + timedelta(days=YEAR_MIN))
    assert early["state"].null_count() == len(early) > 0


def test_high_and_low_are_a_fifth_of_the_days_each():
    values = signal_values(_inputs(_market(8, 900))).filter(pl.col("signal") == "volume").drop_nulls("state")
    for state in ("high", "low"):
        assert (values["state"] == state).mean() == pytest.approx(0.2, abs=0.03)


def test_what_becomes_available_during_a_day_counts_from_its_end():
    ends = _days(200)
    ssr = pl.DataFrame({
        "coin": "ALL", "event_ts": ends, "available_ts": ends + timedelta(hours=6),
        "oscillator_z": np.arange(200.0), "growth_30d": np.arange(200.0),
    })  # fmt: skip
    values = signal_values(_inputs(_market(1, 200), ssr_daily=ssr)).filter(pl.col("signal") == "ssr_oscillator")
    at = dict(zip(values["event_ts"].to_list(), values["value"].to_list(), strict=True))
    assert at[ends[100]] == 99.0


def test_cutting_off_the_future_changes_no_value():
    rng = np.random.default_rng(4)
    n, cut = 500, 350
    daily, ends = _market(9, n), _days(n)
    news = pl.DataFrame({"asset": "BTC", "available_ts": ends - timedelta(hours=3), "documents_1h": rng.poisson(1, n)})
    funding = pl.DataFrame({
        "asset": "BTC", "exchange": "x", "symbol": "s", "event_ts": ends, "available_ts": ends,
        "funding_rate_per_hour": rng.standard_normal(n) * 1e-5,
    })  # fmt: skip
    judged = pl.DataFrame({"available_ts": ends, "verdict": rng.choice(["flagged", "not flagged", "too short"], n)})
    funds = pl.DataFrame({"fund": "F", "event_ts": ends, "available_ts": ends, "premium_z": _slow(rng, n)})
    widths = pl.DataFrame({"asset": "BTC", "origin_ts": ends, "ratio": rng.lognormal(0, 0.1, n)})
    ssr = pl.DataFrame({"coin": "ALL", "event_ts": ends, "available_ts": ends, "oscillator_z": _slow(rng, n),
                        "growth_30d": _slow(rng, n)})  # fmt: skip
    given = {"news_hourly": news, "funding_hourly": funding, "document_authorship": judged, "fund_premium": funds,
             "widths": widths, "ssr_daily": ssr}  # fmt: skip
    whole = signal_values(_inputs(daily, **given))
    assert set(whole["signal"]) == set(SIGNALS)
    until = ends[cut]

    def past(frame: pl.DataFrame) -> pl.DataFrame:
        ts = next(c for c in ("available_ts", "origin_ts", "event_ts") if c in frame.columns)
        return frame.filter(pl.col(ts) <= until)

    early = signal_values(_inputs(past(daily), **{k: past(v) for k, v in given.items()}))
    assert early.equals(whole.filter(pl.col("event_ts") <= until))


def test_a_market_signal_is_judged_by_bitcoin_alone():
    n = 900
    ends = _days(n)
    daily = _market(11, n)
    z = _slow(np.random.default_rng(5), n)
    ssr = pl.DataFrame({"coin": "ALL", "event_ts": ends, "available_ts": ends, "oscillator_z": z, "growth_30d": z})
    told = [
        records(signal_values(_inputs(frame, ssr_daily=ssr)), outcomes(frame, NO_SIGMA)).filter(pl.col("of_market"))
        for frame in (daily, daily.filter(pl.col("asset") == "BTC"))
    ]
    columns = ["estimate", "n_days", "p_value"]
    assert told[0].select(columns).equals(told[1].select(columns))
    without = daily.filter(pl.col("asset") != "BTC")
    assert (
        records(signal_values(_inputs(without, ssr_daily=ssr)), outcomes(without, NO_SIGMA))["of_market"].any() is False
    )


def test_the_grid_knows_assets_that_begin_late():
    daily = _market(12, 100)
    late = daily.filter((pl.col("asset") != "SOL") | (pl.col("event_ts") > START + timedelta(days=50)))
    grid: Grid = outcomes(late, NO_SIGMA)
    assert np.isnan(grid.scaled[1][:49, grid.assets.index("SOL")]).all()
    assert np.isfinite(grid.scaled[1][60, grid.assets.index("SOL")])
