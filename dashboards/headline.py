"""The headline figures, each with its interval and what it does and does not show."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from dashboards.data import Published
from dashboards.sheet import Sheet, sheet_of_warehouse
from dashboards.wording import group_name, number, said_p
from domain.names import DEFAULT

CAVEAT_H = EXPECTED_H = 24.0
SIGNIFICANCE = 0.05
MOVING = ("moves", "as much before")
LARGE_SHARE = 0.3
TESTS = {  # of equal loss, the first that is there counts
    "equal_loss_slow": "equal loss, slow components allowed for",
    "dm_hln": "Diebold-Mariano",
}


@dataclass(frozen=True)
class Headline:
    """One figure: what it is, its value, and a line on how to read it."""

    name: str
    value: str
    reading: str


def headlines(warehouse: Published) -> list[Headline]:
    """The figures on top of the report and the app; a figure without data gives the reason."""
    scores, responses = warehouse.skill(), warehouse.responses()
    return [
        _skill(scores),
        _coverage(scores),
        _ssr(
            warehouse.query("FROM marts.ssr_daily WHERE coin = 'ALL' ORDER BY day DESC LIMIT 1"),
            warehouse.query("SELECT coin, max(day) AS day FROM marts.ssr_daily GROUP BY coin ORDER BY coin"),
        ),
        _response(responses, caveats(warehouse)),
        _after_releases(warehouse.mart("response_record")),
        _expected(warehouse.mart("generated_against_real").filter(pl.col("slice_by") == "all")),
        _realised(responses),
        _sharpe(sheet_of_warehouse(warehouse)),
        _health(warehouse.mart("data_health"), warehouse.mart("sources")),
    ]


def caveats(warehouse: Published, window_h: float = CAVEAT_H) -> dict[str, str]:
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
    test = [r for metric in TESTS for r in row.filter(pl.col("metric") == metric).to_dicts()]
    if not value or not test:
        return _missing(name, "no walk-forward evaluation: the history is too short")
    v, p = value[0], test[0]["p_value"]
    sure = _verdict(v, "better than chance", "worse than the walk", "not distinguishable from the walk")
    if sure == "better than chance" and (p is None or p >= 0.05):
        sure = "the interval is above zero but the test does not agree: not distinguishable from the walk"
    return Headline(
        name,
        f"{number(100 * v['value'], '+.2f')} %",
        f"95 % interval {_interval(v, '+.2f', 100)} %, p {said_p(p)} ({TESTS[test[0]['metric']]}), "
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


def _after_releases(record: pl.DataFrame) -> Headline:
    """How the bands to expect after releases have held, over all of them and by group."""
    name = f"Coverage of the 90 % band after releases, {EXPECTED_H:g} h"
    rows = {r["release_group"]: r for r in record.filter(pl.col("window_h") == EXPECTED_H).to_dicts()}
    if "all" not in rows:
        return _missing(name, "too few releases to judge by, or no hourly candles")
    r = rows.pop("all")
    low, high = (number(r[k], ".0%") for k in ("covered_low", "covered_high"))
    sure = f"95 % interval {low} to {high}" if r["covered_low"] is not None else "no interval"
    each = ", ".join(f"{group_name(g)} {number(v['covered'], '.0%')}" for g, v in sorted(rows.items()))
    reading = f"should be 90 %: {sure}, {r['n_releases']:,} releases, each expected from earlier ones alone"
    return Headline(name, number(r["covered"], ".0%"), f"{reading}; {each}" if each else reading)


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


def _response(responses: pl.DataFrame, weak: dict[str, str]) -> Headline:
    """The surest finding of any group and timeframe that survives the count of everything looked at, and the others."""
    name = "Prices after releases"
    rows = responses.filter(~pl.col("release_group").str.contains(" − "), pl.col("release_group") != "all").to_dicts()
    tested = [r for r in rows if r["verdict"] != "not tested"]
    if not tested:
        return _missing(name, "no group has releases on the twenty days that a test needs")
    moving = sorted((r for r in tested if r["verdict"] in MOVING), key=lambda r: -r["peak_statistic"])
    if not moving:
        able = [r["detectable"] for r in tested if r["detectable"] is not None]
        power = f"; {number(min(able), '.2f')} σ would have been found with 80 % power" if able else ""
        return Headline(name, "nothing survives", f"of all windows looked at in {_count(tested)}{power}")
    first = moving[0]
    group = first["release_group"]
    parts = [f"{_peak(first)}: beyond placebo times"] + ([weak[group]] if group in weak else [])
    parts += [f"{group_name(r['release_group'])} ({r['study_id']}) {number(r['peak_excess'], '+.2f')} σ, {_peak(r)}"
              for r in moving[1:]]  # fmt: skip
    quiet = [f"{group_name(r['release_group'])} ({r['study_id']})" for r in tested if r["verdict"] not in MOVING]
    parts += [f"nothing after: {', '.join(quiet)}"] if quiet else []
    return Headline(f"{name} ({group_name(group)})", f"{number(first['peak_excess'], '+.2f')} σ", "; ".join(parts))


def _peak(r: dict[str, Any]) -> str:
    low, high = (number(r[k], "+.2f") for k in ("peak_low", "peak_high"))
    back = ""
    if r["given_back"] is not None and r["given_back_q"] is not None and r["given_back_q"] < SIGNIFICANCE:
        back = f", {number(r['given_back'], '.0%')} back by {r['until_h']:g} h"
    follows = ", as much before" if r["verdict"] == "as much before" else ""
    seen = f"seen to {r['last_h']:g} h{back}{follows}"
    return (f"within {r['peak_h']:g} h (95 % interval {low} to {high}, n = {r['n_releases']}), {seen}")  # fmt: skip


def _count(tested: list[dict[str, Any]]) -> str:
    n = len({r["release_group"] for r in tested})
    return f"{n} group{'s' if n > 1 else ''} of releases"


def _realised(responses: pl.DataFrame) -> Headline:
    """Generated against real releases, in the window in which they differ most surely."""
    name = "Generated − real: realised"
    rows = responses.filter(pl.col("release_group") == "generated − real").sort("peak_q").to_dicts()
    if not rows:
        return _missing(name, "too few labelled releases in one of the groups: no comparison can be made")
    r = rows[0]
    sure = "a difference beyond chance" if r["verdict"] == "differs" else "no difference beyond chance in any window"
    power = "" if r["detectable"] is None else f"; {number(r['detectable'], '.2f')} would be found with 80 % power"
    low, high = (number(r[k], "+.2f") for k in ("peak_low", "peak_high"))
    return Headline(name, f"{number(r['peak_excess'], '+.2f')} σ",
                    f"excess move, {r['peak_h']:g} h, 95 % interval {low} to {high}, q = {number(r['peak_q'], '.3f')}, "
                    f"{r['n_releases']} releases: {sure}{power}")  # fmt: skip


def _expected(rows: pl.DataFrame) -> Headline:
    """What the response model expects of generated texts against real ones."""
    title = "Generated − real: expected"
    part = {
        (r["method"], r["group_b"]): r
        for r in rows.filter(
            pl.col("answer") == "scored",
            pl.col("group_a") == "generated",
            pl.col("group_b").is_in(["real", "all"]),
            pl.col("window_h") == EXPECTED_H,
            pl.col("quantity") == "expected_width_change",
        ).to_dicts()
    }
    ways = (("paired", "real"), ("permutation", "real"), ("paired", "all"))
    way = next((w for w in ways if w in part), None)
    if way is None:
        return _missing(title, "too few labelled releases in one of the groups: no comparison can be made")
    r = part[way]
    p = r["p_value"]
    verdict = "a difference beyond chance" if p is not None and p < SIGNIFICANCE else "no difference beyond chance"
    power = "" if r["detectable"] is None else (
        f"; {number(100 * r['detectable'], '.2f')} would be found with 80 % power")  # fmt: skip
    how = f"{r['n_a']} pairs in the same place" if way[0] == "paired" else f"{r['n_a']} against {r['n_b']}"
    how += ", labelled real or not" if way[1] == "all" else ""
    return Headline(
        title,
        f"{number(100 * r['difference'], '+.2f')} %-pts",
        f"change of the band to expect by the text, {EXPECTED_H:g} h, 95 % interval {_interval(r, '+.2f', 100)}, "
        f"p = {number(p, '.3f')}, {how}: {verdict}{power}",
    )


def _sharpe(sheet: Sheet | None) -> Headline:
    name = "Backtest Sharpe ratio"
    mine = {} if sheet is None else sheet.figures().get("sharpe", {})
    if sheet is None or mine.get("value") is None:
        why = mine.get("why") or "no walk-forward forecasts to trade"
        return _missing(name, f"{why}, or nothing was traded")
    hold = sheet.value("sharpe", "buy and hold")
    beside = f"; buy and hold {number(hold, '.2f')}" if hold is not None else ""
    sure = _verdict(mine, "above zero", "below zero", "not distinguishable from zero")
    chance = sheet.value("chance_p")
    luck = f"; as good by chance: p {said_p(chance)}" if chance is not None else ""
    return Headline(name, number(mine["value"], ".2f"),
                    f"95 % interval {_interval(mine, '.2f')}, after costs: {sure}{luck}{beside}")  # fmt: skip


def _health(findings: pl.DataFrame, sources: pl.DataFrame) -> Headline:
    n = {s: findings.filter(pl.col("severity") == s).height for s in ("error", "warning", "info")}
    silent = sources.filter(~pl.col("delivered")).height
    missing = f"; {silent:,} of {sources.height:,} sources did not deliver" if silent else ""
    return Headline("Data errors", f"{n['error']:,}", f"{n['warning']:,} warnings, {n['info']:,} notes{missing}")
