"""A wide table of prices: which of its columns are assets."""

import logging
from pathlib import Path

import polars as pl

from domain.cells import read_numbers
from pipelines.ondemand.tables import TableError, numbers
from pipelines.sources.named_assets import asset_named

log = logging.getLogger("tapewire.study")
PRICES = ("OPEN", "HIGH", "LOW", "CLOSE", "VOLUME")


# Words that are no tickers although they look like some.
NO_ASSETS = {*PRICES, "INDEX", "VOL", "MARKET_CAP", "MARKETCAP", "YEAR", "MONTH", "DAY", "HOUR", "WEEKDAY", "TIME",
             "TIMESTAMP", "UNIX", "EPOCH", "TOTAL", "SUM", "MEAN", "TRADED", "ROW", "ID", "TRADES",
             "TURNOVER"}  # fmt: skip
FIRST_EPOCH = 9e8
MAX_CODES = 31


def melted(frame: pl.DataFrame, start: str, path: Path) -> pl.DataFrame:
    """A wide table as a long one: `_start`, asset, close. Columns that only count their rows, or repeat the moment as a
    number, are left out and logged; TableError for a column that can be no asset.
    """
    columns = [c for c in frame.columns if c not in (start, "_start")]
    counting = [c for c in columns if _counts(read_numbers(frame[c]))]
    if counting:
        log.warning("%s: columns that count rows or time are left out: %s", path.name, ", ".join(map(repr, counting)))
    assets = [c for c in columns if c not in counting]
    strange = next((c for c in assets if _is_strange(c, frame)), None)
    if strange is not None:
        raise TableError(
            f"{path.name}: column {strange!r} cannot be an asset; a wide table has {start} and a column of closes "
            "per asset, named by its ticker in capitals; a long one has the columns asset and close"
        )
    if not assets:
        raise TableError(
            f"{path.name}: expected a column close, or a column of closes per asset; it has {', '.join(frame.columns)}"
        )
    closes = frame.select("_start", *(numbers(frame, c, path) for c in assets))
    return closes.unpivot(assets, index="_start", variable_name="asset", value_name="close").drop_nulls("close")


def _counts(values: pl.Series) -> bool:
    """Whether numbers are those of rows (0 or 1, then one more each), or of moments (epochs in one direction)."""
    if len(values) < 2 or values.null_count() or (values != values.round()).any():
        return False
    step = values.diff().drop_nulls()
    is_index = values[0] in (0, 1) and (step == 1).all()
    return bool(is_index or (values.min() >= FIRST_EPOCH and ((step > 0).all() or (step < 0).all())))  # type: ignore[operator]


def _is_strange(column: str, frame: pl.DataFrame) -> bool:
    """Whether a column can be no series of closes: by its name, as the copy of another, or since it holds codes."""
    if column.upper() in NO_ASSETS or asset_named(column) is None:
        return True
    name, _, number = column.rpartition(".")
    if number.isdigit() and name in frame.columns:
        return True
    values = read_numbers(frame[column]).drop_nulls()
    is_code = len(values) > MAX_CODES and (values == values.round()).all() and (values == 0).any()
    return bool(is_code and values.n_unique() <= MAX_CODES)
