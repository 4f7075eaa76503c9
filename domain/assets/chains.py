"""Blockchains by any of their names: what a vendor calls ETH, ethereum or ERC20 is one chain."""

from functools import cache

import polars as pl

from domain.assets.codes import table


@cache
def _names() -> dict[str, str]:
    return {alias.lower(): name for name, aliases in table()["chains"].items() for alias in (name, *aliases)}


def chain_name(chain: pl.Expr) -> pl.Expr:
    """The common name of each chain of a text column; one that no table holds is itself, in lower case."""
    written = chain.str.strip_chars().str.to_lowercase()
    return written.replace(_names())
