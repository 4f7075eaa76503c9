"""The parts of the world that the settings name, each told what the warehouse has of it already."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import duckdb

from pipelines.ingest import resume
from pipelines.run import Run
from pipelines.settings.settings import Settings
from pipelines.settings.sources import ArchiveSource, ExchangeSource
from pipelines.sources.exchanges import candles as exchange
from pipelines.sources.exchanges.client import Client
from pipelines.sources.exchanges.funding import Funding
from pipelines.sources.feeds import feed as feeds
from pipelines.sources.feeds import feedlist
from pipelines.sources.feeds.articles import Reader
from pipelines.sources.files.files import files
from pipelines.sources.http.net import Net
from pipelines.sources.simulated import SimulatedMarket
from pipelines.sources.source import Page, Part, SourceError
from pipelines.sources.tickers import canonical
from pipelines.sources.vendors import archive, onchain, stablecoins

KINDS = {
    "prices": ("candles", "funding"),
    "supply": ("supply", "asset_metrics"),
    "news": ("documents", "events"),
}


def parts(run: Run, con: duckdb.DuckDBPyConnection, net: Net, kinds: tuple[str, ...] = ()) -> list[Part]:
    """Every part that the settings name; `kinds` (prices, supply, news) narrows all but the simulator to those."""
    settings = run.settings
    wanted = [shape for kind in kinds or KINDS for shape in KINDS[kind]]
    out: list[Part] = []
    if settings.simulated.enabled:
        out.append(SimulatedMarket(settings.simulated.seed, run.as_of))
    out += [f for f in files(settings.files) if f.table.shape in wanted]
    if "candles" in wanted:
        for bulk in settings.archives:
            out += _archive(bulk, run, con, net)
        for source in settings.exchanges:
            out += _exchange(source, settings, con, net)
    if "supply" in wanted:
        if settings.stablecoins.enabled:
            out += _or_broken(
                "stablecoins",
                lambda: stablecoins.coins(settings.stablecoins, settings.features.coin_list, net, run.as_of),
            )
        if settings.onchain.enabled:
            out += [_onchain(asset, run, con, net) for asset in settings.onchain.assets]
    if "documents" in wanted and settings.feeds.enabled:
        out += _or_broken("feeds", lambda: _feeds(run, con, net))
    return out


@dataclass(frozen=True)
class Broken:
    """A source whose own settings cannot be used: missing, with the reason, and no reason for others to fail."""

    name: str
    reason: str
    is_simulated: bool = False
    is_remote: bool = False
    commits_by_page: bool = False

    def pages(self) -> Iterator[Page]:
        """None: SourceError with the reason."""
        raise SourceError(self.reason)


def _or_broken(name: str, make: Callable[[], Sequence[Part]]) -> Sequence[Part]:
    try:
        return make()
    except SourceError as error:
        return [Broken(name, str(error))]


def _onchain(asset: str, run: Run, con: duckdb.DuckDBPyConnection, net: Net) -> onchain.Asset:
    newest = resume.newest_metric(con, onchain.SOURCE, canonical(asset, onchain.SOURCE))
    covered = resume.covered_since(con, onchain.SOURCE, asset)
    return onchain.Asset(run.settings.onchain, net, asset, run.as_of, newest, covered)


def _feeds(run: Run, con: duckdb.DuckDBPyConnection, net: Net) -> list[Part]:
    settings = run.settings.feeds
    listed = feedlist.load(settings.list_file, settings.only)
    items = resume.seen_items(con)
    claims = feeds.Claims(items, tuple(f.name for f in listed.feeds))
    reader = Reader(net, settings.page_interval_s)
    return [
        feeds.FeedPart(feed, listed.wires, settings, net, reader, resume.feed_memory(con, feed.name, items), claims)
        for feed in listed.feeds
    ]


def _archive(source: ArchiveSource, run: Run, con: duckdb.DuckDBPyConnection, net: Net) -> list[Part]:
    place = archive.Archive(source, net, int(run.settings.network.max_mb * (1 << 20)))
    read_before = resume.archive_files(con)
    kinds: list[tuple[str, str]] = [(s, t) for s in source.symbols for t in source.timeframes]
    kinds += [(s, "funding") for s in source.symbols if source.funding and ":" in s]
    return [archive.ArchivePart(place, symbol, kind, run.as_of, read_before) for symbol, kind in kinds]


def _exchange(source: ExchangeSource, settings: Settings, con: duckdb.DuckDBPyConnection, net: Net) -> list[Part]:
    client = Client(source, net)
    since, until = _ms(source.since), _ms(settings.as_of) if settings.as_of else None
    out: list[Part] = []
    for symbol in source.symbols:
        for timeframe in source.timeframes:
            have = exchange.Known(*resume.bars(con, source.id, symbol, timeframe))
            out.append(exchange.Candles(client, symbol, timeframe, since, until, have))
        if source.funding and ":" in symbol:
            newest = resume.newest_funding(con, source.id, symbol)
            covered = resume.covered_since(con, f"exchange:{source.id}", symbol)
            out.append(Funding(client, symbol, since, until, newest, _ms(covered) if covered else None))
    return out


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
