"""Volume in coins, whatever a venue counts candles of derivatives in.

ccxt passes a venue's own volume on: coins here, contracts there. Which of a venue's figures ccxt passes on was
read in its parsers; a venue that nobody looked at has no volume.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

IN_COINS = frozenset({"binance", "binanceusdm", "binancecoinm", "bybit", "okx", "bitget"})
IN_CONTRACTS = frozenset({"gate", "gateio", "mexc", "kucoin", "kucoinfutures"})
IN_LINEAR_CONTRACTS = frozenset({"bitmex"})  # what ccxt gives as the size of an inverse contract there counts satoshis


def volume_in_coins(exchange: str, market: Mapping[str, Any], volume: str, close: str) -> pl.Expr:
    """Column `volume` of a market's candles in units of its base asset; null where nobody knows what it counts.

    A contract of a linear market is `contractSize` coins; of an inverse one `contractSize` of the quote currency.
    """
    given, price = pl.col(volume), pl.col(close)
    if not market.get("contract") or exchange in IN_COINS:
        return given
    size = market.get("contractSize")
    if not is_known(exchange, market) or not isinstance(size, int | float) or not size > 0:
        return pl.lit(None, pl.Float64)
    return given * size / price if market.get("inverse") else given * size


def is_known(exchange: str, market: Mapping[str, Any]) -> bool:
    """Whether what the venue's volume counts is known."""
    if not market.get("contract") or exchange in IN_COINS:
        return True
    is_linear = not market.get("inverse") and not market.get("quanto")
    return exchange in IN_CONTRACTS or (exchange in IN_LINEAR_CONTRACTS and is_linear)
