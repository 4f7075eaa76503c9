"""What makes an item of a feed the same item in its next poll: its id, else its address, else its title."""

from collections import defaultdict
from typing import Any
from urllib.parse import urlsplit

from pipelines.sources.documents import canonical_url, document_id

NO_GUIDS = frozenset({"0", "-1", "1", "null", "none", "undefined", "nan", "false", "true", "#"})  # of no item alone


class Identities:
    """Ids of the items of one poll of a feed.

    An item is its guid where it has one, else its address with the parts that tell items apart, else its title. What
    items of one poll share, a guid or an address, identifies none of them: there the address, or the title, is added.
    """

    def __init__(self, entries: list[Any], publisher: str) -> None:
        self._publisher = publisher
        self._sharing: dict[str, set[str]] = defaultdict(set)
        for entry in entries:
            guid, address, title = _parts(entry)
            self._sharing[guid].add(f"{address}|{title}")
            if not guid:
                self._sharing[f"address {address}"].add(title)

    def doc_id(self, entry: Any) -> str:
        """The id of an entry's document."""
        guid, address, title = _parts(entry)
        if guid:
            shared = len(self._sharing[guid]) > 1
            if is_address(guid) and not shared and not urlsplit(guid).fragment:
                return document_id(guid, "")
            return document_id("", f"{self._publisher}|{guid}" + (f"|{address}|{title}" if shared else ""))
        if not address:
            return document_id("", f"{self._publisher}|{title}")
        shared = len(self._sharing[f"address {address}"]) > 1
        is_place = bool(urlsplit(address).fragment)  # a place on a page that others share
        if shared or is_place:
            return document_id("", f"{self._publisher}|{address}" + (f"|{title}" if shared else ""))
        return document_id(address, "")


def _parts(entry: Any) -> tuple[str, str, str]:
    guid, address = string(entry.get("id")).strip(), address_of(entry)
    if guid.lower() in NO_GUIDS or _is_home(guid):
        guid = ""
    return guid, "" if _is_home(address) else address, string(entry.get("title")).strip()


def _is_home(url: str) -> bool:
    """Whether an address is that of a whole site, which tells none of its items apart."""
    if not is_address(url) or urlsplit(url).query or urlsplit(url).fragment:
        return False
    path = canonical_url(url).partition("/")[2]
    return not path or path.lower() in NO_GUIDS  # the parser makes an address of a guid such as 0


def address_of(entry: Any) -> str:
    """The address of an entry's page, empty where it gives none that can be read."""
    url = string(entry.get("link")).strip()
    return url if is_address(url) else ""


def is_address(url: str) -> bool:
    """Whether a text is the address of a page."""
    try:
        return urlsplit(url).scheme in ("http", "https") and bool(canonical_url(url))
    except ValueError:
        return False


def string(value: Any) -> str:
    """A text of a parsed entry without characters that there are not; empty where it is no text."""
    return value.encode("utf-8", errors="replace").decode() if isinstance(value, str) else ""
