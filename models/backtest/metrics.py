"""Figures of an equity curve: daily simple returns, 365 days a year; what libraries have is taken from empyrical.

Conventions where libraries differ: Sharpe with n − 1 in the deviation; Sortino over all days, target 0; drawdown from
the capital at the start; value at risk and its tail mean are those of the days themselves, not of a normal; skewness
and kurtosis are those of the sample, the latter above the normal's. A figure that means nothing is NaN: per year from
fewer than FEWEST_DAYS days, a ratio to a risk that is not there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import SupportsFloat

import empyrical
import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from domain.types import Array
from models.backtest.ledger.market import Market
from models.backtest.ledger.terms import days_of
from models.backtest.luck.overfit import minimum_track_record, moments, probabilistic_sharpe, sharpe_interval

DAYS_PER_YEAR = 365
FEWEST_DAYS = 30
ROLLING_DAYS = 90
STILL = 1e-15


@dataclass(frozen=True)
class Figure:
    """A figure with its 95 % interval where there is one; `why`: why it is blank."""

    value: float
    low: float = np.nan
    high: float = np.nan
    why: str = ""


def daily_returns(market: Market, first: int, equity: Array, capital: Array | float) -> tuple[NDArray[np.int64], Array]:
    """UTC days [D] and simple returns [D, C] of equity [R, C] at bars from `first` on; 0 once everything is lost."""
    days = days_of(market, first, first + len(equity) - 1)
    unique, start = np.unique(days, return_index=True)
    close = equity[np.append(start[1:], len(days)) - 1]
    before = np.vstack([np.broadcast_to(capital, close[:1].shape), close[:-1]])
    return unique, np.divide(close, before, out=np.ones_like(close), where=before > 0) - 1


MEASURES: tuple[tuple[str, str, Callable[[Array], SupportsFloat]], ...] = (
    ("total_return", "", lambda r: np.prod(1 + r) - 1),
    ("annual_return", "year", lambda r: empyrical.annual_return(r, annualization=DAYS_PER_YEAR)),
    ("annual_volatility", "year", lambda r: empyrical.annual_volatility(r, annualization=DAYS_PER_YEAR)),
    ("sharpe", "varies", lambda r: empyrical.sharpe_ratio(r, annualization=DAYS_PER_YEAR)),
    ("sortino", "fell", lambda r: empyrical.sortino_ratio(r, annualization=DAYS_PER_YEAR)),
    ("max_drawdown", "", lambda r: empyrical.max_drawdown(r) if len(r) else 0.0),
    ("calmar", "fell", lambda r: empyrical.calmar_ratio(r, annualization=DAYS_PER_YEAR)),
    ("var_95", "year", lambda r: np.percentile(r, 5)),
    ("cvar_95", "year", lambda r: empyrical.conditional_value_at_risk(r, 0.05)),
    ("skewness", "varies", stats.skew),
    ("kurtosis", "varies", stats.kurtosis),
    ("psr_above_0", "varies", lambda r: probabilistic_sharpe(r, 0.0)),
    ("least_days_to_tell", "gained", lambda r: minimum_track_record(moments(r), 0.0, 0.975)),
    ("days_up", "any", lambda r: np.mean(r > 0)),
    ("best_day", "any", np.max),
    ("worst_day", "any", np.min),
    ("days", "", len),
)


def figures(daily: Array, market_daily: Array | None = None) -> dict[str, Figure]:
    """Figures of daily returns [D]; with those of a market [D] also alpha and beta to it.

    ValueError for a return that is not finite: a day without a figure is no day without a move.
    """
    if not np.isfinite(daily).all():
        raise ValueError(f"{int((~np.isfinite(daily)).sum())} of {len(daily)} daily returns are not finite")
    why = _lacking(daily)
    out = {name: _figure(why[needs], measure, daily) for name, needs, measure in MEASURES}
    if not why["varies"]:
        out["sharpe"] = Figure(out["sharpe"].value, *sharpe_interval(daily, DAYS_PER_YEAR))
    return out if market_daily is None else out | alpha_beta(daily, market_daily, why["varies"])


def _lacking(daily: Array) -> dict[str, str]:
    """What returns lack for each kind of figure, '' where nothing."""
    year = "" if len(daily) >= FEWEST_DAYS else f"fewer than {FEWEST_DAYS} days"
    varies = year or ("" if daily.std(ddof=1) > STILL else "returns do not vary")
    return {
        "": "", "any": "" if len(daily) else "no day", "year": year, "varies": varies,
        "fell": year or ("" if (daily < 0).any() else "no day fell"),
        "gained": varies or ("" if daily.mean() > 0 else "the Sharpe ratio is not above 0"),
    }  # fmt: skip


def _figure(why: str, measure: Callable[[Array], SupportsFloat], daily: Array) -> Figure:
    return Figure(np.nan, why=why) if why else Figure(float(measure(daily)))


def alpha_beta(daily: Array, market_daily: Array, why: str = "") -> dict[str, Figure]:
    """Alpha a year (the mean of a day × 365) and beta to a market, with intervals that allow for dependent days.

    Least squares with Newey and West's covariance, 5 lags.
    """
    if why or market_daily.std() <= STILL:
        blank = Figure(np.nan, why=why or "the market does not vary")
        return {"alpha": blank, "beta": blank}
    from statsmodels.regression.linear_model import OLS

    fit = OLS(daily, np.column_stack([np.ones_like(market_daily), market_daily])).fit(
        cov_type="HAC", cov_kwds={"maxlags": 5}
    )
    (alpha, beta), interval = fit.params, fit.conf_int()
    year = DAYS_PER_YEAR
    return {
        "alpha": Figure(alpha * year, interval[0, 0] * year, interval[0, 1] * year),
        "beta": Figure(beta, interval[1, 0], interval[1, 1]),
    }


def drawdowns(days: NDArray[np.int64], daily: Array, most: int = 5) -> pl.DataFrame:
    """The deepest falls, none within another: day of the high before, of the low, and of the recovery (null: not yet).

    Depth as a share of the high, and length in days from the high to the recovery or the end.
    """
    equity = np.concatenate([[1.0], np.cumprod(1 + daily)])
    when = np.concatenate([[days[0] - 1], days]) if len(days) else np.array([], dtype=np.int64)
    peak = np.maximum.accumulate(equity)
    under = equity < peak
    edges = np.flatnonzero(np.diff(np.concatenate([[0], under.astype(int), [0]])))
    rows = []
    for begin, end in zip(edges[::2], edges[1::2], strict=True):
        low = begin + int(np.argmin(equity[begin:end]))
        recovered = int(when[end]) if end < len(equity) else None
        until = recovered if recovered is not None else int(when[-1])
        high = int(when[begin - 1])
        rows.append((high, int(when[low]), recovered, float(equity[low] / peak[low] - 1), until - high))
    frame = pl.DataFrame(
        rows, schema={"high_day": pl.Int32, "low_day": pl.Int32, "recovered_day": pl.Int32, "depth": pl.Float64,
                      "length_days": pl.Int64}, orient="row",
    )  # fmt: skip
    days_ = pl.col("high_day", "low_day", "recovered_day").cast(pl.Date)
    return frame.with_columns(days_).sort("depth").head(most)


def rolling(days: NDArray[np.int64], daily: Array, market_daily: Array, window: int = ROLLING_DAYS) -> pl.DataFrame:
    """Sharpe ratio a year and beta over the `window` days up to each day: day, rolling_sharpe, rolling_beta.

    Null for the first days, and where nothing varies.
    """
    frame = pl.DataFrame({"day": days.astype("datetime64[D]"), "r": daily, "m": market_daily},
                         schema_overrides={"day": pl.Date})  # fmt: skip
    mean, deviation = pl.col("r").rolling_mean(window), pl.col("r").rolling_std(window)
    together = (pl.col("r") * pl.col("m")).rolling_mean(window) - mean * pl.col("m").rolling_mean(window)
    varied = pl.col("m").rolling_var(window, ddof=0)
    return frame.with_columns(
        rolling_sharpe=pl.when(deviation > STILL).then(mean / deviation * np.sqrt(DAYS_PER_YEAR)),
        rolling_beta=pl.when(varied > STILL).then(together / varied),
    ).drop("r", "m")
