"""Cells of tables that come as text: what is missing, and what number, word or truth a text is. No reader's guess."""

import polars as pl

# Marks of missing values that R, Excel, pandas, SQL and people write, in lower case.
MISSING = frozenset(
    {
        "", "na", "n/a", "n.a.", "nan", "-nan", "nat", "null", "none", "<na>", "#n/a", "#n/a n/a", "#na",
        "#null!", "#value!", "#ref!", "#div/0!", "#num!", "#name?", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan", "-",
        "--", "—", "?", "\\n",
    }
)  # fmt: skip
TRUTHS = {"true": True, "t": True, "yes": True, "y": True, "1": True, "1.0": True} | {
    "false": False, "f": False, "no": False, "n": False, "0": False, "0.0": False
}  # fmt: skip
_PLAIN = r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$"
_COMMAS = r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$"  # 42,100.5
_SPACES = r"^[+-]?\d{1,3}(?:[ '\u00a0\u202f’]\d{3})+(?:\.\d*)?$"  # 42 100.5, 42'100.5
_DECIMAL_COMMA = (  # 42100,5 and 42.100,5; and 1.042.100, in which points group
    r"^[+-]?\d+,\d+$|^[+-]?\d{1,3}(?:\.\d{3})+,\d+$|^[+-]?\d{1,3}(?:\.\d{3}){2,}$"
)
_POINTS = r"^[+-]?\d{1,3}(?:\.\d{3})+$"  # 42.100 beside 42.100,5
_TWO_WAYS = r"^[+-]?\d{1,3},\d{3}$"  # 42,100: thousands, or thousandths?


def without_marks(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with its text stripped of white space; marks of missing values, and NaN, as null."""
    text = pl.col(pl.String).str.strip_chars()
    missing = text.str.to_lowercase().is_in(list(MISSING))
    return frame.with_columns(pl.when(~missing).then(text).name.keep(), pl.col(pl.Float32, pl.Float64).fill_nan(None))


def read_numbers(column: pl.Series) -> pl.Series:
    """Numbers of a column, Float64; null where a value is missing or is no number.

    Text may group thousands (42,100.5; 42 100.5; 42'100.5) or write the decimal comma (42.100,5), one way in a column:
    42,100 is read as the column's other values show, and not at all where they show nothing.
    """
    if column.dtype == pl.Boolean:
        return pl.Series(column.name, [None] * len(column), dtype=pl.Float64)
    if column.dtype.is_numeric():
        return column.cast(pl.Float64).fill_nan(None)
    text = _text(column).str.replace_all("−", "-")
    plain = text.str.contains(_PLAIN)
    if plain.fill_null(value=True).all():
        return text.cast(pl.Float64, strict=False)
    two_ways = text.str.contains(_TWO_WAYS)
    grouped = text.str.contains(_COMMAS) & ~two_ways
    decimal = text.str.contains(_DECIMAL_COMMA) & ~two_ways
    frame = pl.DataFrame({"text": text, "plain": plain, "two_ways": two_ways, "grouped": grouped, "decimal": decimal})
    if grouped.any() and decimal.any():
        return frame.select(pl.when("plain").then("text").cast(pl.Float64, strict=False))["text"].alias(column.name)
    value = pl.col("text")
    ungrouped, pointed = (
        value.str.replace_all(",", ""),
        value.str.replace_all(".", "", literal=True).str.replace(",", "."),
    )
    as_thousands = pl.lit(bool(grouped.any()))
    as_decimal = pl.lit(bool(decimal.any()))
    read = (
        pl.when(pl.col("decimal") | ((pl.col("two_ways") | value.str.contains(_POINTS)) & as_decimal))
        .then(pointed)
        .when(pl.col("grouped") | (pl.col("two_ways") & as_thousands))
        .then(ungrouped)
        .when(value.str.contains(_SPACES))
        .then(value.str.replace_all(r"[ '\u00a0\u202f’]", ""))
        .when(pl.col("plain") & ~(as_decimal & value.str.contains(".", literal=True)))
        .then(value)
    )
    return frame.select(read.cast(pl.Float64, strict=False).alias(column.name))[column.name]


def read_truths(column: pl.Series) -> pl.Series:
    """Truths of a column: TRUE, True, yes, 1 …; null where a value is missing or is none."""
    if column.dtype == pl.Boolean:
        return column
    words = _text(column).str.to_lowercase()
    return words.replace_strict(TRUTHS, default=None, return_dtype=pl.Boolean)


def first_unread(column: pl.Series, read: pl.Series) -> tuple[int, str] | None:
    """The number of the first row (from 1) whose value is there but could not be read, and that value."""
    given = _text(column)
    rows = (given.is_not_null() & read.is_null()).arg_true()
    return (int(rows[0]) + 1, str(given[int(rows[0])])) if len(rows) else None


def _text(column: pl.Series) -> pl.Series:
    return without_marks(column.cast(pl.String).to_frame())[column.name]
