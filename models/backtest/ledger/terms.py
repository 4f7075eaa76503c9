"""The terms that a ledger trades on: fees, spread, impact, carry, latency, limits."""

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from models.backtest.ledger.market import Market

HOURS_PER_YEAR = 8760.0
_BENCHMARK_SIGMA, _BENCHMARK_ACTIVITY = 0.02, 0.02 * 40e6  # Kyle and Obizhaeva's benchmark share, by the day
_SPREAD_BPS, _IMPACT_BPS, _AT_SHARE = 2.08, 12.08, 0.01

Tiers = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Terms:
    """How orders are filled and what holding costs. Notionals in USD, shares of notional unless a unit is named.

    `fees`: (volume traded in the 30 days before, fee in basis points), the first from 0 on. `least_spread_bps`: the
    least half spread. `impact` and `spread` scale what the model says of them; 0 switches it off. `cost_scale` scales
    all costs of trading. `instrument`: a perpetual pays funding on both sides; spot pays `borrow_per_year` on a short.
    `latency_bars`: bars between a decision and its fill. An order below `least_order_usd`, or one that changes a weight
    by less than `least_change` without closing it, is not placed. Gross exposure is cut to `max_leverage` times the
    equity when trading. Of a long in an asset that never trades again `recovery` of its last price is left,
    `delisted_after_h` after its last bar.
    """

    capital_usd: float = 100_000.0
    fees: Tiers = ((0.0, 10.0),)
    least_spread_bps: float = 0.5
    spread: float = 1.0
    impact: float = 1.0
    cost_scale: float = 1.0
    instrument: Literal["spot", "perpetual"] = "spot"
    borrow_per_year: float = 0.10
    latency_bars: int = 1
    least_order_usd: float = 10.0
    least_change: float = 0.0
    max_leverage: float = 1.0
    delisted_after_h: float = 168.0
    recovery: float = 0.0
    lots: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        volumes = [volume for volume, _ in self.fees]
        if not volumes or volumes[0] != 0 or volumes != sorted(set(volumes)):
            raise ValueError(f"fee tiers begin at a volume of 0 and rise, got {self.fees}")
        if self.latency_bars < 0 or self.capital_usd <= 0 or self.max_leverage <= 0 or not 0 <= self.recovery <= 1:
            raise ValueError(
                "needs latency ≥ 0 bars, capital and leverage above 0 and a recovery between 0 and 1, got "
                f"{self.latency_bars}, {self.capital_usd}, {self.max_leverage}, {self.recovery}"
            )

    def free(self) -> "Terms":
        """The same without any cost of trading, holding or delisting: what is left is gross."""
        return replace(self, cost_scale=0.0, instrument="spot", borrow_per_year=0.0, recovery=1.0)


def half_spread(market: Market, terms: Terms) -> Array:
    """Half spread of each asset at each bar as known then, share of notional [T, A]; NaN where liquidity is not
    known.

    σ/2 % · 2.08 bp · (W ÷ W*)^(−1/3), W = σ · dollar volume a day, W* that of the benchmark share: the spread that goes
    with square-root impact in Kyle and Obizhaeva, "Market microstructure invariance", Econometrica 84 (2016). Not below
    `least_spread_bps`, which is also that of an asset without volumes.
    """
    if terms.spread == 0:
        return np.full(market.price.shape, terms.least_spread_bps / 1e4)
    with np.errstate(divide="ignore", invalid="ignore"):
        activity = market.volatility * market.volume_usd / _BENCHMARK_ACTIVITY
        bps = market.volatility / _BENCHMARK_SIGMA * _SPREAD_BPS * activity ** (-1 / 3)
    told = np.where(np.isfinite(bps), np.maximum(terms.spread * bps, terms.least_spread_bps), np.nan)
    return np.where(market.measured, told, terms.least_spread_bps) / 1e4


def impact_factor(market: Market, terms: Terms) -> Array:
    """`k` [T, A] such that an order of X dollars costs k · √X of its notional; NaN where liquidity is not known.

    σ/2 % · 12.08 bp · √(X ÷ 1 % of the dollar volume a day); the source as in `half_spread`. 0 for an asset without
    volumes.
    """
    if terms.impact == 0:
        return np.zeros(market.price.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        k = market.volatility / _BENCHMARK_SIGMA * _IMPACT_BPS / 1e4 / np.sqrt(_AT_SHARE * market.volume_usd)
    return np.where(market.measured, np.where(np.isfinite(k), terms.impact * k, np.nan), 0.0)


def carry(market: Market, terms: Terms) -> tuple[Array, Array]:
    """What holding one unit over each bar costs, in USD [T, A]: paid by any position, and by a short one on top."""
    per_bar = terms.borrow_per_year * market.step_h / HOURS_PER_YEAR
    nothing = np.zeros(market.unit.shape)
    if terms.instrument == "perpetual":
        return market.unit * market.funding, nothing
    return nothing, market.unit * per_bar


def fee_share(terms: Terms, volume_usd: Array) -> Array:
    """Fee of accounts that traded `volume_usd` [C] in the 30 days before, share of notional."""
    volumes, bps = np.array(terms.fees).T
    return bps[np.searchsorted(volumes, volume_usd, side="right") - 1] / 1e4


def days_of(market: Market, first: int = 0, last: int | None = None) -> NDArray[np.int64]:
    """The UTC day that each bar of rows first … last belongs to: that of its open.

    At the first of them an account begins: what it pays there counts to the day that follows.
    """
    step = np.timedelta64(int(market.step_h * 3600), "s")
    end = len(market) if last is None else last + 1
    days = (market.close_ts[first:end] - step).astype("datetime64[D]").astype(np.int64)
    if len(days) > 1:
        days[0] = days[1]
    return days


def round_trip(market: Market, terms: Terms, notional_usd: float) -> Array:
    """What it costs to get in and out with an order of that size, share of notional [T, A]."""
    one_way = fee_share(terms, np.zeros(1))[0] + half_spread(market, terms)
    return 2 * terms.cost_scale * (one_way + impact_factor(market, terms) * np.sqrt(notional_usd))
