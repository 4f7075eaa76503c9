"""The page of known cases: false news that moved prices, on the finest candles available."""

from typing import Any

import polars as pl
import streamlit as st

from dashboards.charts import releases as releases_charts
from dashboards.data import Published
from dashboards.shell import chart, published, section, table
from dashboards.wording import number, one_line, unbroken_units

NAMES = {
    "event_ts": ("Time (UTC)", ""), "asset": ("Asset", ""), "claim": ("What was claimed", ""),
    "timeframe": ("Candles", ""), "peak_return": ("Peak in 24 h, %", "%+.1f"),
    "time_to_peak_h": ("Hours to peak", "%.2f"), "reversal_share": ("Reversed, %", "%.0f"),
    "peak_sigma": ("Largest, σ", "%.1f"), "lead_h": ("Flag before the denial, h", "%+.2f"),
    "false_alarms": ("False alarms, %", "%.1f"),
}  # fmt: skip


def overview(warehouse: Published) -> None:
    """All cases in one table."""
    rows = warehouse.known_cases()
    if rows.is_empty():
        st.info("No candles of this warehouse cover a known case.")
        return
    table(rows.with_columns(pl.col("peak_return", "reversal_share", "false_alarms") * 100), NAMES, key="cases")
    st.caption(
        "The flag is raised at the first close at which the move passes 4 sigmas of the reference walk for the "
        "time passed. False alarms: comparable days without a release on which it would have been raised. These "
        "cases are known because they were noticed: they do not show the average."
    )


def one(warehouse: Published, case: dict[str, Any]) -> None:
    """One case: what was claimed, what prices did, who reported it."""
    st.text(f"{case['kind'].capitalize()}, {one_line(case['channel'])}. Time known to: {case['ts_precision']}.")
    candles = warehouse.candles_around(case["asset"], case["event_ts"])
    if not candles.is_empty():
        chart(releases_charts.release_path(candles, case["event_ts"], case["retracted_ts"]), f"case-{case['case_id']}")
    flag = "never" if case["flagged_ts"] is None else f"{case['flagged_ts']:%H:%M} UTC"
    left = "not within the day" if case["half_life_h"] is None else f"{number(case['half_life_h'], '.2g')} h later"
    st.text(
        unbroken_units(
            f"Measured on {case['timeframe']} candles: {number(100 * case['peak_return'], '+.1f')} % at the peak, "
            f"{number(case['time_to_peak_h'], '.2g')} h after the release; half of it reversed {left}; "
            f"{number(100 * case['end_return'], '+.1f')} % left after a day. Flagged: {flag}."
        )
    )
    st.text(f"As reported: {one_line(case['reported_move'])}")
    if not case["is_clean"]:
        st.text("Not suitable for a clean test: its time is too uncertain, or something else moved the asset as well.")
    st.caption("Sources: " + ", ".join(f"`{source}`" for source in case["sources"].split()))


def draw(warehouse: Published) -> None:
    """The whole page."""
    simulated = warehouse.is_simulated()
    st.title("Known cases of false news")
    with section("All of them", simulated=simulated):
        overview(warehouse)
    cases = {f"{c['event_ts']:%Y-%m-%d} {c['asset']}: {c['claim']}": c for c in warehouse.known_cases().to_dicts()}
    if not cases:
        return
    picked = st.selectbox("Case", list(cases), key="case")
    with section("The case", simulated=simulated):
        one(warehouse, cases[picked])


with published() as opened:
    draw(opened)
