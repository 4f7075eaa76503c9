"""Items of RSS, Atom and RDF feeds: from bytes to text, address and time."""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson

from pipelines.sources.documents import PRECISION_S, canonical_url, document_id
from pipelines.sources.errors import SourceError
from pipelines.sources.feeds.articles import text_of
from pipelines.sources.feeds.feedlist import Feed
from pipelines.sources.http.net import Reply, shown
from pipelines.sources.source import digest

MAX_ITEMS = 2_000
MAX_TITLE = 1_000
MAX_RAW = 50_000
TAIL = 20_000  # the end of a feed's root element stands here, whatever comments follow it
EARLIEST = datetime(2009, 1, 3, tzinfo=UTC)
SKEW = timedelta(minutes=10)
UNKNOWN_ZONE = timedelta(hours=12)  # a day somewhere ends at most this much after the UTC day of its date
_ZONE = re.compile(r"(?:Z|[+-]\d{2}:?\d{2}|\b(?:UTC?|GMT|[ECMP][SD]T))\s*$", re.IGNORECASE)
_ENDS = {"rss090": b"</rdf:rdf>", "rss10": b"</rdf:rdf>", "rss": b"</rss>", "atom": b"</feed>"}
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_AMBIGUOUS = re.compile(r"^\s*\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}\b")  # 05/01/2024: May or January?
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2})?")


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


def read_items(reply: Reply, feed: Feed, now: datetime) -> tuple[list[Item], list[tuple[str, str]]]:
    """The items of a feed, each document once, and what was refused (reason, payload).

    SourceError where it is no feed, cannot be read, or is cut off.
    """
    import feedparser

    kind, where = reply.headers.get("Content-Type", ""), shown(feed.url)
    try:
        parsed = feedparser.parse(reply.body, response_headers={"content-type": kind, "content-location": feed.url})
    except Exception as error:  # it raises many kinds on malformed characters
        raise SourceError(f"{where} cannot be parsed ({type(error).__name__}: {error})") from error
    if not parsed.get("version") and not parsed.entries:
        head = reply.body[:2000].lower()
        got = "a web page" if b"<html" in head else "nothing" if not head.strip() else "no feed"
        raise SourceError(f"{where} gave {got} where RSS, Atom or RDF was expected: check feeds.toml")
    if parsed.bozo and not parsed.entries:
        raise SourceError(f"{where} is broken XML ({parsed.get('bozo_exception')}) and has no readable item")
    ends = next((end for kind, end in _ENDS.items() if str(parsed.get("version")).startswith(kind)), b"")
    if ends not in reply.body.replace(b"\x00", b"").lower()[-TAIL:]:
        raise SourceError(f"{where} is cut off: its last {ends.decode()} is not there; the next run asks again")
    return _distinct([(item_of(e, feed.publisher, now), e) for e in parsed.entries[:MAX_ITEMS]])


def _distinct(items: list[tuple[Item | None, Any]]) -> tuple[list[Item], list[tuple[str, str]]]:
    kept: dict[str, Item] = {}
    refused = []
    for item, entry in items:
        if item is None:
            refused.append(("an item without title and text, or without address, id and title", str(entry)[:2000]))
        elif item.doc_id in kept and kept[item.doc_id].item_hash != item.item_hash:
            refused.append(("an item that shares its address with another one of the feed", str(entry)[:2000]))
        else:
            kept.setdefault(item.doc_id, item)
    return list(kept.values()), refused


def item_of(entry: Any, publisher: str, now: datetime) -> Item | None:
    """An item from a parsed entry; None where it says nothing or cannot be told from others."""
    title = text_of(_string(entry.get("title"))).replace("\n", " ")[:MAX_TITLE]
    contents = [_string(c.get("value")) for c in entry.get("content") or [] if isinstance(c, dict)]
    given = [_string(entry.get("summary")), *contents]
    text = max(map(text_of, given), key=len)
    url, guid = _string(entry.get("link")).strip(), _string(entry.get("id")).strip()
    url = url if _is_address(url) else ""
    if not (title or text) or not (url or guid or title):
        return None
    published, precision = published_at(entry, now)
    stamp = _string(entry.get("published"))
    raw = {
        "title": _string(entry.get("title")),
        "link": url,
        "id": guid,
        "published": stamp,
        "text": max(given, key=len),
    }
    return Item(
        _doc_id(url, f"{publisher}|{guid or title}"), url, title, text, published, precision,
        digest(title, text, stamp), orjson.dumps({k: v[:MAX_RAW] for k, v in raw.items()}, default=str),
    )  # fmt: skip


def _doc_id(url: str, guid: str) -> str:
    """By its address; by its id where the address is a place on a page that others share."""
    return document_id("" if urlsplit(url).fragment else url, f"{guid}|{url}" if urlsplit(url).fragment else guid)


def published_at(entry: Any, now: datetime) -> tuple[datetime | None, str]:
    """When an entry says that it was published (UTC, start of what its precision allows), and that precision.

    A time without a zone, or a date without a time, is good to the day. None (and "day") where there is no time, none
    that can be read in one way only, one in the future, or one before there were crypto assets.
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

    if _AMBIGUOUS.match(raw):
        return None
    try:
        if parsed:
            return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
        moment = parser.parse(raw) if _YEAR.search(raw) else None
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC) if moment else None
    except (ValueError, OverflowError, OSError, TypeError):
        return None


def _string(value: Any) -> str:
    return value.encode("utf-8", errors="replace").decode() if isinstance(value, str) else ""


def _is_address(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https") and bool(canonical_url(url))
    except ValueError:
        return False
