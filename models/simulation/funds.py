"""A listed fund of a simulated market: a share stands for a slowly melting part of a bitcoin, at a drifting premium."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl
from scipy.signal import lfilter

from domain.types import Array
from models.simulation.prices import block_rng

FUND = "SIMB"
UNITS_AT_START, YEARLY_FEE = 9.2e-4, 0.02
PERSISTENCE, SHOCK = 0.985, 0.011  # per day, of the log of 1 + premium
BLOCK_DAYS = 7


def fund_frame(seed: int, start: datetime, close: Array) -> pl.DataFrame:
    """Rows of core.funds: sessions from Monday to Friday. `close` [T]: hourly closes of BTC from Monday `start` on.

    The share is priced at 16:00 in New York, with the hour's close of then; a longer run begins with the shorter one.
    """
    n_days = len(close) // 24
    noise = [block_rng(seed, "funds", b).standard_normal(BLOCK_DAYS) for b in range(-(-n_days // BLOCK_DAYS))]
    log_premium = lfilter([1.0], [1.0, -PERSISTENCE], SHOCK * np.concatenate([*noise, []])[:n_days])
    day = np.arange(n_days)
    units = UNITS_AT_START * np.exp(-YEARLY_FEE * day / 365)
    ends = pl.Series([start + timedelta(days=int(d) + 1) for d in day], dtype=pl.Datetime("us", "UTC"))
    session = (ends.dt.replace_time_zone(None) - timedelta(hours=8)).dt.replace_time_zone("America/New_York")
    hour = (session.dt.convert_time_zone("UTC") - start).dt.total_hours().to_numpy() - 1
    frame = pl.DataFrame(
        {
            "fund": FUND, "asset": "BTC", "event_ts": ends, "available_ts": ends + timedelta(hours=6),
            "share_price_usd": close[hour] * units * np.exp(log_premium), "units_per_share": units,
            "premium_stated": pl.Series([None] * n_days, dtype=pl.Float64),
        }
    )  # fmt: skip
    return frame.filter(pl.Series(day % 7 < 5))
