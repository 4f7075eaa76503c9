"""Charts of forecasts: skill, calibration, fan charts, learning curves, explanations."""

import math
from datetime import timedelta
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboards.charts.style import BLUE, GREY, MODEL_COLOURS, ORANGE, PRICE, band, fade, figure, model_name

SKILL_MODELS = ("tapewire", "patch_transformer", "har", "walk_plain", "walk_drift")


def skill(scores: pl.DataFrame) -> go.Figure:
    """Skill over the reference walk per horizon with 95 % intervals, in per cent; 0 is the reference walk."""
    fig = figure(y="skill, %")
    rows = scores.filter(pl.col("metric") == "crps_skill")
    there = set(rows["model_name"])
    for name in (n for n in SKILL_MODELS if n in there):
        part = rows.filter(pl.col("model_name") == name).sort(pl.col("horizon_h") == 0, "horizon_h")
        labels = ["all" if h == 0 else f"{h} h" for h in part["horizon_h"].to_list()]
        value = (part["value"] * 100).to_list()
        fig.add_scatter(
            x=labels,
            y=value,
            mode="markers",
            name=model_name(name),
            marker={"size": 10, "color": MODEL_COLOURS.get(name, GREY)},
            error_y={
                "type": "data",
                "symmetric": False,
                "array": (part["high"] * 100 - pl.Series(value)).to_list(),
                "arrayminus": (pl.Series(value) - part["low"] * 100).to_list(),
            },
        )
    fig.add_hline(y=0, line={"color": GREY, "width": 1.5})
    fig.update_layout(scattermode="group", hovermode="closest")
    return fig


def calibration(pit: pl.DataFrame) -> go.Figure:
    """PIT histogram of each model over all horizons; flat at 10 % is perfect."""
    fig = figure(x="forecast distribution, %", y="outcomes, %")
    rows = pit.filter(pl.col("asset") == "ALL").group_by("model_name", "tenth").agg(pl.col("share").mean())
    for name in ("tapewire", "reference_walk"):
        part = rows.filter(pl.col("model_name") == name).sort("tenth")
        fig.add_bar(
            x=[t * 10 + 5 for t in part["tenth"].to_list()],
            y=(part["share"] * 100).to_list(),
            name=model_name(name),
            marker={"color": MODEL_COLOURS[name]},
        )
    fig.add_hline(y=10, line={"color": GREY, "dash": "dot"})
    fig.update_xaxes(tickvals=list(range(0, 101, 20)), range=[0, 100])
    return fig


def fan(history: pl.DataFrame, forecast: pl.DataFrame, model: str = "tapewire") -> go.Figure:
    """Recent closes and the forecast's 50 and 90 % bands; the reference walk's 90 % band is dotted."""
    fig = figure(y="price", hover=PRICE)
    fig.update_yaxes(tickformat=PRICE)
    fig.add_scatter(x=history["available_ts"].to_list(), y=history["close_quote"].to_list(), name="close",
                    mode="lines", line={"color": GREY, "width": 1.6})  # fmt: skip
    mine, walk = (_fan_lines(history, forecast.filter(pl.col("model_name") == m)) for m in (model, "reference_walk"))
    if mine:
        band(fig, mine["ts"], mine[0.05], mine[0.95], fade(BLUE, 0.24), "90 %", legend=True)
        band(fig, mine["ts"], mine[0.25], mine[0.75], fade(BLUE, 0.4), "50 %", legend=True)
        fig.add_scatter(x=mine["ts"], y=mine[0.5], name="median", mode="lines", line={"color": BLUE, "width": 2})
    if walk:
        for level, shown in ((0.05, True), (0.95, False)):
            fig.add_scatter(x=walk["ts"], y=walk[level], name="walk, 90 %", showlegend=shown, mode="lines",
                            line={"color": ORANGE, "width": 1.4, "dash": "dot"})  # fmt: skip
    return fig


def _fan_lines(history: pl.DataFrame, forecast: pl.DataFrame) -> dict[Any, list[Any]]:
    """Prices per level at the origin and each horizon."""
    if forecast.is_empty() or history.is_empty():
        return {}
    origin = forecast["origin_ts"][0]
    at_origin = history.filter(pl.col("available_ts") <= origin)
    if at_origin.is_empty():
        return {}
    price = at_origin["close_quote"][-1]
    horizons = sorted(forecast["horizon_h"].unique().to_list())
    out: dict[Any, list[Any]] = {"ts": [origin, *(origin + timedelta(hours=h) for h in horizons)]}
    for level in (0.05, 0.25, 0.5, 0.75, 0.95):
        part = forecast.filter((pl.col("level") - level).abs() < 1e-9).sort("horizon_h")
        out[level] = [price, *(price * math.exp(r) for r in part["log_return"].to_list())]
    return out


def learning_curve(curves: list[list[tuple[int, float, float]]]) -> go.Figure:
    """Training and validation loss per epoch as ratios to those of the base, a line per seed."""
    fig = figure(x="epoch", y="loss ÷ base's", hover=".4f")
    for number, curve in enumerate(curves):
        epochs = [0, *(c[0] for c in curve)]
        for i, name, colour in ((1, "training", GREY), (2, "validation", BLUE)):
            fig.add_scatter(x=epochs, y=[1.0, *(c[i] for c in curve)], name=name, mode="lines+markers",
                            showlegend=number == 0, line={"color": colour, "width": 1.6})  # fmt: skip
    fig.add_hline(y=1, line={"color": GREY, "dash": "dot"})
    return fig


def explanations(rows: pl.DataFrame, kind: str, most: int = 12) -> go.Figure:
    """The inputs of one kind that change the forecasts most: mean change of the band's width, shift of the median."""
    part = rows.filter(pl.col("kind") == kind).head(most).reverse()
    names = [s.replace("_", " ") + (" h back" if kind == "hours_back" else "") for s in part["subject"].to_list()]
    fig = figure(x="%", height=80 + 24 * len(names), hover=".2f")
    for column, name, colour in (
        ("width_change", "width of the band, %", BLUE),
        ("median_change", "median, % of sigma", ORANGE),
    ):
        fig.add_bar(y=names, x=(part[column] * 100).to_list(), name=name, orientation="h", marker={"color": colour})
    fig.update_layout(hovermode="y unified")
    return fig
