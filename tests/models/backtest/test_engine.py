"""The backtest: metrics against references, costs and latency by hand, no position without a forecast."""

import json

import numpy as np
import polars as pl
import pytest

from models.backtest.engine import (
    Costs,
    Rule,
    _daily,
    backtest_metrics,
    buy_and_hold,
    run_backtest,
    weight_grid,
    weights_from_quantiles,
)
from models.backtest.overfit import probabilistic_sharpe, sharpe_interval
from models.quantiles.quantiles import HORIZONS_H, LEVELS
from tests.conftest import random_bars


def test_the_probabilistic_sharpe_ratio_agrees_with_the_reference_to_1e_9(reference):
    expected = json.loads((reference / "forecast_eval" / "expected_python.json").read_text())["sharpe"]
    returns = pl.read_csv(reference / "forecast_eval" / "pbo_returns.csv")["s2"].to_numpy()
    assert probabilistic_sharpe(returns, 0.0) == pytest.approx(expected["psr_sr0_0"], abs=1e-9)


def test_the_figures_agree_with_the_reference_to_1e_9(reference):
    import empyrical

    folder = reference / "backtest"
    expected = json.loads((folder / "expected.json").read_text())["formula_365"]
    frame = pl.read_csv(folder / "daily_returns.csv")
    column = next(c for c in frame.columns if "strategy" in c or c in ("r", "returns", "ret"))
    daily = frame[column].to_numpy()
    assert empyrical.sharpe_ratio(daily, annualization=365) == pytest.approx(expected["sharpe_ddof1"], abs=1e-9)
    assert empyrical.sortino_ratio(daily, annualization=365) == pytest.approx(
        expected["sortino_target0_full_n"], abs=1e-9
    )
    assert empyrical.annual_return(daily, annualization=365) == pytest.approx(expected["cagr_n_over_A"], abs=1e-9)
    equity = np.cumprod(1 + daily)
    drawdown = equity / np.maximum(np.maximum.accumulate(equity), 1.0) - 1
    assert drawdown.min() == pytest.approx(expected["max_drawdown"], abs=1e-9)


def test_a_target_is_traded_one_bar_later_and_pays_for_every_change():
    bars = random_bars(50, assets=("A",), gaps=False)
    targets = np.zeros((50, 1))
    targets[10:20] = 0.5
    result = run_backtest(bars, targets, 5, 40, Costs(fee_bps=10, spread_bps=0, latency_bars=1))
    simple = bars.close[1:, 0] / bars.close[:-1, 0] - 1
    expected = np.array([0.5 * simple[t] if 11 <= t < 21 else 0.0 for t in range(5, 40)])
    expected[[6, 16]] -= 0.5 * 10 / 1e4
    np.testing.assert_allclose(result.net, expected, atol=1e-15)
    assert result.turnover.sum() == pytest.approx(1.0)


def test_what_happens_at_the_bar_of_the_decision_cannot_be_earned():
    bars = random_bars(50, assets=("A",), gaps=False)
    targets = np.zeros((50, 1))
    targets[10] = 1.0
    jump = bars.close.copy()
    jump[11:] *= 1.5  # the bar right after the decision
    moved = type(bars)(**{**vars(bars), "close": jump})
    a, b = (run_backtest(x, targets, 5, 40, Costs(latency_bars=1)).equity[-1] for x in (bars, moved))
    assert a == pytest.approx(b)


def test_the_reference_walk_has_no_drift_and_takes_no_position():
    q = np.tile(np.linspace(-1, 1, len(LEVELS)) * 0.05, (6, len(HORIZONS_H), 1))
    assert (weights_from_quantiles(q, 3, Rule()) == 0).all()
    assert (weights_from_quantiles(q + 0.01, 3, Rule()) > 0).all()
    assert (np.abs(weights_from_quantiles(q * 1e-6 + 1.0, 3, Rule())) <= Rule().max_weight).all()


def test_twice_the_volatility_halves_the_position():
    q = np.tile(np.linspace(-1, 1, len(LEVELS)) * 0.5, (1, len(HORIZONS_H), 1))
    wide = weights_from_quantiles(q + 0.2 * 0.5, 3, Rule())
    wider = weights_from_quantiles(2 * (q + 0.2 * 0.5), 3, Rule())
    np.testing.assert_allclose(wider, wide / 2)


def test_weights_hold_until_the_next_origin_and_an_asset_without_a_forecast_is_sold():
    pairs = np.array([[0, 5], [1, 5], [0, 9]])
    grid = weight_grid(pairs, np.array([0.1, 0.2, 0.3]), 12, 2)
    assert grid[4].tolist() == [0, 0]
    assert grid[8].tolist() == [0.1, 0.2]
    assert grid[11].tolist() == [0.3, 0.0]


def test_buy_and_hold_is_the_mean_of_the_prices_after_one_cost():
    bars = random_bars(200, gaps=False)
    result = buy_and_hold(bars, 10, 199, Costs(fee_bps=10, spread_bps=2))
    growth = (bars.close[199] / bars.close[11]).mean()
    assert result.equity[-1] == pytest.approx(growth * (1 - 12 / 1e4))
    np.testing.assert_allclose(np.cumprod(1 + result.net), result.equity)


def test_flat_returns_have_no_sharpe_ratio_and_no_certainty():
    bars = random_bars(24 * 30, gaps=False)
    result = run_backtest(bars, np.zeros(bars.close.shape), 5, 24 * 30 - 1, Costs())
    rows = {r["metric"]: r["value"] for r in backtest_metrics(result).to_dicts()}
    assert rows["sharpe"] is None
    assert rows["psr_above_0"] == 0.5
    assert rows["final_equity"] == 1.0


def test_the_sharpe_interval_covers_the_truth():
    rng = np.random.default_rng(6)
    hits = 0
    for _ in range(400):
        low, high = sharpe_interval(0.001 + 0.02 * rng.standard_t(6, 500) / np.sqrt(1.5))
        hits += low <= 0.05 * np.sqrt(365) <= high
    assert 0.92 < hits / 400 < 0.98


def test_daily_returns_compound_the_hours_of_the_day():
    bars = random_bars(24 * 5, gaps=False)
    result = run_backtest(bars, np.full(bars.close.shape, 0.1), 0, 24 * 5 - 1, Costs())
    assert np.prod(1 + _daily(result)) == pytest.approx(result.equity[-1])
