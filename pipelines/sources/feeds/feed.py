"""Newsrooms and wires: RSS, Atom and RDF feeds, read with conditional requests, with full text where it is allowed.

An item belongs to the feed that showed it first. What was seen is remembered, so that only new and edited items are
written, and the moment at which a document was seen first is never lost.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import polars as pl

from pipelines.settings.sources import FeedsSource
from pipelines.sources.documents import LINK_COLUMNS, linked
from pipelines.sources.errors import SourceError
from pipelines.sources.feeds.articles import Reader
from pipelines.sources.feeds.feedlist import Feed, Wire
from pipelines.sources.feeds.items import FeedRead, Item, first_public, read_items
from pipelines.sources.http.net import Net, Reply, shown
from pipelines.sources.resume import FeedMemory, SeenItem
from pipelines.sources.source import Page, accounted, digest
from warehouse.conform import no_refusals
from warehouse.schema.documents import DOCUMENT_ASSETS, DOCUMENTS
from warehouse.schema.ops import FEED_ITEMS, FEED_STATES

ARTICLE_TRIES = 3
UNREAD = ("failed", "later", "edited")  # pages that are to be tried (again)
TURN_S = 600.0
MAX_PAYLOAD = 1 << 20


class Claims:
    """Which feed brought which document, settled in the order of the list, whatever order the feeds answer in.

    What belonged to a feed that the list no longer has is taken over by the first that shows it.
    """

    def __init__(self, items: dict[str, SeenItem], feeds: tuple[str, ...]) -> None:
        self._owner = {doc_id: item.feed for doc_id, item in items.items() if item.feed in feeds}
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


@dataclass
class _Batch:
    """What is to be written under the name of one feed."""

    documents: list[dict[str, Any]] = field(default_factory=list)
    marks: list[tuple[Any, ...]] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)


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
    is_simulated: bool = False
    is_remote: bool = True
    commits_by_page: bool = False

    @property
    def name(self) -> str:
        """As it is called in the warehouse."""
        return f"feeds:{self.feed.name}"

    def pages(self) -> Iterator[Page]:
        """New and edited items as documents with their assets; what to remember. SourceError where it is no feed."""
        try:
            reply = self._ask()
            seen_at = datetime.now(UTC).replace(microsecond=0)
            read = read_items(reply, self.feed, seen_at) if reply.status != 304 else FeedRead()
        except BaseException:
            self.claims.pass_on(self.feed.name)
            raise
        mine = self.claims.claim(self.feed.name, read.items)
        wanted = [i for i in mine if self._is_wanted(i)]
        batches = self._batches(wanted, seen_at)
        n_written = sum(len(batch.documents) for batch in batches.values())
        left_out = {
            "twice in the feed": read.n_twice,
            "that another feed brought": len(read.items) - len(mine),
            "as they were when they were seen last": len(mine) - len(wanted),
            "edited, with a page that cannot be read yet": len(wanted) - n_written,
        }
        if read.n_entries:
            refused = pl.DataFrame(read.refused, schema=no_refusals().schema, orient="row")
            rest = accounted(DOCUMENTS, f"feeds:{self.feed.name}", shown(self.feed.url), left_out, refused)
            yield replace(rest, n_read=read.n_entries - n_written)
        for name, batch in batches.items():
            yield from self._written(name, batch)
        yield self._state(reply, seen_at)

    def _ask(self) -> Reply:
        """The feed, with status 304 where it is as it was when it was read last.

        While pages of its items are to be tried again the feed is asked for as a whole.
        """
        asked = {"Accept": "application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.5"}
        if not self._has_unread():
            if self.memory.etag:
                asked["If-None-Match"] = self.memory.etag
            if self.memory.last_modified:
                asked["If-Modified-Since"] = self.memory.last_modified
        return self.net.get(self.feed.url, headers=asked, allow=(304,))

    def _state(self, reply: Reply, seen_at: datetime) -> Page:
        headers = reply.headers
        state = pl.DataFrame(
            {
                "feed": [self.feed.name],
                "etag": [headers.get("ETag") or self.memory.etag],
                "last_modified": [headers.get("Last-Modified") or self.memory.last_modified],
                "polled_ts": [seen_at],
            },
            schema_overrides={"etag": pl.String, "last_modified": pl.String},
        )
        return Page(FEED_STATES, state, self.name, shown(self.feed.url), digest(self.feed.url, seen_at))

    def _reads_pages(self) -> bool:
        return self.settings.full_text and self.feed.full_text

    def _is_unread(self, seen: SeenItem) -> bool:
        return self._reads_pages() and seen.article in UNREAD and seen.tries < ARTICLE_TRIES

    def _has_unread(self) -> bool:
        return any(s.feed == self.feed.name and self._is_unread(s) for s in self.memory.items.values())

    def _is_wanted(self, item: Item) -> bool:
        """New, edited, or with a page that is still to be read."""
        seen = self.memory.items.get(item.doc_id)
        return seen is None or seen.item_hash != item.item_hash or self._is_unread(seen)

    def _batches(self, items: list[Item], seen_at: datetime) -> dict[str, _Batch]:
        """Documents and marks by the feed under whose name they are kept."""
        out: dict[str, _Batch] = {}
        for number, item in enumerate(items):
            seen = self.memory.items.get(item.doc_id)
            batch = out.setdefault(seen.feed if seen else self.feed.name, _Batch())
            text, article, asked = self._text(item, number)
            tries = (seen.tries if seen else 0) + int(article == "failed" and asked)
            hidden = (
                seen is not None and seen.article in ("full", "edited") and article in UNREAD and tries < ARTICLE_TRIES
            )
            if hidden and seen is not None:  # an edit whose page cannot be read now: the whole text stays until it can
                batch.marks.append((item.doc_id, seen.feed, seen.item_hash, seen_at, "edited", tries))
                continue
            batch.documents.append(self._row(item, text, seen, seen_at))
            batch.raw.append(item.raw)
            mark = (seen.feed if seen else self.feed.name, item.item_hash, seen_at, article)
            batch.marks.append((item.doc_id, *mark, 0 if article == "full" else tries))
        return out

    def _text(self, item: Item, number: int) -> tuple[str, str, bool]:
        """The longer of the feed's text and the page's, how the page was read, and whether it was asked for."""
        if not self._reads_pages() or not item.url:
            return item.text, "feed", False
        if number >= self.settings.max_articles:
            return item.text, "later", False
        article = self.reader.read(item.url, self._hosts())
        longer = article.status == "full" and len(article.text) > len(item.text)
        return (article.text if longer else item.text), article.status, article.asked

    def _hosts(self) -> tuple[str, ...]:
        own = (urlsplit(self.feed.url).netloc or "").lower()
        return tuple(h.lower() for h in self.feed.article_hosts) or (own, own.removeprefix("www."), f"www.{own}")

    def _row(self, item: Item, text: str, seen: SeenItem | None, seen_at: datetime) -> dict[str, Any]:
        (event, precision), (available, assumed) = first_public(item, seen, seen_at), self._known(item, seen_at)
        host = (urlsplit(item.url).netloc or "").lower() if item.url else ""
        kind = next((w.kind for w in self.wires if w.carried(host, f"{item.title}\n{text}")), self.feed.kind)
        return {
            "doc_id": item.doc_id, "event_ts": event, "available_ts": available, "ts_precision": precision,
            "is_late_stamp": False, "availability_assumed": assumed, "first_seen_ts": seen_at,
            "publisher": self.feed.publisher, "kind": kind, "title": item.title, "body": text, "url": item.url or None,
            "authorship": "unknown", "authorship_evidence": "none", "veracity": "unknown", "veracity_evidence": "none",
        }  # fmt: skip

    def _known(self, item: Item, seen_at: datetime) -> tuple[datetime, bool]:
        """`available_ts`, and whether it is assumed.

        What a feed showed when it was first read is back-filled: it was available when its time stamp says. What
        appears later was not there the time before: it became available when it was seen, not earlier. Without a
        usable time stamp nothing is assumed.
        """
        if item.latest is None:
            return seen_at, False
        if self.memory.is_first:
            return item.latest, True
        return max(item.latest, seen_at), False

    def _written(self, name: str, batch: _Batch) -> Iterator[Page]:
        source, where = f"feeds:{name}", shown(self.feed.url)
        payload = b"[" + b",".join(batch.raw) + b"]"
        key = digest(payload)
        if batch.documents:
            docs = pl.DataFrame(batch.documents, schema_overrides=_TIMES)
            kept = payload if len(payload) <= MAX_PAYLOAD else None
            yield Page(DOCUMENTS, docs, source, where, key, len(payload), kept)
            links = pl.concat([linked(docs), self._withdrawn(docs)]).unique(["doc_id", "asset"], maintain_order=True)
            yield Page(DOCUMENT_ASSETS, links, source, where, digest(key, "assets"))
        if batch.marks:
            columns = [c.name for c in FEED_ITEMS.columns]
            marked = pl.DataFrame(batch.marks, schema=columns, orient="row", schema_overrides={"tries": pl.Int32})
            yield Page(FEED_ITEMS, marked, source, where, digest(key, "items"))

    def _withdrawn(self, docs: pl.DataFrame) -> pl.DataFrame:
        """Assets that earlier versions of the documents spoke of, with confidence 0: what still holds comes before."""
        rows = [
            (doc_id, asset, 0.0, "withdrawn")
            for doc_id in docs["doc_id"]
            for asset in (self.memory.items[doc_id].assets if doc_id in self.memory.items else ())
        ]
        schema = {"doc_id": pl.String, "asset": pl.String, "confidence": pl.Float64, "method": pl.String}
        earlier = pl.DataFrame(rows, schema=schema, orient="row")
        return earlier.join(docs.select("doc_id", "event_ts", "available_ts"), on="doc_id").select(LINK_COLUMNS)


_TIMES = {c.name: pl.Datetime("us", "UTC") for c in DOCUMENTS.columns if c.type == "TIMESTAMPTZ"} | {"url": pl.String}
