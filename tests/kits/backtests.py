"""What tests and benchmarks of the backtest share: views of any skill on random walks."""

import numpy as np
from scipy import stats

from domain.types import Array
from features.candles import Bars
from models.backtest.ledger.market import Market, market_of
from models.backtest.strategies.views import Views, views_of
from models.quantiles.quantiles import HORIZONS_H, LEVELS

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
