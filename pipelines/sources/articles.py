"""The text of article pages, where robots.txt allows us to read them, and text from HTML in general."""

import html
import re
import threading
from dataclasses import dataclass
from urllib.parse import urlsplit

from pipelines.sources.net import HttpError, Net

ROBOT = "tapewire"
MAX_PAGE = 5 << 20
MAX_TEXT = 200_000
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
    """What came of a page: `status` is full, disallowed or failed; `text` is there only where it is full."""

    status: str
    text: str = ""


class Reader:
    """Reads article pages: each host's robots.txt once, its pages at the pace that it wishes."""

    def __init__(self, net: Net, interval_s: float) -> None:
        self.net, self.interval_s = net, interval_s
        self._robots: dict[str, _Rules] = {}
        self._lock = threading.Lock()

    def read(self, url: str, hosts: tuple[str, ...]) -> Article:
        """The text of a page on one of `hosts`."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or (parts.netloc or "").lower() not in hosts:
            return Article("disallowed")
        rules = self._rules(f"{parts.scheme}://{parts.netloc}")
        if not rules.allows(url):
            return Article("disallowed")
        try:
            reply = self.net.get(url, interval_s=max(self.interval_s, rules.delay_s))
        except HttpError:
            return Article("failed")
        if (urlsplit(reply.url).netloc or "").lower() not in hosts:  # led away to another host
            return Article("disallowed")
        if len(reply.body) > MAX_PAGE or "html" not in reply.headers.get("Content-Type", "html"):
            return Article("failed")
        text = main_text(reply.body, url)
        return Article("full", text) if text else Article("failed")

    def _rules(self, site: str) -> "_Rules":
        with self._lock:
            if site not in self._robots:
                self._robots[site] = self._ask(site)
            return self._robots[site]

    def _ask(self, site: str) -> "_Rules":
        """RFC 9309: no robots.txt allows everything, a server that cannot give it nothing."""
        try:
            reply = self.net.get(f"{site}/robots.txt", allow=(401, 403, 404, 410))
        except HttpError as error:
            return _Rules(None, everything=bool(error.status and 400 <= error.status < 500 and error.status != 429))
        if reply.status != 200:
            return _Rules(None, everything=True)
        return _Rules(reply.body[: 500 << 10].decode("utf-8", errors="replace"))


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
