"""Feeds and wires as data: the list that tapewire ships (feeds.toml), or one of the user's."""

import tomllib
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipelines.sources.errors import SourceError

SHIPPED = Path(__file__).with_name("feeds.toml")
MARKER_WINDOW = 1_500  # datelines stand near the beginning: the latest seen was 740 characters in
Kind = Literal["press_release", "news", "exchange_announcement"]
SPECIFIC_FIRST = ("press_release", "exchange_announcement", "news")


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Feed(_Entry):
    """One feed: where it is, what its items are, whether its pages may be read."""

    name: str = Field(pattern=r"^[a-z0-9-]+$")
    publisher: str
    url: str = Field(pattern=r"^https?://")
    kind: Kind
    full_text: bool = False
    article_hosts: tuple[str, ...] = ()


class Wire(_Entry):
    """A wire: what is sent over it is of its kind, wherever it is printed."""

    name: str
    kind: Kind
    hosts: tuple[str, ...] = ()
    markers: tuple[str, ...] = ()

    def carried(self, host: str, text: str) -> bool:
        """Whether an item whose link leads to `host` and whose text is `text` came over this wire."""
        return host in self.hosts or any(m in text[:MARKER_WINDOW] for m in self.markers)


class FeedList(_Entry):
    """All feeds and wires."""

    version: int
    feeds: tuple[Feed, ...]
    wires: tuple[Wire, ...] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> "FeedList":
        for what in ("name", "url"):
            seen = [getattr(f, what) for f in self.feeds]
            twice = sorted({s for s in seen if seen.count(s) > 1})
            if twice:
                raise ValueError(f"{what} {twice[0]!r} stands twice")
        return self


def load(path: Path | None, only: tuple[str, ...] = ()) -> FeedList:
    """The list, its most specific kinds first, narrowed to the names in `only`.

    SourceError where the file is not there, not valid, or lacks a name.
    """
    path = path or SHIPPED
    try:
        listed = FeedList(**tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, tomllib.TOMLDecodeError, ValidationError, TypeError) as error:
        raise SourceError(f"the list of feeds {path} cannot be used: {error}") from error
    unknown = sorted(set(only) - {f.name for f in listed.feeds})
    if unknown:
        raise SourceError(f"{path.name} has no feed {unknown[0]!r}; it has {', '.join(f.name for f in listed.feeds)}")
    wanted = [f for f in listed.feeds if not only or f.name in only]
    ordered = sorted(wanted, key=lambda f: SPECIFIC_FIRST.index(f.kind))
    return listed.model_copy(update={"feeds": tuple(ordered)})
