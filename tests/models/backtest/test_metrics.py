"""Figures of an equity curve: against two libraries, at the edges where libraries differ, and drawdowns by hand."""

import json

import numpy as np
import polars as pl
import pytest

from models.backtest.ledger.market import market_of
from models.backtest.luck.overfit import sharpe_interval
from models.backtest.metrics import alpha_beta, daily_returns, drawdowns, figures, rolling
from tests.conftest import random_bars

DAY0 = 19_000  # 2022-01-08


@pytest.fixture(scope="module")
def returns(reference) -> tuple[np.ndarray, np.ndarray, dict]:
    """Daily returns of a strategy and its benchmark, and what other libraries make of them."""
    frame = pl.read_csv(reference / "backtest" / "daily_returns.csv")
    expected = json.loads((reference / "backtest" / "expected.json").read_text())
    return frame["strategy"].to_numpy(), frame["benchmark"].to_numpy(), expected


def test_figures_agree_with_empyrical_quantstats_and_formulas_to_1e_9(returns):
    daily, market, expected = returns
    mine = {name: f.value for name, f in figures(daily, market).items()}
    theirs, other = expected["empyrical_365"], expected["quantstats_365"]
    pairs = {
        "total_return": theirs["cum_return_final"], "annual_return": theirs["annual_return_cagr"],
        "annual_volatility": theirs["annual_volatility"], "sharpe": theirs["sharpe"], "sortino": theirs["sortino"],
        "max_drawdown": theirs["max_drawdown"], "calmar": theirs["calmar"], "var_95": theirs["var_5pct"],
        "cvar_95": theirs["cvar_5pct"], "beta": theirs["beta"],
    }  # fmt: skip
    for name, value in pairs.items():
        assert mine[name] == pytest.approx(value, abs=1e-9), name
    for mine_, name in (
        ("total_return", "comp"),
        ("annual_return", "cagr"),
        ("sharpe", "sharpe"),
        ("calmar", "calmar"),
    ):
        assert mine[mine_] == pytest.approx(other[name], abs=1e-9), name
    assert mine["days_up"] == pytest.approx(other["win_rate"], abs=1e-9)


def test_the_deepest_drawdown_is_dated_as_the_reference_dates_it(returns):
    daily, _, expected = returns
    first = np.datetime64("2022-01-01").astype(int)
    worst = drawdowns(np.arange(first, first + len(daily)), daily).row(0, named=True)
    dates = expected["formula_max_drawdown_dates"]
    assert (str(worst["high_day"]), str(worst["low_day"])) == (dates["peak"], dates["trough"])
    assert worst["depth"] == pytest.approx(expected["formula_365"]["max_drawdown"], abs=1e-9)


EDGES = {
    "no trade": (np.zeros(60), {"sharpe": "do not vary", "sortino": "no day fell", "calmar": "no day fell"}),
    "constant": (np.full(60, 0.01), {"sharpe": "do not vary", "calmar": "no day fell"}),
    "one day": (np.array([0.02]), {"sharpe": "fewer than 30 days", "annual_return": "fewer than 30 days"}),
    "no day": (np.array([]), {"days_up": "no day", "annual_return": "fewer than 30 days"}),
    "ten days": (np.array([0.01, -0.02] * 5), {"annual_return": "fewer than 30 days", "var_95": "fewer than 30 days"}),
}


@pytest.mark.parametrize("case", EDGES)
def test_a_figure_that_means_nothing_is_blank_and_says_why(case):
    daily, blanks = EDGES[case]
    made = figures(daily, np.linspace(-0.01, 0.02, len(daily)))
    for name, why in blanks.items():
        assert np.isnan(made[name].value) and why in made[name].why, name
    assert all(np.isfinite(f.value) != bool(f.why) for f in made.values()), "blank exactly where a reason is given"
    assert made["total_return"].value == pytest.approx(np.prod(1 + daily) - 1)


def test_a_total_loss_is_minus_one_and_stays_so():
    daily = np.concatenate([np.full(20, 0.01), [-1.0], np.zeros(40)])
    made = figures(daily)
    assert made["total_return"].value == made["max_drawdown"].value == made["annual_return"].value == -1
    assert drawdowns(np.arange(len(daily)), daily).row(0, named=True)["recovered_day"] is None


def test_a_day_without_a_figure_is_refused_not_skipped():
    with pytest.raises(ValueError, match="1 of 40 daily returns are not finite"):
        figures(np.append(np.zeros(39), np.nan))


def test_a_track_record_is_long_enough_to_tell_when_the_probability_says_so():
    rng = np.random.default_rng(1)
    daily = rng.normal(0.002, 0.02, 3000)
    made = figures(daily)
    assert made["psr_above_0"].value > 0.95
    assert 0 < made["least_days_to_tell"].value < 3000
    losing = figures(-np.abs(daily))
    assert "not above 0" in losing["least_days_to_tell"].why


def test_alpha_and_beta_of_a_planted_line_are_found_and_their_intervals_cover_it():
    rng = np.random.default_rng(2)
    covered = np.zeros(2)
    for _ in range(200):
        market = rng.normal(0.001, 0.03, 500)
        made = alpha_beta(0.0004 + 0.5 * market + rng.normal(0, 0.01, 500), market)
        truth = (0.0004 * 365, 0.5)
        covered += [made[n].low <= t <= made[n].high for n, t in zip(("alpha", "beta"), truth, strict=True)]
    assert ((covered > 180) & (covered < 199)).all()


def test_the_sharpe_interval_covers_the_truth():
    rng = np.random.default_rng(6)
    hits = 0
    for _ in range(400):
        low, high = sharpe_interval(0.001 + 0.02 * rng.standard_t(6, 500) / np.sqrt(1.5))
        hits += low <= 0.05 * np.sqrt(365) <= high
    assert 0.92 < hits / 400 < 0.98


def test_drawdowns_by_hand():
    daily = np.array([0.1, -0.1, 0.2, -0.5, 0.1])
    found = drawdowns(np.arange(DAY0, DAY0 + 5), daily)
    first = np.datetime64(DAY0, "D").astype(object)
    rows = [(r["depth"], (r["high_day"] - first).days, (r["low_day"] - first).days, r["length_days"])
            for r in found.to_dicts()]  # fmt: skip
    assert [tuple(np.round(r, 9)) for r in rows] == [(-0.5, 2, 3, 2), (-0.1, 0, 1, 2)]
    assert found["recovered_day"].to_list() == [None, (np.datetime64(DAY0 + 2, "D")).astype(object)]


def test_a_fall_from_the_first_day_is_measured_from_the_capital():
    found = drawdowns(np.arange(DAY0, DAY0 + 2), np.array([-0.2, 0.1]))
    assert found["depth"][0] == pytest.approx(-0.2)
    assert found["high_day"][0] == np.datetime64(DAY0 - 1, "D").astype(object)


def test_rolling_figures_use_the_days_up_to_each_alone():
    rng = np.random.default_rng(3)
    daily, market = rng.normal(0, 0.02, (2, 200))
    whole = rolling(np.arange(200), daily, market)
    part = rolling(np.arange(150), daily[:150], market[:150])
    assert whole["rolling_sharpe"].null_count() == 89
    np.testing.assert_allclose(whole["rolling_beta"][:150].to_numpy(), part["rolling_beta"].to_numpy())
    window = slice(60, 150)
    beta = np.cov(daily[window], market[window])[0, 1] / market[window].var(ddof=1)
    assert whole["rolling_beta"][149] == pytest.approx(beta)
    own = daily[window]
    assert whole["rolling_sharpe"][149] == pytest.approx(own.mean() / own.std(ddof=1) * np.sqrt(365))


def test_days_are_utc_days_and_a_bar_that_closes_at_midnight_belongs_to_the_day_before():
    market = market_of(random_bars(60, assets=("A",), gaps=False))
    equity = np.arange(1.0, 61.0)[:, None]
    days, daily = daily_returns(market, 0, equity, 1.0)
    assert len(days) == 3
    np.testing.assert_allclose(daily[:, 0], [24 / 1 - 1, 48 / 24 - 1, 60 / 48 - 1])
    lost = np.concatenate([np.ones(30), np.zeros(30)])[:, None]
    np.testing.assert_allclose(daily_returns(market, 0, lost, 1.0)[1][:, 0], [0, -1, 0])
