"""What the pages share: the open warehouse, filters kept in the URL, charts, tables with downloads, notices."""

import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from io import BytesIO
from pathlib import Path
from threading import RLock
from typing import Any

import duckdb
import plotly.graph_objects as go
import polars as pl
import streamlit as st

from dashboards import questions
from dashboards.data import Published
from dashboards.files.written import as_csv, reworded
from dashboards.wording import printable
from warehouse.connect import WarehouseMissingError

log = logging.getLogger("tapewire.app")
PUBLISHED_PATH = "TAPEWIRE_PUBLISHED_PATH"
STYLE = """<style>
.stMainBlockContainer { padding-top: 4.5rem; max-width: 1240px; }
.stMainBlockContainer h1 { font-size: 2.1rem; }
.stMainBlockContainer h3 { font-size: 1.5rem; }
[data-testid="stText"] { white-space: pre-wrap; overflow-wrap: anywhere; }
[data-testid="stMetricLabel"] *, [data-testid="stMetricValue"] * { white-space: normal !important; overflow: visible; }
[data-testid="stAppDeployButton"] { display: none; }
[data-testid="stCaptionContainer"], [data-testid="stCaptionContainer"] p { color: inherit !important; opacity: 0.9; }
[data-testid="stMetricValue"] { font-size: 1.6rem; line-height: 1.25; }
[class*="st-key-reading"] [data-testid="stText"] { font-size: 0.82rem; line-height: 1.45; opacity: 0.8; }
.st-key-title [data-testid="stText"] { font-size: 1.45rem; font-weight: 650; line-height: 1.3; }
@media (max-width: 640px) { .stMainBlockContainer { padding-left: 0.9rem; padding-right: 0.9rem; } }
</style>"""


class WarehouseCache:
    """The newest published version, open once in the process; an older one is closed when a newer one is opened.

    Pages of all sessions take turns: polars and DuckDB, called by several threads at once, can wait for each other for
    ever. A page takes a tenth of a second to half of one, and Python draws one at a time anyway.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._path: Path | None = None
        self._warehouse: Published | None = None

    @contextmanager
    def read(self, stable: Path) -> Iterator[Published]:
        """The version that the stable path points to now; WarehouseMissingError where there is none."""
        with self._lock:
            path = stable.resolve()
            if self._warehouse is None or path != self._path or not path.exists():
                self.close()
                self._warehouse = Published(path if path.exists() else stable)
                self._path = path
            yield self._warehouse

    def close(self) -> None:
        """Close the version that is open."""
        with self._lock:
            if self._warehouse is not None:
                self._warehouse.close()
            self._warehouse = self._path = None


@st.cache_resource(show_spinner=False)
def warehouse_cache() -> WarehouseCache:
    """The cache of this process."""
    return WarehouseCache()


@contextmanager
def published() -> Iterator[Published]:
    """The published warehouse while a page is drawn; without one a message is shown and the page stops."""
    st.html(STYLE)
    stable = os.environ.get(PUBLISHED_PATH)
    if not stable:
        st.info("No warehouse is set. Start the app with `tapewire dashboard`.", icon=":material/info:")
        st.stop()
    try:
        with warehouse_cache().read(Path(stable)) as warehouse:
            if warehouse.is_simulated():
                st.warning(
                    "**SIMULATED** market: every price, release and figure on this page comes from the simulator and "
                    "says nothing about real assets.",
                    icon=":material/science:",
                )
            yield warehouse
    except WarehouseMissingError:
        st.info(
            "Nothing was published yet. Run `tapewire nightly`, then reload this page. Looked at:",
            icon=":material/info:",
        )
        st.code(stable, language=None, wrap_lines=True)
        st.stop()
    except duckdb.Error as error:
        st.error("The published warehouse cannot be read. Run `tapewire publish`, then reload this page.")
        st.code(printable(str(error)), language=None, wrap_lines=True)
        st.stop()


@contextmanager
def section(title: str, *, simulated: bool = False) -> Iterator[None]:
    """A section of a page under its heading; a message where the warehouse lacks its marts."""
    st.subheader(f"{title} :orange-badge[SIMULATED]" if simulated else title)
    try:
        yield
    except (duckdb.CatalogException, duckdb.BinderException, pl.exceptions.ColumnNotFoundError) as error:
        log.exception("%s cannot be drawn", title)
        st.info(
            "This part is not in the published warehouse, or another version of tapewire published it. "
            "Run `tapewire publish`, then reload this page. What the warehouse says:"
        )
        st.code(printable(str(error)).splitlines()[0], language=None, wrap_lines=True)


def asset_choice(assets: list[str], label: str = "Asset") -> str:
    """The asset that all pages look at, kept in the URL."""
    index = assets.index("BTC") if "BTC" in assets else 0
    return str(st.selectbox(label, assets, index=index, key="asset", bind="query-params", width=200))


def span_choice(warehouse: Published) -> date:
    """The first day of the span that all pages look at, kept in the URL."""
    chosen = st.segmented_control(
        "Span", list(questions.SPANS), default="1 year", key="span", bind="query-params", required=True
    )
    return questions.since(warehouse, questions.SPANS[str(chosen)])


def linked_choice(label: str, names: Mapping[str, str], key: str, **how: Any) -> str:
    """One of several by its printed name; its id stands in the address, and an address that names one opens it."""
    ids = list(names)
    wanted = st.query_params.get(key)
    index = ids.index(wanted) if wanted is not None and wanted in names else 0
    chosen = str(st.selectbox(label, ids, index=index, key=key, format_func=names.__getitem__, **how))
    if chosen != ids[0]:
        st.query_params[key] = chosen
    elif key in st.query_params:
        del st.query_params[key]
    return chosen


def filters() -> Any:
    """A row for the filters of a page."""
    return st.container(horizontal=True, vertical_alignment="bottom", key="filters")


def downloads(frame: pl.DataFrame, name: str) -> None:
    """Buttons that give a frame as CSV (harmless in a spreadsheet) and as Parquet."""
    with st.container(horizontal=True, key=f"downloads-{name}", gap="small"):
        for label, data, mime in (
            ("CSV", lambda: as_csv(frame), "text/csv"),
            ("Parquet", lambda: _as_parquet(frame), "application/vnd.apache.parquet"),
        ):
            ending = label.lower()
            st.download_button(
                label, data, f"{name}.{ending}", mime, key=f"{name}-{ending}", type="tertiary", on_click="ignore",
                icon=":material/download:",
            )  # fmt: skip


def _as_parquet(frame: pl.DataFrame) -> bytes:
    out = BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


def chart(fig: go.Figure, key: str) -> None:
    """A figure in the page's colours, light or dark."""
    fig.update_layout(font={"color": None})
    fig.update_yaxes(title_standoff=20)
    st.plotly_chart(fig, key=key, config={"displayModeBar": False})


def table(frame: pl.DataFrame, columns: Mapping[str, tuple[str, str]], *, key: str, height: int | None = None) -> None:
    """Columns of a frame under their names; a format such as '%.2f' or 'percent', or '' for text and times."""
    printed = reworded(frame.select(columns.keys()), [c for c in columns if frame.schema[c] == pl.String], printable)
    st.dataframe(
        printed, hide_index=True, key=key, placeholder="—", height=height if height and frame.height > 9 else "content",
        column_config={c: _column(frame.schema[c], *columns[c]) for c in columns},
    )  # fmt: skip
    downloads(frame, key)


def _column(dtype: pl.DataType, name: str, form: str) -> Any:
    if dtype.is_numeric():
        return st.column_config.NumberColumn(name, format=form or None)
    if dtype == pl.Date:
        return st.column_config.DateColumn(name, format="YYYY-MM-DD")
    if dtype.is_temporal():
        return st.column_config.DatetimeColumn(name, format="YYYY-MM-DD HH:mm", timezone="UTC")
    return st.column_config.TextColumn(name)
