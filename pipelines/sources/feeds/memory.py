"""What is remembered of a feed between runs."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class FeedMemory:
    """What is remembered of a feed: validators of its last answer (None before the first), and all known items."""

    etag: str | None
    last_modified: str | None
    is_first: bool
    items: "dict[str, SeenItem]"


@dataclass(frozen=True)
class SeenItem:
    """An item as it was seen last, when it was seen first, and the assets that it was linked to."""

    feed: str
    item_hash: str
    article: str
    tries: int
    first_seen_ts: datetime
    assets: tuple[str, ...]
