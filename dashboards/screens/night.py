"""The night: the headline figures and the charts behind them."""

import polars as pl
import streamlit as st

from dashboards.charts import backtests as backtests_charts
from dashboards.charts import forecasts as forecasts_charts
from dashboards.charts import market as market_charts
from dashboards.charts import releases as releases_charts
from dashboards.data import Published
from dashboards.headline import caveats, headlines
from dashboards.sheet import alarms, sentences, sheet_of_warehouse
from dashboards.shell import chart, published, section, table
from dashboards.wording import group_name, one_line, sentence, unbroken_units

SEVERITIES = {"error": 0, "warning": 1, "info": 2}


def figures(warehouse: Published) -> None:
    """The headline figures, four in a row."""
    found = headlines(warehouse)
    for start in range(0, len(found), 4):
        for i, (column, figure) in enumerate(zip(st.columns(4), found[start : start + 4], strict=False), start):
            with column, st.container(border=True, height="stretch", key=f"reading{i}"):
                st.metric(figure.name, unbroken_units(figure.value))
                st.text(unbroken_units(figure.reading))


def skill(warehouse: Published) -> None:
    """Skill and calibration."""
    scores = warehouse.skill()
    if scores.is_empty():
        st.info("No walk-forward evaluation: the history is too short.")
        return
    left, right = st.columns(2)
    with left:
        chart(forecasts_charts.skill(scores), "skill")
        st.caption(
            "1 − CRPS ÷ CRPS of the reference walk, out of sample, with 95 % intervals. "
            "If the interval includes zero, no skill is shown."
        )
    with right:
        chart(forecasts_charts.calibration(warehouse.mart("forecast_calibration")), "calibration")
        st.caption("Share of outcomes in each tenth of the forecast distribution; flat at 10 % is perfect.")


def forecast(warehouse: Published) -> None:
    """The newest forecast of one asset."""
    assets = warehouse.assets()
    if not assets:
        st.info("No forecast was made.")
        return
    asset = st.selectbox("Asset", assets, index=assets.index("BTC") if "BTC" in assets else 0, key="asset", width=240)
    rows = warehouse.fan(asset)
    origin = rows["origin_ts"][0]
    chart(forecasts_charts.fan(warehouse.hourly_close(asset, origin), rows), "fan")
    st.caption(
        f"Made at {origin:%Y-%m-%d %H:%M} UTC: tapewire's median with its 50 % and 90 % bands; dotted, "
        "the reference walk's 90 % band."
    )


def supply(warehouse: Published) -> None:
    """The Stablecoin Supply Ratio and its oscillator."""
    daily = warehouse.mart("ssr_daily")
    if daily.is_empty():
        st.info("No stablecoin supply, or no BTC capitalisation.")
        return
    chart(market_charts.ssr(daily), "ssr")
    chart(market_charts.ssr_oscillator(daily), "oscillator")
    st.caption(
        "BTC market capitalisation ÷ stablecoin supply. Low means much stablecoin buying power per bitcoin. "
        "The oscillator counts standard deviations from the mean of 200 days."
    )


def impact(warehouse: Published) -> None:
    """Paths after releases, by group."""
    paths = warehouse.mart("impact_paths").filter(pl.col("study_id") == "1h")
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
    for conclusion in warehouse.conclusions():
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


def backtest(warehouse: Published) -> None:
    """What the backtest says in sentences, equity, drawdown, and how it bears cost, delay and size."""
    sheet = sheet_of_warehouse(warehouse)
    if sheet is None:
        st.info("No walk-forward forecasts to trade.")
        return
    for said in alarms(sheet):
        st.error(said)
    for said in sentences(sheet):
        st.text(f"{said}.")
    chart(backtests_charts.equity(sheet.frames["equity"], log=True), "equity")
    chart(backtests_charts.drawdown(sheet.frames["equity"]), "drawdown")
    for axis in backtests_charts.AXES:
        chart(backtests_charts.sensitivity(sheet.own("curves"), axis), f"by-{axis}")


def health(warehouse: Published) -> None:
    """Findings of the quality checks and freshness of the marts."""
    fresh = warehouse.mart("mart_freshness")
    if fresh.is_empty():
        st.info("No run has looked at the data yet.")
    else:
        table(
            fresh, {"mart": ("Mart", ""), "status": ("State", ""), "newest_ts": ("Newest row (UTC)", "")}, key="fresh"
        )
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


def draw(warehouse: Published) -> None:
    """The whole page."""
    run = warehouse.last_run()
    simulated = warehouse.is_simulated()
    st.title(f"The night of {run['as_of_ts']:%-d %B %Y}" if run else "No night yet")
    if run:
        st.text(
            f"Profile {one_line(run['profile'], 80)}, as of {run['as_of_ts']:%Y-%m-%d %H:%M} UTC. "
            "Everything is held against the reference walk."
        )
    for title, part in (
        ("Headline figures", figures), ("Skill over the reference walk", skill), ("The newest forecast", forecast),
        ("Stablecoin Supply Ratio", supply), ("After releases", impact), ("Generated against real", compared),
        ("Backtest", backtest), ("Data health", health),
    ):  # fmt: skip
        with section(title, simulated=simulated and part is not health):
            part(warehouse)


with published() as opened:
    draw(opened)
