"""Circulating supply and price of stablecoins from DefiLlama: per coin, in total and per chain, daily.

The vendor stamps a day's first snapshot with the midnight that it follows: it describes the end of the day before. A
later stamp (the unfinished day's newest point) describes no day's end yet and waits for it. History that the vendor
restates becomes a new version.
"""

import math
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from features.daily.ssr import COIN_LISTS
from pipelines.settings.settings import Settings
from pipelines.settings.sources import StablecoinsSource
from pipelines.sources.errors import SourceError
from pipelines.sources.http.net import Net
from pipelines.sources.source import Page, Part, Question, Source, SourceContext, digest
from warehouse.conform import no_refusals
from warehouse.schema.market import STABLECOINS, SUPPLY

STORED_AS = "defillama"
INTERVAL_S = 0.5
LAST_STAMP = 1e11  # in the year 5138: a larger one is not in seconds
GECKO_IDS = {
    "USDT": "tether", "USDC": "usd-coin", "DAI": "dai", "BUSD": "binance-usd", "USDP": "paxos-standard",
    "TUSD": "true-usd", "FRAX": "frax", "FDUSD": "first-digital-usd", "PYUSD": "paypal-usd", "USDE": "ethena-usde",
    "USDS": "usds", "GUSD": "gemini-dollar", "USDD": "usdd", "LUSD": "liquity-usd",
}  # fmt: skip


class Llama:
    """The API, with the list of coins and the history of prices read once for all coins."""

    def __init__(self, source: StablecoinsSource, net: Net) -> None:
        self.source, self.net = source, net
        self._lock = threading.Lock()
        self._cache: dict[str, Any] = {}

    def get(self, path: str, **params: str) -> Any:
        """An answer of the API."""
        return self.net.get(f"{self.source.url.rstrip('/')}/{path}", params, json=True, interval_s=INTERVAL_S).json()

    def coin(self, ticker: str) -> Mapping[str, Any]:
        """The vendor's entry of a coin. SourceError where it has none, or several that cannot be told apart."""
        listed = self._once("stablecoins", includePrices="true")
        coins = listed.get("peggedAssets") if isinstance(listed, dict) else None
        if not isinstance(coins, list):
            raise SourceError("DefiLlama's list of stablecoins has no 'peggedAssets': its format has changed")
        own = [c for c in coins if isinstance(c, dict) and str(c.get("symbol", "")).upper() == ticker]
        wanted = GECKO_IDS.get(ticker)
        chosen = [c for c in own if c.get("gecko_id") == wanted] if wanted else own
        if len(chosen) == 1:
            return chosen[0]
        names = ", ".join(f"{c.get('name')} (gecko_id {c.get('gecko_id')})" for c in own)
        if not own:
            raise SourceError(f"DefiLlama lists no {ticker}")
        if wanted and not chosen:
            raise SourceError(f"DefiLlama lists {names} as {ticker}, not the coin that is meant (gecko_id {wanted})")
        raise SourceError(f"DefiLlama lists several {ticker}: {names}; name the one meant in GECKO_IDS")

    def prices(self, gecko_id: str) -> dict[int, float]:
        """Prices of a coin (USD) by stamp (s since 1970)."""
        rows = self._once("stablecoinprices")
        if not isinstance(rows, list):
            raise SourceError("DefiLlama's prices are no list: its format has changed")
        found = {}
        for row in rows:
            price = (row.get("prices") or {}).get(gecko_id) if isinstance(row, dict) else None
            stamp = _number(row.get("date")) if isinstance(row, dict) else None
            if isinstance(price, int | float) and not isinstance(price, bool) and stamp is not None:
                found[int(stamp)] = float(price)
        return found

    def _once(self, path: str, **params: str) -> Any:
        with self._lock:
            if path not in self._cache:
                try:
                    self._cache[path] = self.get(path, **params)
                except SourceError as error:
                    self._cache[path] = error
            if isinstance(self._cache[path], SourceError):
                raise self._cache[path]
            return self._cache[path]


@dataclass(frozen=True)
class Coin:
    """One coin: what it is, its supply in total and per chain, its price."""

    llama: Llama
    ticker: str
    now: datetime
    is_simulated: bool = False
    is_remote: bool = True
    commits_by_page: bool = False

    @property
    def name(self) -> str:
        """As it is called in the warehouse."""
        return f"stablecoins:{self.ticker}"

    def pages(self) -> Iterator[Page]:
        """Its description, then its history. SourceError where the vendor does not deliver or is not understood."""
        entry = self.llama.coin(self.ticker)
        vendor_id, peg = str(entry.get("id")), str(entry.get("pegType"))
        path = f"stablecoin/{vendor_id}"
        detail = self.llama.get(path)
        if not isinstance(detail, dict) or not isinstance(detail.get("tokens"), list):
            raise SourceError(f"DefiLlama's /{path} has no 'tokens': its format has changed")
        yield self._description(entry, vendor_id, peg)
        chains = {"all": detail["tokens"]}
        if self.llama.source.chains:
            balances = detail.get("chainBalances")
            if not isinstance(balances, dict):
                raise SourceError(f"DefiLlama's /{path} has no 'chainBalances': its format has changed")
            chains |= {str(k): v.get("tokens") or [] for k, v in balances.items() if isinstance(v, dict)}
        rows, refused = _rows(chains, peg)
        frame = self._frame(rows, self.llama.prices(str(entry.get("gecko_id"))))
        if frame.filter(pl.col("chain") == "all").is_empty():
            raise SourceError(f"DefiLlama has no history of {self.ticker} up to now: are its stamps still in seconds?")
        days = _daily(pl.DataFrame(rows, schema=_POINT, orient="row"), "chain")
        left_out = {
            "earlier points of a day": len(rows) - days.height,
            "points of a day that has not ended": days.height - frame.height,
        }
        yield Page(
            SUPPLY, frame, STORED_AS, path, digest(rows), len(rows) * 24, None, refused,
            n_read=len(rows) + refused.height, left_out=left_out,
        )  # fmt: skip

    def _description(self, entry: Mapping[str, Any], vendor_id: str, peg: str) -> Page:
        frame = pl.DataFrame(
            {
                "coin": [self.ticker], "event_ts": [self.now], "available_ts": [self.now], "vendor_id": [vendor_id],
                "coin_name": [str(entry.get("name"))], "peg_type": [peg], "peg_mechanism": [entry.get("pegMechanism")],
            },
            schema_overrides={"peg_mechanism": pl.String},
        )  # fmt: skip
        return Page(STABLECOINS, frame, STORED_AS, "stablecoins", digest(self.ticker, vendor_id, peg))

    def _frame(self, rows: list[tuple[str, int, float | None]], prices: dict[int, float]) -> pl.DataFrame:
        supply = pl.DataFrame(rows, schema=_POINT, orient="row")
        price = pl.DataFrame(
            {"date": list(prices), "price_usd": list(prices.values())},
            schema={"date": pl.Int64, "price_usd": pl.Float64},
        )
        lag = timedelta(hours=self.llama.source.lag_h)
        return (
            _daily(supply, "chain")
            .join(_daily(price), on="event_ts", how="left")
            .filter(pl.col("event_ts") <= self.now)
            .select(
                "chain",
                "event_ts",
                "supply_units",
                coin=pl.lit(self.ticker),
                available_ts=pl.col("event_ts") + lag,
                price_usd=pl.when(pl.col("chain") == "all", pl.col("price_usd") != 0).then("price_usd"),
            )
            .sort("chain", "event_ts")
        )


_POINT = {"chain": pl.String, "date": pl.Int64, "supply_units": pl.Float64}


def _rows(chains: Mapping[str, Any], peg: str) -> tuple[list[tuple[str, int, float | None]], pl.DataFrame]:
    """(chain, stamp, supply) of every point; points without a readable stamp are refused."""
    rows: list[tuple[str, int, float | None]] = []
    refused = []
    for chain, points in chains.items():
        for point in points if isinstance(points, list) else []:
            stamp = _number(point.get("date")) if isinstance(point, dict) else None
            if stamp is None or not 0 <= stamp < LAST_STAMP:
                refused.append(("date is no number of seconds", f"{chain}: {str(point)[:200]}"))
                continue
            held = point.get("circulating")
            rows.append((chain, int(stamp), _number(held.get(peg)) if isinstance(held, dict) else None))
    bad = pl.DataFrame(refused, schema=no_refusals().schema, orient="row") if refused else no_refusals()
    return rows, bad


def _daily(frame: pl.DataFrame, *by: str) -> pl.DataFrame:
    """One row per day: the last stamp up to the midnight that ends it."""
    stamp = pl.from_epoch("date", time_unit="s").dt.cast_time_unit("us").dt.replace_time_zone("UTC")
    return (
        frame.with_columns(event_ts=(stamp - timedelta(microseconds=1)).dt.truncate("1d") + timedelta(days=1))
        .sort("date")
        .unique([*by, "event_ts"], keep="last", maintain_order=True)
        .drop("date")
    )


def _number(value: Any) -> float | None:
    """A number that may be written as text, None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def coins(source: StablecoinsSource, coin_list: str, net: Net, now: datetime) -> list[Coin]:
    """One part per coin of the list. SourceError where the list is unknown."""
    if coin_list not in COIN_LISTS:
        raise SourceError(f"coin list {coin_list!r} is unknown; there are {', '.join(COIN_LISTS)}")
    llama = Llama(source, net)
    return [Coin(llama, ticker, now) for ticker in COIN_LISTS[coin_list]]


def _parts(context: SourceContext) -> list[Part]:
    s = context.settings
    return [*coins(s.stablecoins, s.features.coin_list, context.net, context.as_of)] if s.stablecoins.enabled else []


def _questions(settings: Settings, net: Net) -> list[Question]:
    def ask() -> str:
        Llama(settings.stablecoins, net).coin("USDT")
        return "reachable"

    return [Question("stablecoins", STORED_AS, ask)] if settings.stablecoins.enabled else []


SOURCE = Source("stablecoins", frozenset({"supply"}), _parts, _questions)
