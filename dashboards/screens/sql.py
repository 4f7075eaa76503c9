"""SQL: any question to the marts, with the cookbook, a schema browser, a chart and downloads."""

import os
from pathlib import Path

import duckdb
import polars as pl
import streamlit as st

from dashboards.data import Published
from dashboards.files.written import flat, reworded
from dashboards.queries import cookbook
from dashboards.queries.asked import Answer, ask
from dashboards.queries.limited import Limits, QueryLimitError, QueryRefusedError
from dashboards.shell import PUBLISHED_PATH, chart, downloads, linked_choice, published, section
from dashboards.wording import printable

ROWS = 1000
LIMITS = Limits(seconds=20, memory_gb=1)
OWN = "own query"


FIRST = "movers"


def editor() -> tuple[str, dict[str, str]]:
    """The query, from the cookbook or the reader's own, and the picture that it wants."""
    recipes = {recipe.name: recipe for recipe in cookbook.recipes()}
    names = {FIRST: recipes[FIRST].question, OWN: OWN} | {r.name: r.question for r in recipes.values()}
    chosen = linked_choice("Question", names, "recipe")
    text = recipes[chosen].sql if chosen in recipes else "FROM marts.catalog ORDER BY mart"
    picture = recipes[chosen].picture if chosen in recipes else {}
    return str(st.text_area("Query", text, height=220, key=f"query-{chosen}")), picture


@st.cache_data(max_entries=32, ttl=3600, show_spinner="Asking …")
def _asked(version: str, text: str) -> Answer:
    """The answer of one version to one query: asked once, whatever else on the page is pressed."""
    return ask(Path(version), text, rows=ROWS, limits=LIMITS)


def answer(text: str, picture: dict[str, str]) -> None:
    """Run the query in a process of its own and show its rows, a chart and downloads."""
    try:
        found = _asked(str(Path(os.environ[PUBLISHED_PATH]).resolve()), text)
    except QueryRefusedError as error:
        st.warning(f"Refused: {printable(str(error))}", icon=":material/block:")
        return
    except QueryLimitError as error:
        st.warning(printable(str(error)), icon=":material/timer_off:")
        return
    except duckdb.Error as error:
        st.error("The query is wrong:")
        st.code(printable(str(error)), language=None, wrap_lines=True)
        return
    frame = flat(found.frame)
    shown = reworded(frame, [c for c, k in frame.schema.items() if k == pl.String], printable)
    st.dataframe(shown, hide_index=True, key="answer", height=min(420, 38 + 35 * max(1, shown.height)))
    more = f" The first {ROWS:,}; there are more: `tapewire sql --out` gives all." if found.is_cut else ""
    st.text(f"{found.frame.height:,} rows, {found.frame.width} columns.{more}")
    downloads(found.frame, "answer")
    draw_chart(found.frame, picture)


def draw_chart(frame: pl.DataFrame, wanted: dict[str, str]) -> None:
    """A chart of two columns: those that the recipe wants, or that the reader picks."""
    numbers = [c for c, k in frame.schema.items() if k.is_numeric()]
    if not numbers or frame.height < 2:
        return
    groups = ["", *(c for c, k in frame.schema.items() if k == pl.String)]

    def place(names: list[str], axis: str) -> int:
        return names.index(wanted[axis]) if wanted.get(axis) in names else 0

    with st.container(horizontal=True, vertical_alignment="bottom", key="picture"):
        default = wanted.get("kind", "line")
        kind = st.segmented_control("Chart", list(cookbook.KINDS), default=default, key="kind", required=True)
        x = st.selectbox("x", frame.columns, index=place(frame.columns, "x"), key="x", width=200)
        y = st.selectbox("y", numbers, index=place(numbers, "y"), key="y", width=200)
        by = st.selectbox("colour", groups, index=place(groups, "by"), key="by", width=200)
    chart(cookbook.picture(frame, str(kind or default), str(x), str(y), str(by or "")), "sql-chart")


def schema(warehouse: Published) -> None:
    """What there is: a mart and its columns."""
    marts = warehouse.query("SELECT mart, about, one_row_per FROM marts.catalog ORDER BY mart")
    mart = st.selectbox("Mart", marts["mart"].to_list(), key="mart", bind="query-params")
    about = marts.filter(pl.col("mart") == mart).to_dicts()
    if about:
        st.text(f"{about[0]['about']}. One row per {about[0]['one_row_per']}.")
    st.dataframe(warehouse.columns_of(str(mart)), hide_index=True, key="columns", height=320)


def draw(warehouse: Published) -> tuple[str, dict[str, str]]:
    """The page but for the answer; the query, and the picture that it wants."""
    st.title("SQL")
    st.text(
        f"One query that reads, within {LIMITS.seconds:g} s and {LIMITS.memory_gb:g} GB, in DuckDB's SQL. The "
        "published warehouse is open to any DuckDB client as well: docs/operation.md."
    )
    left, right = st.columns([3, 2])
    with left, section("A question"):
        asked = editor()
    with right, section("What there is"):
        schema(warehouse)
    return asked


with published() as opened:
    query, wanted = draw(opened)
    simulated = opened.is_simulated()
with section("The answer", simulated=simulated):  # nobody else's page waits for it
    answer(query, wanted)
