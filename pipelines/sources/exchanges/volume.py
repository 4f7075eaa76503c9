"""Volume in coins, whatever a venue counts candles of derivatives in.

ccxt passes a venue's own volume on: coins here, contracts there. What each counts was read from the venues' own
descriptions of their candles, as ccxt's parsers quote them; a venue that nobody looked at has no volume.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

IN_COINS = frozenset(
    {
        "binance", "binanceusdm", "binancecoinm", "bybit", "okx", "bitget", "bitmex", "htx", "huobi", "bingx",
        "hyperliquid", "krakenfutures", "woo", "coinex",
    }
)  # fmt: skip
IN_CONTRACTS = frozenset({"gate", "gateio", "mexc", "kucoin", "kucoinfutures", "phemex"})
IN_QUOTE_WHERE_INVERSE = frozenset({"krakenfutures"})


def volume_in_coins(exchange: str, market: Mapping[str, Any], volume: str, close: str) -> pl.Expr:
    """Column `volume` of a market's candles in units of its base asset; null where nobody knows what it counts.

    A contract of a linear market is `contractSize` coins; of an inverse one `contractSize` of the quote currency.
    """
    given, price = pl.col(volume), pl.col(close)
    if not market.get("contract"):
        return given
    is_inverse = bool(market.get("inverse"))
    if exchange in IN_QUOTE_WHERE_INVERSE and is_inverse:
        return given / price
    if exchange in IN_COINS:
        return given
    size = market.get("contractSize")
    if exchange not in IN_CONTRACTS or not isinstance(size, int | float) or not size > 0:
        return pl.lit(None, pl.Float64)
    return given * size / price if is_inverse else given * size


def is_known(exchange: str, market: Mapping[str, Any]) -> bool:
    """Whether what the venue's volume counts is known."""
    return not market.get("contract") or exchange in IN_COINS | IN_CONTRACTS
