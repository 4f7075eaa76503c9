"""Every kind of source, and the parts of them that the settings name."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb

from pipelines.run import Run
from pipelines.sources import simulated
from pipelines.sources.errors import SourceError
from pipelines.sources.exchanges import exchange
from pipelines.sources.feeds import newsrooms
from pipelines.sources.files import files
from pipelines.sources.http.net import Net
from pipelines.sources.source import Page, Part, Source, SourceContext
from pipelines.sources.vendors import archive, onchain, stablecoins

SOURCES: tuple[Source, ...] = (
    simulated.SOURCE,
    files.SOURCE,
    archive.SOURCE,
    exchange.SOURCE,
    stablecoins.SOURCE,
    onchain.SOURCE,
    newsrooms.SOURCE,
)
KINDS = {
    "prices": ("candles", "funding"),
    "supply": ("supply", "asset_metrics", "funds"),
    "news": ("documents", "events"),
}


def parts(run: Run, con: duckdb.DuckDBPyConnection, net: Net, kinds: tuple[str, ...] = ()) -> list[Part]:
    """Every part that the settings name; `kinds` (prices, supply, news) narrows all but the simulator to those."""
    unknown = {shape for source in SOURCES for shape in source.brings} - {
        s for shapes in KINDS.values() for s in shapes
    }
    if unknown:
        raise ValueError(f"no kind of ingest asks for {', '.join(sorted(unknown))}: name it in KINDS")
    wanted = frozenset(shape for kind in kinds or KINDS for shape in KINDS[kind])
    context = SourceContext(run.settings, run.as_of, net, con, wanted)
    return [part for source in SOURCES if source.brings & wanted for part in _parts(source, context)]


@dataclass(frozen=True)
class Broken:
    """A source whose own settings cannot be used: missing, with the reason, and no reason for others to fail."""

    name: str
    reason: str
    is_simulated: bool = False
    is_remote: bool = False
    commits_by_page: bool = False

    def pages(self) -> Iterator[Page]:
        """None: SourceError with the reason."""
        raise SourceError(self.reason)


def _parts(source: Source, context: SourceContext) -> Sequence[Part]:
    try:
        return source.parts(context)
    except SourceError as error:
        return [Broken(source.name, str(error))]
