"""Can the live sources be reached right now? One small question to each, all at once."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime

from pipelines.settings.settings import Settings
from pipelines.settings.sources import ArchiveSource, ExchangeSource, FeedsSource, OnchainSource, StablecoinsSource
from pipelines.sources.exchanges.client import Client
from pipelines.sources.feeds import feedlist, items
from pipelines.sources.http.net import Net, shown
from pipelines.sources.source import SourceError
from pipelines.sources.vendors import onchain, stablecoins
from pipelines.sources.vendors.archive import Archive

DEADLINE_S = 10.0
QUICK = {"tries": 1, "tries_unreachable": 1, "timeout_s": 8.0, "connect_s": 5.0, "max_wait_s": 1.0}


@dataclass(frozen=True)
class Reach:
    """A source, whether it answers, and what it said or why it did not. `stored_as` is its name in the warehouse."""

    name: str
    ok: bool
    detail: str
    stored_as: str


@dataclass(frozen=True)
class _Question:
    name: str
    stored_as: str
    ask: Callable[[], str]


def reach(settings: Settings) -> list[Reach]:
    """Every live source of the profile, in its order; ends within DEADLINE_S whatever the network does."""
    with closing(Net(settings.network.model_copy(update=QUICK))) as net:
        questions = _questions(settings, net)
        if not questions:
            return []
        pool = ThreadPoolExecutor(max_workers=len(questions), thread_name_prefix="tapewire-reach")
        asked = [pool.submit(q.ask) for q in questions]
        wait(asked, timeout=DEADLINE_S)
        answers = [_answer(q, f) for q, f in zip(questions, asked, strict=True)]
        pool.shutdown(wait=False, cancel_futures=True)
    return answers


def _answer(question: _Question, future: "Future[str]") -> Reach:
    if not future.done():
        return Reach(question.name, False, f"no answer within {DEADLINE_S:g} s", question.stored_as)
    try:
        return Reach(question.name, True, future.result(), question.stored_as)
    except SourceError as error:
        return Reach(question.name, False, str(error), question.stored_as)
    except Exception as error:  # the world answered as no parser expected
        return Reach(question.name, False, f"unreadable answer ({type(error).__name__}: {error})", question.stored_as)


def _questions(settings: Settings, net: Net) -> list[_Question]:
    out = [_archive(a, net) for a in settings.archives]
    out += [_exchange(e, net) for e in settings.exchanges]
    if settings.stablecoins.enabled:
        out.append(_stablecoins(settings.stablecoins, net))
    if settings.onchain.enabled:
        out.append(_onchain(settings.onchain, net))
    if settings.feeds.enabled:
        out += _feeds(settings.feeds, net)
    return out


def _exchange(source: ExchangeSource, net: Net) -> _Question:
    def ask() -> str:
        ahead = Client(source, net).ping()
        said = (
            "agrees with ours"
            if abs(ahead) < 5
            else f"is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} ours"
        )
        return f"reachable; its clock {said}"

    return _Question(f"exchange {source.id}", f"exchange:{source.id}", ask)


def _archive(source: ArchiveSource, net: Net) -> _Question:
    def ask() -> str:
        name = source.symbols[0].partition(":")[0].replace("/", "")
        market = "futures/um" if ":" in source.symbols[0] else "spot"
        frame, month = source.timeframes[0], f"{source.since:%Y-%m}"
        path = f"data/{market}/monthly/klines/{name}/{frame}/{name}-{frame}-{month}.zip"
        there = Archive(source, net, 1 << 20).check(path)
        return "reachable" if there else f"reachable, but has no {path}"

    return _Question(f"archive {shown(source.location)}", "archive:binance", ask)


def _stablecoins(source: StablecoinsSource, net: Net) -> _Question:
    def ask() -> str:
        stablecoins.Llama(source, net).coin("USDT")
        return "reachable"

    return _Question("stablecoins", stablecoins.SOURCE, ask)


def _onchain(source: OnchainSource, net: Net) -> _Question:
    def ask() -> str:
        asset = onchain.Asset(source, net, source.assets[0], datetime.now(UTC))
        next(asset.pages(), None)
        return "reachable"

    return _Question("onchain", onchain.SOURCE, ask)


def _feeds(source: FeedsSource, net: Net) -> list[_Question]:
    def question(feed: feedlist.Feed) -> _Question:
        def ask() -> str:
            found, _ = items.read_items(net.get(feed.url), feed, datetime.now(UTC))
            newest = max((i.published for i in found if i.published), default=None)
            return f"reachable; {len(found)} items" + (f", newest {newest:%Y-%m-%d %H:%M}" if newest else ", undated")

        return _Question(f"feed {feed.name}", f"feeds:{feed.name}", ask)

    return [question(f) for f in feedlist.load(source.list_file, source.only).feeds]
