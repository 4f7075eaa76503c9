"""Canonical tickers in frames: what each source calls an asset, by the one table of `domain.assets`."""

import polars as pl

from domain.assets.codes import canonical, changing_codes


def with_canonical(
    frame: pl.DataFrame, code: str, source: str, *, name: str = "asset", at: str | None = None
) -> pl.DataFrame:
    """`frame` with the column `name`: canonical tickers of the codes in column `code`, as the `source` column writes
    them, at the moments of column `at` where one is given. Rows without a code or a source have none.
    """
    day = pl.col(at).dt.truncate("1d") if at else pl.lit(None, pl.Datetime("us", "UTC"))
    changes = pl.col(code).str.to_uppercase().is_in(list(changing_codes()))
    keyed = frame.with_columns(_day=pl.when(changes).then(day))
    keys = keyed.select(code, source, "_day").unique().filter(pl.col(code).is_not_null(), pl.col(source).is_not_null())
    known = [canonical(str(written), str(by), moment) for written, by, moment in keys.iter_rows()]
    tickers = keys.with_columns(pl.Series("_canonical", known, dtype=pl.String))
    joined = keyed.join(tickers, on=[code, source, "_day"], how="left", maintain_order="left", nulls_equal=True)
    return joined.with_columns(pl.col("_canonical").alias(name)).drop("_canonical", "_day")


def asset_at(code: str, source: str, moment: pl.Expr) -> pl.Expr:
    """The canonical ticker of one code at each moment."""
    if code.strip().upper() not in changing_codes():
        return pl.lit(canonical(code, source))
    return moment.map_elements(lambda at: canonical(code, source, at), return_dtype=pl.String)
