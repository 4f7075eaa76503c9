"""What sources of documents share: identity by canonical address, links to assets."""

import hashlib
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

import polars as pl

from models.text.linking.link import link_assets
from pipelines.sources.tickers import with_canonical

LINK_COLUMNS = ["doc_id", "event_ts", "available_ts", "asset", "confidence", "method"]
_TRACKING = re.compile(r"utm_|fbclid|gclid|dclid|yclid|msclkid|igshid|mc_[ce]id|_ga$")
_REFERRER = re.compile(r"(?:ref|feed|source|via|cmp|from)$")  # names where a reader came from, or an item
_CAME_FROM = frozenset({
    "rss", "feed", "feeds", "atom", "xml", "twitter", "x", "facebook", "fb", "telegram", "linkedin", "reddit", "google",
    "newsletter", "email", "mail", "home", "homepage", "frontpage", "app", "share", "social", "web", "mobile", "amp",
})  # fmt: skip


def canonical_url(url: str) -> str:
    """The address without scheme, `www.`, parameters that tell readers apart instead of items, fragment and trailing
    slash, host in lower case.
    """
    parts = urlsplit(url.strip())
    given = parse_qsl(parts.query, keep_blank_values=True)
    kept = [(k, v) for k, v in given if not (_TRACKING.match(k) or (_REFERRER.match(k) and v.lower() in _CAME_FROM))]
    query = "?" + urlencode(sorted(kept)) if kept else ""
    return f"{parts.netloc.lower().removeprefix('www.')}{parts.path.rstrip('/')}{query}"


def document_id(url: str, guid: str) -> str:
    """Hash of the canonical address, else of `guid`."""
    try:
        key = canonical_url(url) if url else ""
    except ValueError:  # an address that urlsplit cannot read identifies nothing
        key = ""
    return hashlib.sha256((key or guid).encode()).hexdigest()[:16]


def linked(docs: pl.DataFrame) -> pl.DataFrame:
    """Links of documents (doc_id, title, body, event_ts, available_ts) to assets, by the table of entities."""
    timed = docs.filter(pl.col("event_ts").is_not_null()).unique("doc_id", keep="last", maintain_order=True)
    found = link_assets(timed.select("doc_id", "title", "body"))
    return as_of_the_day(found.join(timed.select("doc_id", "event_ts", "available_ts"), on="doc_id"))


def as_of_the_day(links: pl.DataFrame) -> pl.DataFrame:
    """Links to the assets that the tickers meant when the documents were published: LUNA before 2022-05-28 is LUNC."""
    dated = with_canonical(links.with_columns(_by=pl.lit("")), "asset", "_by", at="event_ts").select(LINK_COLUMNS)
    return dated.unique(["doc_id", "asset"], keep="first", maintain_order=True)
