"""A newsroom, simulated: feeds, article pages, robots.txt and redirects, with what goes wrong with them in the wild.

    items = releases(n=5, seed=1)
    room = Newsroom({"/rss.xml": Feed(items), "/atom.xml": Feed(items, kind="atom")}, robots=404)
    room.feeds["/rss.xml"].items.append(Item("Title", "/news/x", published=..., content="<p>...</p>"))
    room.change("/rss.xml", guid, after=1, title="Corrected")      # another text from the second poll on
    room.redirects["/old.xml"] = "/rss.xml"                        # or an absolute URL, or itself: a loop

Feeds (`Feed(kind=...)`): "rss" (2.0), "atom" (1.0), "rdf" (RSS 1.0). They carry an ETag and Last-Modified and answer
304 to If-None-Match and If-Modified-Since. Every item's page is served at its link, with navigation and boilerplate
around the text. Encodings: `encoding` is what the bytes are, `declared` what the XML says, `charset` what the header
says. `spoilt`: SPOILT. Dates: `published=None` gives none, `date_text` is written as it stands.
"""

import hashlib
import html
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any

import numpy as np

from tests.providers.server import Answer, Request

SPOILT = {
    "entity bomb": "nested entities that would expand to a billion laughs",
    "external entity": "an entity that names file:///etc/passwd and one that names /entity.txt on this server",
    "malformed": "a tag that is never closed and a bare ampersand",
    "html": "a web page instead of a feed",
    "cut": "the second half is missing",
}
FIRST = datetime(2024, 1, 2, 9, tzinfo=UTC)
MENU = "".join(f'<li><a href="/{word.lower()}">{word}</a></li>' for word in ("Home", "Markets", "Jobs", "Subscribe"))
FOOTER = "<p>Copyright. All rights reserved. Forward-looking statements are subject to risks. Accept all cookies?</p>"


@dataclass(frozen=True)
class Item:
    """One release. `link` is a path of this server; `guid` is the link where None; `content` is HTML.

    `cdata` writes title and texts as CDATA, markup and all. `date_text` is written in place of `published`.
    """

    title: str
    link: str
    published: datetime | None = None
    summary: str = ""
    content: str = ""
    author: str = ""
    guid: str | None = None
    date_text: str | None = None
    cdata: bool = False

    @property
    def id(self) -> str:
        """The guid as it is written."""
        return self.guid or self.link


@dataclass
class Feed:
    """One feed. `charset` None: the header names none."""

    items: list[Item] = field(default_factory=list)
    kind: str = "rss"
    title: str = "Simulated newsroom"
    encoding: str = "utf-8"
    declared: str | None = None
    charset: str | None = None
    spoilt: str | None = None
    is_conditional: bool = True


def releases(n: int, seed: int, *, first: datetime = FIRST, every: timedelta = timedelta(hours=7)) -> list[Item]:
    """Made-up press releases, newest first, the same for the same seed."""
    rng = np.random.default_rng(seed)
    firms, coins = ["Northwind Labs", "Acme Custody", "Blue Harbor"], ["Bitcoin", "Ethereum", "Solana"]
    verbs = ["launches custody for", "reports record volumes in", "halts withdrawals of"]
    items = []
    for i in range(n):
        firm, coin, verb = (str(rng.choice(words)) for words in (firms, coins, verbs))
        title, figure = f"{firm} {verb} {coin}", int(rng.integers(10, 900))
        content = (
            f"<p>{title}. The company, {firm}, said on its site that about {figure} million dollars are concerned.</p>"
            f"<p>Clients who hold {coin} will be told by mail. This text is simulated, number {i} of seed {seed}.</p>"
        )
        items.append(Item(title, f"/news/{seed}-{i}", first + i * every, f"{title} ({figure}M)", content, firm))
    return items[::-1]


def robots_text(*, allow: bool, agent: str = "*") -> str:
    """A robots.txt that allows or forbids everything to an agent."""
    return f"User-agent: {agent}\nDisallow: {'' if allow else '/'}\n\nUser-agent: *\nDisallow: /private/\n"


class Newsroom:
    """Simulated newsroom. `robots`: the text of robots.txt, or the status that is answered instead (404, 500).

    `redirects`: path -> path or absolute URL, with 301. `pages`: further pages; bytes are sent without a charset.
    """

    def __init__(
        self,
        feeds: Mapping[str, Feed],
        *,
        robots: str | int = 404,
        redirects: Mapping[str, str] | None = None,
        pages: Mapping[str, str | bytes] | None = None,
    ) -> None:
        self.feeds = dict(feeds)
        self.robots = robots
        self.redirects = dict(redirects or {})
        self.pages = dict(pages or {})
        self._changes: list[tuple[str, str, int, dict[str, Any]]] = []
        self._polls: dict[str, int] = {}

    def change(self, feed: str, guid: str, *, after: int = 0, **fields: Any) -> None:
        """Another text (title, content, published ...) for an item once the feed was polled `after` more times."""
        self._changes.append((feed, guid, self._polls.get(feed, 0) + after, fields))

    def answer(self, request: Request) -> Answer:
        """A feed, a page, robots.txt or a redirect."""
        path, site = request.path, f"http://{request.headers.get('host', 'localhost')}"
        if path in self.redirects:
            target = self.redirects[path]
            return Answer(status=301, headers={"Location": target if "://" in target else site + target})
        if path == "/robots.txt":
            return Answer.text(self.robots) if isinstance(self.robots, str) else Answer.text("", status=self.robots)
        if path in self.feeds:
            return self._feed(path, site, request.headers)
        if path in self.pages:
            page = self.pages[path]
            if isinstance(page, bytes):
                return Answer(page, headers={"Content-Type": "text/html"})
            return Answer.text(page, "text/html; charset=utf-8")
        for name in self.feeds:
            for item in self._items(name):
                if item.link == path:
                    return Answer.text(_article(item), "text/html; charset=utf-8")
        return Answer.text("<html><body><h1>404</h1></body></html>", "text/html; charset=utf-8", 404)

    def _items(self, path: str) -> list[Item]:
        items = list(self.feeds[path].items)
        for feed, guid, due, fields in self._changes:
            if feed == path and self._polls.get(path, 0) >= due:
                items = [replace(item, **fields) if item.id == guid else item for item in items]
        return items

    def _feed(self, path: str, site: str, headers: dict[str, str]) -> Answer:
        feed, items = self.feeds[path], self._items(path)
        self._polls[path] = self._polls.get(path, 0) + 1
        body = _spoil(feed, _write(feed, items, site), site)
        kind = {"atom": "application/atom+xml"}.get(feed.kind, "application/rss+xml")
        if feed.spoilt == "html":
            kind = "text/html"
        shown = {"Content-Type": kind + (f"; charset={feed.charset}" if feed.charset else "")}
        if feed.is_conditional:
            modified = max((i.published for i in items if i.published), default=FIRST)
            tag = '"' + hashlib.sha256(_write(feed, items, "").encode()).hexdigest()[:16] + '"'
            shown |= {"ETag": tag, "Last-Modified": format_datetime(modified, usegmt=True)}
            if _is_unchanged(headers, tag, modified):
                return Answer(status=304, headers=shown)
        return Answer(body, headers=shown)


def _is_unchanged(headers: dict[str, str], tag: str, modified: datetime) -> bool:
    if "if-none-match" in headers:  # wins over the date (RFC 9110, 13.1.3)
        return tag in headers["if-none-match"] or headers["if-none-match"].strip() == "*"
    since = headers.get("if-modified-since")
    return since is not None and modified.replace(microsecond=0) <= parsedate_to_datetime(since)


def _write(feed: Feed, items: list[Item], site: str) -> str:
    writer = {"rss": _rss, "atom": _atom, "rdf": _rdf}[feed.kind]
    return f'<?xml version="1.0" encoding="{feed.declared or feed.encoding}"?>\n' + writer(feed.title, items, site)


def _rss(title: str, items: list[Item], site: str) -> str:
    entries = "".join(
        "<item>"
        + _text("title", i)
        + f"<link>{site}{i.link}</link>"
        + f'<guid isPermaLink="false">{html.escape(i.id)}</guid>'
        + _date("pubDate", i, format_datetime)
        + (f"<author>{html.escape(i.author)}</author>" if i.author else "")
        + _text("description", i, "summary")
        + _text("content:encoded", i, "content")
        + "</item>\n"
        for i in items
    )
    return (
        '<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f"<channel><title>{title}</title><link>{site}/</link><description>simulated</description>\n{entries}</channel></rss>"
    )


def _atom(title: str, items: list[Item], site: str) -> str:
    entries = "".join(
        "<entry>" + _text("title", i, attribute=' type="html"') + f'<link rel="alternate" href="{site}{i.link}"/>'
        + f"<id>{html.escape(i.id)}</id>" + _date("published", i, datetime.isoformat)
        + _date("updated", i, datetime.isoformat)
        + (f"<author><name>{html.escape(i.author)}</name></author>" if i.author else "")
        + _text("summary", i, "summary", ' type="html"') + _text("content", i, "content", ' type="html"') + "</entry>\n"
        for i in items
    )  # fmt: skip
    return (
        f'<feed xmlns="http://www.w3.org/2005/Atom"><title>{title}</title><id>{site}/</id>'
        f'<link href="{site}/"/><updated>2024-01-01T00:00:00Z</updated>\n{entries}</feed>'
    )


def _rdf(title: str, items: list[Item], site: str) -> str:
    listed = "".join(f'<rdf:li rdf:resource="{site}{i.link}"/>' for i in items)
    entries = "".join(
        f'<item rdf:about="{html.escape(i.id)}">'
        + _text("title", i)
        + f"<link>{site}{i.link}</link>"
        + _date("dc:date", i, datetime.isoformat)
        + (f"<dc:creator>{html.escape(i.author)}</dc:creator>" if i.author else "")
        + _text("description", i, "summary")
        + _text("content:encoded", i, "content")
        + "</item>\n"
        for i in items
    )
    return (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/">'
        f'<channel rdf:about="{site}/"><title>{title}</title><link>{site}/</link><description>simulated</description>'
        f"<items><rdf:Seq>{listed}</rdf:Seq></items></channel>\n{entries}</rdf:RDF>"
    )


def _text(tag: str, item: Item, name: str = "title", attribute: str = "") -> str:
    value = getattr(item, name)
    if not value:
        return ""
    inner = f"<![CDATA[{value}]]>" if item.cdata else html.escape(value)
    return f"<{tag}{attribute}>{inner}</{tag}>"


def _date(tag: str, item: Item, write: Any) -> str:
    text = item.date_text if item.date_text is not None else write(item.published) if item.published else None
    return "" if text is None else f"<{tag}>{html.escape(text)}</{tag}>"


def _spoil(feed: Feed, text: str, site: str) -> bytes:
    head, _, rest = text.partition("\n")
    match feed.spoilt:
        case "html":
            text = "<!DOCTYPE html><html><head><title>Newsroom</title></head><body><p>Moved.</p></body></html>"
        case "malformed":
            text = text.replace("</title>", "", 1).replace("<link>", "<link>Q&A ", 1)
        case "cut":
            text = text[: len(text) // 2]
        case "entity bomb":
            nested = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
            text = f'{head}\n<!DOCTYPE feed [<!ENTITY l0 "lol">{nested}]>\n' + _entity_in_title(rest, "&l9;")
        case "external entity":
            outside = f'<!ENTITY a SYSTEM "file:///etc/passwd"><!ENTITY b SYSTEM "{site}/entity.txt">'
            text = f"{head}\n<!DOCTYPE feed [{outside}]>\n" + _entity_in_title(rest, "&a;&b;")
        case None:
            pass
        case other:
            raise ValueError(f"spoilt is {other!r}; expected one of {', '.join(SPOILT)}")
    return text.encode(feed.encoding, errors="xmlcharrefreplace")


def _entity_in_title(text: str, entity: str) -> str:
    """The entity at the end of the first item's title (the feed's own is the first title)."""
    at = text.index("</title>", text.index("</title>") + 1)
    return text[:at] + entity + text[at:]


def _article(item: Item) -> str:
    date = item.published.strftime("%d %B %Y") if item.published else ""
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{html.escape(item.title)}</title>'
        "<script>window.tracking = {id: 1};</script><style>nav {color: red}</style></head><body>"
        f"<nav><ul>{MENU}</ul></nav><main><article><h1>{html.escape(item.title)}</h1>"
        f'<p class="byline">{html.escape(item.author)} {date}</p>{item.content}</article>'
        f'<aside><h2>Related</h2><a href="/news/other">You will not believe this</a></aside></main>'
        f"<footer>{FOOTER}</footer></body></html>"
    )
