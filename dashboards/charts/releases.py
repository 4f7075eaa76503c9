"""Charts of releases: paths, group comparisons, candles around a release, expected moves."""

from datetime import datetime, timedelta

import plotly.graph_objects as go
import polars as pl

from dashboards.charts.style import (
    BLUE,
    FEWEST_RELEASES,
    GREEN,
    GREY,
    GROUP_COLOURS,
    ORANGE,
    PRICE,
    RED,
    VIOLET,
    band,
    fade,
    figure,
    size,
)
from dashboards.wording import group_name


def car_paths(paths: pl.DataFrame, benchmark: str = "market") -> go.Figure:
    """Mean CAR of each group around the release with its 95 % band, in per cent."""
    fig = figure(x="hours from the base close", y="mean CAR, %")
    for group, colour, part in _groups(paths, benchmark):
        x = part["offset_h"].to_list()
        band(fig, x, (part["low"] * 100).to_list(), (part["high"] * 100).to_list(), fade(colour, 0.15), group)
        fig.add_scatter(x=x, y=(part["mean_car"] * 100).to_list(), name=f"{group_name(group)} ({size(part)})",
                        mode="lines", line={"color": colour, "width": 2})  # fmt: skip
    fig.add_vline(x=0, line={"color": GREY, "width": 1})
    fig.add_hline(y=0, line={"color": GREY, "width": 1})
    return fig


def excess_paths(paths: pl.DataFrame) -> go.Figure:
    """Excess move of each group before and after the release, beyond the market: mean |move| ÷ sigma between the base
    close and each hour less that at placebo times (the zero line), with its 95 % band.
    """
    fig = figure(x="hours from the base close", y="mean |move| ÷ σ beyond placebo times")
    known = paths.filter(pl.col("placebo_abs_scaled").is_not_null())
    benchmark = "residual" if "residual" in known["benchmark"].unique() else "reference_walk"
    for group, colour, part in _groups(known, benchmark):
        for before in (True, False):
            side = part.filter((pl.col("offset_h") < 0) == before)
            x, banded = side["offset_h"].to_list(), side.filter(pl.col("excess_low").is_not_null())
            if not banded.is_empty():
                band(fig, banded["offset_h"].to_list(), banded["excess_low"].to_list(), banded["excess_high"].to_list(),
                     fade(colour, 0.15), group)  # fmt: skip
            excess = (side["mean_abs_scaled"] - side["placebo_abs_scaled"]).to_list()
            fig.add_scatter(x=x, y=excess, mode="lines+markers",
                            name=f"{group_name(group)} ({size(part)})", legendgroup=group, showlegend=not before,
                            line={"color": colour, "width": 2}, marker={"size": 4})  # fmt: skip
    fig.add_vline(x=0, line={"color": GREY, "width": 1})
    fig.add_hline(y=0, line={"color": GREY, "width": 1.5, "dash": "dot"})
    return fig


def _groups(paths: pl.DataFrame, benchmark: str) -> list[tuple[str, str, pl.DataFrame]]:
    """Group, colour and path of the groups that are large enough to draw."""
    out = []
    for group, colour in GROUP_COLOURS.items():
        part = paths.filter(pl.col("release_group") == group, pl.col("benchmark") == benchmark).sort("offset_h")
        if size(part) >= FEWEST_RELEASES:
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


def release_path(candles: pl.DataFrame, moment: datetime, retracted: datetime | None) -> go.Figure:
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
        (moment, "release", ORANGE, 1.0, "solid"),
        (retracted, "retracted", VIOLET, 0.93, "dot"),
    ):
        if at is None or times.is_empty() or not times[0] <= at <= times[-1] + timedelta(days=1):
            continue
        fig.add_vline(x=at, line={"color": colour, "width": 2, "dash": dash})
        fig.add_annotation(x=at, y=height, yref="paper", text=name, showarrow=False, yanchor="top",
                           xanchor="right" if name == "release" else "left", font={"color": colour})  # fmt: skip
    fig.update_layout(xaxis_rangeslider_visible=False)
    return fig


def expected_moves(rows: pl.DataFrame) -> go.Figure:
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
    fig.add_scatter(x=x, y=(rows["realised"] * 100).to_list(), name="realised", mode="markers",
                    marker={"size": 11, "color": RED, "symbol": "diamond"})  # fmt: skip
    fig.add_hline(y=0, line={"color": GREY, "width": 1})
    fig.update_layout(scattermode="group", hovermode="closest")
    return fig
