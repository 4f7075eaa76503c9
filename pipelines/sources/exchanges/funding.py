"""Funding settlements of one perpetual swap."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl

from pipelines.sources.errors import SourceError
from pipelines.sources.exchanges.client import Client, short
from pipelines.sources.exchanges.paging import Counted, Rows, as_utc, between
from pipelines.sources.source import Page, accounted, covered, digest
from pipelines.sources.tickers import asset_at
from warehouse.schema.market import FUNDING

FUNDING_OVERLAP_MS = 3 * 86_400_000
UNTIL = {"okx": "after"}  # ccxt does not translate "until" for its funding history


@dataclass(frozen=True)
class Funding:
    """The funding settlements of one perpetual swap."""

    client: Client
    symbol: str
    since_ms: int
    until_ms: int | None = None
    newest_ms: int | None = None
    covered_ms: int | None = None
    is_simulated: bool = False
    is_remote: bool = True
    commits_by_page: bool = True

    @property
    def name(self) -> str:
        """As it is called in the warehouse."""
        return f"exchange:{self.client.source.id}:{self.symbol}:funding"

    def pages(self) -> Iterator[Page]:
        """Settlements from the newest stored one on, a few days of overlap included."""
        exchange, market = self.client.exchange(), self.client.market(self.symbol)
        if not exchange.has.get("fetchFundingRateHistory"):
            raise SourceError(f"{self.client.source.id} has no funding history in ccxt: set funding = false")
        now = min(self.client.now_ms(), self.until_ms or 1 << 62)
        is_covered = self.covered_ms is not None and self.covered_ms <= self.since_ms
        resumed = (self.newest_ms or 0) - FUNDING_OVERLAP_MS if is_covered else 0
        cursor = max(self.since_ms, resumed, int(market.get("created") or 0))
        fetch, n_kept = Counted(self._fetch), 0
        while cursor <= now:
            rows = fetch(cursor, None)
            rows = rows[(rows[:, 0] >= cursor) & (rows[:, 0] <= now)]
            if not len(rows):
                break
            for page in [*between(fetch, cursor, int(rows[:, 0].min()) - 1, 1), rows]:
                n_kept += len(page)
                yield self._page(page, market)
            cursor = int(rows[:, 0].max()) + 1
        if fetch.n_given:
            yield accounted(FUNDING, f"exchange:{self.client.source.id}", self.name, fetch.left_out(n_kept))
        if not is_covered:
            since = datetime.fromtimestamp(self.since_ms / 1000, UTC)
            yield covered(f"exchange:{self.client.source.id}", self.symbol, since)

    def _fetch(self, since: int | None, until: int | None) -> Rows:
        """Settlements as [N, 2]: ms since 1970, rate."""
        params = {} if until is None else {UNTIL.get(self.client.source.id, "until"): until}
        got = self.client.guarded(self.client.exchange().fetch_funding_rate_history, self.symbol, since, None, params)
        try:
            return np.array([(r["timestamp"], r["fundingRate"]) for r in got], np.float64).reshape(-1, 2)
        except (TypeError, KeyError, ValueError) as error:
            raise SourceError(
                f"{self.client.source.id} sent funding rates that cannot be read: {short(got)}"
            ) from error

    def _page(self, rows: Rows, market: Mapping[str, Any]) -> Page:
        settled = as_utc("ts").dt.truncate("1s")  # exchanges stamp them some milliseconds late
        frame = pl.DataFrame(rows, schema=["ts", "funding_rate"]).sort("ts").select(
            exchange=pl.lit(self.client.source.id), symbol=pl.lit(self.symbol), event_ts=settled,
            available_ts=settled, asset=asset_at(market["base"], self.client.source.id, settled),
            funding_rate=pl.col("funding_rate").fill_nan(None),
        )  # fmt: skip
        where = f"{self.client.source.id} {self.symbol} funding from {int(rows[:, 0].min())}"
        return Page(
            FUNDING,
            frame,
            f"exchange:{self.client.source.id}",
            where,
            digest(rows.tobytes()),
            rows.nbytes,
        )
