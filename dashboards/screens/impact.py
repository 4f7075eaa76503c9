"""Impact: what prices did after releases, generated against real against fabricated, over all windows."""

import polars as pl
import streamlit as st

from dashboards.charts import releases as releases_charts
from dashboards.data import Published
from dashboards.files.written import reworded
from dashboards.headline import caveats
from dashboards.shell import chart, published, section, table
from dashboards.wording import group_name, sentence, unbroken_units

STUDIES = {"1h": "hourly", "5m": "5 minutes", "15m": "15 minutes", "1m": "1 minute", "1d": "daily"}
TESTS = {
    "group": ("Group", ""), "window_h": ("Window, h", "%.4g"), "estimate": ("Excess move, σ", "%+.2f"),
    "low": ("from", "%+.2f"), "high": ("to", "%+.2f"), "q_value": ("q", "%.3f"), "p_value": ("p", "%.3f"),
    "detectable": ("Detectable", "%.2f"), "n_releases": ("Releases", "%d"),
}  # fmt: skip
DIFFERENCES = {
    "a": ("Group", ""), "b": ("against", ""), "window_h": ("Window, h", "%.4g"), "method": ("Method", ""),
    "difference": ("Difference, σ", "%+.2f"), "low": ("from", "%+.2f"), "high": ("to", "%+.2f"),
    "q_value": ("q", "%.3f"), "detectable": ("Detectable", "%.2f"), "n_a": ("n", "%d"), "n_b": ("n ", "%d"),
}  # fmt: skip


def paths_of(warehouse: Published, study: str) -> None:
    """Paths after releases, by group."""
    paths = warehouse.mart("impact_paths").filter(pl.col("study_id") == study)
    if paths.is_empty():
        st.info("No release could be measured.")
        return
    left, right = st.columns(2)
    with left:
        chart(releases_charts.excess_paths(paths), "excess")
        st.caption(
            "Mean size of moves in units of the reference walk's sigma, beside matched placebo times; the gap "
            "is the excess move. In brackets: releases."
        )
    with right:
        chart(releases_charts.car_paths(paths), "car")
        st.caption(
            "Mean cumulative abnormal return against the market model with 95 % bands. Good and bad news cancel here."
        )
    for conclusion in warehouse.conclusions(study):
        st.text(sentence(conclusion))
    for group, text in caveats(warehouse).items():
        st.caption(unbroken_units(f"Note, over 24 hours, {group_name(group)}: {text}."))


def compared(warehouse: Published) -> None:
    """Generated and fabricated against real releases."""
    rows = warehouse.compared()
    if rows.is_empty():
        st.info(
            "Too few labelled releases to compare groups. Machine-written and fabricated releases are rare in the "
            "record, and those known are known because they moved prices."
        )
        return
    for column, answer, title, reading in zip(
        st.columns(2),
        ("realised", "scored"),
        ("What prices did", "What the response model expects"),
        ("Difference of mean excess moves", "Difference of the change that the text makes to the 90 % band's width"),
        strict=True,
    ):
        with column:
            st.markdown(f"**{title}**")
            if rows.filter(pl.col("answer") == answer).is_empty():
                st.info("Too few releases in one of the groups: no comparison can be made.")
                continue
            chart(releases_charts.comparison(rows, answer), f"compared-{answer}")
            st.caption(
                f"{reading}, with 95 % permutation intervals. An interval that includes zero shows no difference."
            )


def tests(warehouse: Published, study: str) -> None:
    """Every window of every group, with its test against chance."""
    rows = warehouse.query(
        "FROM marts.impact_tests WHERE study_id = $study AND benchmark = 'residual' AND base = 'last_close' "
        "AND test = 'excess_move' ORDER BY release_group, window_h",
        study=study,
    )
    if rows.is_empty():
        st.info("No group of this study has enough releases to test.")
        return
    named = reworded(rows.with_columns(group="release_group"), ["group"], group_name)
    table(named, TESTS, key="tests", height=420)
    st.caption(
        "Mean excess move in the walk's sigma, beside matched placebo times. q: false-discovery rate; detectable: the "
        "move that would have been found in four of five cases."
    )


def differences(warehouse: Published, study: str) -> None:
    """Groups compared over every window."""
    rows = warehouse.query(
        "FROM marts.generated_against_real WHERE study_id = $study AND slice_by = 'all' AND quantity = 'excess_move' "
        "ORDER BY group_a, group_b, window_h, method",
        study=study,
    )
    if rows.is_empty():
        st.info("Too few releases in one of the groups: no comparison can be made.")
        return
    named = reworded(rows.with_columns(a="group_a", b="group_b"), ["a", "b"], group_name)
    table(named, DIFFERENCES, key="differences", height=420)


def draw(warehouse: Published) -> None:
    """The whole page."""
    simulated = warehouse.is_simulated()
    st.title("Impact of releases")
    there = warehouse.query("SELECT DISTINCT study_id FROM marts.impact_paths")["study_id"].to_list()
    studies = [s for s in STUDIES if s in there]
    if not studies:
        st.info("No release could be measured: there are no candles around the releases that are known.")
        return
    study = st.segmented_control(
        "Candles", studies, default=studies[0], format_func=lambda s: STUDIES[s], key="study", bind="query-params",
        required=True,
    ) or studies[0]  # fmt: skip
    with section("After releases", simulated=simulated):
        paths_of(warehouse, study)
    with section("Against chance, window by window", simulated=simulated):
        tests(warehouse, study)
    with section("Generated against real", simulated=simulated):
        compared(warehouse)
    with section("Groups compared, window by window", simulated=simulated):
        differences(warehouse, study)


with published() as opened:
    draw(opened)
