"""Exchanges as a source: a part per symbol and timeframe, and per swap whose funding is asked for."""

from datetime import datetime

from pipelines.settings.settings import Settings
from pipelines.settings.sources import ExchangeSource
from pipelines.sources import resume
from pipelines.sources.exchanges.candles import Candles, Known
from pipelines.sources.exchanges.client import Client
from pipelines.sources.exchanges.funding import Funding
from pipelines.sources.http.net import Net
from pipelines.sources.source import Part, Question, Source, SourceContext

CLOCKS_AGREE_S = 5


def _parts(context: SourceContext) -> list[Part]:
    return [part for exchange in context.settings.exchanges for part in _of(exchange, context)]


def _of(source: ExchangeSource, context: SourceContext) -> list[Part]:
    client, con, as_of = Client(source, context.net), context.con, context.settings.as_of
    since, until = _ms(source.since), _ms(as_of) if as_of else None
    out: list[Part] = []
    for symbol in source.symbols:
        for timeframe in source.timeframes:
            have = Known(*resume.bars(con, source.id, symbol, timeframe))
            out.append(Candles(client, symbol, timeframe, since, until, have))
        if source.funding and ":" in symbol:
            newest = resume.newest_funding(con, source.id, symbol)
            covered = resume.covered_since(con, f"exchange:{source.id}", symbol)
            out.append(Funding(client, symbol, since, until, newest, _ms(covered) if covered else None))
    return out


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def _questions(settings: Settings, net: Net) -> list[Question]:
    return [_question(exchange, net) for exchange in settings.exchanges]


def _question(source: ExchangeSource, net: Net) -> Question:
    def ask() -> str:
        ahead = Client(source, net).ping()
        if abs(ahead) < CLOCKS_AGREE_S:
            return "reachable; its clock agrees with ours"
        return f"reachable; its clock is {abs(ahead):.0f} s {'ahead of' if ahead > 0 else 'behind'} ours"

    return Question(f"exchange {source.id}", f"exchange:{source.id}", ask)


SOURCE = Source("exchanges", frozenset({"candles", "funding"}), _parts, _questions)
