"""Columns of stamps, whatever their type: moments, how precisely each is known, and whether it names its zone."""

import polars as pl

from domain.moments import LAST_EPOCH_S, order_of, read_stamp

UTC_US = pl.Datetime("us", "UTC")
_PLAIN = r"^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:[Zz]|[+-]\d{2}:\d{2})$"  # most files hold just this
_OTHERS: dict[str, pl.DataType | type[pl.DataType]] = {
    "value": pl.String,
    "read": UTC_US,
    "precision": pl.String,
    "is_zoned": pl.Boolean,
    "is_partial": pl.Boolean,
}


def read_stamps(column: pl.Series) -> pl.DataFrame:
    """`moment` (UTC, µs; null where a value is no stamp), `precision` (second, minute, hour, day), `is_zoned`, and
    `is_partial` (a day beside which something was not understood) of each value, in their order.

    Text is read value by value (`domain.moments`), 03/04/2024 in the order that the column's other values with the
    same mark show: not at all where they show none, or both. Whole numbers are epochs by their digits, or days such as
    20240131. A column of nothing but midnights UTC holds days.
    """
    values = column.alias("value").to_frame()
    if isinstance(column.dtype, pl.Datetime):
        read = _of_datetimes(values, column.dtype)
    elif column.dtype == pl.Date:
        midnight = pl.col("value").cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        read = values.select(moment=midnight, precision=pl.lit("day"), is_zoned=pl.lit(False), is_partial=pl.lit(False))
    elif column.dtype.is_numeric():
        read = _of_numbers(values)
    else:
        read = _of_texts(values.select(pl.col("value").cast(pl.String).str.strip_chars()))
    moment = pl.col("moment")
    only_days = (moment.dt.truncate("1d") == moment).all() & moment.is_not_null().any()
    return read.select(
        moment,
        precision=pl.when(moment.is_null()).then(None).when(only_days).then(pl.lit("day")).otherwise("precision"),
        is_zoned=pl.when(moment.is_not_null()).then("is_zoned"),
        is_partial=pl.col("is_partial").fill_null(value=False),
    )


def _of_datetimes(values: pl.DataFrame, dtype: pl.Datetime) -> pl.DataFrame:
    value = pl.col("value")
    moment = value.dt.convert_time_zone("UTC") if dtype.time_zone else value.dt.replace_time_zone("UTC")
    return values.select(
        moment=moment.dt.cast_time_unit("us"), precision=pl.lit("second"), is_zoned=pl.lit(dtype.time_zone is not None),
        is_partial=pl.lit(False),
    )  # fmt: skip


def _of_numbers(values: pl.DataFrame) -> pl.DataFrame:
    """Epochs by their number of digits at once; columns with other numbers are read as text."""
    whole = pl.col("value").cast(pl.Int64, strict=False)
    digits = whole.cast(pl.String).str.len_chars()
    us = (
        pl.when(digits == 19).then(whole // 1_000)
        .when(digits == 16).then(whole)
        .when(digits == 13).then(whole * 1_000)
        .when(digits == 10).then((pl.col("value") * 1_000_000).cast(pl.Int64))
    )  # fmt: skip
    known = pl.when(us < LAST_EPOCH_S * 1_000_000).then(us)
    read = values.select(
        "value", moment=known.cast(UTC_US), precision=pl.lit("second"), is_zoned=pl.lit(True), is_partial=pl.lit(False)
    )
    if read.select((pl.col("moment").is_null() & pl.col("value").is_not_null()).any()).item():
        return _of_texts(values.select(whole.cast(pl.String)))
    return read


def _of_texts(values: pl.DataFrame) -> pl.DataFrame:
    """Plain ISO times at once, everything else value by value, each different one once."""
    iso = pl.col("value").str.replace("[Tt]", " ").str.replace("[Zz]$", "+00:00")
    quick = pl.when(pl.col("value").str.contains(_PLAIN)).then(iso)
    read = values.with_columns(moment=quick.str.to_datetime("%Y-%m-%d %H:%M:%S%.f%:z", time_unit="us", strict=False))
    others = read.filter(pl.col("moment").is_null())["value"].drop_nulls().unique(maintain_order=True)
    orders = [order_of(text) for text in others]
    shown = {(mark, order) for mark, order in orders if order is not None}
    known = {mark: order for mark, order in shown if (mark, not order) not in shown}
    stamps = [read_stamp(text, day_first=known.get(mark)) for text, (mark, _) in zip(others, orders, strict=True)]
    slow = pl.DataFrame(
        [(t, s.moment, s.precision, s.offset is not None, s.is_partial)
         for t, s in zip(others, stamps, strict=True) if s],
        schema=_OTHERS, orient="row",
    )  # fmt: skip
    is_quick = pl.col("moment").is_not_null()
    return read.join(slow, on="value", how="left", maintain_order="left").select(
        moment=pl.coalesce("moment", "read"),
        precision=pl.when(is_quick).then(pl.lit("second")).otherwise("precision"),
        is_zoned=is_quick | pl.col("is_zoned"),
        is_partial="is_partial",
    )
