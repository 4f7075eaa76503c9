"""OKX, simulated: the public v5 REST API for spot and linear perpetual swaps, as its documentation says.

    Okx({"BTC/USDT": bars, "BTC/USDT:USDT": Listing(bars, funding=rates)}, now_ms, timeframe="1h", quirks=Quirks())

Asked by ccxt: /api/v5/public/time, /public/instruments?instType=, /market/candles (the latest 1,440 bars),
/market/history-candles, /public/funding-rate-history (three months). Rows come newest first, as strings; `after` asks
for rows older than it, `before` for newer ones, both exclusive; `before` alone gives the *latest* rows, not those that
follow it. Candles: 100 by default, at most 300; funding: at most 400. The last column says whether a bar is finished.
Bars of six hours and more begin in Hong Kong time unless they end in "utc". Errors: status 200 and a `code` not "0".
"""

from typing import Any

import numpy as np

from tests.providers.candles import DAY, HOUR, Bars, Exchange, plain, timeframe_ms
from tests.providers.server import Answer, Request

BARS = ["1m", "3m", "5m", "15m", "30m", "1H", "2H", "4H"]
LONG_BARS = ["6H", "12H", "1D", "1W"]
LATEST = 1440
MOST_CANDLES, MOST_RATES = 300, 400
FUNDING_KEPT = 92 * DAY
CONTRACT = 0.01
RATE_LIMITED = b'{"code":"50011","data":[],"msg":"Too Many Requests"}'


class Okx(Exchange):
    """Simulated OKX. Symbols "BTC/USDT" (spot) and "BTC/USDT:USDT" (linear perpetual, contracts of 0.01)."""

    def answer(self, request: Request) -> Answer:
        """The answer to a public endpoint."""
        match request.path.removeprefix("/api/v5"):
            case "/public/time":
                return _ok([{"ts": str(self.clock_ms)}])
            case "/public/instruments":
                return self._instruments(request.query)
            case "/market/candles":
                return self._candles(request.query, LATEST)
            case "/market/history-candles":
                return self._candles(request.query, None)
            case "/public/funding-rate-history":
                return self._funding(request.query)
        return Answer.json({"msg": "API path is not found", "code": "404", "data": []}, 404)

    def _instruments(self, query: dict[str, str]) -> Answer:
        kind = query.get("instType", "")
        if kind not in ("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION"):
            return _error("51000", "Parameter instType error")
        if kind == "OPTION" and not (query.get("uly") or query.get("instFamily")):
            return _error("50015", "Either parameter uly or instFamily is required")
        found = [symbol for symbol in self.known() if kind == ("SWAP" if ":" in symbol else "SPOT")]
        return _ok([self._instrument(symbol) for symbol in found])

    def _instrument(self, symbol: str) -> dict[str, str]:
        pair, _, settle = symbol.partition(":")
        base, quote = pair.split("/")
        is_swap = bool(settle)
        listed = self.listings[symbol].listed_ms or int(self._bars[symbol, self._base[symbol][0]][0, 0])
        return {
            "alias": "", "baseCcy": "" if is_swap else base, "category": "1", "ctMult": "1" if is_swap else "",
            "ctType": "linear" if is_swap else "", "ctVal": str(CONTRACT) if is_swap else "",
            "ctValCcy": base if is_swap else "", "expTime": "", "instFamily": f"{base}-{quote}" if is_swap else "",
            "instId": _name(symbol), "instType": "SWAP" if is_swap else "SPOT", "lever": "10", "listTime": str(listed),
            "lotSz": "1" if is_swap else "0.00000001", "minSz": "1" if is_swap else "0.00001", "optType": "",
            "quoteCcy": "" if is_swap else quote, "settleCcy": settle, "stk": "", "tickSz": "0.01",
            "state": "live" if self.is_active(symbol) else "suspend", "uly": f"{base}-{quote}" if is_swap else "",
            "ruleType": "normal",
        }  # fmt: skip

    def _find(self, query: dict[str, str]) -> str | None:
        return next((s for s in self.known() if _name(s) == query.get("instId")), None)

    def _candles(self, query: dict[str, str], kept: int | None) -> Answer:
        symbol, bar = self._find(query), query.get("bar", "1m")
        if not query.get("instId"):
            return _error("50014", "Parameter instId can not be empty")
        if symbol is None:
            return _error("51001", "Instrument ID, Instrument ID code, or Spread ID doesn't exist.")
        if bar.removesuffix("utc") not in LONG_BARS + ([] if bar.endswith("utc") else BARS):
            return _error("51000", "Parameter bar error")
        wrong = _not_whole(query, "after", "before", "limit")
        if wrong:
            return wrong
        limit = min(int(query.get("limit") or 100), MOST_CANDLES)
        timeframe = bar.removesuffix("utc").lower()
        offset = -8 * HOUR % timeframe_ms(timeframe) if bar in LONG_BARS else 0

        def older_than_newer_than(bars: Bars) -> slice:
            oldest = max(len(bars) - kept, 0) if kept else 0
            return _between(bars[:, 0], query, limit, oldest)

        rows = self.page(symbol, timeframe, older_than_newer_than, offset)[::-1]
        length, now = timeframe_ms(timeframe), self.clock_ms
        return _ok([_row(row, is_swap=":" in symbol, is_finished=row[0] + length <= now) for row in rows])

    def _funding(self, query: dict[str, str]) -> Answer:
        symbol = self._find(query)
        if symbol is None or ":" not in symbol:
            return _error("51001", "Instrument ID, Instrument ID code, or Spread ID doesn't exist.")
        wrong = _not_whole(query, "after", "before", "limit")
        if wrong:
            return wrong
        rates = self.listings[symbol].funding
        rates = np.empty((0, 2)) if rates is None else rates
        now = self.clock_ms
        rates = rates[(rates[:, 0] <= now) & (rates[:, 0] > now - FUNDING_KEPT)]
        chosen = rates[_between(rates[:, 0], query, min(int(query.get("limit") or MOST_RATES), MOST_RATES), 0)][::-1]
        return _ok([
            {
                "instType": "SWAP", "instId": _name(symbol), "formulaType": "withRate", "method": "current_period",
                "fundingRate": f"{rate:.10f}", "realizedRate": f"{rate:.10f}", "fundingTime": str(int(ms)),
            }
            for ms, rate in chosen
        ])  # fmt: skip


def _between(times: np.ndarray, query: dict[str, str], limit: int, oldest: int) -> slice:
    """The latest `limit` rows older than `after` and newer than `before`."""
    end = int(np.searchsorted(times, int(query["after"]))) if query.get("after") else len(times)
    start = int(np.searchsorted(times, int(query["before"]), side="right")) if query.get("before") else 0
    start = max(start, end - limit, oldest)
    return slice(start, max(end, start))


def _row(row: np.ndarray, *, is_swap: bool, is_finished: bool) -> list[str]:
    open_ms, opened, high, low, close, volume = row
    quote = plain(volume * (opened + close) / 2)
    volumes = [plain(volume / CONTRACT), plain(volume), quote] if is_swap else [plain(volume), quote, quote]
    return [str(int(open_ms)), *(plain(v) for v in (opened, high, low, close)), *volumes, str(int(is_finished))]


def _name(symbol: str) -> str:
    pair, _, settle = symbol.partition(":")
    return pair.replace("/", "-") + ("-SWAP" if settle else "")


def _ok(data: list[Any]) -> Answer:
    return Answer.json({"code": "0", "data": data, "msg": ""})


def _error(code: str, message: str) -> Answer:
    return Answer.json({"code": code, "data": [], "msg": message})


def _not_whole(query: dict[str, str], *names: str) -> Answer | None:
    for name in names:
        if query.get(name) and not query[name].isdigit():
            return _error("51000", f"Parameter {name} error")
    return None
