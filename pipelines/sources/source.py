"""What a source is: it names its parts, and each turns the world into typed pages, one at a time."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

import duckdb
import polars as pl

from pipelines.settings.settings import Settings
from pipelines.sources.http.net import Net
from warehouse.conform import no_refusals
from warehouse.schema.entity import Entity
from warehouse.schema.ops import COVERED


@dataclass(frozen=True)
class Page:
    """Rows of one entity from one place, with the rows that the parser already had to refuse.

    `n_read`: rows that the source gave for them, counted as they came; None where `frame`, `refused` and `left_out` are
    all there was. `left_out`: rows that are neither stored nor refused, by reason.
    """

    entity: Entity
    frame: pl.DataFrame
    source: str
    locator: str
    page_hash: str
    n_bytes: int = 0
    payload: bytes | None = None
    refused: pl.DataFrame = field(default_factory=no_refusals)
    n_read: int | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)
    replace: dict[str, str] | None = None  # rows with these values and other keys are removed (derived tables only)


class Part(Protocol):
    """A unit that delivers or fails by itself: one file, one symbol, one feed."""

    @property
    def name(self) -> str:
        """As it is called in the warehouse."""
        ...

    @property
    def is_simulated(self) -> bool:
        """Whether its rows come from the simulator."""
        ...

    @property
    def is_remote(self) -> bool:
        """Whether its pages come over a network: they are fetched ahead of the writer, side by side with others."""
        ...

    @property
    def commits_by_page(self) -> bool:
        """Whether each page is written as it comes; else the part is written wholly or not at all."""
        ...

    def pages(self) -> Iterator[Page]:
        """The pages, in order. SourceError where the part cannot be delivered."""
        ...


@dataclass(frozen=True)
class SourceContext:
    """What a source is given to name its parts: settings, the run's moment, the network, and the warehouse, to look up
    what is stored already. `wanted`: shapes of rows that the run asks for.
    """

    settings: Settings
    as_of: datetime
    net: Net
    con: duckdb.DuckDBPyConnection
    wanted: frozenset[str]


@dataclass(frozen=True)
class Question:
    """One small question to a server, to see whether it answers. `stored_as`: the source's name in the warehouse."""

    name: str
    stored_as: str
    ask: Callable[[], str]


def _no_questions(settings: Settings, net: Net) -> Sequence[Question]:
    return ()


@dataclass(frozen=True)
class Source:
    """A kind of source. `brings`: shapes of rows that it brings; `parts`: those that the settings name, none where it
    is switched off; `questions`: one to each of its servers, for `tapewire doctor`.
    """

    name: str
    brings: frozenset[str]
    parts: Callable[[SourceContext], Sequence[Part]]
    questions: Callable[[Settings, Net], Sequence[Question]] = _no_questions


def accounted(
    entity: Entity, source: str, locator: str, left_out: Mapping[str, int], refused: pl.DataFrame | None = None
) -> Page:
    """A page without rows of its own, that says what became of those which are in no other page."""
    frame = pl.DataFrame(schema={c.name: pl.String for c in entity.columns if c.required})
    bad = no_refusals() if refused is None else refused
    return Page(entity, frame, source, locator, digest(locator, dict(left_out)), refused=bad, left_out=left_out)


def covered(source: str, subject: str, since: datetime) -> Page:
    """The note that a history was asked for from `since` on."""
    frame = pl.DataFrame({"asked_of": [source], "subject": [subject], "since_ts": [since]})
    return Page(COVERED, frame, source, f"{subject} covered", digest(subject, since))


def digest(*parts: object) -> str:
    """A short hash of what makes a page what it is."""
    h = hashlib.sha256()
    for part in parts:
        h.update(part if isinstance(part, bytes) else repr(part).encode())
    return h.hexdigest()[:32]
