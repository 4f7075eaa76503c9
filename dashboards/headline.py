"""The headline figures, in words that the numbers support: what moved, how sure, what cannot be said."""

from dataclasses import dataclass

import polars as pl

from dashboards.data import NETWORK, Published

HEADLINE_WINDOW_H = 24.0


@dataclass(frozen=True)
class Headline:
    """One figure: what it is, its value, and a line on how to read it."""

    name: str
    value: str
    reading: str


def headlines(warehouse: Published) -> list[Headline]:
    """The figures on top of the report and the app; one that has no data says so."""
    return [
        _skill(warehouse.skill()),
        _coverage(warehouse.skill()),
        _ssr(warehouse.query("FROM marts.ssr_daily WHERE coin = 'ALL' ORDER BY day DESC LIMIT 1")),
        _excess(warehouse.mart("impact_tests")),
        *_compared(warehouse.mart("generated_against_real")),
        _sharpe(warehouse.mart("backtest_summary")),
        _health(warehouse.mart("data_health")),
    ]


def _missing(name: str, why: str) -> Headline:
    return Headline(name, "—", why)


def _skill(scores: pl.DataFrame) -> Headline:
    name = "Forecast skill over the reference walk"
    row = scores.filter(pl.col("model_name") == NETWORK, pl.col("horizon_h") == 0)
    value = row.filter(pl.col("metric") == "crps_skill").to_dicts()
    test = row.filter(pl.col("metric") == "dm_hln").to_dicts()
    if not value or not test:
        return _missing(name, "no walk-forward evaluation: the history is too short")
    v, t = value[0], test[0]
    sure = "better than chance" if v["low"] > 0 and t["p_value"] < 0.05 else (
        "worse than the walk" if v["high"] < 0 else "not distinguishable from the walk")  # fmt: skip
    return Headline(
        name, f"{100 * v['value']:+.2f} %",
        f"95 % interval {100 * v['low']:+.2f} to {100 * v['high']:+.2f} %, Diebold-Mariano p = {t['p_value']:.3f}, "
        f"{v['n_origins']} origins: {sure}",
    )  # fmt: skip


def _coverage(scores: pl.DataFrame) -> Headline:
    rows = (
        scores.filter(pl.col("model_name") == NETWORK, pl.col("metric") == "coverage_90").sort("horizon_h").to_dicts()
    )
    if not rows:
        return _missing("Coverage of the 90 % band", "no walk-forward evaluation")
    low, high = min(r["value"] for r in rows), max(r["value"] for r in rows)
    each = ", ".join(f"{r['horizon_h']} h {100 * r['value']:.1f} %" for r in rows)
    return Headline("Coverage of the 90 % band", f"{100 * low:.0f}–{100 * high:.0f} %", each)


def _ssr(row: pl.DataFrame) -> Headline:
    if row.is_empty():
        return _missing("Stablecoin Supply Ratio", "no stablecoin supply or no BTC capitalisation")
    r = row.to_dicts()[0]
    z = "oscillator needs 200 days" if r["oscillator_z"] is None else f"oscillator z = {r['oscillator_z']:+.2f}"
    return Headline("Stablecoin Supply Ratio", f"{r['ssr_par']:.2f}",
                    f"at market {r['ssr_market']:.2f}, {z}, on {r['day']} ({r['n_coins']} coins)")  # fmt: skip


def _excess(tests: pl.DataFrame) -> Headline:
    name = f"Excess move after releases, {HEADLINE_WINDOW_H:g} h"
    rows = tests.filter(
        pl.col("test") == "excess_move", pl.col("benchmark") == "reference_walk", pl.col("study_id") == "1h",
        pl.col("window_h") == HEADLINE_WINDOW_H,
    ).sort("n_releases", descending=True).to_dicts()  # fmt: skip
    if not rows:
        return _missing(name, "fewer than five releases with candles and matched placebo times")
    first = next((r for r in rows if r["release_group"] == "real"), rows[0])
    each = "; ".join(
        f"{r['release_group'].replace('_', ' ')} {r['estimate']:+.2f} "
        f"[{r['low']:+.2f}, {r['high']:+.2f}], n = {r['n_releases']}"
        for r in rows
    )
    return Headline(f"{name} ({first['release_group'].replace('_', ' ')})", f"{first['estimate']:+.2f} σ", each)


def _compared(rows: pl.DataFrame) -> list[Headline]:
    out = []
    for answer, title, factor, unit in (
        ("realised", "Generated − real, what prices did", 1, "σ"),
        ("scored", "Generated − real, what the network expects", 100, "%-pts of band width"),
    ):  # fmt: skip
        part = rows.filter(
            pl.col("answer") == answer, pl.col("group_a") == "generated", pl.col("group_b") == "real",
            pl.col("window_h") == HEADLINE_WINDOW_H, pl.col("study_id").is_in(["1h", "scored"]),
        ).to_dicts()  # fmt: skip
        if not part:
            out.append(_missing(title, "too few labelled releases in one of the groups: no comparison can be made"))
            continue
        r = part[0]
        verdict = "a difference" if r["p_value"] < 0.05 else "no difference beyond chance"
        out.append(
            Headline(
                title, f"{factor * r['difference']:+.2f} {unit}",
                f"95 % interval {factor * r['low']:+.2f} to {factor * r['high']:+.2f}, "
                f"permutation p = {r['p_value']:.3f}, {r['n_a']} against {r['n_b']}: {verdict}; "
                f"{factor * r['detectable']:.2f} would be found with 80 % power",
            )
        )  # fmt: skip
    return out


def _sharpe(summary: pl.DataFrame) -> Headline:
    rows = {r["strategy"]: r for r in summary.filter(pl.col("metric") == "sharpe").to_dicts()}
    if NETWORK not in rows or rows[NETWORK]["value"] is None:
        return _missing("Backtest Sharpe ratio", "no walk-forward forecasts to trade, or nothing was traded")
    mine, hold = rows[NETWORK], rows.get("buy_and_hold", {})
    beside = f"; buy and hold {hold['value']:.2f}" if hold.get("value") is not None else ""
    return Headline("Backtest Sharpe ratio", f"{mine['value']:.2f}",
                    f"95 % interval {mine['low']:.2f} to {mine['high']:.2f}, after costs{beside}")  # fmt: skip


def _health(findings: pl.DataFrame) -> Headline:
    n = {s: findings.filter(pl.col("severity") == s).height for s in ("error", "warning", "info")}
    reading = f"{n['warning']} warnings, {n['info']} notes"
    return Headline("Data errors", str(n["error"]), reading)
