"""One chart, one function: a frame in, a Plotly figure out. Colours read on light and on dark ground."""

import math
from datetime import timedelta
from typing import Any

import plotly.graph_objects as go
import polars as pl

from dashboards.words import group_name

FEWEST_RELEASES = 5
PRICE = ",.6~g"

BLUE, ORANGE, GREEN, RED, GREY, VIOLET = "#3b82c4", "#e08a2e", "#3a9d6e", "#d1495b", "#8a8f98", "#8e6bbf"
GROUP_COLOURS = {
    "real": BLUE, "generated": ORANGE, "fabricated": RED, "unlabelled": GREY, "late_stamp": VIOLET,
}  # fmt: skip
MODEL_NAMES = {
    "tapewire": "tapewire", "patch_transformer": "Transformer", "patch_linear": "Linear patches", "lstm": "LSTM",
    "lightgbm": "LightGBM", "har": "HAR", "garch": "GARCH(1,1)-t", "reference_walk": "Reference walk",
    "volatility_walk": "Walk without hour of week", "walk_plain": "Plain walk", "walk_drift": "Walk with drift",
    "buy_and_hold": "Buy and hold",
}  # fmt: skip
MODEL_COLOURS = {
    "tapewire": BLUE, "patch_transformer": RED, "reference_walk": GREY, "walk_plain": GREEN, "walk_drift": ORANGE,
    "buy_and_hold": VIOLET,
}  # fmt: skip


SKILL_SHOWN = ("tapewire", "patch_transformer", "har", "walk_plain", "walk_drift")


def model_name(name: str) -> str:
    """A model's name as people say it."""
    return MODEL_NAMES.get(name, name)


def figure(*, x: str = "", y: str = "", height: int = 340, hover: str = ".3~f") -> go.Figure:
    """An empty figure in the house style; its ground is transparent, so that the page's colours show."""
    fig = go.Figure()
    axis = {"gridcolor": "rgba(128,128,128,0.22)", "zeroline": False, "automargin": True}
    fig.update_layout(
        height=height, margin={"l": 60, "r": 14, "t": 12, "b": 44 if x else 30}, paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)", font={"size": 12, "color": "#7d828b"}, hovermode="x unified", dragmode=False,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal",
                "itemclick": False, "itemdoubleclick": False},
        xaxis={"title": {"text": x, "standoff": 8}, **axis},
        yaxis={"title": {"text": y, "standoff": 8}, "hoverformat": hover, **axis},
    )  # fmt: skip
    return fig


def _size(part: pl.DataFrame) -> int:
    """Releases behind a group's path; 0 where there is no path."""
    return int(part.select(pl.col("n_releases").max().fill_null(0)).item()) if part.height else 0


def _fade(colour: str, alpha: float) -> str:
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({r},{g},{b},{alpha})"


def _band(fig: go.Figure, x: Any, low: Any, high: Any, colour: str, name: str, *, legend: bool = False) -> None:
    fig.add_scatter(x=x, y=high, mode="lines", line={"width": 0}, hoverinfo="skip", showlegend=False)
    fig.add_scatter(
        x=x, y=low, mode="lines", line={"width": 0}, fill="tonexty", fillcolor=colour, name=name, hoverinfo="skip",
        showlegend=legend,
    )  # fmt: skip


def skill(scores: pl.DataFrame) -> go.Figure:
    """Skill over the reference walk per horizon with 95 % intervals, in per cent; 0 is the reference walk."""
    fig = figure(y="skill, %")
    rows = scores.filter(pl.col("metric") == "crps_skill")
    there = set(rows["model_name"])
    for name in (n for n in SKILL_SHOWN if n in there):
        part = rows.filter(pl.col("model_name") == name).sort(pl.col("horizon_h") == 0, "horizon_h")
        labels = ["all" if h == 0 else f"{h} h" for h in part["horizon_h"].to_list()]
        value = (part["value"] * 100).to_list()
        fig.add_scatter(
            x=labels, y=value, mode="markers", name=model_name(name),
            marker={"size": 10, "color": MODEL_COLOURS.get(name, GREY)},
            error_y={
                "type": "data", "symmetric": False,
                "array": (part["high"] * 100 - pl.Series(value)).to_list(),
                "arrayminus": (pl.Series(value) - part["low"] * 100).to_list(),
            },
        )  # fmt: skip
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
            x=[t * 10 + 5 for t in part["tenth"].to_list()], y=(part["share"] * 100).to_list(),
            name=model_name(name), marker={"color": MODEL_COLOURS[name]},
        )  # fmt: skip
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
        _band(fig, mine["ts"], mine[0.05], mine[0.95], _fade(BLUE, 0.24), "90 %", legend=True)
        _band(fig, mine["ts"], mine[0.25], mine[0.75], _fade(BLUE, 0.4), "50 %", legend=True)
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


def car_paths(paths: pl.DataFrame, benchmark: str = "market") -> go.Figure:
    """Mean CAR of each group around the release with its 95 % band, in per cent."""
    fig = figure(x="hours from the base close", y="mean CAR, %")
    for group, colour, part in _groups(paths, benchmark):
        x = part["offset_h"].to_list()
        _band(fig, x, (part["low"] * 100).to_list(), (part["high"] * 100).to_list(), _fade(colour, 0.15), group)
        fig.add_scatter(x=x, y=(part["mean_car"] * 100).to_list(), name=f"{group_name(group)} ({_size(part)})",
                        mode="lines", line={"color": colour, "width": 2})  # fmt: skip
    fig.add_vline(x=0, line={"color": GREY, "width": 1})
    fig.add_hline(y=0, line={"color": GREY, "width": 1})
    return fig


def excess_paths(paths: pl.DataFrame) -> go.Figure:
    """Mean |CAR| ÷ sigma of each group beside its matched placebo times, against the reference walk."""
    fig = figure(x="hours after the base close", y="mean |CAR| ÷ σ")
    after = paths.filter(pl.col("offset_h") > 0)
    drawn = _groups(after, "reference_walk")
    for group, colour, part in drawn:
        fig.add_scatter(x=part["offset_h"].to_list(), y=part["mean_abs_scaled"].to_list(), mode="lines",
                        name=f"{group_name(group)} ({_size(part)})", line={"color": colour, "width": 2})  # fmt: skip
    for group, colour, part in drawn:
        fig.add_scatter(x=part["offset_h"].to_list(), y=part["placebo_abs_scaled"].to_list(), mode="lines",
                        name=f"{group_name(group)} placebo", line={"color": colour, "width": 1.2, "dash": "dot"},
                        showlegend=False)  # fmt: skip
    if drawn:
        fig.add_scatter(x=[None], y=[None], mode="lines", name="placebo times", hoverinfo="skip",
                        line={"color": GREY, "width": 1.2, "dash": "dot"})  # fmt: skip
    return fig


def _groups(paths: pl.DataFrame, benchmark: str) -> list[tuple[str, str, pl.DataFrame]]:
    """Group, colour and path of the groups that are large enough to draw."""
    out = []
    for group, colour in GROUP_COLOURS.items():
        part = paths.filter(pl.col("release_group") == group, pl.col("benchmark") == benchmark).sort("offset_h")
        if _size(part) >= FEWEST_RELEASES:
            out.append((group, colour, part))
    return out


def comparison(rows: pl.DataFrame, answer: str) -> go.Figure:
    """Differences between groups per window with 95 % permutation intervals."""
    factor = 1 if answer == "realised" else 100
    fig = figure(y="difference, σ" if answer == "realised" else "difference, %-points", height=300)
    part = rows.filter(pl.col("answer") == answer).sort("window_h")
    for a, b in part.select("group_a", "group_b").unique(maintain_order=True).iter_rows():
        pair = part.filter(pl.col("group_a") == a, pl.col("group_b") == b)
        value = (pair["difference"] * factor).to_list()
        fig.add_scatter(
            x=[f"{w:g} h" for w in pair["window_h"].to_list()], y=value, mode="markers", name=f"{a} − {b}",
            marker={"size": 9, "color": GROUP_COLOURS.get(a, GREY) if b == "real" else GREEN},
            error_y={
                "type": "data", "symmetric": False, "array": (pair["high"] * factor - pl.Series(value)).to_list(),
                "arrayminus": (pl.Series(value) - pair["low"] * factor).to_list(),
            },
        )  # fmt: skip
    fig.add_hline(y=0, line={"color": GREY, "width": 1.5})
    fig.update_layout(scattermode="group", hovermode="closest", showlegend=True)
    return fig


def equity(curves: pl.DataFrame) -> go.Figure:
    """Equity of each strategy after costs."""
    return _curves(curves, "equity", "equity", 320, 1.0)


def drawdown(curves: pl.DataFrame) -> go.Figure:
    """Drawdown of each strategy, in per cent."""
    return _curves(curves, "drawdown", "drawdown, %", 220, 100.0)


def _curves(curves: pl.DataFrame, column: str, label: str, height: int, factor: float) -> go.Figure:
    fig = figure(y=label, height=height)
    daily = curves.sort("event_ts").group_by_dynamic("event_ts", every="1d", group_by="strategy").agg(
        pl.col(column).last()
    )  # fmt: skip
    there = daily["strategy"].unique().sort().to_list()
    for name in sorted(there, key=lambda n: list(MODEL_NAMES).index(n) if n in MODEL_NAMES else len(MODEL_NAMES)):
        part = daily.filter(pl.col("strategy") == name)
        fig.add_scatter(x=part["event_ts"].to_list(), y=(part[column] * factor).to_list(), name=model_name(name),
                        mode="lines", line={"color": MODEL_COLOURS.get(name, RED), "width": 1.8})  # fmt: skip
    return fig


def learning_curve(curves: list[list[tuple[int, float, float]]]) -> go.Figure:
    """Training and validation loss per epoch as ratios to the reference walk's, a line per seed."""
    fig = figure(x="epoch", y="loss ÷ walk's", hover=".4f")
    for number, curve in enumerate(curves):
        epochs = [0, *(c[0] for c in curve)]
        for i, name, colour in ((1, "training", GREY), (2, "validation", BLUE)):
            fig.add_scatter(x=epochs, y=[1.0, *(c[i] for c in curve)], name=name, mode="lines+markers",
                            showlegend=number == 0, line={"color": colour, "width": 1.6})  # fmt: skip
    fig.add_hline(y=1, line={"color": GREY, "dash": "dot"})
    return fig


def leanings(rows: pl.DataFrame, kind: str, most: int = 12) -> go.Figure:
    """What the forecasts leaned on most, of one kind: mean change of the 90 % band's width, and shift of the median."""
    part = rows.filter(pl.col("kind") == kind).head(most).reverse()
    names = [s.replace("_", " ") + (" h back" if kind == "hours_back" else "") for s in part["subject"].to_list()]
    fig = figure(x="%", height=80 + 24 * len(names), hover=".2f")
    for column, name, colour in (
        ("width_change", "width of the band, %", BLUE), ("median_change", "median, % of sigma", ORANGE),
    ):  # fmt: skip
        fig.add_bar(y=names, x=(part[column] * 100).to_list(), name=name, orientation="h", marker={"color": colour})
    fig.update_layout(hovermode="y unified")
    return fig


def release_path(candles: pl.DataFrame, moment: Any, retracted: Any) -> go.Figure:
    """Candles around a release, its moment and, where it falls among them, its retraction."""
    fig = figure(x="UTC", y="price", height=380, hover=PRICE)
    fig.update_yaxes(tickformat=PRICE)
    fig.add_candlestick(
        x=candles["event_ts"].to_list(), open=candles["open_quote"].to_list(), high=candles["high_quote"].to_list(),
        low=candles["low_quote"].to_list(), close=candles["close_quote"].to_list(), name="candles", showlegend=False,
        increasing={"line": {"color": GREEN}}, decreasing={"line": {"color": RED}},
    )  # fmt: skip
    times = candles["event_ts"]
    for at, name, colour, height, dash in (
        (moment, "release", ORANGE, 1.0, "solid"), (retracted, "retracted", VIOLET, 0.93, "dot"),
    ):  # fmt: skip
        if at is None or times.is_empty() or not times[0] <= at <= times[-1] + timedelta(days=1):
            continue
        fig.add_vline(x=at, line={"color": colour, "width": 2, "dash": dash})
        fig.add_annotation(x=at, y=height, yref="paper", text=name, showarrow=False, yanchor="top",
                           xanchor="right" if name == "release" else "left", font={"color": colour})  # fmt: skip
    fig.update_layout(xaxis_rangeslider_visible=False)
    return fig


def scored(rows: pl.DataFrame) -> go.Figure:
    """Expected medians and 90 % band widths per horizon: with the text, with none, and the reference walk."""
    fig = figure(x="hours after the release", y="log return, %", height=300)
    x = [f"{h} h" for h in rows["horizon_h"].to_list()]
    for key, name, colour in (
        ("text", "with text", BLUE),
        ("none", "without", GREY),
        ("walk", "reference walk", GREEN),
    ):
        half = (rows[f"width_{key}"] * 50).to_list()
        fig.add_scatter(x=x, y=(rows[f"median_{key}"] * 100).to_list(), name=name, mode="markers",
                        marker={"size": 8, "color": colour}, error_y={"type": "data", "array": half})  # fmt: skip
    fig.add_scatter(x=x, y=(rows["realised"] * 100).to_list(), name="what came", mode="markers",
                    marker={"size": 11, "color": RED, "symbol": "diamond"})  # fmt: skip
    fig.add_hline(y=0, line={"color": GREY, "width": 1})
    fig.update_layout(scattermode="group", hovermode="closest")
    return fig
