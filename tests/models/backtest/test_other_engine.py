"""The ledger's equity against that of an independent engine, vectorbt, on the same orders."""

import os
import subprocess
import sys
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest

from models.backtest.ledger.account import Orders
from models.backtest.ledger.book import simulate
from models.backtest.ledger.market import market_of
from models.backtest.ledger.terms import Terms
from tests.conftest import random_bars

BARS, ASSETS = 600, 3
NONE = np.nan


def daily(weights: np.ndarray) -> np.ndarray:
    """The same weights asked for once a day."""
    out = np.full((BARS, ASSETS), NONE)
    out[::24] = weights
    return out


def strategies() -> dict[str, np.ndarray]:
    """Weights [T, A] wanted at each bar, NaN for no order."""
    rng = np.random.default_rng(5)
    once = np.full((BARS, ASSETS), NONE)
    once[3] = 0.3
    sometimes = np.where(rng.random((BARS, ASSETS)) < 0.05, rng.uniform(-0.3, 0.3, (BARS, ASSETS)), NONE)
    in_and_out = np.where(np.arange(BARS)[:, None] % 7 == 0, rng.choice([0.0, 0.3, NONE], (BARS, ASSETS)), NONE)
    return {
        "bought once and left to drift": once,
        "rebalanced every day": daily(np.array([0.5, 0.3, 0.15])),
        "long and short, rebalanced every day": daily(np.array([0.6, -0.4, 0.3])),
        "a sign a bar": 0.3 * np.sign(rng.normal(size=(BARS, ASSETS))),
        "an order now and then, also in gaps": sometimes,
        "in and out": in_and_out,
    }


def assert_agreement(fee_bps: float) -> None:
    """Run every strategy through both engines."""
    import vectorbt

    bars = random_bars(BARS)
    market = market_of(bars)
    terms = Terms(
        capital_usd=1000.0, fees=((0.0, fee_bps),), least_spread_bps=0.0, spread=0.0, impact=0.0, borrow_per_year=0.0,
        latency_bars=1, least_order_usd=0.0, max_leverage=1e9,
    )  # fmt: skip
    index = pd.to_datetime(bars.close_ts)
    for name, weights in strategies().items():
        # an order that meets a gap waits in ours and is dropped in theirs: it is given to them when the gap is over
        late, waiting = np.full_like(weights, NONE), np.full(ASSETS, NONE)
        for t in range(1, BARS):
            waiting = np.where(np.isnan(weights[t - 1]), waiting, weights[t - 1])
            late[t] = np.where(market.traded[t], waiting, NONE)
            waiting = np.where(market.traded[t], NONE, waiting)
        theirs = vectorbt.Portfolio.from_orders(
            pd.DataFrame(bars.close, index=index), size=late, size_type="targetpercent", fees=fee_bps / 1e4,
            init_cash=1000.0, cash_sharing=True, group_by=True, call_seq="auto", freq="1h",
        )  # fmt: skip
        rows = np.flatnonzero(~np.isnan(weights).all(1))
        ours = simulate(market, terms, Orders(rows, weights[rows, :, None]), 0, BARS - 1)
        # theirs is not marked within a gap at the last price, so that bars with all prices are compared
        whole = market.traded.all(1)
        assert len(theirs.orders.records) == ours.n_fills[0] > 2, name
        np.testing.assert_allclose(ours.equity[whole, 0], theirs.value().to_numpy()[whole], rtol=1e-9, err_msg=name)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("vectorbt") is None, reason="vectorbt is not installed")
def test_equity_agrees_to_1e_9_with_fees_drift_shorts_and_gaps():
    """In a process of its own, in which nothing is compiled: that takes longer than these few bars."""
    script = f"from {__name__} import assert_agreement\nassert_agreement(0.0)\nassert_agreement(25.0)\nprint('agreed')"
    env = os.environ | {"NUMBA_DISABLE_JIT": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=False)
    assert done.stdout.strip().endswith("agreed"), done.stderr[-3000:]
