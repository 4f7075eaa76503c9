"""The text of article pages, where robots.txt allows us to read them, and text from HTML in general."""

import html
import re
import threading
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from pipelines.sources.http.net import Net, Reply
from pipelines.sources.http.polite import HttpError

ROBOT = "tapewire"
MAX_PAGE = 5 << 20
MAX_TEXT = 200_000
MAX_ROBOTS = 500 << 10
MAX_HOPS = 5
MAX_CRAWL_DELAY_S = 20.0
_BLOCKS = {"p", "br", "div", "li", "ul", "ol", "tr", "table", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6"}
_TAG = re.compile(r"<[^<>]*>")
_SPACES = re.compile(r"[^\S\n]+")
_LINES = re.compile(r"\s*\n\s*")


def text_of(markup: str) -> str:
    """HTML (or plain text) reduced to text, one line per paragraph; scripts, styles and comments are dropped whole."""
    import nh3

    safe = nh3.clean(markup[: 4 * MAX_TEXT], tags=_BLOCKS, attributes={}, link_rel=None)
    plain = html.unescape(_TAG.sub("\n", safe)).replace("\x00", "")
    return _LINES.sub("\n", _SPACES.sub(" ", plain)).strip()[:MAX_TEXT]


@dataclass(frozen=True)
class Article:
    """What came of a page: `status` is full, disallowed, failed, or later (not asked for yet)."""

    status: str
    text: str = ""
    asked: bool = True


class Reader:
    """Reads article pages: each host's robots.txt once, its pages at the pace that it asks for."""

    def __init__(self, net: Net, interval_s: float) -> None:
        self.net, self.interval_s = net, interval_s
        self._robots: dict[str, _Rules | None] = {}
        self._lock = threading.Lock()

    def read(self, url: str, hosts: tuple[str, ...]) -> Article:
        """The text of a page on one of `hosts`. Redirects are followed on those hosts, under their robots.txt."""
        for _ in range(MAX_HOPS):
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or (parts.netloc or "").lower() not in hosts:
                return Article("disallowed")
            rules = self._rules(f"{parts.scheme}://{parts.netloc}", hosts)
            if rules is None:
                return Article("later", asked=False)  # its robots.txt cannot be had now
            if not rules.allows(url):
                return Article("disallowed")
            try:
                pause = max(self.interval_s, rules.delay_s)
                reply = self.net.get(url, interval_s=pause, follow=False, counts=False)
            except HttpError as error:
                return Article("failed", asked=True) if error.asked else Article("later", asked=False)
            if reply.status == 200:
                return _article(reply, url)
            url = urljoin(url, reply.headers.get("Location", ""))
        return Article("failed")

    def _rules(self, site: str, hosts: tuple[str, ...]) -> "_Rules | None":
        with self._lock:
            if site not in self._robots:
                self._robots[site] = self._ask(f"{site}/robots.txt", hosts)
            return self._robots[site]

    def _ask(self, url: str, hosts: tuple[str, ...]) -> "_Rules | None":
        """RFC 9309: no robots.txt allows everything, a server that cannot give it nothing (None: not now)."""
        for _ in range(MAX_HOPS):
            try:
                reply = self.net.get(url, allow=(401, 403, 404, 410), follow=False, counts=False)
            except HttpError as error:
                is_clear = (
                    error.status is not None and 400 <= error.status < 500 and error.status not in (418, 429, 451)
                )
                return _Rules(None, everything=True) if is_clear else None
            if reply.status == 200:
                return _Rules(reply.body[:MAX_ROBOTS].decode("utf-8", errors="replace"))
            if not 300 <= reply.status < 400:
                return _Rules(None, everything=True)
            url = urljoin(url, reply.headers.get("Location", ""))
            if (urlsplit(url).netloc or "").lower() not in hosts:
                return _Rules(None, everything=False)
        return _Rules(None, everything=False)


def _article(reply: Reply, url: str) -> Article:
    if len(reply.body) > MAX_PAGE or "html" not in reply.headers.get("Content-Type", "html"):
        return Article("failed")
    text = main_text(reply.body, url)
    return Article("full", text) if text else Article("failed")


class _Rules:
    """A host's robots.txt."""

    def __init__(self, text: str | None, *, everything: bool = False) -> None:
        from protego import Protego

        self._rules = Protego.parse(text) if text is not None else None
        self._everything = everything
        delay = self._rules.crawl_delay(ROBOT) if self._rules else None
        self.delay_s = min(float(delay or 0.0), MAX_CRAWL_DELAY_S)

    def allows(self, url: str) -> bool:
        """Whether we may read a page."""
        return bool(self._rules.can_fetch(url, ROBOT)) if self._rules else self._everything


def main_text(body: bytes, url: str) -> str:
    """The article in a page, without what stands around it; empty where none is found."""
    import trafilatura

    found = trafilatura.extract(body, url=url, include_comments=False, include_tables=True, with_metadata=False)
    return (found or "").replace("\x00", "")[:MAX_TEXT]
