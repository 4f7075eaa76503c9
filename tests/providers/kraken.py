"""Kraken, simulated: the public spot REST API (/0/public), as its documentation says.

    Kraken({"BTC/USD": bars}, now_ms, timeframe="1h", quirks=Quirks())

Asked by ccxt: Assets, AssetPairs, OHLC, Time. OHLC gives the newest 720 bars whatever `since` says; `since` (seconds)
only hides those at or before it, and the last row, always there, is the bar that is not finished. Errors come with
status 200: {"error": ["EQuery:Unknown asset pair"]}; too many requests: the fault `transform(lambda _: RATE_LIMITED)`.
"""

from datetime import UTC, datetime
from typing import Any

import numpy as np

from tests.providers.candles import Bars, Exchange, plain
from tests.providers.server import Answer, Request

LEGACY = {
    "BTC": "XXBT", "ETH": "XETH", "XRP": "XXRP", "LTC": "XLTC", "XLM": "XXLM", "DOGE": "XXDG", "ETC": "XETC",
    "USD": "ZUSD", "EUR": "ZEUR", "GBP": "ZGBP", "JPY": "ZJPY", "CAD": "ZCAD",
}  # fmt: skip
INTERVALS = {"1": "1m", "5": "5m", "15": "15m", "30": "30m", "60": "1h", "240": "4h", "1440": "1d", "10080": "1w"}
KEPT = 720
RATE_LIMITED = b'{"error":["EAPI:Rate limit exceeded"]}'
UNAVAILABLE = b'{"error":["EService:Unavailable"]}'


class Kraken(Exchange):
    """Simulated Kraken. Symbols "BTC/USD", spot only."""

    def answer(self, request: Request) -> Answer:
        """The answer to a public endpoint."""
        match request.path:
            case "/0/public/Time":
                now = datetime.fromtimestamp(self.clock_ms / 1000, UTC)
                rfc = now.strftime("%a, %d %b %y %H:%M:%S +0000")
                return _ok({"unixtime": self.clock_ms // 1000, "rfc1123": rfc})
            case "/0/public/Assets":
                codes = {code for symbol in self.known() for code in symbol.split("/")}
                return _ok({_asset(code): _describe_asset(code) for code in sorted(codes)})
            case "/0/public/AssetPairs":
                return _ok({_pair(symbol): self._describe(symbol) for symbol in self.known()})
            case "/0/public/OHLC":
                return self._ohlc(request.query)
        return _error("EGeneral:Unknown method", 404)

    def _describe(self, symbol: str) -> dict[str, Any]:
        base, quote = symbol.split("/")
        return {
            "altname": _altname(base) + _altname(quote), "wsname": f"{_altname(base)}/{_altname(quote)}",
            "aclass_base": "currency", "base": _asset(base), "aclass_quote": "currency", "quote": _asset(quote),
            "lot": "unit", "cost_decimals": 5, "pair_decimals": 2, "lot_decimals": 8, "lot_multiplier": 1,
            "leverage_buy": [], "leverage_sell": [], "fees": [[0, 0.4]], "fees_maker": [[0, 0.25]],
            "fee_volume_currency": "ZUSD", "margin_call": 80, "margin_stop": 40, "ordermin": "0.00005",
            "costmin": "0.5", "tick_size": "0.01", "status": "online" if self.is_active(symbol) else "cancel_only",
        }  # fmt: skip

    def _ohlc(self, query: dict[str, str]) -> Answer:
        names = {name: s for s in self.known() for name in (_pair(s), self._describe(s)["altname"])}
        if "pair" not in query:
            return _error("EGeneral:Invalid arguments")
        if query["pair"] not in names:
            return _error("EQuery:Unknown asset pair")
        timeframe, since = INTERVALS.get(query.get("interval", "1")), query.get("since", "0")
        if timeframe is None or not since.lstrip("-").isdigit():
            return _error("EGeneral:Invalid arguments")
        symbol = names[query["pair"]]

        def newest(bars: Bars) -> slice:
            after = int(np.searchsorted(bars[:, 0], int(since) * 1000, side="right"))
            return slice(max(min(after, len(bars) - 1), len(bars) - KEPT, 0), len(bars))

        rows = self.page(symbol, timeframe, newest)
        committed = np.sort(rows[:, 0])[-2] if len(rows) > 1 else self.clock_ms
        return _ok({_pair(symbol): [_row(row) for row in rows], "last": int(committed) // 1000})


def _row(row: np.ndarray) -> list[Any]:
    open_ms, opened, high, low, close, volume = row
    average = (opened + close) / 2 if volume else 0.0
    prices = [plain(v) for v in (opened, high, low, close, average)]
    return [int(open_ms) // 1000, *prices, f"{volume:.8f}", int(volume) + 1]


def _asset(code: str) -> str:
    return LEGACY.get(code, code)


def _altname(code: str) -> str:
    return LEGACY[code][1:] if code in LEGACY else code


def _describe_asset(code: str) -> dict[str, Any]:
    return {"aclass": "currency", "altname": _altname(code), "decimals": 10, "display_decimals": 5, "status": "enabled"}


def _pair(symbol: str) -> str:
    base, quote = symbol.split("/")
    if base in LEGACY and quote in LEGACY:
        return LEGACY[base] + LEGACY[quote]
    return _altname(base) + _altname(quote)


def _ok(result: Any) -> Answer:
    return Answer.json({"error": [], "result": result})


def _error(message: str, status: int = 200) -> Answer:
    return Answer.json({"error": [message]}, status)
