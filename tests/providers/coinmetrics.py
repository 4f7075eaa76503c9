"""Coin Metrics' community API v4, simulated, and the CSV form of the same data.

    metrics = CoinMetrics({"btc": network(n_days=400, seed=1)}, now_ms, paid={"NVTAdj90"})
    metrics.restate("btc", "AdrActCnt", day_ms, value=1.0, after=1)

    /v4/timeseries/asset-metrics?assets=btc,eth&metrics=AdrActCnt,TxCnt&frequency=1d&start_time=&end_time=
        &page_size= (100, at most 10,000) &paging_from= (end by default!) &sort= (asset, or time) &limit_per_asset=
        &ignore_forbidden_errors= &ignore_unsupported_errors= &null_as_zero= &next_page_token=
    /v4/catalog-v2/asset-metrics?assets=&metrics=&page_size=
    .../csv/btc.csv                       as at github.com/coinmetrics/data

Values are strings, times have nine decimals, a value that does not exist is null (`nulls="absent"`: no such key).
With `paging_from=end` the first page holds the *last* rows, in ascending order within the page. A day appears once it
is over. Errors: {"error": {"type": "bad_parameter", "message": ...}} with 400; "forbidden", 403, for paid metrics.
"""

import base64
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import numpy as np

from tests.providers.candles import DAY, START, market, plain
from tests.providers.server import Answer, Request

Series = np.ndarray
"""[n, 2] of (ms at midnight UTC, value); NaN is a value that does not exist."""
MOST = 10_000


class RefusedError(Exception):
    """A request that the API refuses."""

    def __init__(self, kind: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.answer = Answer.json({"error": {"type": kind, "message": message}}, status)


def network(n_days: int, seed: int, *, start_ms: int = START) -> dict[str, Series]:
    """Made-up daily network figures: active addresses, transactions, fees, price, capitalisation, supply."""
    rng = np.random.default_rng(seed)
    time = start_ms + DAY * np.arange(n_days)
    price = market(n_days, seed, start_ms=start_ms, timeframe="1d", price=40_000.0, step=0.03)[:, 4]
    supply = 19_000_000 + 450.0 * np.arange(n_days)
    columns = {
        "AdrActCnt": rng.integers(700_000, 1_100_000, n_days),
        "TxCnt": rng.integers(250_000, 500_000, n_days),
        "FeeTotNtv": np.round(rng.lognormal(3, 0.5, n_days), 8),
        "PriceUSD": price,
        "SplyCur": supply,
        "CapMrktCurUSD": np.round(price * supply, 2),
    }
    return {name: np.column_stack([time, values]).astype(float) for name, values in columns.items()}


class CoinMetrics:
    """Simulated Coin Metrics community API. `assets`: asset -> metric -> series. `paid`: metrics one must pay for."""

    def __init__(
        self,
        assets: Mapping[str, Mapping[str, Series]],
        now_ms: Callable[[], int],
        *,
        paid: Iterable[str] = (),
        nulls: str = "null",
    ) -> None:
        if nulls not in ("null", "absent"):
            raise ValueError(f"nulls is {nulls!r}; expected 'null' or 'absent'")
        self.assets = {asset: dict(metrics) for asset, metrics in assets.items()}
        self.paid = set(paid)
        self.nulls = nulls
        self._now_ms = now_ms
        self._restated: list[tuple[str, str, int, float, int]] = []
        self._served = 0

    def restate(self, asset: str, metric: str, day_ms: int, value: float, *, after: int = 0) -> None:
        """Another value for one day, once `after` more answers with series have been given."""
        self._restated.append((asset, metric, day_ms, value, self._served + after))

    def answer(self, request: Request) -> Answer:
        """The answer to one of the endpoints above."""
        try:
            if request.path == "/v4/timeseries/asset-metrics":
                return self._timeseries(request)
            if request.path == "/v4/catalog-v2/asset-metrics":
                return self._catalog(request)
            if "/csv/" in request.path:
                return self._csv(request.path.rsplit("/", 1)[1].removesuffix(".csv"))
        except RefusedError as refused:
            return refused.answer
        return Answer.json({"error": {"type": "not_found", "message": "Not found."}}, 404)

    def _series(self, asset: str, metric: str) -> Series:
        """What exists of a series: days that are over, restated."""
        series = self.assets[asset].get(metric, np.empty((0, 2)))
        series = series[series[:, 0] + DAY <= self._now_ms()].copy()
        for of, name, day, value, due in self._restated:
            if (of, name) == (asset, metric) and self._served >= due:
                series[series[:, 0] == day, 1] = value
        return series

    def _wanted(self, query: dict[str, str]) -> tuple[list[str], list[str]]:
        """Assets and metrics to answer for; RefusedError where one is unknown or must be paid for."""
        assets, metrics = _names(query, "assets"), _names(query, "metrics")
        assets = sorted(self.assets) if assets == ["*"] else assets
        skip_unknown, skip_paid = _flag(query, "ignore_unsupported_errors"), _flag(query, "ignore_forbidden_errors")
        known = {metric for values in self.assets.values() for metric in values} | self.paid
        for kind, names, all_known in (("asset", assets, set(self.assets)), ("metric", metrics, known)):
            for name in names:
                if name not in all_known and not skip_unknown:
                    message = f"Bad parameter '{kind}s'. {kind.capitalize()} '{name}' is not supported."
                    raise RefusedError("bad_parameter", message)
        if not skip_paid and any(metric in self.paid for metric in metrics):
            raise RefusedError("forbidden", "Requested resource is not available with supplied credentials.", 403)
        metrics = [metric for metric in metrics if metric in known - self.paid]
        return [asset for asset in assets if asset in self.assets], metrics

    def _timeseries(self, request: Request) -> Answer:
        query = request.query
        assets, metrics = self._wanted(query)
        if query.get("frequency", "1d") != "1d":
            raise RefusedError("bad_parameter", f"Bad parameter 'frequency'. '{query['frequency']}' is not supported.")
        if query.get("sort", "asset") not in ("asset", "time"):
            raise RefusedError("bad_parameter", "Bad parameter 'sort'.")
        start, end = _time(query, "start_time", 0), _time(query, "end_time", 1 << 60)
        rows = [row for asset in assets for row in self._rows(asset, metrics, start, end, query)]
        if query.get("sort") == "time":
            rows.sort(key=lambda row: str(row["time"]))
        self._served += 1
        return self._page(rows, request, query.get("paging_from", "end"))

    def _rows(
        self, asset: str, metrics: list[str], start: int, end: int, query: dict[str, str]
    ) -> list[dict[str, str | None]]:
        found: dict[int, dict[str, str | None]] = {}
        for metric in metrics:
            for ms, value in self._series(asset, metric):
                if start <= ms <= end and not math.isnan(value):
                    found.setdefault(int(ms), {})[metric] = plain(value)
        missing = "0" if _flag(query, "null_as_zero") else None
        rows = []
        for ms in sorted(found):
            row: dict[str, str | None] = {"asset": asset, "time": _stamp(ms)}
            for metric in metrics:
                if metric in found[ms] or self.nulls == "null":
                    row[metric] = found[ms].get(metric, missing)
            rows.append(row)
        limit = query.get("limit_per_asset")
        if limit is None:
            return rows
        return rows[-int(limit) :] if query.get("paging_from", "end") == "end" else rows[: int(limit)]

    def _page(self, rows: list[dict[str, Any]], request: Request, paging_from: str) -> Answer:
        size = request.query.get("page_size", "100")
        if not size.isdigit() or not 1 <= int(size) <= MOST:
            raise RefusedError("bad_parameter", f"Bad parameter 'page_size'. '{size}' is not in range [1, {MOST}].")
        if paging_from not in ("start", "end"):
            raise RefusedError("bad_parameter", f"Bad parameter 'paging_from'. Value '{paging_from}' is not supported.")
        skip = _skip(request.query.get("next_page_token"))
        after = skip + int(size)
        first, last = (skip, after) if paging_from == "start" else (len(rows) - after, len(rows) - skip)
        page = rows[max(first, 0) : max(last, 0)]
        if after >= len(rows):
            return Answer.json({"data": page})
        token = "0." + base64.urlsafe_b64encode(str(after).encode()).decode().rstrip("=")
        query = urlencode({**request.query, "next_page_token": token})
        url = f"http://{request.headers.get('host', '')}{request.path}?{query}"
        return Answer.json({"data": page, "next_page_token": token, "next_page_url": url})

    def _catalog(self, request: Request) -> Answer:
        assets = _names(request.query, "assets") if "assets" in request.query else sorted(self.assets)
        only = set(_names(request.query, "metrics")) if "metrics" in request.query else None
        unknown = [asset for asset in assets if asset not in self.assets]
        if unknown:
            raise RefusedError("bad_parameter", f"Bad parameter 'assets'. Asset '{unknown[0]}' is not supported.")
        entries = []
        for asset in assets:
            described = []
            for metric in sorted(self.assets[asset]):
                series = self._series(asset, metric)
                series = series[~np.isnan(series[:, 1])]
                if len(series) and (only is None or metric in only):
                    span = {"min_time": _stamp(int(series[0, 0])), "max_time": _stamp(int(series[-1, 0]))}
                    frequency = {"frequency": "1d", **span, "community": metric not in self.paid}
                    described.append({"metric": metric, "frequencies": [frequency]})
            entries.append({"asset": asset, "metrics": described})
        return self._page(entries, request, request.query.get("paging_from", "start"))

    def _csv(self, asset: str) -> Answer:
        """Days down, metrics across, empty where there is no value."""
        if asset not in self.assets:
            return Answer.text("404: Not Found", status=404)
        metrics = sorted(set(self.assets[asset]) - self.paid)
        table: dict[int, dict[str, str]] = {}
        for metric in metrics:
            for ms, value in self._series(asset, metric):
                table.setdefault(int(ms), {})[metric] = "" if math.isnan(value) else plain(value)
        lines = [",".join(["time", *metrics])]
        lines += [",".join([_stamp(ms)[:10], *(table[ms].get(m, "") for m in metrics)]) for ms in sorted(table)]
        self._served += 1
        return Answer.text("\n".join(lines) + "\n")


def _names(query: dict[str, str], name: str) -> list[str]:
    if not query.get(name):
        raise RefusedError("missing_parameter", f"Missing required parameter '{name}'.")
    return [one.strip() for one in query[name].split(",")]


def _flag(query: dict[str, str], name: str) -> bool:
    return query.get(name, "false").lower() == "true"


def _time(query: dict[str, str], name: str, default: int) -> int:
    """Milliseconds of an ISO time, a date, or 20240131. Both ends of an interval are included."""
    if not query.get(name):
        return default
    try:
        parsed = datetime.fromisoformat(query[name].replace("Z", "+00:00"))
    except ValueError as error:
        raise RefusedError("bad_parameter", f"Bad parameter '{name}'. Incorrect time format.") from error
    return int(parsed.replace(tzinfo=parsed.tzinfo or UTC).timestamp() * 1000)


def _skip(token: str | None) -> int:
    if token is None:
        return 0
    coded = token.partition(".")[2]
    try:
        return int(base64.urlsafe_b64decode(coded + "=" * (-len(coded) % 4)))
    except ValueError as error:
        raise RefusedError("bad_parameter", "Bad parameter 'next_page_token'.") from error


def _stamp(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000000000Z")
