"""The parts of the world that the settings name, each told what the warehouse has of it already."""

from datetime import datetime

import duckdb

from pipelines import known
from pipelines.run import Run
from pipelines.settings import ArchiveSource, ExchangeSource, Settings
from pipelines.sources import archive, exchange, feedlist, feeds, onchain, stablecoins
from pipelines.sources.aliases import canonical
from pipelines.sources.articles import Reader
from pipelines.sources.files import files
from pipelines.sources.net import Net
from pipelines.sources.simulated import SimulatedMarket
from pipelines.sources.source import Part

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
            out += stablecoins.coins(settings.stablecoins, net, run.as_of)
        if settings.onchain.enabled:
            out += [
                onchain.Asset(
                    settings.onchain,
                    net,
                    a,
                    run.as_of,
                    known.newest_metric(con, onchain.SOURCE, canonical(a, onchain.SOURCE)),
                )
                for a in settings.onchain.assets
            ]
    if "documents" in wanted and settings.feeds.enabled:
        out += _feeds(run, con, net)
    return out


def _feeds(run: Run, con: duckdb.DuckDBPyConnection, net: Net) -> list[Part]:
    settings = run.settings.feeds
    listed = feedlist.load(settings.list_file, settings.only)
    items = known.seen_items(con)
    claims = feeds.Claims(items, tuple(f.name for f in listed.feeds))
    reader = Reader(net, settings.page_interval_s)
    return [
        feeds.FeedPart(
            feed, listed.wires, settings, net, reader, known.feed_memory(con, feed.name, items), claims, run.now
        )
        for feed in listed.feeds
    ]


def _archive(source: ArchiveSource, run: Run, con: duckdb.DuckDBPyConnection, net: Net) -> list[Part]:
    place = archive.Archive(source, net, int(run.settings.network.max_mb * (1 << 20)))
    read_before = known.archive_files(con)
    kinds: list[tuple[str, str]] = [(s, t) for s in source.symbols for t in source.timeframes]
    kinds += [(s, "funding") for s in source.symbols if source.funding and ":" in s]
    return [archive.ArchivePart(place, symbol, kind, run.as_of, read_before) for symbol, kind in kinds]


def _exchange(source: ExchangeSource, settings: Settings, con: duckdb.DuckDBPyConnection, net: Net) -> list[Part]:
    client = exchange.Client(source, net)
    since, until = _ms(source.since), _ms(settings.as_of) if settings.as_of else None
    out: list[Part] = []
    for symbol in source.symbols:
        for timeframe in source.timeframes:
            have = exchange.Known(*known.bars(con, source.id, symbol, timeframe))
            out.append(exchange.Candles(client, symbol, timeframe, since, until, have))
        if source.funding and ":" in symbol:
            newest = known.newest_funding(con, source.id, symbol)
            out.append(exchange.Funding(client, symbol, since, until, newest))
    return out


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
