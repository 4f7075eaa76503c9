"""Binance, simulated: spot (/api/v3) and linear perpetuals (/fapi/v1), as their public REST documentation says.

    Binance({"BTC/USDT": bars, "BTC/USDT:USDT": Listing(bars, funding=rates)}, now_ms, timeframe="1h", quirks=Quirks())

Asked by ccxt: /api/v3/exchangeInfo, /fapi/v1/exchangeInfo, /dapi/v1/exchangeInfo (no symbols), time, klines,
/fapi/v1/fundingRate. Klines come oldest first with twelve columns and include the unfinished bar: from `startTime`
on, or the latest where it is absent; `limit` is 500 by default and at most 1000 (spot, silently) or 1500 (futures).
Funding: 100 by default, at most 1000. Errors are HTTP 400 with {"code": ..., "msg": ...}.
"""

from typing import Any

import numpy as np

from tests.providers.candles import DAY, Bars, Exchange, Listing, timeframe_ms
from tests.providers.server import Answer, Request

INTERVALS = frozenset(["1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w"])
NEVER = 4_133_404_800_000


class Binance(Exchange):
    """Simulated Binance. Symbols "BTC/USDT" (spot) and "BTC/USDT:USDT" (linear perpetual)."""

    def answer(self, request: Request) -> Answer:
        """The answer to a public endpoint."""
        _, api, _version, *rest = request.path.split("/")
        market = {"api": "spot", "fapi": "linear", "dapi": "inverse"}.get(api)
        match market, "/".join(rest):
            case None, _:
                return Answer.text("<html><body>404 Not found</body></html>", "text/html", 404)
            case _, "ping":
                return self._ok({})
            case _, "time":
                return self._ok({"serverTime": self.clock_ms})
            case _, "exchangeInfo":
                return self._ok(self._exchange_info(str(market)))
            case "spot" | "linear", "klines":
                return self._klines(request.query, is_spot=market == "spot")
            case "linear", "fundingRate":
                return self._funding(request.query)
        return Answer.text("<html><body>404 Not found</body></html>", "text/html", 404)

    def _ok(self, value: Any) -> Answer:
        return Answer.json(value, headers={"x-mbx-used-weight-1m": "2"})

    def _exchange_info(self, market: str) -> dict[str, Any]:
        describe = {"spot": self._spot, "linear": self._linear}
        kinds = {symbol: "linear" if ":" in symbol else "spot" for symbol in self.known()}
        return {
            "timezone": "UTC",
            "serverTime": self.clock_ms,
            "exchangeFilters": [],
            "rateLimits": [{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000}],
            "symbols": [describe[kind](symbol) for symbol, kind in kinds.items() if kind == market],
        }

    def _spot(self, symbol: str) -> dict[str, Any]:
        base, quote = symbol.split("/")
        return {
            "symbol": base + quote, "status": "TRADING" if self.is_active(symbol) else "BREAK",
            "baseAsset": base, "baseAssetPrecision": 8, "quoteAsset": quote, "quotePrecision": 8,
            "quoteAssetPrecision": 8, "orderTypes": ["LIMIT", "MARKET"], "icebergAllowed": True, "ocoAllowed": True,
            "isSpotTradingAllowed": True, "isMarginTradingAllowed": False, "permissions": [],
            "permissionSets": [["SPOT"]], "filters": _filters("0.00001000"),
        }  # fmt: skip

    def _linear(self, symbol: str) -> dict[str, Any]:
        base, quote = symbol.partition(":")[0].split("/")
        listing = self.listings[symbol]
        return {
            "symbol": base + quote, "pair": base + quote, "contractType": "PERPETUAL", "deliveryDate": NEVER,
            "onboardDate": listing.listed_ms or int(self._bars[symbol, self._base[symbol][0]][0, 0]),
            "status": "TRADING" if self.is_active(symbol) else "SETTLING", "baseAsset": base, "quoteAsset": quote,
            "marginAsset": symbol.partition(":")[2], "pricePrecision": 2, "quantityPrecision": 3,
            "baseAssetPrecision": 8, "quotePrecision": 8, "underlyingType": "COIN", "orderTypes": ["LIMIT", "MARKET"],
            "timeInForce": ["GTC", "IOC", "FOK", "GTX"], "filters": _filters("0.001"),
        }  # fmt: skip

    def _find(self, name: str, *, is_spot: bool) -> tuple[str, Listing] | None:
        for symbol, listing in self.known().items():
            if symbol.partition(":")[0].replace("/", "") == name and (":" not in symbol) == is_spot:
                return symbol, listing
        return None

    def _klines(self, query: dict[str, str], *, is_spot: bool) -> Answer:
        wrong = _missing(query, "symbol", "interval") or _not_whole(query, "startTime", "endTime", "limit")
        if wrong:
            return wrong
        found = self._find(query["symbol"], is_spot=is_spot)
        interval, limit = query["interval"], int(query.get("limit", 500))
        if found is None:
            return _error(-1121, "Invalid symbol.")
        if interval not in INTERVALS:
            return _error(-1120, "Invalid interval.")
        if limit < 1 or (limit > 1500 and not is_spot):
            return _error(-1130, "Data sent for parameter 'limit' is not valid.")
        length, most = timeframe_ms(interval), min(limit, 1000 if is_spot else 1500)
        rows = self.page(found[0], interval, lambda bars: _window(bars[:, 0], query, most))
        return self._ok([kline(row, length) for row in rows])

    def _funding(self, query: dict[str, str]) -> Answer:
        wrong = _not_whole(query, "startTime", "endTime", "limit")
        if wrong:
            return wrong
        names = [query["symbol"]] if "symbol" in query else [s.partition(":")[0].replace("/", "") for s in self.known()]
        rows: list[dict[str, Any]] = []
        for name in names:
            found = self._find(name, is_spot=False)
            if found is None and "symbol" in query:
                return _error(-1121, "Invalid symbol.")
            if found is None or found[1].funding is None:
                continue
            rates = found[1].funding[found[1].funding[:, 0] <= self.clock_ms]
            chosen = rates[_window(rates[:, 0], query, min(int(query.get("limit", 100)), 1000))]
            mark = self.visible(found[0], self._base[found[0]][0])
            rows += [_funding_row(name, int(ms), rate, mark) for ms, rate in chosen]
        return self._ok(sorted(rows, key=lambda r: r["fundingTime"]))


def _window(times: np.ndarray, query: dict[str, str], limit: int) -> slice:
    """From startTime on, at most `limit`; without a startTime the latest `limit` up to endTime."""
    end = int(np.searchsorted(times, int(query.get("endTime", 1 << 60)), side="right"))
    if "startTime" not in query:
        return slice(max(end - limit, 0), end)
    start = int(np.searchsorted(times, int(query["startTime"])))
    return slice(start, max(min(start + limit, end), start))


def kline(row: Bars, length: int) -> list[Any]:
    """The twelve columns of one bar, as the API and the archive write them."""
    open_ms, opened, high, low, close, volume = row
    quote = volume * (opened + close) / 2
    return [
        int(open_ms), *(f"{v:.8f}" for v in (opened, high, low, close, volume)), int(open_ms) + length - 1,
        f"{quote:.8f}", int(volume) + 1, f"{volume / 2:.8f}", f"{quote / 2:.8f}", "0",
    ]  # fmt: skip


def _funding_row(name: str, ms: int, rate: float, bars: Bars) -> dict[str, Any]:
    at = int(np.searchsorted(bars[:, 0], ms, side="right")) - 1
    mark = f"{bars[at, 1]:.8f}" if len(bars) and at >= 0 and ms - bars[at, 0] < DAY else ""
    return {"symbol": name, "fundingTime": ms, "fundingRate": f"{rate:.8f}", "markPrice": mark}


def _filters(step: str) -> list[dict[str, Any]]:
    return [
        {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000.00", "tickSize": "0.01"},
        {"filterType": "LOT_SIZE", "minQty": step, "maxQty": "9000.00000000", "stepSize": step},
        {"filterType": "NOTIONAL", "minNotional": "5.0", "applyMinToMarket": True, "maxNotional": "9000000.0"},
    ]


def _error(code: int, message: str) -> Answer:
    return Answer.json({"code": code, "msg": message}, 400)


def _missing(query: dict[str, str], *names: str) -> Answer | None:
    for name in names:
        if not query.get(name):
            return _error(-1102, f"Mandatory parameter '{name}' was not sent, was empty/null, or malformed.")
    return None


def _not_whole(query: dict[str, str], *names: str) -> Answer | None:
    for name in names:
        if name in query and not query[name].lstrip("-").isdigit():
            return _error(-1100, f"Illegal characters found in parameter '{name}'; legal range is '^[0-9]{{1,20}}$'.")
    return None
