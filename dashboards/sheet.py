"""The frames of a backtest, from the published warehouse or from a folder, and the sentences that sum them up."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from dashboards.open import OpenWarehouse
from dashboards.wording import number, said_p, unbroken_units

FRAMES = ("equity", "summary", "trades", "positions", "pnl_daily", "drawdowns", "curves", "trials")
CHOICE = "all configurations"


@dataclass(frozen=True)
class Sheet:
    """Frames as marts.backtest_*; `frames["pnl_daily"]` and so on. The headline strategy's name and figures by name."""

    frames: dict[str, pl.DataFrame]
    headline: str
    is_simulated: bool

    def figures(self, strategy: str | None = None) -> dict[str, dict[str, Any]]:
        """Rows of the summary of one strategy by metric: value, low, high, why."""
        rows = self.frames["summary"].filter(pl.col("strategy") == (strategy or self.headline))
        return {r["metric"]: r for r in rows.to_dicts()}

    def value(self, metric: str, strategy: str | None = None) -> float | None:
        """One figure, None where it is blank."""
        found: float | None = self.figures(strategy).get(metric, {}).get("value")
        return found

    def names(self, *roles: str) -> list[str]:
        """Strategies of these roles, in the order of the roles, then by name."""
        rows = self.frames["equity"].select("role", "strategy").unique()
        found = [sorted(rows.filter(pl.col("role") == role)["strategy"].to_list()) for role in roles]
        return [name for of_role in found for name in of_role]

    def own(self, frame: str) -> pl.DataFrame:
        """The rows of the headline."""
        return self.frames[frame].filter(pl.col("strategy") == self.headline)


def _sheet(frames: dict[str, pl.DataFrame], *, is_simulated: bool) -> Sheet | None:
    head = frames["equity"].filter(pl.col("role") == "headline") if not frames["equity"].is_empty() else pl.DataFrame()
    return None if head.is_empty() else Sheet(frames, head["strategy"][0], is_simulated)


def sheet_of_warehouse(warehouse: OpenWarehouse) -> Sheet | None:
    """The newest backtest of a published warehouse, None where there is none."""
    frames = {name: warehouse.mart(f"backtest_{name}") for name in FRAMES}
    frames["equity"] = frames["equity"].sort("strategy", "event_ts")
    simulated = not frames["equity"].is_empty() and bool(frames["equity"]["is_simulated"].any())
    return _sheet(frames, is_simulated=simulated)


def sheet_of_folder(folder: Path) -> Sheet | None:
    """A backtest that `tapewire backtest --out` wrote. FileNotFoundError where a file of it is missing."""
    frames = {name: pl.read_parquet(folder / f"{name}.parquet") for name in FRAMES}
    simulated = not frames["equity"].is_empty() and bool(frames["equity"]["is_simulated"].any())
    return _sheet(frames, is_simulated=simulated)


def sentences(sheet: Sheet) -> list[str]:
    """What it earned net of what, against what, how sure, and how much of it is luck."""
    said = [_earned(sheet), _against(sheet), _sure(sheet), *_luck(sheet)]
    return [unbroken_units(s) for s in said if s]


def alarms(sheet: Sheet) -> list[str]:
    """Why a result may not be true, of any strategy that is shown."""
    rows = sheet.frames["summary"].filter(pl.col("metric").str.starts_with("alarm_"))
    return [unbroken_units(f"{r['strategy']}: {r['why']}") for r in rows.to_dicts()]


def _earned(sheet: Sheet) -> str:
    days = sheet.own("equity").select(pl.col("event_ts").dt.offset_by("-1s")).rows()  # stamped with their ends
    f = {name: row["value"] for name, row in sheet.figures().items()}
    span = f"{sheet.headline}, {days[0][0]:%-d %B %Y} to {days[-1][0]:%-d %B %Y} ({len(days):,} days)"
    if not f.get("fills"):
        return f"{span}: nothing was traded"
    if f.get("annual_return") is None:
        return f"{span}: {number(f['total_return'], '+.2%')} in all, too short for a figure a year"
    costs = [(f.get(f"cost_{k}") or 0.0, n) for k, n in (("fee", "fees"), ("spread", "spread"), ("impact", "impact"),
             ("carry", "carry"), ("delisted", "delisted assets"))]  # fmt: skip
    paid = ", ".join(f"{n} {number(v, '.2%')}" for v, n in costs if abs(v) >= 5e-5)
    return (
        f"{span}: {number(f['annual_return'], '+.1%')} a year net, {number(f['annual_return_gross'], '+.1%')} before "
        f"costs, which took {number(f['cost_per_year'], '.2%')} of the equity a year ({paid or 'next to nothing'})"
    )


def _against(sheet: Sheet) -> str:
    told = []
    for name in sheet.names("rival"):
        f = sheet.figures(name)
        if not (f.get("fills") or {}).get("value"):
            told.append(f"{name}: nothing traded")
            continue
        scaled = (f.get("annual_return_at_its_volatility") or {}).get("value")
        beside = f" ({number(scaled, '+.1%')} at the headline's volatility)" if scaled is not None else ""
        told.append(f"{name} {number(f['annual_return']['value'], '+.1%')} a year{beside}")
    return "Beside it: " + "; ".join(told)


def _sure(sheet: Sheet) -> str:
    sharpe = sheet.figures().get("sharpe", {})
    if sharpe.get("value") is None:
        return f"No Sharpe ratio: {sharpe.get('why') or 'nothing to measure'}"
    low, high = sharpe["low"], sharpe["high"]
    verdict = "above zero" if low > 0 else "below zero" if high < 0 else "not distinguishable from zero"
    needed = sheet.value("least_days_to_tell")
    more = f"; such a ratio needs {needed:,.0f} days to be told from zero" if needed and low <= 0 < high else ""
    return (
        f"Sharpe ratio {number(sharpe['value'], '.2f')} a year after costs, 95 % interval {number(low, '.2f')} to "
        f"{number(high, '.2f')}: {verdict}{more}"
    )


def _luck(sheet: Sheet) -> list[str]:
    said, choice = [], sheet.figures(CHOICE)
    p, random = sheet.value("chance_p"), sheet.figures().get("sharpe_of_random_signals")
    if p is not None and random:
        said.append(
            "Random signals with the same turnover and holding have a Sharpe ratio of "
            f"{number(random['value'], '.2f')} in the middle ({number(random['low'], '.2f')} to "
            f"{number(random['high'], '.2f')}); as good by chance: p {said_p(p)}"
        )
    n = choice["n_trials"]["value"]
    best = choice["best_of_all"]["why"]
    deflated = sheet.value("deflated_sharpe", best)
    text = f"{n:,.0f} configurations were ever tried; the best of the present ones is {best}"
    text += (
        ""
        if deflated is None
        else (
            f", and the probability that its Sharpe ratio is above what the best of {n:,.0f} shows without skill is "
            f"{number(deflated, '.2f')}"
        )
    )
    said.append(text)
    pbo, path = choice["overfitting_probability"], choice["sharpe_of_the_choice"]
    if pbo["value"] is not None:
        said.append(
            f"Probability of backtest overfitting, before costs, {number(pbo['value'], '.2f')} (.5: the choice among "
            "configurations tells nothing)"
        )
    if path["value"] is not None:
        said.append(
            "Chosen on other days than it is judged on (combinatorial purged cross-validation), the best configuration "
            f"has a Sharpe ratio of {number(path['value'], '.2f')} out of sample in the middle, "
            f"{number(path['low'], '.2f')} to {number(path['high'], '.2f')} over the paths"
        )
    return said
