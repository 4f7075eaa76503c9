"""A frame as a table of the report."""

from typing import Any

import polars as pl

from dashboards.wording import number, one_line

STATES = ("error", "warning", "stale", "missing")


def table_of(frame: pl.DataFrame, formats: dict[str, str], names: dict[str, str]) -> dict[str, Any]:
    """Header, cells and the numeric columns of a table, formatted; outside text is put on one line."""
    rows = [
        [number(r[c], formats.get(c, "")) if r[c] is None or c in formats else one_line(str(r[c])) for c in names]
        for r in frame.to_dicts()
    ]
    numeric = [i for i, c in enumerate(names) if c in formats and frame.schema[c].is_numeric()]
    return {"header": list(names.values()), "rows": rows, "numeric": numeric, "states": STATES}
