"""Daily price, market capitalisation and supply of assets from Coin Metrics: the community API, or its CSV files.

A day's row is stamped with its beginning and describes its end. Which metrics there are differs from asset to asset:
what is absent stays absent.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import polars as pl

from domain.assets.codes import canonical
from pipelines.settings.settings import Settings
from pipelines.settings.sources import OnchainSource
from pipelines.sources import resume
from pipelines.sources.errors import SourceError
from pipelines.sources.http.net import Net
from pipelines.sources.http.polite import HttpError
from pipelines.sources.source import Page, Part, Question, Source, SourceContext, covered, digest
from warehouse.schema.market import ASSET_METRICS

STORED_AS = "coinmetrics"
METRICS = {"PriceUSD": "price_usd", "CapMrktCurUSD": "market_cap_usd", "SplyCur": "supply_units"}
INTERVAL_S = 0.7  # the community API allows ten requests in six seconds
PAGE_SIZE = 5_000
OVERLAP = timedelta(days=30)
MAX_PAGES = 1_000


@dataclass(frozen=True)
class Asset:
    """The figures of one asset."""

    source: OnchainSource
    net: Net
    asset: str
    now: datetime
    newest: datetime | None = None
    covered_since: datetime | None = None
    is_simulated: bool = False
    is_remote: bool = True
    commits_by_page: bool = True

    @property
    def name(self) -> str:
        """As it is called in the warehouse."""
        return f"onchain:{self.asset}"

    def pages(self) -> Iterator[Page]:
        """Figures from the newest stored day on, a month of overlap included. SourceError where there are none."""
        is_covered = self.covered_since is not None and self.covered_since <= self.source.since
        since = max(self.source.since, self.newest - OVERLAP) if self.newest and is_covered else self.source.since
        n_rows = 0
        for rows, where in self._from_csv(since) if self.source.csv else self._from_api(since):
            frame = self._frame(rows)
            n_rows += frame.height
            if frame.height:
                cells = len(rows) * len(METRICS)
                given = sum(row.get(name) not in (None, "") for row in rows for name in METRICS)
                left_out = {
                    "cells without a figure": cells - given,
                    "of a day that has not ended": given - frame.height,
                }
                yield Page(
                    ASSET_METRICS, frame, STORED_AS, where, digest(where, rows), len(rows) * 100, n_read=cells,
                    left_out=left_out,
                )  # fmt: skip
        if not n_rows and self.newest is None:
            raise SourceError(f"Coin Metrics has none of {', '.join(METRICS)} for {self.asset} since {since:%Y-%m-%d}")
        if not is_covered:
            yield covered(STORED_AS, self.asset, self.source.since)

    def _from_api(self, since: datetime) -> Iterator[tuple[list[dict[str, Any]], str]]:
        query = {
            "assets": self.asset.lower(), "metrics": ",".join(METRICS), "frequency": "1d", "page_size": str(PAGE_SIZE),
            "start_time": f"{since.astimezone(UTC):%Y-%m-%d}", "paging_from": "start",
            "ignore_forbidden_errors": "true", "ignore_unsupported_errors": "true",
        }  # fmt: skip
        url = f"{self.source.url.rstrip('/')}/timeseries/asset-metrics"
        for number in range(MAX_PAGES):
            answer = self._ask(url, query)
            rows = answer.get("data") if isinstance(answer, dict) else None
            if not isinstance(rows, list) or not all(isinstance(r, dict) for r in rows):
                raise SourceError("Coin Metrics sent no list under 'data': its format has changed")
            yield rows, f"{self.asset} page {number} from {since:%Y-%m-%d}"
            token = answer.get("next_page_token")
            if not token:
                return
            if token == query.get("next_page_token"):
                raise SourceError(f"Coin Metrics gives the same page of {self.asset} again and again")
            query["next_page_token"] = str(token)
        raise SourceError(f"Coin Metrics has more than {MAX_PAGES} pages of {self.asset}")

    def _ask(self, url: str, query: dict[str, str]) -> Any:
        try:
            reply = self.net.get(url, query, json=True, interval_s=INTERVAL_S, allow=(400,))
        except HttpError as error:
            if error.status == 403:
                raise SourceError(f"the community API of Coin Metrics does not give {self.asset} (HTTP 403)") from error
            raise
        if reply.status == 400:
            answer = " ".join(reply.body[:300].decode("utf-8", errors="replace").split())
            raise SourceError(f"Coin Metrics refuses the question for {self.asset}: {answer}")
        return reply.json()

    def _from_csv(self, since: datetime) -> Iterator[tuple[list[dict[str, Any]], str]]:
        name = f"{self.asset.lower()}.csv"
        place = str(self.source.csv).rstrip("/")
        if "://" in place:
            body = self.net.get(f"{place}/{name}").body
        else:
            path = Path(place) / name
            if not path.is_file():
                raise SourceError(f"{path} is not there: check onchain.csv")
            body = path.read_bytes()
        try:
            rows = list(csv.DictReader(io.StringIO(body.decode("utf-8-sig"))))
        except (UnicodeDecodeError, csv.Error) as error:
            raise SourceError(f"{name} is no CSV in UTF-8: {error}") from error
        if rows and "time" not in rows[0]:
            raise SourceError(f"{name} has no column 'time'; it has {', '.join(map(str, list(rows[0])[:8]))}")
        day = f"{since:%Y-%m-%d}"
        yield [r for r in rows if str(r.get("time")) >= day], name

    def _frame(self, rows: list[dict[str, Any]]) -> pl.DataFrame:
        """One row per day and metric that is there; what is no number goes on as it is, to be refused later."""
        flat = [
            (str(row.get("time"))[:10], metric, str(row[name]))
            for row in rows
            for name, metric in METRICS.items()
            if row.get(name) not in (None, "")
        ]
        end = pl.col("day").str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        frame = pl.DataFrame(flat, schema={"day": pl.String, "metric": pl.String, "value": pl.String}, orient="row")
        return (
            frame.with_columns(event_ts=end + timedelta(days=1))
            .filter((pl.col("event_ts") <= self.now) | pl.col("event_ts").is_null())
            .select(
                "metric",
                "event_ts",
                "value",
                asset=pl.lit(canonical(self.asset, STORED_AS)),
                available_ts=pl.col("event_ts") + timedelta(hours=self.source.lag_h),
            )
        )


def _parts(context: SourceContext) -> list[Part]:
    source, con = context.settings.onchain, context.con

    def part(asset: str) -> Asset:
        newest = resume.newest_metric(con, STORED_AS, canonical(asset, STORED_AS))
        return Asset(source, context.net, asset, context.as_of, newest, resume.covered_since(con, STORED_AS, asset))

    if not source.enabled:
        return []
    for asset, others in groupby(sorted(source.assets, key=_ticker), key=_ticker):
        names = list(dict.fromkeys(others))
        if len(names) > 1:
            raise SourceError(f"onchain.assets names {asset} more than once: {', '.join(names)}; name it once")
    return [part(asset) for asset in source.assets]


def _ticker(asset: str) -> str:
    return canonical(asset, STORED_AS)


def _questions(settings: Settings, net: Net) -> list[Question]:
    source = settings.onchain

    def ask() -> str:
        next(Asset(source, net, source.assets[0], datetime.now(UTC)).pages(), None)
        return "reachable"

    return [Question("onchain", STORED_AS, ask)] if source.enabled else []


SOURCE = Source("onchain", frozenset({"asset_metrics"}), _parts, _questions)
