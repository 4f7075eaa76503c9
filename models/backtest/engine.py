"""A small backtest: positions from forecasts, a bar of latency, fees and spread on every change of weight.

At each origin a weight per asset is set, traded at the close one bar later and held until the next one.
Returns are simple returns of the held weights; a gap counts as no move.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.types import Array
from features.candles import Bars, log_path, log_returns
from models.backtest.overfit import probabilistic_sharpe, sharpe_interval
from models.quantiles.quantiles import HORIZONS_H, LEVELS, MEDIAN

HOURS_PER_YEAR = 8760
LOW, HIGH = LEVELS.index(0.05), LEVELS.index(0.95)
NORMAL_90 = 3.2897


@dataclass(frozen=True)
class Costs:
    """Costs per unit of traded notional, in basis points, and bars between decision and trade."""

    fee_bps: float = 10.0
    spread_bps: float = 2.0
    latency_bars: int = 1


@dataclass(frozen=True)
class Rule:
    """Volatility targeting: each asset gets an equal share of `target_vol` (per year), scaled by conviction."""

    target_vol: float = 0.20
    max_weight: float = 0.25
    horizon_h: int = 24


@dataclass(frozen=True)
class BacktestResult:
    """Per bar: equity, drawdown, gross exposure, turnover, cost, net return; [T] from the first trade on."""

    close_ts: NDArray[np.datetime64]
    equity: Array
    drawdown: Array
    gross: Array
    turnover: Array
    cost: Array
    net: Array


def weights_from_quantiles(quantiles: Array, n_assets: int, rule: Rule) -> Array:
    """Weights [N] from quantiles [N, H, Q] of N (asset, origin) pairs.

    Conviction is the median ÷ the sigma that the 90 % band implies, capped at ±1, times 4 (a median a quarter of a
    sigma away is full conviction); size is the target volatility ÷ sigma, shared among `n_assets`.
    """
    at = HORIZONS_H.index(rule.horizon_h)
    band = quantiles[:, at, HIGH] - quantiles[:, at, LOW]
    sigma = np.maximum(band / NORMAL_90, 1e-9)
    conviction = np.clip(4 * quantiles[:, at, MEDIAN] / sigma, -1, 1)
    yearly = sigma * np.sqrt(HOURS_PER_YEAR / rule.horizon_h)
    return np.clip(conviction * rule.target_vol / yearly / np.sqrt(n_assets), -rule.max_weight, rule.max_weight)


def weight_grid(pairs: NDArray[np.int64], weights: Array, n_rows: int, n_assets: int) -> Array:
    """Targets [T, A] that hold from each origin until the next, zero before the first."""
    grid = np.full((n_rows, n_assets), np.nan)
    rows = np.unique(pairs[:, 1])
    grid[rows] = 0.0
    grid[pairs[:, 1], pairs[:, 0]] = weights
    last = np.maximum.accumulate(np.where(np.isfinite(grid[:, 0]), np.arange(n_rows), -1))
    return np.where(last[:, None] >= 0, grid[np.maximum(last, 0)], 0.0)


def run_backtest(bars: Bars, targets: Array, first: int, last: int, costs: Costs) -> BacktestResult:
    """Trade `targets` [T, A] over rows first … last; a target set at row t is held from the close of t + latency."""
    with np.errstate(invalid="ignore"):
        simple = np.nan_to_num(np.expm1(log_returns(bars)[1:]), nan=0.0)
    held = np.zeros_like(targets)
    held[costs.latency_bars :] = targets[: len(targets) - costs.latency_bars]
    held[: first + costs.latency_bars] = 0.0
    rows = np.arange(first, last)
    before = np.vstack([np.zeros((1, targets.shape[1])), held[rows[:-1]]])
    turnover = np.abs(held[rows] - before).sum(1)
    cost = turnover * (costs.fee_bps + costs.spread_bps) / 1e4
    net = (held[rows] * simple[rows]).sum(1) - cost
    equity = np.cumprod(1 + net)
    peak = np.maximum.accumulate(np.concatenate([[1.0], equity]))[1:]
    return BacktestResult(
        bars.close_ts[rows + 1], equity, equity / peak - 1, np.abs(held[rows]).sum(1), turnover, cost, net
    )


def buy_and_hold(bars: Bars, first: int, last: int, costs: Costs) -> BacktestResult:
    """An equal share in every asset with a price at the first trade, bought once and held.

    Bought at the same close as a rule's first trade (row first + latency), with the same costs, once. A gap holds the
    last price.
    """
    entry = first + costs.latency_bars
    frame = pl.DataFrame(np.exp(log_path(bars)[entry : last + 1])).fill_nan(None).select(pl.all().forward_fill())
    close = frame.to_numpy()
    owned = np.isfinite(close[0])
    value = (close[:, owned] / close[0, owned]).mean(1)
    paid = (costs.fee_bps + costs.spread_bps) / 1e4
    equity = np.concatenate([np.ones(costs.latency_bars), value[1:] * (1 - paid)])
    net = np.diff(equity, prepend=1.0) / np.concatenate([[1.0], equity[:-1]])
    peak = np.maximum(np.maximum.accumulate(equity), 1.0)
    invested = (np.arange(len(equity)) >= costs.latency_bars).astype(float)
    entry_bar = (np.arange(len(equity)) == costs.latency_bars).astype(float)
    ts = bars.close_ts[first + 1 : last + 1]
    return BacktestResult(ts, equity, equity / peak - 1, invested, entry_bar, entry_bar * paid, net)


def backtest_metrics(result: BacktestResult) -> pl.DataFrame:
    """Rows of models.backtest_metrics (without the strategy): Sharpe with its interval, drawdown, turnover, …

    Daily simple returns, 365 days a year; Sharpe, Sortino, drawdown and return from empyrical.
    """
    import empyrical

    daily = _daily(result)
    low, high = sharpe_interval(daily)
    years = len(daily) / 365
    figures: list[tuple[str, float, float | None, float | None]] = [
        ("sharpe", float(empyrical.sharpe_ratio(daily, annualization=365)), low, high),
        ("psr_above_0", probabilistic_sharpe(daily, 0.0), None, None),
        ("sortino", float(empyrical.sortino_ratio(daily, annualization=365)), None, None),
        ("annual_return", float(empyrical.annual_return(daily, annualization=365)), None, None),
        ("annual_volatility", float(empyrical.annual_volatility(daily, annualization=365)), None, None),
        ("max_drawdown", float(result.drawdown.min()), None, None),
        ("turnover_per_year", float(result.turnover.sum() / years), None, None),
        ("cost_per_year", float(result.cost.sum() / years), None, None),
        ("final_equity", float(result.equity[-1]), None, None),
        ("mean_gross_exposure", float(result.gross.mean()), None, None),
    ]
    return pl.DataFrame(
        [(m, v if np.isfinite(v) else None, a, b) for m, v, a, b in figures],
        schema={"metric": pl.String, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64},
        orient="row",
    )


def _daily(result: BacktestResult) -> Array:
    """Net simple returns per UTC day."""
    days = result.close_ts.astype("datetime64[D]")
    _, start = np.unique(days, return_index=True)
    return np.multiply.reduceat(1 + result.net, start) - 1
