"""Canonical tickers: what each source calls an asset, where that differs."""

import re
from types import MappingProxyType

ANYWHERE = MappingProxyType({"XBT": "BTC", "XDG": "DOGE", "MIOTA": "IOTA", "BTTC": "BTT", "REPV2": "REP"})
BY_SOURCE = MappingProxyType(
    {
        "binance": {"BCC": "BCH"},  # its ticker until 2018
        "coinmetrics": {"MATIC_ETH": "MATIC", "USDT_ETH": "USDT", "USDT_TRX": "USDT"},
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
