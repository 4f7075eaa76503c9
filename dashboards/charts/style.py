"""What all charts share: colours, names of models and groups, layout, uncertainty bands."""

from collections.abc import Sequence
from datetime import datetime

import plotly.graph_objects as go
import polars as pl

from domain.names import DEFAULT, MODELS

FEWEST_RELEASES = 5
PRICE = ",.6~g"

BLUE, ORANGE, GREEN, RED, GREY, VIOLET = "#3b82c4", "#e08a2e", "#3a9d6e", "#d1495b", "#8a8f98", "#8e6bbf"
GROUP_COLOURS = {"real": BLUE, "generated": ORANGE, "fabricated": RED, "unlabelled": GREY, "late_stamp": VIOLET}
MODEL_NAMES = {DEFAULT: "tapewire", **MODELS}
MODEL_COLOURS = {
    "tapewire": BLUE, "patch_transformer": RED, "reference_walk": GREY, "walk_plain": GREEN, "walk_drift": ORANGE,
}  # fmt: skip


def model_name(name: str) -> str:
    """The printed name of a model."""
    return MODEL_NAMES.get(name, name)


def figure(*, x: str = "", y: str = "", height: int = 340, hover: str = ".3~f") -> go.Figure:
    """An empty figure in the common style, with a transparent background for the page's theme."""
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


def size(part: pl.DataFrame) -> int:
    """Releases behind a group's path; 0 where there is no path."""
    return int(part.select(pl.col("n_releases").max().fill_null(0)).item()) if part.height else 0


def fade(colour: str, alpha: float) -> str:
    """A colour such as #3b82c4 at an opacity of `alpha`, 0 to 1."""
    r, g, b = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({r},{g},{b},{alpha})"


def band(
    fig: go.Figure,
    x: Sequence[float] | Sequence[datetime],
    low: Sequence[float],
    high: Sequence[float],
    colour: str,
    name: str,
    *,
    legend: bool = False,
) -> None:
    """Add a filled band between `low` and `high` to a figure."""
    fig.add_scatter(x=x, y=high, mode="lines", line={"width": 0}, hoverinfo="skip", showlegend=False)
    fig.add_scatter(
        x=x, y=low, mode="lines", line={"width": 0}, fill="tonexty", fillcolor=colour, name=name, hoverinfo="skip",
        showlegend=legend,
    )  # fmt: skip
