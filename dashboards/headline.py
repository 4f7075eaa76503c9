"""The headline figures, each with its interval and what it does and does not show."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from dashboards.data import Published
from dashboards.wording import group_name, number
from domain.names import DEFAULT

HEADLINE_WINDOW_H = 24.0
LARGE_SHARE = 0.3


@dataclass(frozen=True)
class Headline:
    """One figure: what it is, its value, and a line on how to read it."""

    name: str
    value: str
    reading: str


def headlines(warehouse: Published) -> list[Headline]:
    """The figures on top of the report and the app; a figure without data gives the reason."""
    scores = warehouse.skill()
    return [
        _skill(scores),
        _coverage(scores),
        _ssr(
            warehouse.query("FROM marts.ssr_daily WHERE coin = 'ALL' ORDER BY day DESC LIMIT 1"),
            warehouse.query("SELECT coin, max(day) AS day FROM marts.ssr_daily GROUP BY coin ORDER BY coin"),
        ),
        _excess(warehouse.mart("impact_tests"), caveats(warehouse)),
        *_compared(warehouse.mart("generated_against_real").filter(pl.col("slice_by") == "all")),
        _sharpe(warehouse.mart("backtest_summary")),
        _health(warehouse.mart("data_health"), warehouse.mart("sources")),
    ]


def caveats(warehouse: Published, window_h: float = HEADLINE_WINDOW_H) -> dict[str, str]:
    """What weakens a group's mean excess move, by group: one dominant release, dates without a time of day."""
    out = {}
    for r in warehouse.concentration(window_h).to_dicts():
        notes = []
        if r["largest_share"] is not None and r["total"] > 0 and r["largest_share"] > LARGE_SHARE:
            share = f", {number(r['largest_share'], '.0%')} of the group's sum" if r["largest_share"] <= 1 else ""
            notes.append(f"one release alone moved {number(r['largest'], '+.1f')} σ beyond placebo{share}")
        if r["n_day_only"] * 2 > r["n_releases"]:
            notes.append(f"{r['n_day_only']} of {r['n_releases']} releases are dated to the day only")
        if notes:
            out[r["release_group"]] = "; ".join(notes)
    return out


def _missing(name: str, why: str) -> Headline:
    """A figure without a value and the reason."""
    return Headline(name, "—", why)


def _interval(row: dict[str, Any], spec: str, factor: float = 1.0) -> str:
    low, high = (None if row[k] is None else factor * row[k] for k in ("low", "high"))
    return f"{number(low, spec)} to {number(high, spec)}"


def _verdict(row: dict[str, Any], above: str, below: str, neither: str) -> str:
    """`above`, `below` or `neither`, by where the interval lies relative to zero."""
    if row["low"] is None or row["high"] is None:
        return "no interval, so nothing can be said"
    return above if row["low"] > 0 else below if row["high"] < 0 else neither


def _skill(scores: pl.DataFrame) -> Headline:
    name = "Forecast skill over the reference walk"
    row = scores.filter(pl.col("model_name") == DEFAULT, pl.col("horizon_h") == 0)
    value = row.filter(pl.col("metric") == "crps_skill").to_dicts()
    test = row.filter(pl.col("metric") == "dm_hln").to_dicts()
    if not value or not test:
        return _missing(name, "no walk-forward evaluation: the history is too short")
    v, p = value[0], test[0]["p_value"]
    sure = _verdict(v, "better than chance", "worse than the walk", "not distinguishable from the walk")
    if sure == "better than chance" and (p is None or p >= 0.05):
        sure = "the interval is above zero but the test does not agree: not distinguishable from the walk"
    return Headline(
        name,
        f"{number(100 * v['value'], '+.2f')} %",
        f"95 % interval {_interval(v, '+.2f', 100)} %, Diebold-Mariano p = {number(p, '.3f')}, "
        f"{v['n_origins']} origins: {sure}",
    )


def _coverage(scores: pl.DataFrame) -> Headline:
    name = "Coverage of the 90 % band"
    rows = (
        scores.filter(pl.col("model_name") == DEFAULT, pl.col("metric") == "coverage_90", pl.col("horizon_h") > 0)
        .sort("horizon_h")
        .to_dicts()
    )
    if not rows:
        return _missing(name, "no walk-forward evaluation")
    low, high = (f"{100 * f(r['value'] for r in rows):.0f}" for f in (min, max))
    each = ", ".join(f"{r['horizon_h']} h {number(100 * r['value'], '.1f')} %" for r in rows)
    return Headline(name, f"{low} %" if low == high else f"{low}–{high} %", f"should be 90 %: {each}")


def _ssr(row: pl.DataFrame, newest: pl.DataFrame) -> Headline:
    """`newest`: the last day of each coin; a coin that has ended leaves no total after it, and is named."""
    if row.is_empty():
        return _missing("Stablecoin Supply Ratio", "no stablecoin supply or no BTC capitalisation")
    r = row.to_dicts()[0]
    z = "oscillator needs 200 days" if r["oscillator_z"] is None else (
        f"oscillator z = {number(r['oscillator_z'], '+.2f')} ({'beyond' if abs(r['oscillator_z']) > 2 else 'within'} "
        "the ±2 bands)")  # fmt: skip
    coins = f"{r['n_coins']} coins" + (f", without {r['absent_coins']}" if r.get("absent_coins") else "")
    reading = f"at market {number(r['ssr_market'], ',.2f')}, {z}, on {r['day']} ({coins})"
    if newest["day"].max() > r["day"]:
        ended = newest.filter(pl.col("day") <= r["day"], pl.col("coin") != "ALL")["coin"]
        reading += f"; no total since, for want of {', '.join(ended) or 'a coin'}: choose a coin list without it"
    return Headline("Stablecoin Supply Ratio", number(r["ssr_par"], ",.2f"), reading)


def _excess(tests: pl.DataFrame, weak: dict[str, str]) -> Headline:
    name = f"Excess move after releases, {HEADLINE_WINDOW_H:g} h"
    rows = tests.filter(
        pl.col("test") == "excess_move", pl.col("benchmark") == "reference_walk", pl.col("study_id") == "1h",
        pl.col("window_h") == HEADLINE_WINDOW_H, pl.col("estimate").is_not_null(),
    ).sort("n_releases", descending=True).to_dicts()  # fmt: skip
    if not rows:
        return _missing(name, "fewer than five releases with candles and matched placebo times")
    first = next((r for r in rows if r["release_group"] == "real"), rows[0])
    group = first["release_group"]
    sure = _verdict(first, "beyond placebo times", "below placebo times", "not distinguishable from placebo times")
    parts = [f"95 % interval {_interval(first, '+.2f')}, n = {first['n_releases']}: {sure}"]
    if group in weak:
        parts.append(weak[group])
    parts += [
        f"{group_name(r['release_group'])} {number(r['estimate'], '+.2f')} ({_interval(r, '+.2f')}), "
        f"n = {r['n_releases']}"
        for r in rows
        if r is not first
    ]
    return Headline(f"{name} ({group_name(group)})", f"{number(first['estimate'], '+.2f')} σ", "; ".join(parts))


def _compared(rows: pl.DataFrame) -> list[Headline]:
    out = []
    for answer, title, factor, unit, column, quantity in (
        ("scored", "Generated − real: expected", 100, "%-pts", "expected_width_change",
         "change of the network's 90 % band by the text"),
        ("realised", "Generated − real: realised", 1, "σ", "excess_move", "excess move"),
    ):  # fmt: skip
        part = {
            (r["method"], r["group_b"]): r
            for r in rows.filter(
                pl.col("answer") == answer,
                pl.col("group_a") == "generated",
                pl.col("group_b").is_in(["real", "all"]),
                pl.col("window_h") == HEADLINE_WINDOW_H,
                pl.col("study_id").is_in(["1h", "scored"]),
                pl.col("quantity") == column,
            ).to_dicts()
        }
        ways = (("paired", "real"), ("permutation", "real"), ("paired", "all"))
        way = next((w for w in ways if w in part), None)
        if way is None:
            out.append(_missing(title, "too few labelled releases in one of the groups: no comparison can be made"))
            continue
        r = part[way]
        p = r["p_value"]
        verdict = "a difference beyond chance" if p is not None and p < 0.05 else "no difference beyond chance"
        power = "" if r["detectable"] is None else (
            f"; {number(factor * r['detectable'], '.2f')} would be found with 80 % power")  # fmt: skip
        how = f"{r['n_a']} pairs in the same place" if way[0] == "paired" else f"{r['n_a']} against {r['n_b']}"
        how += ", labelled real or not" if way[1] == "all" else ""
        out.append(
            Headline(
                title,
                f"{number(factor * r['difference'], '+.2f')} {unit}",
                f"{quantity}, {HEADLINE_WINDOW_H:g} h, 95 % interval {_interval(r, '+.2f', factor)}, "
                f"p = {number(p, '.3f')}, {how}: {verdict}{power}",
            )
        )
    return out


def _sharpe(summary: pl.DataFrame) -> Headline:
    rows = {r["strategy"]: r for r in summary.filter(pl.col("metric") == "sharpe").to_dicts()}
    if DEFAULT not in rows or rows[DEFAULT]["value"] is None:
        return _missing("Backtest Sharpe ratio", "no walk-forward forecasts to trade, or nothing was traded")
    mine, hold = rows[DEFAULT], rows.get("buy_and_hold", {})
    beside = f"; buy and hold {number(hold['value'], '.2f')}" if hold.get("value") is not None else ""
    sure = _verdict(mine, "above zero", "below zero", "not distinguishable from zero")
    return Headline("Backtest Sharpe ratio", number(mine["value"], ".2f"),
                    f"95 % interval {_interval(mine, '.2f')}, after costs: {sure}{beside}")  # fmt: skip


def _health(findings: pl.DataFrame, sources: pl.DataFrame) -> Headline:
    n = {s: findings.filter(pl.col("severity") == s).height for s in ("error", "warning", "info")}
    silent = sources.filter(~pl.col("delivered")).height
    missing = f"; {silent:,} of {sources.height:,} sources did not deliver" if silent else ""
    return Headline("Data errors", f"{n['error']:,}", f"{n['warning']:,} warnings, {n['info']:,} notes{missing}")
