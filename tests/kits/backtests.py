"""What tests and benchmarks of the backtest share: views of any skill on random walks."""

from datetime import UTC, datetime, timedelta

import numpy as np
from scipy import stats

from domain.types import Array
from features.candles import Bars
from models.backtest.ledger.account import Orders
from models.backtest.ledger.market import Market, market_of
from models.backtest.strategies.release_rules import NEVER, Releases
from models.backtest.strategies.views import Views, views_of
from models.quantiles.quantiles import HORIZONS_H, LEVELS
from models.simulation.prices import Asset, make_bars, simulate_paths
from models.simulation.releases import draw_releases, planted_effects, planted_response

START = datetime(2024, 1, 1, tzinfo=UTC)
RELEASE_DAYS = 150
SIMULATED = tuple(Asset(f"SIM{i:02d}", f"Simulated {i}", 1e8, 10.0, 1.0, 0.4) for i in range(8))
NORMAL = stats.norm.ppf(np.array(LEVELS))


def pure_walk(hours: int, assets: tuple[str, ...], seed: int, sigma: float = 0.006) -> Bars:
    """Hourly bars of driftless independent walks in simple returns: no price is worth more tomorrow on average."""
    rng = np.random.default_rng(seed)
    simple = sigma * rng.standard_t(5, (hours, len(assets))) / np.sqrt(5 / 3)
    close = 100 * np.cumprod(1 + np.clip(simple, -0.2, 0.2), axis=0)
    spread = np.abs(rng.normal(0, sigma / 2, close.shape))
    open_ = np.vstack([close[:1], close[:-1]])
    high, low = np.maximum(open_, close) * (1 + spread), np.minimum(open_, close) * (1 - spread)
    volume = rng.lognormal(12, 0.5, close.shape)
    ts = np.datetime64("2022-01-01T01:00:00", "s") + np.arange(hours) * np.timedelta64(3600, "s")
    return Bars(assets, "1h", ts, open_, high, low, close, volume)


def forecast_grid(market: Market, every_h: int, strength: float, seed: int, *, hindsight_h: int = 0) -> Views:
    """Views every `every_h` hours: normal quantiles, medians of pure noise, or of what comes in `hindsight_h` hours."""
    rng = np.random.default_rng(seed)
    rows = np.arange(200, len(market) - 48, every_h)
    assets = np.arange(len(market.assets))
    pairs = np.array([(a, r) for r in rows for a in assets])
    sigma = market.volatility[pairs[:, 1], pairs[:, 0], None] * np.sqrt(np.array(HORIZONS_H) / 24)
    view = rng.normal(0, 1, (len(pairs), 1))
    if hindsight_h:
        later = np.log(
            market.unit[pairs[:, 1] + 1 + hindsight_h, pairs[:, 0]] / market.unit[pairs[:, 1] + 1, pairs[:, 0]]
        )
        view = np.sign(later)[:, None]
    return views_of(market, pairs, strength * view[..., None] * sigma[..., None] + sigma[..., None] * NORMAL)


def walk_views(bars: Bars, every_h: int, seed: int) -> tuple[Market, dict[str, Views]]:
    """A market with noisy forecasts of it, and those of the walk."""
    market = market_of(bars)
    return market, {
        "tapewire": forecast_grid(market, every_h, 0.1, seed),
        "reference_walk": forecast_grid(market, every_h, 0.0, seed),
    }


def sharpe_of(daily: Array) -> float:
    """Sharpe ratio a year, by hand."""
    return float(daily.mean() / daily.std(ddof=1) * np.sqrt(365))


def planted_releases(seed: int) -> tuple[Market, Releases, Array]:
    """A market with releases, what the response model would expect knowing the law, and the planted log returns [T, A].

    The first releases come after 200 hours: before, liquidity is not known.
    """
    hours = 24 * RELEASE_DAYS
    drawn = draw_releases(seed, START, hours, SIMULATED, with_text=False, per_day=2.0)
    effects = planted_effects(drawn, START, hours, len(SIMULATED))
    made = make_bars(simulate_paths(seed, hours, SIMULATED), effects, SIMULATED)
    ts = np.datetime64("2024-01-01T01:00:00", "s") + np.arange(hours) * np.timedelta64(3600, "s")
    bars = Bars(tuple(a.ticker for a in SIMULATED), "1h", ts, made.open, made.high, made.low, made.close, made.volume)
    late = [r for r in drawn if r.published >= START + timedelta(hours=200)]
    row = np.array([_row(r.published) for r in late])
    flag = np.array([NEVER if r.retracted is None else _row(r.retracted) for r in late])
    told = np.array([[planted_response(r, np.array([k + 2.0]))[0] for k in (4, 12, 24)] for r in late])
    asset, is_open = np.array([r.asset_index for r in late]), np.array([r.group != "generated" for r in late])
    width = np.full(told.shape, 0.02)
    return market_of(bars), Releases(asset, row, flag, is_open, (4.0, 12.0, 24.0), told, width), effects


def _row(moment: datetime) -> int:
    """Row of the first close at or after a moment."""
    return int(np.ceil((moment - START).total_seconds() / 3600)) - 1


def planted_profit(orders: Orders, effects: Array) -> float:
    """What the planted log returns [T, A] alone earn on these orders, filled a bar later: share of the capital."""
    held, now, due = np.zeros_like(effects), np.zeros(effects.shape[1]), {}
    for row, wanted in zip(orders.rows, np.asarray(orders.targets), strict=True):
        due[int(row) + 2] = wanted[:, 0]  # filled at the close of the next bar, it earns from the one after
    for t in range(len(effects)):
        if t in due:
            now = np.where(np.isnan(due[t]), now, due[t])
        held[t] = now
    return float((held * effects).sum())
