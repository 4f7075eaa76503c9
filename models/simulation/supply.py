"""Stablecoin supply and daily asset figures of a simulated market, with one de-peg."""

import numpy as np

from domain.types import Array
from models.simulation.prices import ASSETS, block_rng

COINS = ("AUSD", "BSTB", "CUSD", "DPEG", "EUSD")
START_SUPPLY = np.array([5.2e10, 2.1e10, 6.0e9, 4.0e9, 1.5e9])
DEPEG_COIN, DEPEG_DAY, DEPEG_DEPTH, DEPEG_HALF_LIFE_D = 3, 300, 0.14, 2.5
DEPEG_OUTFLOW = 0.06
BLOCK_DAYS = 7


def simulate_supply(seed: int, market_daily: Array) -> tuple[Array, Array]:
    """Supply (units) and price (USD) per day and coin, [D, 5]; flows follow the market's returns of the week before.

    `market_daily` [D]: log return of the market per day. On day DEPEG_DAY one coin breaks its peg and loses supply.
    """
    n_days = len(market_daily)
    blocks = [_draw(seed, b) for b in range(-(-n_days // BLOCK_DAYS))]
    flows, ticks = (np.concatenate(parts)[:n_days] for parts in zip(*blocks, strict=True))
    week = np.array([market_daily[max(0, d - 7) : d].sum() for d in range(n_days)])
    growth = 0.0004 + 0.012 * week[:, None] / 7 + flows * 0.0028
    since = np.arange(n_days) - DEPEG_DAY
    broken = np.where(since >= 0, 0.5 ** (np.maximum(since, 0) / DEPEG_HALF_LIFE_D), 0.0)
    growth[:, DEPEG_COIN] -= DEPEG_OUTFLOW * broken
    price = 1 + ticks * 0.0007
    price[:, DEPEG_COIN] -= DEPEG_DEPTH * broken
    return START_SUPPLY * np.exp(np.cumsum(growth, axis=0)), price


def _draw(seed: int, block: int) -> tuple[Array, Array]:
    rng = block_rng(seed, "supply", block)
    shape = (BLOCK_DAYS, len(COINS))
    return rng.standard_normal(shape), rng.standard_normal(shape)


def asset_supply(n_days: int) -> Array:
    """Circulating supply of each asset per day (units), [D, A]: slow issuance."""
    start = np.array([a.cap_usd / a.price_usd for a in ASSETS])
    yearly = np.linspace(0.017, 0.08, len(ASSETS))
    return start * np.exp(np.arange(n_days)[:, None] / 365 * yearly)
