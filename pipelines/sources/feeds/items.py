"""Items of RSS, Atom and RDF feeds: from bytes to text, address and time."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from domain.moments import PRECISION_S, read_stamp
from pipelines.sources.errors import SourceError
from pipelines.sources.feeds.articles import text_of
from pipelines.sources.feeds.feedlist import Feed
from pipelines.sources.feeds.identity import Identities, address_of, string
from pipelines.sources.feeds.wellformed import is_cut_off, readable
from pipelines.sources.http.net import Reply, shown
from pipelines.sources.resume import SeenItem
from pipelines.sources.source import digest

MAX_ITEMS = 2_000
MAX_TITLE = 1_000
MAX_RAW = 50_000
EARLIEST = datetime(2009, 1, 3, tzinfo=UTC)
SKEW = timedelta(minutes=10)
_NO_TAG = re.compile(
    r"<(?!/?(?:a|abbr|acronym|b|big|blockquote|body|br|center|code|div|em|embed|font|form|h[1-6]|head|hr|html|i|iframe|img|"
    r"input|li|link|meta|noscript|object|ol|p|pre|q|s|script|small|span|strike|strong|style|sub|sup|svg|table|td|th|title|"
    r"tr|tt|u|ul|video)(?:[\s/>]|$)|!--)",
    re.IGNORECASE,
)
UNKNOWN_ZONE = timedelta(hours=12)  # a day somewhere ends at most this much after the UTC day of its date


@dataclass(frozen=True)
class Item:
    """An item of a feed, as text. `published` is None where no usable time is given; `raw` is what the feed gave."""

    doc_id: str
    url: str
    title: str
    text: str
    published: datetime | None
    precision: str
    item_hash: str
    raw: bytes

    @property
    def latest(self) -> datetime | None:
        """The latest moment that its time allows; a day is of an unknown zone."""
        if self.published is None:
            return None
        room = timedelta(seconds=PRECISION_S[self.precision])
        return self.published + room + (UNKNOWN_ZONE if self.precision == "day" else timedelta())


@dataclass(frozen=True)
class FeedRead:
    """The items of a feed, each document once, what was refused (reason, payload), and how many came twice."""

    items: list[Item] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    n_entries: int = 0
    n_twice: int = 0


def read_items(reply: Reply, feed: Feed, now: datetime) -> FeedRead:
    """What a feed holds. SourceError where it is no feed, cannot be read, is cut off, or has no usable item."""
    import feedparser

    body = readable(reply.body, reply.headers.get("Content-Type", ""))
    kind, where = reply.headers.get("Content-Type", ""), shown(feed.url)
    try:
        parsed = feedparser.parse(body, response_headers={"content-type": kind, "content-location": reply.url})
    except Exception as error:  # it raises many kinds on malformed characters
        raise SourceError(f"{where} cannot be parsed ({type(error).__name__}: {error})") from error
    if not parsed.get("version") and not parsed.entries:
        head = reply.body[:2000].lower()
        got = "a web page" if b"<html" in head else "nothing" if not head.strip() else "no feed"
        raise SourceError(f"{where} gave {got} where RSS, Atom or RDF was expected: check feeds.toml")
    if parsed.bozo and not parsed.entries:
        raise SourceError(f"{where} is broken XML ({parsed.get('bozo_exception')}) and has no readable item")
    if is_cut_off(reply.body):
        raise SourceError(f"{where} is cut off: its outermost element is never closed; the next run asks again")
    entries = parsed.entries[:MAX_ITEMS]
    told_apart = Identities(entries, feed.publisher)
    items, refused, n_twice = _distinct([(item_of(e, told_apart, now), e) for e in entries])
    if entries and not items:
        raise SourceError(f"{where} has {len(entries)} items and none that can be used: {refused[0][0]}")
    beyond = [
        (f"an item beyond the first {MAX_ITEMS:,} of its feed", str(e)[:2000]) for e in parsed.entries[MAX_ITEMS:]
    ]
    return FeedRead(items, refused + beyond, len(parsed.entries), n_twice)


def _distinct(items: list[tuple[Item | None, Any]]) -> tuple[list[Item], list[tuple[str, str]], int]:
    kept: dict[str, Item] = {}
    refused, n_twice = [], 0
    for item, entry in items:
        if item is None:
            refused.append(("an item without title and text, or without address, id and title", str(entry)[:2000]))
        elif item.doc_id in kept and kept[item.doc_id].item_hash != item.item_hash:
            refused.append(("an item that shares its id, address and title with another one", str(entry)[:2000]))
        elif item.doc_id in kept:
            n_twice += 1
        else:
            kept[item.doc_id] = item
    return list(kept.values()), refused, n_twice


def item_of(entry: Any, identities: Identities, now: datetime) -> Item | None:
    """An item from a parsed entry; None where it says nothing or cannot be told from others."""
    title = _plain(entry.get("title"), entry.get("title_detail")).replace("\n", " ")[:MAX_TITLE]
    contents = [string(c.get("value")) for c in entry.get("content") or [] if isinstance(c, dict)]
    given = [string(entry.get("summary")), *contents]
    text = max(map(text_of, given), key=len)
    url, guid = address_of(entry), string(entry.get("id")).strip()
    if not (title or text) or not (url or guid or title):
        return None
    published, precision = published_at(entry, now)
    stamp = string(entry.get("published"))
    raw = {
        "title": string(entry.get("title")),
        "link": url,
        "id": guid,
        "published": stamp,
        "text": max(given, key=len),
    }
    return Item(
        identities.doc_id(entry), url, title, text, published, precision,
        digest(title, text, published is None), orjson.dumps({k: v[:MAX_RAW] for k, v in raw.items()}, default=str),
    )  # fmt: skip


def _plain(text: Any, detail: Any) -> str:
    """A title as text. In one that the feed gives as plain text only elements of HTML are markup: `<JUP>` is a word."""
    is_plain = isinstance(detail, dict) and detail.get("type") == "text/plain"
    return text_of(_NO_TAG.sub("&lt;", string(text)) if is_plain else string(text))


def published_at(entry: Any, now: datetime) -> tuple[datetime | None, str]:
    """When an entry says that it was published (UTC, start of what its precision allows), and that precision.

    A time without a zone, or a date without a time, is good to the day. None (and "day") where there is no time, none
    that can be read in one way only, one in the future, or one before there were crypto assets.
    """
    given = (string(entry.get(name)).strip() for name in ("published", "created", "updated"))
    stamp = next((found for found in map(read_stamp, given) if found), None)
    if stamp is None:
        return None, "day"
    stamp = stamp.day if stamp.offset is None else stamp
    moment = stamp.moment.replace(microsecond=0)
    return (moment, stamp.precision) if EARLIEST <= moment <= now + SKEW else (None, "day")


def first_public(item: Item, seen: SeenItem | None, seen_at: datetime) -> tuple[datetime, str]:
    """`event_ts` of an item with its precision: the first public time, whatever a correction's stamp says.

    A later version gives it only where the first said no more than the day, and the later one lies within what that
    allowed, or before it where the day is that on which it was seen first and may only have stood in for none. Without
    a usable time stamp the day on which it was seen first stands in.
    """
    if seen is not None and seen.event_ts is not None:
        is_finer = seen.ts_precision == "day" and item.precision != "day"
        stood_in = is_finer and seen.event_ts.date() == seen.first_seen_ts.date()
        earliest = EARLIEST if stood_in else seen.event_ts
        if not (is_finer and item.published and earliest <= item.published <= seen.first_seen_ts):
            return seen.event_ts, seen.ts_precision
    if item.published is not None:
        return item.published, item.precision
    first = seen.first_seen_ts if seen else seen_at
    return first.replace(hour=0, minute=0, second=0, microsecond=0), "day"
