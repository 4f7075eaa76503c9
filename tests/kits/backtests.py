"""What tests and benchmarks of the backtest share: views of any skill on random walks."""

from datetime import UTC, datetime

import numpy as np
from scipy import stats

from domain.types import Array
from features.candles import Bars
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


def planted_releases(seed: int) -> tuple[Market, Releases, dict[str, float]]:
    """A market with releases, what the response model would expect knowing the law, and what each rule should earn."""
    hours = 24 * RELEASE_DAYS
    drawn = draw_releases(seed, START, hours, SIMULATED, with_text=False, per_day=2.0)
    made = make_bars(
        simulate_paths(seed, hours, SIMULATED), planted_effects(drawn, START, hours, len(SIMULATED)), SIMULATED
    )
    ts = np.datetime64("2024-01-01T01:00:00", "s") + np.arange(hours) * np.timedelta64(3600, "s")
    bars = Bars(tuple(a.ticker for a in SIMULATED), "1h", ts, made.open, made.high, made.low, made.close, made.volume)
    age = [(r.published - START).total_seconds() / 3600 for r in drawn]
    row = np.ceil(age).astype(int) - 1
    flag = [NEVER if r.retracted is None else int(np.ceil((r.retracted - START).total_seconds() / 3600)) - 1
            for r in drawn]  # fmt: skip
    told = np.array([[planted_response(r, np.array([k + 2.0]))[0] for k in (4, 12, 24)] for r in drawn])
    releases = Releases(
        np.array([r.asset_index for r in drawn]), row, np.array(flag),
        np.array([r.group != "generated" for r in drawn]), (4.0, 12.0, 24.0), told, np.full(told.shape, 0.02),
    )  # fmt: skip

    market = market_of(bars)

    def between(i: int, start_row: int, end_row: int) -> float:
        """Planted log return of release i from the fill (a bar after `start_row`) to that of the way out."""
        at = np.array([start_row + 2.0, end_row + 2.0]) - age[i]
        a, b = planted_response(drawn[i], np.maximum(at, 0.0))
        return float(b - a)

    follow = [
        np.sign(market.unit[r + 1, a] - market.unit[r, a]) * between(i, int(r) + 1, int(r) + 13)
        for i, (r, a) in enumerate(zip(row, releases.asset, strict=True))
        if releases.is_open[i] and r + 1 < hours
    ]
    fade = [-np.sign(drawn[i].peak_log_return) * between(i, f, f + 12) for i, f in enumerate(flag) if f != NEVER]
    band = [np.sign(told[i, 1]) * between(i, int(r), int(r) + 12) for i, r in enumerate(row)]
    return market, releases, {"fade": float(np.sum(fade)), "follow": float(np.sum(follow)), "band": float(np.sum(band))}
