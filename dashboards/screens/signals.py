"""Signals: what they say now, and what followed them in the past."""

import polars as pl
import streamlit as st

from dashboards import questions
from dashboards.data import Published
from dashboards.shell import asset_choice, filters, published, section, table

NOW = {
    "signal": ("Signal", ""), "subject": ("Of", ""), "day": ("Day", ""), "value": ("Value", "%.4g"),
    "percentile": ("Percentile", "%.0f"), "state": ("State", ""), "verdict": ("What followed in the past", ""),
    "estimate": ("Difference, σ", "%+.2f"), "low": ("from", "%+.2f"), "high": ("to", "%+.2f"),
    "horizon_d": ("Days ahead", "%d"), "q_value": ("q", "%.3f"),
}  # fmt: skip
RECORD = {
    "signal": ("Signal", ""), "state": ("State", ""), "outcome": ("Outcome", ""), "horizon_d": ("Days ahead", "%d"),
    "verdict": ("Verdict", ""), "estimate": ("Difference, σ", "%+.2f"), "low": ("from", "%+.2f"),
    "high": ("to", "%+.2f"), "q_value": ("q", "%.3f"), "p_value": ("p", "%.3f"),
    "detectable": ("Detectable, σ", "%.2f"), "mean_return": ("Mean return, %", "%+.2f"), "n_days": ("Days", "%d"),
    "n_stretches": ("Stretches", "%d"), "first_ts": ("First (UTC)", ""), "last_ts": ("Last (UTC)", ""),
}  # fmt: skip


def now(warehouse: Published) -> None:
    """What signals say of one asset and of the market."""
    assets = questions.traded_assets(warehouse)
    if not assets:
        st.info("There are no prices yet.")
        return
    with filters():
        asset = asset_choice(assets)
    rows = questions.signals(warehouse, asset)
    if rows.is_empty():
        st.info("No signal is known for this asset.")
        return
    table(rows.with_columns(pl.col("percentile") * 100), NOW, key="signals")
    st.caption(
        "High and low: the upper and lower fifth of the signal's own past year. The finding is the surest of the state "
        "that it is in now: direction (return) or size (its absolute value), 1 or 7 days ahead, in the reference "
        "walk's sigma, beside other days, with its 95 % interval."
    )


def record(warehouse: Published) -> None:
    """All records, the surest first."""
    rows = warehouse.query("FROM marts.signal_record ORDER BY q_value NULLS LAST, signal, state, outcome, horizon_d")
    if rows.is_empty():
        st.info("There is no history yet.")
        return
    found = rows.filter(~pl.col("verdict").is_in(["no record beyond chance", "too short a history"])).height
    tested = rows.drop_nulls("p_value").height
    st.text(f"{found} of {tested} tested records go beyond chance (false-discovery rate of 10 % over all of them).")
    table(rows.with_columns(pl.col("mean_return") * 100), RECORD, key="signal_record", height=520)
    st.caption(
        "A record of the past is no forecast: it was seen in this history, once. Detectable: the difference that would "
        "have been found in four of five cases; where it is large, 'no record' says little."
    )


def draw(warehouse: Published) -> None:
    """The whole page."""
    simulated = warehouse.is_simulated()
    st.title("Signals")
    with section("What they say now", simulated=simulated):
        now(warehouse)
    with section("What followed them in the past", simulated=simulated):
        record(warehouse)


with published() as opened:
    draw(opened)
