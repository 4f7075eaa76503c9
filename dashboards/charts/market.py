"""Charts of the market and of money: SSR and its oscillator, equity, drawdown."""

import plotly.graph_objects as go
import polars as pl

from dashboards.charts.style import BLUE, GREY, MODEL_COLOURS, MODEL_NAMES, ORANGE, RED, VIOLET, figure, model_name


def ssr(daily: pl.DataFrame) -> go.Figure:
    """The ratio in total, at par and at market, on a log scale: early ratios are thousands of times today's."""
    fig = figure(y="SSR (log scale)", hover=",.4~g")
    fig.update_yaxes(type="log", tickformat=",~g")
    part = daily.filter(pl.col("coin") == "ALL").sort("day")
    for column, name, colour in (("ssr_par", "at par", BLUE), ("ssr_market", "at market", ORANGE)):
        fig.add_scatter(x=part["day"].to_list(), y=part[column].to_list(), name=name, mode="lines",
                        line={"color": colour, "width": 1.8, "dash": "solid" if column == "ssr_par" else "dot"},
                        )  # fmt: skip
    return fig


def ssr_oscillator(daily: pl.DataFrame) -> go.Figure:
    """The oscillator: standard deviations from the mean of 200 days, with the bands at ±2."""
    fig = figure(y="oscillator, z", height=220)
    part = daily.filter(pl.col("coin") == "ALL").sort("day")
    if part.height:
        fig.update_xaxes(range=[part["day"][0], part["day"][-1]])
    fig.add_scatter(x=part["day"].to_list(), y=part["oscillator_z"].to_list(), name="z", mode="lines",
                    line={"color": VIOLET, "width": 1.6}, showlegend=False)  # fmt: skip
    for y, dash in ((0, "solid"), (2, "dot"), (-2, "dot")):
        fig.add_hline(y=y, line={"color": GREY, "width": 1, "dash": dash})
    return fig


def equity(curves: pl.DataFrame) -> go.Figure:
    """Equity of each strategy after costs."""
    return _curves(curves, "equity", "equity", 320, 1.0)


def drawdown(curves: pl.DataFrame) -> go.Figure:
    """Drawdown of each strategy, in per cent."""
    return _curves(curves, "drawdown", "drawdown, %", 220, 100.0)


def _curves(curves: pl.DataFrame, column: str, label: str, height: int, factor: float) -> go.Figure:
    fig = figure(y=label, height=height)
    daily = (
        curves.sort("event_ts").group_by_dynamic("event_ts", every="1d", group_by="strategy").agg(pl.col(column).last())
    )
    there = daily["strategy"].unique().sort().to_list()
    for name in sorted(there, key=lambda n: list(MODEL_NAMES).index(n) if n in MODEL_NAMES else len(MODEL_NAMES)):
        part = daily.filter(pl.col("strategy") == name)
        fig.add_scatter(x=part["event_ts"].to_list(), y=(part[column] * factor).to_list(), name=model_name(name),
                        mode="lines", line={"color": MODEL_COLOURS.get(name, RED), "width": 1.8})  # fmt: skip
    return fig
