"""Canonical tickers: what each source calls an asset, where that differs."""

import re
from types import MappingProxyType

import polars as pl

ANYWHERE = MappingProxyType({"XBT": "BTC", "XDG": "DOGE", "MIOTA": "IOTA", "BTTC": "BTT", "REPV2": "REP"})
BY_SOURCE = MappingProxyType(
    {
        "binance": {"BCC": "BCH"},  # its ticker until 2018
        "coinmetrics": {"MATIC_ETH": "MATIC"},  # usdt_eth and usdt_trx are parts of USDT, each an asset of its own
    }
)
_SCALED = re.compile(r"^(?:1000000|10000|1000|1M)(?=[A-Z]{2,})")


def canonical(code: str, source: str = "") -> str:
    """The canonical ticker of `code` as `source` (an exchange's ccxt id, a vendor) writes it.

    A contract on many units (1000SHIB) belongs to the asset itself: returns are the same, prices are of its unit.
    """
    upper = code.strip().upper()
    upper = BY_SOURCE[source].get(upper, upper) if source in BY_SOURCE else upper
    return ANYWHERE.get(upper, _SCALED.sub("", upper))


def with_canonical(frame: pl.DataFrame, code: str, source: str, *, name: str = "asset") -> pl.DataFrame:
    """`frame` with the column `name`: canonical tickers of the codes in column `code`, as the `source` column writes
    them. Rows without a code or a source have none.
    """
    pairs = frame.select(code, source).unique().drop_nulls()
    known = [canonical(str(written), str(by)) for written, by in pairs.iter_rows()]
    tickers = pairs.with_columns(pl.Series("_canonical", known, dtype=pl.String))
    joined = frame.join(tickers, on=[code, source], how="left", maintain_order="left")
    return joined.with_columns(pl.col("_canonical").alias(name)).drop("_canonical")
