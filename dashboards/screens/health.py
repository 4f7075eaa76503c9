"""Data health, by the clock: sources, marts, findings of the checks, runs, the catalogue."""

import polars as pl
import streamlit as st

from dashboards import questions
from dashboards.data import Published
from dashboards.shell import published, section, table

SEVERITIES = {"error": 0, "warning": 1, "info": 2}
FRESH = {
    "mart": ("Mart", ""), "status_now": ("By the clock", ""), "age_h": ("Age, h", "%.1f"),
    "limit_h": ("Limit, h", "%d"), "newest_ts": ("Newest row (UTC)", ""), "status": ("As of the run", ""),
}  # fmt: skip
SOURCES = {
    "source": ("Source", ""), "delivered": ("Delivered", ""), "is_late": ("Late", ""), "age_h": ("Age, h", "%.1f"),
    "limit_h": ("Limit, h", "%d"), "n_delivered": ("Rows", "localized"), "seconds": ("Took, s", "%.1f"),
    "reason": ("Why not", ""), "last_error": ("Last error", ""), "last_error_ts": ("Then (UTC)", ""),
}  # fmt: skip
RUNS = {
    "started_ts": ("Started (UTC)", ""), "flow": ("Flow", ""), "profile": ("Profile", ""),
    "as_of_ts": ("As of (UTC)", ""),
    "status": ("Status", ""), "exit_code": ("Exit code", "%d"), "seconds": ("Took, s", "%d"),
    "run_id": ("Run", ""),
}  # fmt: skip
CATALOG = {
    "mart": ("Mart", ""), "about": ("What it holds", ""), "one_row_per": ("One row per", ""),
    "n_rows": ("Rows", "localized"), "newest_ts": ("Newest (UTC)", ""),
}  # fmt: skip


def sources(warehouse: Published) -> None:
    """Each source: when it delivered last, how long it took, its last error."""
    rows = warehouse.query("FROM marts.sources ORDER BY is_late DESC, delivered, source")
    if rows.is_empty():
        st.info("No source was asked yet.")
        return
    late = rows.filter(pl.col("is_late")).height
    absent = rows.filter(~pl.col("delivered")).height
    st.text(f"{rows.height} sources, {late} late by the clock; {absent} did not deliver when they were asked last.")
    table(rows, SOURCES, key="sources", height=360)


def health(warehouse: Published) -> None:
    """Findings of the quality checks and freshness of the marts."""
    fresh = warehouse.mart("mart_freshness")
    if fresh.is_empty():
        st.info("No run has looked at the data yet.")
    else:
        table(fresh, FRESH, key="fresh")
        st.caption("By the clock of this machine; a simulated market has a time of its own.")
    findings = warehouse.mart("data_health")
    if findings.is_empty():
        st.info("The quality checks found nothing.")
        return
    ranked = findings.sort(
        pl.col("severity").replace_strict(SEVERITIES, default=3, return_dtype=pl.Int64), "check_name", "subject"
    )
    st.text(f"{findings.height:,} findings of the quality checks, the most severe first")
    names = {"severity": ("Severity", ""), "check_name": ("Check", ""), "subject": ("Subject", ""),
             "n_rows": ("Rows", "localized"), "detail": ("Finding", "")}  # fmt: skip
    table(ranked, names, key="health", height=360)


def runs(warehouse: Published) -> None:
    """The newest runs."""
    table(questions.runs(warehouse), RUNS, key="runs", height=360)


def catalog(warehouse: Published) -> None:
    """Every mart."""
    table(warehouse.query("FROM marts.catalog ORDER BY mart"), CATALOG, key="catalog", height=360)


def draw(warehouse: Published) -> None:
    """The whole page."""
    st.title("Data health")
    for title, part in (
        ("Sources", sources), ("Freshness and findings", health), ("Runs", runs), ("Marts", catalog)
    ):  # fmt: skip
        with section(title):
            part(warehouse)


with published() as opened:
    draw(opened)
