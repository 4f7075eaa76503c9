"""Charts of the market: SSR and its oscillator."""

import plotly.graph_objects as go
import polars as pl

from dashboards.charts.style import BLUE, GREY, ORANGE, VIOLET, figure


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
