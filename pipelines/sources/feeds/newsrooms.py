"""Newsrooms and wires as a source: a part per feed of the list."""

from datetime import UTC, datetime

from pipelines.settings.settings import Settings
from pipelines.sources import resume
from pipelines.sources.feeds import feedlist, items
from pipelines.sources.feeds.articles import Reader
from pipelines.sources.feeds.feed import Claims, FeedPart
from pipelines.sources.http.net import Net
from pipelines.sources.source import Part, Question, Source, SourceContext


def _parts(context: SourceContext) -> list[Part]:
    settings, con = context.settings.feeds, context.con
    if not settings.enabled:
        return []
    listed = feedlist.load(settings.list_file, settings.only)
    seen = resume.seen_items(con)
    claims = Claims(seen, tuple(f.name for f in listed.feeds))
    reader = Reader(context.net, settings.page_interval_s)
    return [
        FeedPart(feed, listed.wires, settings, context.net, reader, resume.feed_memory(con, feed.name, seen), claims)
        for feed in listed.feeds
    ]


def _questions(settings: Settings, net: Net) -> list[Question]:
    source = settings.feeds
    feeds = feedlist.load(source.list_file, source.only).feeds if source.enabled else ()
    return [_question(feed, net) for feed in feeds]


def _question(feed: feedlist.Feed, net: Net) -> Question:
    def ask() -> str:
        found = items.read_items(net.get(feed.url), feed, datetime.now(UTC)).items
        newest = max((i.published for i in found if i.published), default=None)
        return f"reachable; {len(found)} items" + (f", newest {newest:%Y-%m-%d %H:%M}" if newest else ", undated")

    return Question(f"feed {feed.name}", f"feeds:{feed.name}", ask)


SOURCE = Source("feeds", frozenset({"documents"}), _parts, _questions)
