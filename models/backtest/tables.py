"""The result of a whole backtest as tables: rows of models.backtest_*."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

import numpy as np
import polars as pl

from domain.types import Array
from models.backtest.backtest import Outcome
from models.backtest.contest import Contest
from models.backtest.ledger.terms import Terms
from models.backtest.metrics import DAYS_PER_YEAR, Figure, drawdowns, figures, rolling
from models.backtest.strategies.rivals import BITCOIN, BUY_AND_HOLD, EQUAL_WEIGHT, scaled_to

ALIKE = (BUY_AND_HOLD, EQUAL_WEIGHT, BITCOIN)  # what is shown at the volatility of each strategy
HEADLINE, STRATEGY, RIVAL = "headline", "strategy", "rival"


@dataclass(frozen=True)
class Tables:
    """Rows of models.backtest_equity, metrics, trades, positions, drawdowns, curves and trials."""

    equity: pl.DataFrame
    metrics: pl.DataFrame
    trades: pl.DataFrame
    positions: pl.DataFrame
    drawdowns: pl.DataFrame
    curves: pl.DataFrame
    trials: pl.DataFrame


def tables_of(contest: Contest, terms: Terms, now: datetime) -> Tables:
    """Tables of a contest; `now`: the moment that trials are recorded as tried at."""
    every = [*contest.outcomes, *contest.rivals]
    head = contest.outcomes[0]
    roles = [HEADLINE] + [STRATEGY] * (len(contest.outcomes) - 1) + [RIVAL] * len(contest.rivals)
    curves = pl.DataFrame(contest.curves, schema=["axis", "x", "sharpe"], orient="row")
    return Tables(
        pl.concat(_equity(o, role, head, contest.span.market_daily) for o, role in zip(every, roles, strict=True)),
        pl.concat([_metrics(o, contest, head) for o in every] + [_of_the_choice(contest)]),
        pl.concat(_named(o, o.statement.fills.with_columns(available_ts="event_ts")) for o in every),
        pl.concat(_positions(o, terms.capital_usd) for o in every),
        pl.concat(_drawdowns(o) for o in every),
        _named(head, curves),
        trial_rows(contest, terms, now),
    )


def _named(outcome: Outcome, frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(pl.lit(outcome.name).alias("strategy"), pl.all())


def _day_end(days: np.ndarray) -> pl.Series:
    return pl.Series((days + 1).astype("datetime64[D]").astype("datetime64[us]")).dt.replace_time_zone("UTC")


def _equity(o: Outcome, role: str, head: Outcome, market_daily: Array) -> pl.DataFrame:
    """Equity by the day; of a rival also at the headline's volatility."""
    day = o.statement.day
    last = np.append(np.flatnonzero(np.diff(day)), len(day) - 1)
    start = np.append(0, last[:-1] + 1)
    equity, at_end = np.cumprod(1 + o.daily), o.account.equity[last, 0]
    scaled = scaled_to(o.daily, head.daily) if role == RIVAL else np.full_like(o.daily, np.nan)
    ts = _day_end(o.days)
    frame = pl.DataFrame({
        "event_ts": ts, "available_ts": ts, "equity": equity, "gross_equity": np.cumprod(1 + o.daily_gross),
        "daily_return": o.daily, "scaled_equity": np.cumprod(1 + scaled),
        "drawdown": equity / np.maximum(np.maximum.accumulate(equity), 1.0) - 1,
        "gross_exposure": _over(o.account.gross[last, 0], at_end),
        "net_exposure": _over(o.account.net[last, 0], at_end),
        "turnover": _over(np.add.reduceat(o.account.traded[:, 0], start), at_end),
    })  # fmt: skip
    moving = rolling(o.days, o.daily, market_daily).drop("day")
    whole = pl.concat([frame, moving], how="horizontal").with_columns(pl.col("scaled_equity").fill_nan(None))
    return _named(o, whole).with_columns(role=pl.lit(role))


def _over(part: Array, equity: Array) -> Array:
    """A share of the equity; 0 where everything is lost."""
    return np.divide(part, equity, out=np.zeros_like(part), where=equity > 0)


def _drawdowns(o: Outcome) -> pl.DataFrame:
    """The deepest falls, in order."""
    return _named(o, drawdowns(o.days, o.daily)).with_columns(place=pl.int_range(1, pl.len() + 1, dtype=pl.Int32))


def _positions(o: Outcome, capital: float) -> pl.DataFrame:
    """Positions and profit by asset and day."""
    ends = pl.DataFrame({"day": o.days.astype("datetime64[D]"), "end": np.cumprod(1 + o.daily)},
                        schema_overrides={"day": pl.Date})  # fmt: skip
    rows = o.statement.daily().join(ends, on="day", how="left", maintain_order="left")
    weight = pl.when(pl.col("end") > 0).then(pl.col("position_usd") / (pl.col("end") * capital)).otherwise(0.0)
    return _named(o, rows.with_columns(weight=weight).drop("end"))


METRIC_ROW = {"metric": pl.String, "value": pl.Float64, "low": pl.Float64, "high": pl.Float64, "why": pl.String}


def _frame(rows: list[tuple[str, Figure]]) -> pl.DataFrame:
    told = [(name, f.value, f.low, f.high, f.why or None) for name, f in rows]
    return pl.DataFrame(told, schema=METRIC_ROW, orient="row").with_columns(pl.col(pl.Float64).fill_nan(None))


def _metrics(o: Outcome, contest: Contest, head: Outcome) -> pl.DataFrame:
    """Figures of one strategy: net, gross, costs, luck; of a rival also at the headline's volatility."""
    rows = list(o.figures.items())
    rows += [(f"{name}_gross", o.gross_figures[name]) for name in ("annual_return", "sharpe", "total_return")]
    rows += [(f"cost_{kind}", Figure(share)) for kind, share in o.costs.items()]
    rows.append(("cost_per_year", Figure(sum(o.costs.values()))))
    if o.name in contest.luck.deflated:
        rows.append(("deflated_sharpe", Figure(contest.luck.deflated[o.name])))
    if o in contest.rivals:
        scaled = scaled_to(o.daily, head.daily)
        if np.isfinite(scaled).all():
            like = figures(scaled)
            rows += [(f"{name}_at_its_volatility", like[name]) for name in ("annual_return", "max_drawdown")]
    else:
        rows += _beside(o, contest)
    rows += [(f"alarm_{i}", Figure(np.nan, why=said)) for i, said in enumerate(o.alarms, 1)]
    return _named(o, _frame(rows))


def _beside(o: Outcome, contest: Contest) -> list[tuple[str, Figure]]:
    """What stands beside one strategy: rivals at its volatility, its rule on the walk's forecasts, random signals."""
    rows = []
    for rival in contest.rivals:
        scaled = scaled_to(rival.daily, o.daily)
        if rival.name in ALIKE and np.isfinite(scaled).all():
            rows.append((f"{rival.name.replace(' ', '_')}_at_its_volatility", figures(scaled)["annual_return"]))
    if o.name in contest.on_the_walk:
        walk = contest.on_the_walk[o.name].figures
        traded = walk["fills"].value > 0
        rows.append(
            ("annual_return_on_the_walk", walk["annual_return"] if traded else Figure(np.nan, why="nothing traded"))
        )
    if o.name in contest.chance:
        chance = contest.chance[o.name]
        low, middle, high = np.quantile(chance.sharpe, [0.025, 0.5, 0.975])
        rows += [("sharpe_of_random_signals", Figure(middle, low, high)), ("chance_p", Figure(chance.p))]
    return rows


def _of_the_choice(contest: Contest) -> pl.DataFrame:
    """What is said of all configurations together."""
    luck, too_few = contest.luck, "too few days or configurations"
    pbo, paths = luck.overfitting, luck.paths
    rows = [("n_trials", Figure(luck.n_trials)), ("best_of_all", Figure(np.nan, why=luck.best))]
    rows.append(("overfitting_probability", Figure(pbo.probability) if pbo else Figure(np.nan, why=too_few)))
    if paths is None:
        rows.append(("sharpe_of_the_choice", Figure(np.nan, why=too_few)))
    else:
        each = paths.sharpe * np.sqrt(DAYS_PER_YEAR)
        rows.append(("sharpe_of_the_choice", Figure(float(np.median(each)), float(each.min()), float(each.max()))))
    return _frame(rows).select(pl.lit("all configurations").alias("strategy"), pl.all())


def trial_rows(contest: Contest, terms: Terms, now: datetime) -> pl.DataFrame:
    """Every configuration of the contest, with what its result was."""
    told, daily = json.dumps(asdict(terms), sort_keys=True), contest.trials.daily
    days = contest.outcomes[0].days
    rows = []
    for row, returns in zip(contest.trials.table.iter_rows(named=True), daily.T, strict=True):
        made = figures(returns)
        rows.append({
            **row, "terms": told, "first_tried_ts": now,
            "first_day": days[0], "last_day": days[-1], "sharpe": made["sharpe"].value,
            "annual_return": made["annual_return"].value, "max_drawdown": made["max_drawdown"].value,
        })  # fmt: skip
    frame = pl.DataFrame(rows, infer_schema_length=None, schema_overrides={"model_name": pl.String})
    return frame.drop("is_shown").with_columns(
        pl.col("first_day", "last_day").cast(pl.Int32).cast(pl.Date), pl.col("horizon_h").cast(pl.Int32),
        pl.col("annual_return", "sharpe").fill_nan(None),
    )  # fmt: skip
