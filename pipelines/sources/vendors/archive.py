"""Bulk history from the Binance public data archives: zipped CSV files with their checksums, from a URL or a folder.

Months that are complete come as one file, the days since then as one each, and so do the days of a month whose file
lacks bars. Spot files count milliseconds before 2025
and microseconds from then on; files of futures have a header line. A file that was read is remembered by its checksum;
files of the last months, and months that lack bars, are looked at again, since Binance sometimes mends them.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import polars as pl

from domain.timeframes import SECONDS
from pipelines.settings.settings import Settings
from pipelines.settings.sources import ArchiveSource
from pipelines.sources import resume
from pipelines.sources.errors import SourceError
from pipelines.sources.http.net import Net, shown
from pipelines.sources.http.polite import HttpError
from pipelines.sources.source import Page, Part, Question, Source, SourceContext, digest
from pipelines.sources.tickers import asset_at
from pipelines.sources.vendors.archive_place import Archive
from warehouse.schema.market import CANDLES, FUNDING
from warehouse.schema.ops import ARCHIVE_FILES

STORED_AS = "archive:binance"
RECHECK_DAYS = 62
LATE_DAYS = 372  # a month that was not there may still come for so long
ABSENT = "absent"
MICROSECONDS_FROM = 10**14
KLINE_COLUMNS = 12


@dataclass(frozen=True)
class ArchivePart:
    """One symbol's candles of a timeframe, or its funding (`timeframe` is "funding"). Each file is a page."""

    archive: Archive
    symbol: str
    timeframe: str
    now: datetime
    read_before: dict[str, tuple[str, int]] = field(default_factory=dict)
    is_simulated: bool = False
    is_remote: bool = True
    commits_by_page: bool = True

    @property
    def name(self) -> str:
        """As it is called in the warehouse."""
        return f"archive:{self.symbol}:{self.timeframe}"

    def pages(self) -> Iterator[Page]:
        """Every file that is new or mended, oldest first.

        SourceError where none is there at all; or, once the others are through, where some cannot be used.
        """
        found, spoilt = False, list[str]()
        n_rows = {name: n for name, (known, n) in self.read_before.items() if known != ABSENT}
        for path, begins in self._wanted(n_rows):
            try:
                there, pages = self._file(path, begins, n_rows)
            except HttpError:
                raise
            except SourceError as error:
                there, pages = True, []
                spoilt.append(str(error))
            found = found or there
            yield from pages
        if spoilt:
            raise SourceError(f"{len(spoilt)} files cannot be used, the others are stored: " + "; ".join(spoilt[:3]))
        if not found:
            raise SourceError(
                f"the archive at {shown(self.archive.source.location)} has no {self.timeframe} of {self.symbol} "
                f"since {self.archive.source.since:%Y-%m-%d}: check the symbol, or the folder"
            )

    def _wanted(self, n_rows: dict[str, int]) -> Iterator[tuple[str, date]]:
        """Months, and the days of those that lack bars or, among the last ones, are not there as a whole. `n_rows` of
        the files read so far grows while they are asked for.
        """
        begun = False
        for month in _months(self.archive.source.since.date(), self.now.date()):
            whole = self._path("monthly", f"{month:%Y-%m}")
            yield whole, month
            if self.timeframe == "funding":
                continue
            recent = (self.now.date() - month).days <= RECHECK_DAYS
            begun = begun or bool(n_rows.get(whole))
            asked_before = self.read_before.get(whole, ("", 0))[0] == ABSENT
            unsure = recent or (begun and not asked_before)
            is_absent = unsure and whole not in n_rows and self.archive.check(whole) is None
            if is_absent or self._is_short(whole, month, n_rows):
                for day in _days(month, self.now.date()):
                    yield self._path("daily", f"{day:%Y-%m-%d}"), day

    def _is_short(self, whole: str, month: date, n_rows: dict[str, int]) -> bool:
        """Whether the file of a month was read and has fewer bars than the month."""
        if self.timeframe == "funding" or whole not in n_rows:
            return False
        days = ((month + timedelta(days=32)).replace(day=1) - month).days
        return n_rows[whole] < days * 86_400 // SECONDS[self.timeframe]

    def _file(self, path: str, begins: date, n_rows: dict[str, int]) -> tuple[bool, list[Page]]:
        """Whether the file is there, and its pages where they are to be written. Old files are looked at once, but for
        months that lack bars.
        """
        known, _ = self.read_before.get(path, (None, 0))
        age = (self.now.date() - begins).days
        is_old = age > (LATE_DAYS if known == ABSENT and "/monthly/" in path else RECHECK_DAYS)
        if known is not None and is_old and not ("/monthly/" in path and self._is_short(path, begins, n_rows)):
            return known != ABSENT, []
        checksum = self.archive.check(path)
        if checksum is None:
            return False, [self._mark(path, ABSENT, 0)] if age > RECHECK_DAYS else []
        if checksum == known:
            return True, []
        text = self.archive.member(path, checksum)
        page = self._funding(text, path) if self.timeframe == "funding" else self._candles(text, path)
        n_rows[path] = page.frame["event_ts"].n_unique()  # some files give rows twice
        return True, [page, self._mark(path, checksum, n_rows[path])]

    def _mark(self, path: str, checksum: str, n_rows: int) -> Page:
        mark = pl.DataFrame({"file_name": [path], "checksum": [checksum], "n_rows": [n_rows]})
        return Page(ARCHIVE_FILES, mark, STORED_AS, path, digest(path, checksum))

    def _path(self, span: str, stamp: str) -> str:
        market = "futures/um" if ":" in self.symbol else "spot"
        name = self.symbol.partition(":")[0].replace("/", "")
        if self.timeframe == "funding":
            return f"data/{market}/{span}/fundingRate/{name}/{name}-fundingRate-{stamp}.zip"
        return f"data/{market}/{span}/klines/{name}/{self.timeframe}/{name}-{self.timeframe}-{stamp}.zip"

    def _candles(self, text: bytes, path: str) -> Page:
        raw = _csv(text, path, KLINE_COLUMNS)
        opened = _stamp("c0")
        base, _, quote = self.symbol.partition(":")[0].partition("/")
        numbers = zip(("open", "high", "low", "close"), range(1, 5), strict=True)
        frame = raw.select(
            exchange=pl.lit("binance"), symbol=pl.lit(self.symbol), timeframe=pl.lit(self.timeframe), event_ts=opened,
            available_ts=opened + pl.duration(seconds=SECONDS[self.timeframe]),
            asset=asset_at(base, "binance", opened), quote=pl.lit(quote),
            **{f"{name}_quote": pl.col(f"c{i}") for name, i in numbers}, volume_base=pl.col("c5"),
        )  # fmt: skip
        return Page(CANDLES, frame, STORED_AS, path, digest(text), len(text))

    def _funding(self, text: bytes, path: str) -> Page:
        settled = _stamp("c0").dt.truncate("1s")
        frame = _csv(text, path, 3).select(
            exchange=pl.lit("binance"), symbol=pl.lit(self.symbol), event_ts=settled, available_ts=settled,
            asset=asset_at(self.symbol.partition("/")[0], "binance", settled), funding_rate=pl.col("c2"),
            interval_h=pl.col("c1"),
        )  # fmt: skip
        return Page(FUNDING, frame, STORED_AS, path, digest(text), len(text))


def _csv(text: bytes, path: str, width: int) -> pl.DataFrame:
    """Columns c0, c1 … as text, without a header line where there is one. SourceError for another width."""
    first = text.split(b"\n", 1)[0]
    header = not first[:1].isdigit()
    try:
        frame = pl.read_csv(
            io.BytesIO(text), has_header=False, skip_rows=int(header), infer_schema=False, truncate_ragged_lines=False
        )
    except pl.exceptions.PolarsError as error:
        raise SourceError(f"{path} cannot be read as CSV: {str(error).splitlines()[0]}") from error
    if frame.width != width:
        raise SourceError(f"{path} has {frame.width} columns; expected {width}")
    return frame.rename({name: f"c{i}" for i, name in enumerate(frame.columns)})


def _stamp(column: str) -> pl.Expr:
    """Milliseconds, microseconds or nanoseconds since 1970 as a moment; null where it is no number."""
    number = pl.col(column).cast(pl.Int64, strict=False)
    micro = (
        pl.when(number >= 1000 * MICROSECONDS_FROM).then(number // 1000)
        .when(number >= MICROSECONDS_FROM).then(number)
        .otherwise(number * 1000)
    )  # fmt: skip
    return micro.cast(pl.Datetime("us", "UTC"))


def _months(since: date, now: date) -> Iterator[date]:
    month = since.replace(day=1)
    while month <= now:
        yield month
        month = (month + timedelta(days=32)).replace(day=1)


def _days(month: date, now: date) -> Iterator[date]:
    """The days of `month` that ended before `now`."""
    day = month
    while day < now and day.month == month.month:
        yield day
        day += timedelta(days=1)


def _parts(context: SourceContext) -> list[Part]:
    return [part for source in context.settings.archives for part in _of(source, context)]


def _of(source: ArchiveSource, context: SourceContext) -> list[Part]:
    place = Archive(source, context.net, int(context.settings.network.max_mb * (1 << 20)))
    read_before = resume.archive_files(context.con)
    kinds: list[tuple[str, str]] = [(s, t) for s in source.symbols for t in source.timeframes]
    kinds += [(s, "funding") for s in source.symbols if source.funding and ":" in s]
    return [ArchivePart(place, symbol, kind, context.as_of, read_before) for symbol, kind in kinds]


def _questions(settings: Settings, net: Net) -> list[Question]:
    return [_question(source, net) for source in settings.archives]


def _question(source: ArchiveSource, net: Net) -> Question:
    def ask() -> str:
        name = source.symbols[0].partition(":")[0].replace("/", "")
        market = "futures/um" if ":" in source.symbols[0] else "spot"
        frame, month = source.timeframes[0], f"{source.since:%Y-%m}"
        path = f"data/{market}/monthly/klines/{name}/{frame}/{name}-{frame}-{month}.zip"
        there = Archive(source, net, 1 << 20).check(path)
        return "reachable" if there else f"reachable, but has no {path}"

    return Question(f"archive {shown(source.location)}", STORED_AS, ask)


SOURCE = Source("archive", frozenset({"candles", "funding"}), _parts, _questions)
