"""The cookbook: questions that analysts ask, each a `.sql` file with its question on top and the picture it wants.

-- What moved most over the past day?
-- chart: bar x=asset y=return_1d
SELECT …
"""

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import plotly.graph_objects as go
import polars as pl

from dashboards.charts.market import COLOURS
from dashboards.charts.style import figure
from dashboards.wording import bare

FOLDER = Path(__file__).parent / "recipes"
KINDS = ("line", "bar", "points")
MOST_GROUPS = len(COLOURS)


@dataclass(frozen=True)
class Recipe:
    """A question, its query, and the picture that answers it: kind, x, y, by ('' where it is a table)."""

    name: str
    question: str
    sql: str
    picture: dict[str, str] = field(default_factory=dict)


@cache
def recipes() -> tuple[Recipe, ...]:
    """Every recipe, by name. ValueError for a file without its question."""
    return tuple(_parse(path) for path in sorted(FOLDER.glob("*.sql")))


def _parse(path: Path) -> Recipe:
    lines = path.read_text(encoding="utf-8").splitlines()
    head = [line.removeprefix("-- ") for line in lines if line.startswith("-- ")]
    if not head or not head[0].endswith("?"):
        raise ValueError(f"{path.name}: expected '-- a question?' on top")
    told = next((line for line in head if line.startswith("chart: ")), "")
    words = told.removeprefix("chart: ").split()
    picture = {"kind": words[0]} | dict(word.split("=", 1) for word in words[1:]) if words else {}
    body = "\n".join(line for line in lines if not line.startswith("-- chart: "))
    return Recipe(path.stem, head[0], body.strip() + "\n", picture)


def picture(frame: pl.DataFrame, kind: str, x: str, y: str, by: str = "") -> go.Figure:
    """A plain chart of two columns, one colour per value of `by` (the first ten)."""
    fig = figure(x=bare(x), y=bare(y), hover=".6~g")
    groups = frame[by].unique(maintain_order=True).to_list()[:MOST_GROUPS] if by else [None]
    for colour, group in zip(COLOURS, groups, strict=False):
        part = frame if group is None else frame.filter(pl.col(by) == group)
        name = bare(y if group is None else group)
        told = {"x": part[x].to_list(), "y": part[y].to_list(), "name": name, "showlegend": bool(by)}
        if kind == "bar":
            fig.add_bar(**told, marker={"color": colour})
        else:
            fig.add_scatter(**told, mode="lines" if kind == "line" else "markers", marker={"color": colour},
                            line={"color": colour, "width": 1.5})  # fmt: skip
    fig.update_layout(hovermode="closest" if kind == "points" else "x unified")
    return fig
