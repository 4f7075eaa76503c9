"""Trading pairs in any spelling: base and quote."""

import re

from domain.assets.codes import canonical, known_codes

GLUED_QUOTES = (
    "USDT", "USDC", "FDUSD", "TUSD", "BUSD", "USDP", "USDD", "USDE", "USD", "EUR", "GBP", "JPY", "KRW", "TRY", "BRL",
    "AUD",
)  # fmt: skip
QUOTES = frozenset({*GLUED_QUOTES, "DAI", "PYUSD", "CHF", "BTC", "XBT", "ETH", "BNB", "PERP", "USDTM", "USDM"})
# Assets whose codes end like a quote currency.
NO_PAIRS = frozenset({"PYUSD", "FDUSD", "CRVUSD", "RLUSD", "EURUSD", "SUSD", "LUSD", "GUSD", "CUSD", "ALUSD", "STUSD"})
LAST_RESORT = ("BTC", "ETH", "BNB")  # quotes glued to the end of a known code of three letters and more
_END = re.compile(r"(?:\.P|[-_](?:PERP|SWAP|SPOT))$", re.IGNORECASE)  # what a platform calls the kind of market
_KRAKEN = re.compile(r"X([A-Z]{3})Z(USD|EUR|GBP|JPY|CAD|AUD)")
_BITFINEX = re.compile(r"t([A-Z0-9]{6,})")


def split_pair(symbol: str) -> tuple[str, str] | None:
    """Base and quote of a pair in any spelling (BTC/USDT, BTC-USD, BTC_USDT, BTC/USDT:USDT, BTCUSDT, BTCUSD_PERP,
    XXBTZUSD, tBTCUSD); None where the text names no pair, or a contract that expires or has a strike.

    Where two quotes could end a glued pair (DOTUSD: USD, or TUSD?), the base of one alone has to be a known code.
    """
    plain, _, settled_in = symbol.strip().partition(":")
    if "-" in settled_in:
        return None
    shorter = _END.sub("", plain)
    return (_split(shorter) if shorter != plain else None) or _split(plain)


def _split(plain: str) -> tuple[str, str] | None:
    parts = [part.strip() for part in re.split(r"[/_-]", plain)]
    if len(parts) >= 2 and all(parts):
        is_dated = any(re.search(r"\d{2}", part) for part in parts[2:])
        return (parts[0], parts[1].upper()) if not is_dated and ("/" in plain or parts[1].upper() in QUOTES) else None
    native = _KRAKEN.fullmatch(plain)
    if native:
        return native[1], native[2]
    bitfinex = _BITFINEX.fullmatch(plain)
    return _glued(bitfinex[1] if bitfinex else plain.strip())


def _glued(code: str) -> tuple[str, str] | None:
    upper = code.upper()
    if upper in NO_PAIRS or upper in known_codes():
        return None
    could_be = [q for q in GLUED_QUOTES if upper.endswith(q) and len(upper) >= len(q) + 2]
    known = [q for q in could_be if canonical(upper[: -len(q)]) in known_codes()]
    if not could_be:
        ends = [q for q in LAST_RESORT if upper.endswith(q) and len(upper) >= len(q) + 3]
        known = [q for q in ends if upper[: -len(q)] in known_codes()]
    chosen = known or could_be
    if len(chosen) > 1:
        return None  # ARBUSD: ARB in USD, or AR in BUSD?
    return (code[: -len(chosen[0])], chosen[0]) if chosen else None
