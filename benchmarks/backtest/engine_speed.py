"""Speed and memory of the ledger beside vectorbt: the same signals, 22 assets × 5 years of hours × 500 configurations.

    python -m benchmarks.backtest.engine_speed [--configurations 500] [--rounds 3]

Each engine runs in a process of its own, in turns; both simulate orders of target weights with fees from one cash
account per configuration; the last equity of every configuration must agree to 1e-9. vectorbt needs its orders as one
dense array, so that it goes through the configurations in parts of `--part`; the smallest memory and the best speed of
the parts tried count for it. Compiling is left out. The ledger also writes out one configuration whole. Needs vectorbt
(in the `dev` extra). Exits with 1 where a promise is not kept.
"""

import argparse
import json
import resource
import statistics
import subprocess
import sys
import time

import numpy as np

from domain.types import Array
from models.backtest.ledger.account import Orders
from models.backtest.ledger.book import simulate
from models.backtest.ledger.market import Market, market_of
from models.backtest.ledger.statement import statement
from models.backtest.ledger.terms import Terms
from tests.kits.backtests import pure_walk

ASSETS, HOURS = tuple(f"A{i:02d}" for i in range(22)), 24 * 365 * 5
FEE_BPS = 10.0
TERMS = Terms(
    capital_usd=1000.0, fees=((0.0, FEE_BPS),), least_spread_bps=0.0, spread=0.0, impact=0.0, borrow_per_year=0.0,
    latency_bars=0, least_order_usd=0.0, max_leverage=1e9,
)  # fmt: skip


class Signals:
    """Weights [A, C] at each hour: an asset is long or short by 2 % where a slow signal beats the threshold of the
    configuration, flat in between; an order only where that changes.
    """

    def __init__(self, hours: int, configurations: int) -> None:
        rng = np.random.default_rng(1)
        noise = rng.normal(size=(hours, len(ASSETS)))
        path = np.zeros_like(noise)
        for t in range(1, hours):
            path[t] = 0.98 * path[t - 1] + 0.2 * noise[t]
        self.path, self.threshold = path, np.linspace(0.2, 2.0, configurations)

    def __len__(self) -> int:
        return len(self.path)

    def __getitem__(self, number: int) -> Array:
        now, before = self._wanted(number), self._wanted(number - 1) if number else np.zeros((1, 1))
        return np.where(now == before, np.nan, now)

    def _wanted(self, number: int) -> Array:
        level = self.path[number][:, None]
        return 0.02 * ((level > self.threshold) * 1.0 - (level < -self.threshold) * 1.0)

    def dense(self, part: slice) -> Array:
        """The same as one array [T, A, C] for some of the configurations."""
        wanted = np.stack(
            [0.02 * ((self.path > c) * 1.0 - (self.path < -c) * 1.0) for c in self.threshold[part]], axis=2
        )
        before = np.concatenate([np.zeros((1, *wanted.shape[1:])), wanted[:-1]])
        return np.where(wanted == before, np.nan, wanted)


def ground(configurations: int) -> tuple[Market, Signals]:
    """Market and signals; a function of the number of configurations alone."""
    return market_of(pure_walk(HOURS, ASSETS, 5)), Signals(HOURS, configurations)


def ours(configurations: int) -> dict[str, float]:
    """All configurations in one pass, and one of them written out whole."""
    market, signals = ground(configurations)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    began = time.perf_counter()
    account = simulate(market, TERMS, Orders(np.arange(HOURS), signals), 0, HOURS - 1)
    seconds = time.perf_counter() - began
    began = time.perf_counter()
    one = simulate(market, TERMS, Orders(np.arange(HOURS), _One(signals)), 0, HOURS - 1, detail=True)
    told = statement(market, TERMS, one)
    return {"seconds": seconds, "statement_s": time.perf_counter() - began, "fills": float(account.n_fills.sum()),
            "rows": float(len(told.fills) + len(told.daily())), "equity": float(account.equity[-1].sum()),
            **memory(base)}  # fmt: skip


class _One:
    """The middle configuration alone."""

    def __init__(self, signals: Signals) -> None:
        self.signals, self.at = signals, len(signals.threshold) // 2

    def __len__(self) -> int:
        return len(self.signals)

    def __getitem__(self, number: int) -> Array:
        return self.signals[number][:, [self.at]]


def theirs(configurations: int, part: int) -> dict[str, float]:
    """vectorbt, `part` configurations at a time."""
    import pandas as pd
    import vectorbt

    market, signals = ground(configurations)
    vectorbt.settings.caching["enabled"] = False
    index = pd.to_datetime(market.close_ts)

    def portfolio(orders: Array, rows: int) -> tuple[Array, int]:
        n = orders.shape[2]
        # columns: configuration by configuration, all assets in each
        prices = pd.DataFrame(np.tile(market.price[:rows], n), index=index[:rows])
        made = vectorbt.Portfolio.from_orders(
            prices, size=orders.transpose(0, 2, 1).reshape(rows, -1), size_type="targetpercent", fees=FEE_BPS / 1e4,
            init_cash=1000.0, cash_sharing=True, group_by=np.repeat(np.arange(n), len(ASSETS)), call_seq="auto",
            freq="1h",
        )  # fmt: skip
        return made.value().to_numpy(), len(made.orders.records)

    portfolio(signals.dense(slice(0, 2))[:200], 200)  # compiled
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    seconds, fills, equity = 0.0, 0, 0.0
    for start in range(0, configurations, part):
        orders = signals.dense(slice(start, min(start + part, configurations)))
        began = time.perf_counter()
        value, n = portfolio(orders, HOURS)
        seconds += time.perf_counter() - began
        fills, equity = fills + n, equity + float(value[-1].sum())
    return {"seconds": seconds, "fills": float(fills), "equity": equity, **memory(base)}


def memory(base: float) -> dict[str, float]:
    """Peak memory, and what of it the simulation added."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000
    return {"peak_mb": peak, "added_mb": peak - base}


def in_a_process(*args: str) -> dict[str, float]:
    """The figures of one contestant."""
    done = subprocess.run([sys.executable, "-m", "benchmarks.backtest.engine_speed", *args], capture_output=True,
                          text=True, check=False)  # fmt: skip
    if done.returncode:
        raise SystemExit(f"{' '.join(args)} failed:\n{done.stderr[-3000:]}")
    figures: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    memory_told = f"peak {figures['peak_mb']:,.0f} MB ({figures['added_mb']:,.0f} of it while simulating)"
    print(
        f"  {' '.join(args):44} {figures['seconds']:7.1f} s, {memory_told}, {figures['fills']:,.0f} fills", flush=True
    )
    return figures


def main() -> None:
    """Run the contestants in turns and judge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--configurations", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--part", type=int, nargs="+", default=[10, 50])
    parser.add_argument("--contestant", choices=("ours", "theirs"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    n = args.configurations
    if args.contestant:
        print(json.dumps(ours(n) if args.contestant == "ours" else theirs(n, args.part[0])))
        return
    same, ratios, mine, best = True, [], {}, {}
    for _ in range(args.rounds):
        mine = in_a_process("--contestant", "ours", "--configurations", str(n))
        other = [
            in_a_process("--contestant", "theirs", "--configurations", str(n), "--part", str(p)) for p in args.part
        ]
        best = min(other, key=lambda f: f["seconds"])
        ratios.append(best["seconds"] / mine["seconds"])
        lean = min(f["peak_mb"] for f in other)
        same &= all(abs(f["equity"] / mine["equity"] - 1) < 1e-9 and f["fills"] == mine["fills"] for f in other)
    speed = statistics.median(ratios)
    print(f"{'PASS' if same else 'FAIL'}  equity and fills agree to 1e-9")
    print(f"{'PASS' if speed >= 1 else 'FAIL'}  vectorbt's time ÷ ours: {speed:.2f} ({min(ratios):.2f} to "
          f"{max(ratios):.2f}; promised ≥ 1)")  # fmt: skip
    kept = "PASS" if mine["peak_mb"] < lean else "FAIL"
    print(f"{kept}  peak memory {mine['peak_mb']:,.0f} MB, vectorbt {lean:,.0f} MB")
    print(f"      one configuration written out, {mine['rows']:,.0f} rows: {mine['statement_s']:.1f} s")
    sys.exit(0 if same and speed >= 1 and mine["peak_mb"] < lean else 1)


if __name__ == "__main__":
    main()
