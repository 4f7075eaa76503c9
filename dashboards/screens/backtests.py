"""Backtests: what the headline strategy earned gross and net, beside its rivals, and how sure that is."""

import streamlit as st

from dashboards.charts import backtests as backtests_charts
from dashboards.data import Published
from dashboards.sheet import alarms, sentences, sheet_of_warehouse
from dashboards.shell import chart, downloads, published, section, table

SUMMARY = {
    "strategy": ("Strategy", ""), "model_name": ("Model", ""), "metric": ("Figure", ""),
    "value": ("Value", "%.4g"), "low": ("from", "%.4g"), "high": ("to", "%.4g"), "why": ("Why there is none", ""),
}  # fmt: skip


def sheet_of(warehouse: Published) -> None:
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


def figures(warehouse: Published) -> None:
    """Every figure of every strategy that is shown."""
    rows = warehouse.mart("backtest_summary")
    if rows.is_empty():
        st.info("No backtest was made.")
        return
    table(rows, {k: v for k, v in SUMMARY.items() if k in rows.columns}, key="backtest_summary", height=480)


def trades(warehouse: Published) -> None:
    """Trades and daily profit for download."""
    for name in ("backtest_trades", "backtest_pnl_daily", "backtest_trials"):
        rows = warehouse.mart(name)
        st.text(f"marts.{name}: {rows.height:,} rows")
        downloads(rows, name)


def draw(warehouse: Published) -> None:
    """The whole page."""
    simulated = warehouse.is_simulated()
    st.title("Backtests")
    with section("The headline strategy", simulated=simulated):
        sheet_of(warehouse)
    with section("Every figure", simulated=simulated):
        figures(warehouse)
    with section("Trades, profit by day, everything ever tried", simulated=simulated):
        trades(warehouse)


with published() as opened:
    draw(opened)
