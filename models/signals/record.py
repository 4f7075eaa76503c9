"""What followed each signal in the past, beside other days, and how far chance would have gone.

For a state of a signal (high, low), a horizon and an outcome, the estimate is the mean outcome on days in that state
less the mean on other days, over all assets. It is a mean of daily scores, (in the state − its share) × (outcome less
its mean), which is zero where the signal knows nothing; their standard error is taken from the slowest cycles of the
span, so that states that last for months, horizons that overlap and volatility that changes slowly are allowed for.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import stats

from domain.types import Array
from models.evaluate.loss_tests import slow_mean
from models.signals.values import MARKET, SIGNALS, YEAR

STATES = ("high", "low")
DIRECTION, SIZE = "direction", "size"
HORIZONS_D = (1, 7)
CYCLES = 12
MIN_SPAN, MIN_DAYS, MIN_STRETCHES = 200, 20, 5
BEYOND = 8.0  # a move beyond so many sigma counts as so many
LEVEL = 0.1
MARKET_ASSET = "BTC"
POWER = 2.8  # standard errors that are found at 5 % in four of five cases


@dataclass(frozen=True)
class Grid:
    """Daily outcomes of A assets over D days: scaled returns by horizon, NaN where they have not come."""

    assets: tuple[str, ...]
    day: NDArray[np.datetime64]
    scaled: dict[int, Array]
    log_return: dict[int, Array]


def outcomes(asset_daily: pl.DataFrame, sigma: pl.DataFrame) -> Grid:
    """What came after the end of each day, from rows of features.asset_daily: log return over 1 and 7 days, and the
    same ÷ the sigma that the reference walk had for it then.

    `sigma`: asset, event_ts (end of a day), ewma_vol_1h (per √hour); where it is missing the volatility of the past 30
    days stands in.
    """
    assets = tuple(asset_daily["asset"].unique().sort().to_list())
    day = asset_daily["event_ts"].unique().sort()
    joined = asset_daily.join(sigma, on=["asset", "event_ts"], how="left", maintain_order="left")
    per_day = pl.coalesce(pl.col("ewma_vol_1h") * np.sqrt(24), pl.col("volatility_30d") / np.sqrt(YEAR))
    place = joined.with_columns(
        sigma=per_day,
        row=pl.col("event_ts").replace_strict(day, pl.int_range(len(day), eager=True), return_dtype=pl.Int64),
        column=pl.col("asset").replace_strict({a: i for i, a in enumerate(assets)}, return_dtype=pl.Int64),
    )
    grids = []
    for name in ("log_return", "sigma"):
        grid = np.full((len(day), len(assets)), np.nan)
        grid[place["row"].to_numpy(), place["column"].to_numpy()] = place[name].cast(pl.Float64).to_numpy()
        grids.append(grid)
    returns, of_day = grids
    total = {h: _next(returns, h) for h in HORIZONS_D}
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled = {h: np.clip(total[h] / (of_day * np.sqrt(h)), -BEYOND, BEYOND) for h in HORIZONS_D}
    return Grid(assets, day.dt.epoch("s").to_numpy().astype("datetime64[s]"), scaled, total)


def _next(returns: Array, horizon: int) -> Array:
    """Sum of the next `horizon` rows, NaN where one is missing."""
    out = np.full_like(returns, np.nan)
    if len(returns) > horizon:
        out[:-horizon] = np.lib.stride_tricks.sliding_window_view(returns[1:], horizon, axis=0).sum(-1)
    return out


def records(values: pl.DataFrame, grid: Grid) -> pl.DataFrame:
    """Rows of models.signal_record: one per signal, state, outcome and horizon, from rows of `signal_values`.

    q-values are over all rows (Benjamini and Hochberg 1995). No p-value where the history spans fewer than MIN_SPAN
    days, or the state was taken on fewer than MIN_DAYS days or in fewer than MIN_STRETCHES stretches.
    """
    rows = []
    for name, signal in SIGNALS.items():
        own = values.filter(pl.col("signal") == name, pl.col("state").is_not_null())
        columns = [grid.assets.index(MARKET_ASSET)] if signal.of_market and MARKET_ASSET in grid.assets else None
        if own.is_empty() or (signal.of_market and columns is None):
            continue
        states = _on_grid(own, grid, of_market=signal.of_market)
        span = np.flatnonzero((states != "").any(1))
        cut = slice(span[0], span[-1] + 1)
        rows += [
            {"signal": name, "of_market": signal.of_market, "state": state, "outcome": outcome, "horizon_d": h}
            | _record(states[cut] == state, states[cut] != "", grid, cut, columns, outcome, h)
            for state in STATES for outcome in (DIRECTION, SIZE) for h in HORIZONS_D
        ]  # fmt: skip
    return _judged(pl.DataFrame(rows, schema=RECORD_SCHEMA))


RECORD_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "signal": pl.String, "of_market": pl.Boolean, "state": pl.String, "outcome": pl.String, "horizon_d": pl.Int32,
    "n_days": pl.Int32, "n_stretches": pl.Int32, "mean_return": pl.Float64,
    "estimate": pl.Float64, "low": pl.Float64, "high": pl.Float64, "p_value": pl.Float64, "detectable": pl.Float64,
    "first_ts": pl.Datetime("us", "UTC"), "last_ts": pl.Datetime("us", "UTC"),
}  # fmt: skip


def _on_grid(own: pl.DataFrame, grid: Grid, *, of_market: bool) -> NDArray[np.str_]:
    """State of each day and asset, '' where there is none, [D, A]; one column for the market."""
    names = (MARKET,) if of_market else grid.assets
    out = np.full((len(grid.day), len(names)), "", dtype="<U5")
    ts = own["event_ts"].dt.epoch("s").to_numpy().astype("datetime64[s]")
    row = np.minimum(np.searchsorted(grid.day, ts), len(grid.day) - 1)
    column = own["subject"].replace_strict({n: i for i, n in enumerate(names)}, default=-1, return_dtype=pl.Int64)
    known = (grid.day[row] == ts) & (column.to_numpy() >= 0)
    out[row[known], column.to_numpy()[known]] = own["state"].to_numpy()[known]
    return out


def _record(
    inside: NDArray[np.bool_], known: NDArray[np.bool_], grid: Grid, cut: slice, columns: list[int] | None,
    outcome: str, horizon: int,
) -> dict[str, object]:  # fmt: skip
    """The figures of one row; see `RECORD_SCHEMA`."""
    chosen = slice(None) if columns is None else columns
    scaled, plain = (g[horizon][cut][:, chosen] for g in (grid.scaled, grid.log_return))
    y = np.abs(scaled) if outcome == SIZE else scaled
    counted = inside & np.isfinite(y)
    day = grid.day[cut][counted.any(1)]
    n_stretches = int((counted[1:] & ~inside[:-1]).sum() + counted[0].sum())
    figures: dict[str, object] = {
        "n_days": int(counted.sum()), "n_stretches": n_stretches,
        "mean_return": float(np.expm1(plain[counted]).mean()) if counted.any() else None,
        "first_ts": _moment(day[0]) if len(day) else None, "last_ts": _moment(day[-1]) if len(day) else None,
    }  # fmt: skip
    days = np.flatnonzero((known & np.isfinite(y)).any(1))
    is_short = (
        len(days) == 0 or days[-1] - days[0] < MIN_SPAN or counted.sum() < MIN_DAYS or n_stretches < MIN_STRETCHES
    )
    if is_short or not (known & ~inside & np.isfinite(y)).any():
        return figures
    estimate, error = difference(inside, known, y)
    half = stats.t.ppf(0.975, CYCLES) * error
    return figures | {
        "estimate": estimate, "low": estimate - half, "high": estimate + half,
        "p_value": float(2 * stats.t.sf(abs(estimate) / error, CYCLES)) if error > 0 else 1.0,
        "detectable": POWER * error,
    }  # fmt: skip


def _moment(day: np.datetime64) -> object:
    return day.astype("datetime64[us]").item()


def difference(inside: NDArray[np.bool_], known: NDArray[np.bool_], y: Array) -> tuple[float, float]:
    """Mean of `y` [D, A] inside less mean of the other known days, and its standard error (t, CYCLES degrees).

    The difference is that of least squares on the state; its error treats each day's scores of all assets as one.
    """
    have = known & np.isfinite(y)
    share, mean = inside[have].mean(), y[have].mean()
    scores = np.where(have, (inside - share) * (np.where(have, y, 0.0) - mean), 0.0).sum(1)
    days = np.flatnonzero(have.any(1))
    scores = scores[days[0] : days[-1] + 1]
    average, error = slow_mean(scores, CYCLES)
    unit = len(scores) / (have.sum() * share * (1 - share))
    return float(average * unit), float(error * unit)


def _judged(rows: pl.DataFrame) -> pl.DataFrame:
    """With q-values, and what they allow to be said."""
    p = rows["p_value"].drop_nulls()
    q = iter(stats.false_discovery_control(p.to_numpy()).tolist()) if len(p) else iter(())
    judged = rows.with_columns(
        q_value=pl.Series([None if v is None else next(q) for v in rows["p_value"]], dtype=pl.Float64)
    )
    up, is_size = pl.col("estimate") > 0, pl.col("outcome") == SIZE
    found = (
        pl.when(is_size & up)
        .then(pl.lit("moves larger than the walk said"))
        .when(is_size)
        .then(pl.lit("moves smaller than the walk said"))
        .when(up)
        .then(pl.lit("higher returns followed"))
        .otherwise(pl.lit("lower returns followed"))
    )
    return judged.with_columns(
        verdict=pl.when(pl.col("p_value").is_null())
        .then(pl.lit("too short a history"))
        .when(pl.col("q_value") > LEVEL)
        .then(pl.lit("no record beyond chance"))
        .otherwise(found)
    )
