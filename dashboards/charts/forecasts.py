"""Charts of forecasts: skill, calibration, fan charts, learning curves, explanations."""

import math
from datetime import timedelta
from typing import Any

import plotly.graph_objects as go
import polars as pl
from plotly.subplots import make_subplots

from dashboards.charts.style import (
    BLUE,
    GREEN,
    GREY,
    MODEL_COLOURS,
    ORANGE,
    PRICE,
    RED,
    band,
    fade,
    figure,
    model_name,
)
from dashboards.wording import bare
from domain.names import DEFAULT

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


def fans(history: pl.DataFrame, forecast: pl.DataFrame, assets: list[str], columns: int = 4) -> go.Figure:
    """Every asset's closes of the past days and its default forecast's 50 and 90 % bands, small, beside each other.

    `history`: asset, available_ts, close_quote; `forecast`: rows of marts.forecast_latest.
    """
    rows = max(1, -(-len(assets) // columns))
    titles = [bare(asset) for asset in assets]
    fig = make_subplots(rows=rows, cols=columns, subplot_titles=titles, vertical_spacing=min(0.28 / rows, 0.12),
                        horizontal_spacing=0.05)  # fmt: skip
    fig.update_layout(figure(height=60 + 150 * rows).layout, showlegend=False, hovermode="x", margin={"t": 30})
    for i, asset in enumerate(assets):
        place = {"row": i // columns + 1, "col": i % columns + 1}
        own = history.filter(pl.col("asset") == asset)
        fig.add_scatter(x=own["available_ts"].to_list(), y=own["close_quote"].to_list(), mode="lines", name="close",
                        line={"color": GREY, "width": 1.2}, **place)  # fmt: skip
        lines = _fan_lines(own, forecast.filter((pl.col("asset") == asset) & (pl.col("model_name") == DEFAULT)))
        for low, high, alpha in ((0.05, 0.95, 0.24), (0.25, 0.75, 0.4)) if lines else ():
            fig.add_scatter(x=lines["ts"], y=lines[high], mode="lines", line={"width": 0}, hoverinfo="skip", **place)
            fig.add_scatter(x=lines["ts"], y=lines[low], mode="lines", line={"width": 0}, fill="tonexty",
                            fillcolor=fade(BLUE, alpha), hoverinfo="skip", **place)  # fmt: skip
        if lines:
            fig.add_scatter(x=lines["ts"], y=lines[0.5], mode="lines", line={"color": BLUE, "width": 1.6},
                            name="median", **place)  # fmt: skip
    axis = {"gridcolor": "rgba(128,128,128,0.22)", "zeroline": False, "automargin": True, "nticks": 3}
    fig.update_yaxes(tickformat=PRICE, hoverformat=PRICE, tickfont={"size": 10}, ticklabelposition="inside top", **axis)
    fig.update_xaxes(showticklabels=False, **axis)
    fig.update_annotations(font={"size": 12})
    return fig


def skill_by_asset(scores: pl.DataFrame) -> go.Figure:
    """Skill of the default forecast over the reference walk per asset, all horizons, with 95 % intervals (per cent)."""
    part = scores.filter(pl.col("model_name") == DEFAULT, pl.col("metric") == "crps_skill", pl.col("horizon_h") == 0)
    part = part.filter(pl.col("asset") != "ALL").sort("value")
    fig = figure(x="skill, %", height=60 + 22 * max(part.height, 3))
    value = part["value"] * 100
    fig.add_scatter(
        x=value.to_list(), y=part["asset"].to_list(), mode="markers", marker={"color": BLUE, "size": 8}, name="skill",
        showlegend=False, error_x={"type": "data", "symmetric": False, "array": (part["high"] * 100 - value).to_list(),
                                   "arrayminus": (value - part["low"] * 100).to_list()},
    )  # fmt: skip
    fig.add_vline(x=0, line={"color": GREY, "width": 1.5})
    fig.update_layout(hovermode="closest")
    return fig


def came(record: pl.DataFrame) -> go.Figure:
    """Live forecasts of one asset and horizon with what came: the 90 % band by due time, outcomes as points (%)."""
    fig = figure(y="return, %", hover=".2~f")
    part = record.sort("due_ts")
    x = part["due_ts"].to_list()
    band(fig, x, (part["q05"] * 100).to_list(), (part["q95"] * 100).to_list(), fade(BLUE, 0.24), "90 %", legend=True)
    known = part.filter(pl.col("realised").is_not_null())
    for inside, colour, name in ((True, GREEN, "inside"), (False, RED, "outside")):
        points = known.filter(pl.col("is_inside_90") == inside)
        fig.add_scatter(x=points["due_ts"].to_list(), y=(points["realised"] * 100).to_list(), mode="markers",
                        name=name, marker={"color": colour, "size": 7})  # fmt: skip
    return fig
