"""What the backtest says where the truth is known: pure random walks, a look ahead, planted releases.

    python -m benchmarks.backtest.honesty [--walks 200] [--seeds 20]

Walks: forecasts of noise on walks whose prices are worth no more tomorrow; every rule with every setting. Gross must be
zero on average and net minus the costs; the deflated Sharpe ratio of the best may be significant in 5 %; the
probability of overfitting must be near one half. A strategy that knows the next hour must be flagged on each walk,
noise on none.
Releases: on simulated markets whose planted response is known, the rules must earn it, in its order, less the costs.
Exits with 1 where a promise is not kept.
"""

import argparse
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Literal

import numpy as np

from domain.types import Array
from models.backtest.backtest import run, sharpes, span_of
from models.backtest.contest import hold
from models.backtest.ledger.account import Orders
from models.backtest.ledger.terms import Terms
from models.backtest.luck.overfit import deflated_sharpe
from models.backtest.metrics import DAYS_PER_YEAR
from models.backtest.strategies.release_rules import ReleaseRule
from models.backtest.strategies.rules import Rule, all_rules
from models.backtest.trials import Plan
from tests.kits.backtests import forecast_grid, planted_profit, planted_releases, pure_walk, walk_views

ASSETS = ("BTC", *(f"A{i:02d}" for i in range(7)))
DAYS = 365
RULES = all_rules(0.2, 0.25)
HEADLINE = Rule("volatility")
KINDS: tuple[Literal["fade", "follow", "band"], ...] = ("fade", "follow", "band")


@dataclass(frozen=True)
class Walk:
    """One walk: mean return a year of all configurations net and gross, and what was said of the headline."""

    net: Array
    gross: Array
    deflated_best: float
    deflated_gross: float
    chance_p: float
    overfitting: float
    noise_flagged: bool
    foresight_flagged: bool
    foresight_sharpe: float


def one_walk(seed: int) -> Walk:
    """Everything on one walk."""
    bars = pure_walk(24 * DAYS, ASSETS, seed)
    market, views = walk_views(bars, 12, seed + 10_000)
    plan = Plan(RULES, [], HEADLINE, "tapewire")
    terms = Terms(least_change=0.005)
    made = hold(market, terms, views, plan, None)
    daily, gross = made.trials.daily, made.trials.gross
    best = int(np.argmax(sharpes(daily)))
    dsr = deflated_sharpe(daily[:, best], sharpes(gross) / np.sqrt(DAYS_PER_YEAR))
    luckiest = int(np.argmax(sharpes(gross)))
    dsr_gross = deflated_sharpe(gross[:, luckiest], sharpes(gross) / np.sqrt(DAYS_PER_YEAR))
    ahead = forecast_grid(market, 1, 0.3, seed, hindsight_h=1)
    weights = Rule("sign", 4).weights(ahead, np.zeros(ahead.median.shape[:2]))
    seen = run(market, terms, Orders(ahead.rows, weights[:, :, None]), made.span, "knows")
    return Walk(
        daily.mean(0) * DAYS_PER_YEAR, gross.mean(0) * DAYS_PER_YEAR, dsr, dsr_gross,
        made.chance[made.outcomes[0].name].p,
        made.luck.overfitting.probability if made.luck.overfitting else np.nan,
        any(o.alarms for o in made.outcomes), bool(seen.alarms), seen.gross_figures["sharpe"].value,
    )  # fmt: skip


def one_release_market(seed: int) -> tuple[Array, Array, Array]:
    """Log returns gross and net, and what was planted, of fade, follow and band."""
    market, releases, effects = planted_releases(seed)
    cost, span = np.full(market.price.shape, 0.004), span_of(market, 200, len(market) - 1)
    orders = [ReleaseRule(kind, 12, weight=0.02).orders(market, releases, cost) for kind in KINDS]
    made = [run(market, Terms(max_leverage=9.0), order, span, "") for order in orders]
    gross, net = (np.array([np.log1p(getattr(o, name)).sum() for o in made]) for name in ("daily_gross", "daily"))
    return gross, net, np.array([planted_profit(order, effects) for order in orders])


def say(kept: bool, text: str) -> bool:
    """Print a promise and whether it is kept."""
    print(f"{'PASS' if kept else 'FAIL'}  {text}")
    return kept


def judge_walks(walks: list[Walk]) -> bool:
    """The promises on walks."""
    n = len(walks)
    gross, net = (np.stack([getattr(w, name) for w in walks]) for name in ("gross", "net"))
    z = gross.mean(0) / (gross.std(0, ddof=1) / np.sqrt(n))
    bound = 1.96 + np.sqrt(2 * np.log(len(RULES)))
    significant = np.mean([w.deflated_best > 0.95 for w in walks])
    luckiest = np.mean([w.deflated_gross > 0.95 for w in walks])
    limit = 0.05 + 1.645 * np.sqrt(0.05 * 0.95 / n)
    pbo = float(np.mean([w.overfitting for w in walks]))
    small = np.mean([w.chance_p <= 0.05 for w in walks])
    return all([
        say(bool((np.abs(z) < bound).all()), f"gross return of {len(RULES)} configurations on {n} walks: mean "
            f"{100 * gross.mean():+.2f} % a year, largest |z| {np.abs(z).max():.2f} (allowed {bound:.2f})"),
        say(bool((net.mean(0) < gross.mean(0)).all()), f"net is below gross in every configuration: mean "
            f"{100 * net.mean():+.2f} % a year, costs {100 * (gross - net).mean():.2f} %"),
        say(significant <= limit, f"deflated Sharpe ratio of the best significant on {100 * significant:.1f} % "
            f"of walks (promised at most 5 %, allowed {100 * limit:.1f} % for {n})"),
        say(luckiest <= limit, f"the same before costs, where luck alone decides: on {100 * luckiest:.1f} %"),
        say(0.4 <= pbo <= 0.6, f"probability of backtest overfitting {pbo:.3f} on average (promised near .5)"),
        say(small <= limit, f"headline better than random signals at 5 % on {100 * small:.1f} % of walks"),
        say(all(w.foresight_flagged for w in walks), f"knowing the next hour: flagged on all walks, Sharpe ratio "
            f"{min(w.foresight_sharpe for w in walks):.0f} to {max(w.foresight_sharpe for w in walks):.0f}"),
        say(not any(w.noise_flagged for w in walks), "noise is flagged on no walk"),
    ])  # fmt: skip


def judge_releases(found: list[tuple[Array, Array, Array]]) -> bool:
    """The promises on releases."""
    gross, net, truth = (np.stack([f[i] for f in found]) for i in range(3))
    error = gross - truth
    z = error.mean(0) / (error.std(0, ddof=1) / np.sqrt(len(found)))
    kept = []
    for i, kind in enumerate(KINDS):
        same_sign = np.sign(truth[:, i].mean()) == np.sign(gross[:, i].mean())
        kept.append(say(abs(z[i]) < 3 and bool(same_sign),
                        f"{kind}: planted {100 * truth[:, i].mean():+.2f} %, earned "
                        f"{100 * gross[:, i].mean():+.2f} % gross, {100 * net[:, i].mean():+.2f} % net "
                        f"({z[i]:+.2f} standard errors from the plan)"))  # fmt: skip
    right = np.argsort(truth.mean(0)).tolist() == np.argsort(gross.mean(0)).tolist()
    each = np.mean([np.argsort(t).tolist() == np.argsort(g).tolist() for t, g in zip(truth, gross, strict=True)])
    kept.append(say(right, f"the rules earn in the order of what was planted ({100 * each:.0f} % of single markets)"))
    kept.append(say(bool((net < gross).all()), "costs take from every one on every market"))
    return all(kept)


def main() -> None:
    """Run everything on two processes and judge it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--walks", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    with ProcessPoolExecutor(args.jobs, mp_context=get_context("spawn")) as pool:
        walks = list(pool.map(one_walk, range(args.walks)))
        releases = list(pool.map(one_release_market, range(args.seeds)))
    kept = [judge_walks(walks), judge_releases(releases)]
    sys.exit(0 if all(kept) else 1)


if __name__ == "__main__":
    main()
