"""Newsrooms and wires: RSS, Atom and RDF feeds, read with conditional requests, with full text where it is allowed.

An item belongs to the feed that showed it first. What was seen is remembered, so that only new and edited items are
written, and the moment at which a document was seen first is never lost.
"""

import calendar
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import polars as pl

from models.text.labels import release_group
from pipelines.known import FeedMemory, SeenItem
from pipelines.settings import FeedsSource
from pipelines.sources.articles import Reader, text_of
from pipelines.sources.feedlist import Feed, Wire
from pipelines.sources.net import Net, Reply
from pipelines.sources.shapes import PRECISION_S, canonical_url, document_id, linked
from pipelines.sources.source import Page, SourceError, digest
from warehouse.entities import DOCUMENT_ASSETS, DOCUMENTS, FEED_ITEMS, FEED_STATES

MAX_ITEMS = 2_000
MAX_TITLE = 1_000
ARTICLE_TRIES = 3
TURN_S = 600.0
EARLIEST = datetime(2009, 1, 3, tzinfo=UTC)
SKEW = timedelta(minutes=10)
KEEP_PAYLOAD = 1 << 20
_ZONE = re.compile(r"(?:Z|[+-]\d{2}:?\d{2}|\b(?:UTC?|GMT|[ECMP][SD]T))\s*$", re.IGNORECASE)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")


@dataclass(frozen=True)
class Item:
    """An item of a feed, as text. `published` is None where no usable time is given."""

    doc_id: str
    url: str
    title: str
    text: str
    published: datetime | None
    precision: str
    item_hash: str


class Claims:
    """Which feed brought which document, settled in the order of the list, whatever order the feeds answer in."""

    def __init__(self, items: dict[str, SeenItem], feeds: tuple[str, ...]) -> None:
        self._owner = {doc_id: item.feed for doc_id, item in items.items()}
        self._order = feeds
        self._settled = {name: threading.Event() for name in feeds}

    def claim(self, feed: str, items: list[Item]) -> list[Item]:
        """The items that belong to `feed`. Waits until the feeds before it in the list have had their turn."""
        try:
            for name in self._order[: self._order.index(feed)]:
                if not self._settled[name].wait(TURN_S):
                    raise SourceError(f"feed {name} did not end within {TURN_S:.0f} s, and {feed} comes after it")
            return [i for i in items if self._owner.setdefault(i.doc_id, feed) == feed]
        finally:
            self._settled[feed].set()

    def pass_on(self, feed: str) -> None:
        """The feed has nothing to claim."""
        self._settled[feed].set()


@dataclass(frozen=True)
class FeedPart:
    """One feed."""

    feed: Feed
    wires: tuple[Wire, ...]
    settings: FeedsSource
    net: Net
    reader: Reader
    memory: FeedMemory
    claims: Claims
    now: datetime
    is_simulated: bool = False
    is_remote: bool = True
    stands_by_page: bool = False

    @property
    def name(self) -> str:
        """As it is called in the warehouse."""
        return f"feeds:{self.feed.name}"

    def pages(self) -> Iterator[Page]:
        """New and edited items as documents with their assets; what to remember. SourceError where it is no feed."""
        try:
            reply = self._ask()
            items, refused = read_items(reply, self.feed, self.now) if reply.status != 304 else ([], [])
        except BaseException:
            self.claims.pass_on(self.feed.name)
            raise
        mine = self.claims.claim(self.feed.name, items)
        fresh = [i for i in mine if self._is_wanted(i)]
        if fresh or refused:
            yield from self._documents(fresh, refused, reply.body)
        told = reply.headers
        state = pl.DataFrame(
            {
                "feed": [self.feed.name], "etag": [told.get("ETag") or self.memory.etag],
                "last_modified": [told.get("Last-Modified") or self.memory.last_modified], "polled_ts": [self.now],
            },
            schema_overrides={"etag": pl.String, "last_modified": pl.String},
        )  # fmt: skip
        yield Page(FEED_STATES, state, self.name, self.feed.url, digest(self.feed.url, self.now))

    def _ask(self) -> Reply:
        """The feed, with status 304 where it is as it was when it was read last."""
        asked = {"Accept": "application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.5"}
        if self.memory.etag:
            asked["If-None-Match"] = self.memory.etag
        if self.memory.last_modified:
            asked["If-Modified-Since"] = self.memory.last_modified
        return self.net.get(self.feed.url, headers=asked, allow=(304,))

    def _is_wanted(self, item: Item) -> bool:
        """New, edited, or with a page that could not be read the last times."""
        seen = self.memory.items.get(item.doc_id)
        return (
            seen is None or seen.item_hash != item.item_hash
            or (seen.article == "failed" and seen.tries < ARTICLE_TRIES and self._reads_pages())
        )  # fmt: skip

    def _reads_pages(self) -> bool:
        return self.settings.full_text and self.feed.full_text

    def _documents(self, items: list[Item], refused: list[tuple[str, str]], body: bytes) -> Iterator[Page]:
        rows, marks = [], []
        for number, item in enumerate(items):
            seen = self.memory.items.get(item.doc_id)
            text, article = self._text(item, number)
            rows.append(self._row(item, text))
            tries = (seen.tries if seen else 0) + int(article == "failed")
            marks.append((item.doc_id, self.feed.name, item.item_hash, self.now, article, tries))
        docs = pl.DataFrame(rows, schema_overrides=_TIMES) if rows else pl.DataFrame(schema=_EMPTY)
        if rows:
            docs = docs.with_columns(release_group())
        bad = pl.DataFrame(refused, schema={"reason": pl.String, "payload": pl.String}, orient="row")
        key = digest(body)
        payload = body if len(body) <= KEEP_PAYLOAD else None
        yield Page(DOCUMENTS, docs, self.name, self.feed.url, key, len(body), payload, bad)
        if rows:
            yield Page(DOCUMENT_ASSETS, linked(docs), self.name, self.feed.url, digest(key, "assets"))
            columns = [c.name for c in FEED_ITEMS.given]
            marked = pl.DataFrame(marks, schema=columns, orient="row", schema_overrides={"tries": pl.Int32})
            yield Page(FEED_ITEMS, marked, self.name, self.feed.url, digest(key, "items"))

    def _text(self, item: Item, number: int) -> tuple[str, str]:
        """The longer of the feed's text and the page's, and how the page was read."""
        if not self._reads_pages() or number >= self.settings.max_articles or not item.url:
            return item.text, "feed"
        article = self.reader.read(item.url, self._hosts())
        longer = article.status == "full" and len(article.text) > len(item.text)
        return (article.text if longer else item.text), article.status

    def _hosts(self) -> tuple[str, ...]:
        own = (urlsplit(self.feed.url).netloc or "").lower()
        return tuple(h.lower() for h in self.feed.article_hosts) or (own, own.removeprefix("www."), f"www.{own}")

    def _row(self, item: Item, text: str) -> dict[str, Any]:
        event, available, assumed = self._times(item)
        host = (urlsplit(item.url).netloc or "").lower() if item.url else ""
        kind = next((w.kind for w in self.wires if w.carried(host, f"{item.title}\n{text}")), self.feed.kind)
        return {
            "doc_id": item.doc_id, "event_ts": event, "available_ts": available, "ts_precision": item.precision,
            "is_late_stamp": False, "availability_assumed": assumed, "first_seen_ts": self.now,
            "publisher": self.feed.publisher, "kind": kind, "title": item.title, "body": text, "url": item.url or None,
            "authorship": "unknown", "authorship_evidence": "none", "veracity": "unknown", "veracity_evidence": "none",
            "is_recommended": True,
        }  # fmt: skip

    def _times(self, item: Item) -> tuple[datetime, datetime, bool]:
        """`event_ts`, `available_ts`, and whether the latter is assumed.

        What a feed showed when it was first read is back-filled: it was available when its time stamp says. What
        appears later was not there the time before: it became available when it was seen, not earlier. Without a
        usable time stamp the day on which it was seen stands in, and nothing is assumed.
        """
        if item.published is None:
            return self.now.replace(hour=0, minute=0, second=0, microsecond=0), self.now, False
        latest = item.published + timedelta(seconds=PRECISION_S[item.precision])
        if self.memory.is_first:
            return item.published, latest, True
        return item.published, max(latest, self.now), False


_TIMES = {c.name: pl.Datetime("us", "UTC") for c in DOCUMENTS.given if c.type == "TIMESTAMPTZ"} | {"url": pl.String}
_EMPTY = {c.name: pl.String for c in DOCUMENTS.given if c.required}


def read_items(reply: Reply, feed: Feed, now: datetime) -> tuple[list[Item], list[tuple[str, str]]]:
    """The items of a feed, each document once, and what was refused. SourceError where it is no feed."""
    import feedparser

    kind = reply.headers.get("Content-Type", "")
    parsed = feedparser.parse(reply.body, response_headers={"content-type": kind, "content-location": feed.url})
    if not parsed.get("version") and not parsed.entries:
        head = reply.body[:2000].lower()
        got = "a web page" if b"<html" in head else "nothing" if not head.strip() else "no feed"
        raise SourceError(f"{feed.url} gave {got} where RSS, Atom or RDF was expected: check feeds.toml")
    if parsed.bozo and not parsed.entries:
        raise SourceError(f"{feed.url} is broken XML ({parsed.get('bozo_exception')}) and has no readable item")
    items: dict[str, Item] = {}
    refused = []
    for entry in parsed.entries[:MAX_ITEMS]:
        item = item_of(entry, feed.publisher, now)
        if item is None:
            refused.append(("an item without title and text, or without address, id and title", str(entry)[:2000]))
        else:
            items.setdefault(item.doc_id, item)
    return list(items.values()), refused


def item_of(entry: Any, publisher: str, now: datetime) -> Item | None:
    """An item from a parsed entry; None where it says nothing or cannot be told from others."""
    title = text_of(_string(entry.get("title"))).replace("\n", " ")[:MAX_TITLE]
    contents = [_string(c.get("value")) for c in entry.get("content") or [] if isinstance(c, dict)]
    text = max((text_of(t) for t in [_string(entry.get("summary")), *contents]), key=len)
    url, guid = _string(entry.get("link")).strip(), _string(entry.get("id")).strip()
    url = url if _is_address(url) else ""
    if not (title or text) or not (url or guid or title):
        return None
    published, precision = published_at(entry, now)
    told = digest(title, text, _string(entry.get("published")))
    return Item(document_id(url, f"{publisher}|{guid or title}"), url, title, text, published, precision, told)


def published_at(entry: Any, now: datetime) -> tuple[datetime | None, str]:
    """When an entry says that it was published (UTC, start of what its precision allows), and that precision.

    A time without a zone, or a date without a time, is good to the day. None (and "day") where there is no time, none
    that can be read, one in the future, or one before there were crypto assets.
    """
    named = ((_string(entry.get(n)).strip(), entry.get(f"{n}_parsed")) for n in ("published", "created", "updated"))
    raw, moment = next(((raw, m) for raw, parsed in named if raw and (m := _moment(raw, parsed))), ("", None))
    if moment is None:
        return None, "day"
    clock = _CLOCK.search(raw)
    precision = "day" if not clock or not _ZONE.search(raw) else "second" if clock.group(1) else "minute"
    if precision == "day":
        moment = moment.replace(hour=0, minute=0, second=0)
    return (moment, precision) if EARLIEST <= moment <= now + SKEW else (None, "day")


def _moment(raw: str, parsed: Any) -> datetime | None:
    """What feedparser made of a time, else what dateutil makes of one that names its year; None where neither can."""
    from dateutil import parser

    try:
        if parsed:
            return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
        moment = parser.parse(raw) if _YEAR.search(raw) else None
    except (ValueError, OverflowError, OSError, TypeError):
        return None
    return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC) if moment else None


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _is_address(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https") and bool(canonical_url(url))
    except ValueError:
        return False
