"""Coinbase Advanced Trade, simulated: the public market endpoints, as its documentation says.

    Coinbase({"BTC/USD": bars}, now_ms, timeframe="1h", quirks=Quirks())

Asked by ccxt: /v2/time, /v2/currencies, /v2/currencies/crypto, /v2/exchange-rates, /api/v3/brokerage/market/products
(spot; futures: none) and .../products/ID/candles?start=&end=&granularity=. Candles come newest first, everything a
string, seconds, `start` included, `end` not. A window of 350 candles or more is refused with HTTP 400, which is how
the real one words it ("should be less than 350"). The unfinished bar is included.
"""

from datetime import UTC, datetime
from typing import Any

import numpy as np

from tests.providers.candles import Bars, Exchange, plain, timeframe_ms
from tests.providers.server import Answer, Request

GRANULARITY = {
    "ONE_MINUTE": "1m", "FIVE_MINUTE": "5m", "FIFTEEN_MINUTE": "15m", "THIRTY_MINUTE": "30m", "ONE_HOUR": "1h",
    "TWO_HOUR": "2h", "FOUR_HOUR": "4h", "SIX_HOUR": "6h", "ONE_DAY": "1d",
}  # fmt: skip
MOST = 350
PRODUCTS = "/api/v3/brokerage/market/products"
FIAT = frozenset({"USD", "EUR", "GBP"})


class Coinbase(Exchange):
    """Simulated Coinbase Advanced Trade. Symbols "BTC/USD", spot only."""

    def answer(self, request: Request) -> Answer:
        """The answer to a public endpoint."""
        now = datetime.fromtimestamp(self.clock_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        seconds = self.clock_ms // 1000
        codes = sorted({code for symbol in self.known() for code in symbol.split("/")})
        match request.path:
            case "/v2/time":
                return Answer.json({"data": {"iso": now, "epoch": seconds}})
            case "/api/v3/brokerage/time":
                return Answer.json({"iso": now, "epochSeconds": str(seconds), "epochMillis": str(self.clock_ms)})
            case "/v2/currencies":
                fiat = [{"id": c, "name": c, "min_size": "0.01"} for c in codes if c in FIAT]
                return Answer.json({"data": fiat})
            case "/v2/currencies/crypto":
                return Answer.json({"data": [_crypto(code) for code in codes if code not in FIAT]})
            case "/v2/exchange-rates":
                return Answer.json({"data": {"currency": "USD", "rates": dict.fromkeys(codes, "1.0")}})
        path = request.path.rstrip("/")
        if path == PRODUCTS:
            is_spot = request.query.get("product_type", "SPOT") == "SPOT"
            products = [self._product(symbol) for symbol in self.known()] if is_spot else []
            return Answer.json({"products": products, "num_products": len(products)})
        if path.startswith(PRODUCTS):
            name, _, rest = path.removeprefix(PRODUCTS + "/").partition("/")
            return self._one(name, rest, request.query)
        return _error("NOT_FOUND", "Not Found", 404)

    def _one(self, name: str, rest: str, query: dict[str, str]) -> Answer:
        symbol = name.replace("-", "/")
        if symbol not in self.known():
            return _error("NOT_FOUND", "valid product_id is required", 404)
        if rest == "candles":
            return self._candles(symbol, query)
        return Answer.json(self._product(symbol)) if rest == "" else _error("NOT_FOUND", "Not Found", 404)

    def _product(self, symbol: str) -> dict[str, Any]:
        base, quote = symbol.split("/")
        is_active = self.is_active(symbol)
        bars = self.visible(symbol, self._base[symbol][0])
        return {
            "product_id": f"{base}-{quote}", "price": plain(bars[-1, 4]) if len(bars) else "",
            "price_percentage_change_24h": "0.5", "volume_24h": "100", "volume_percentage_change_24h": "1",
            "base_increment": "0.00000001", "quote_increment": "0.01", "quote_min_size": "1",
            "quote_max_size": "150000000", "base_min_size": "0.00000001", "base_max_size": "3400",
            "base_name": base, "quote_name": quote, "watched": False, "is_disabled": not is_active, "new": False,
            "status": "online" if is_active else "delisted", "cancel_only": False, "limit_only": False,
            "post_only": False, "trading_disabled": not is_active, "auction_mode": False, "product_type": "SPOT",
            "quote_currency_id": quote, "base_currency_id": base, "fcm_trading_session_details": None,
            "mid_market_price": "", "alias": "", "alias_to": [], "base_display_symbol": base,
            "quote_display_symbol": quote, "view_only": False, "price_increment": "0.01",
            "display_name": f"{base}-{quote}", "product_venue": "CBE",
        }  # fmt: skip

    def _candles(self, symbol: str, query: dict[str, str]) -> Answer:
        start, end = query.get("start", ""), query.get("end", "")
        timeframe = GRANULARITY.get(query.get("granularity", ""))
        if timeframe is None:
            return _error("INVALID_ARGUMENT", "granularity argument is invalid")
        if not (start.isdigit() and end.isdigit()) or int(start) >= int(end):
            return _error("INVALID_ARGUMENT", "start and end argument is invalid")
        limit = query.get("limit", str(MOST))
        if not limit.isdigit() or int(limit) > MOST:
            return _error("INVALID_ARGUMENT", "limit argument is invalid")
        if (int(end) - int(start)) * 1000 >= MOST * timeframe_ms(timeframe):
            detail = f"start and end argument is invalid - number of candles requested should be less than {MOST} "
            return _error("INVALID_ARGUMENT", detail)

        def window(bars: Bars) -> slice:
            first, last = (int(at) for at in np.searchsorted(bars[:, 0], [int(start) * 1000, int(end) * 1000]))
            return slice(max(first, last - int(limit)), last)

        rows = self.page(symbol, timeframe, window)[::-1]
        return Answer.json({"candles": [_candle(row) for row in rows]})


def _candle(row: np.ndarray) -> dict[str, str]:
    open_ms, opened, high, low, close, volume = row
    return {
        "start": str(int(open_ms) // 1000), "low": plain(low), "high": plain(high), "open": plain(opened),
        "close": plain(close), "volume": plain(volume),
    }  # fmt: skip


def _crypto(code: str) -> dict[str, Any]:
    return {
        "asset_id": f"simulated-{code.lower()}", "code": code, "name": code, "color": "#0433FF", "sort_index": 100,
        "exponent": 8, "type": "crypto", "address_regex": "",
    }  # fmt: skip


def _error(kind: str, detail: str, status: int = 400) -> Answer:
    return Answer.json({"error": kind, "error_details": detail, "message": detail}, status)
