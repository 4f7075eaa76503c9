"""Files on disk: CSV, Parquet and JSON lines, in the documented columns (docs/operation.md). A file is one part."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.settings.sources import FilesSource, FileTable
from pipelines.sources.errors import SourceError
from pipelines.sources.files import file_columns
from pipelines.sources.files.records import TextPage, read_csv, read_json_lines
from pipelines.sources.source import Page, Part, Source, SourceContext, digest
from warehouse.conform import no_refusals

PARQUET_ROWS = 500_000
KEEP_PAYLOAD = 1 << 20


@dataclass(frozen=True)
class File:
    """One file and what its rows are."""

    path: Path
    table: FileTable
    max_line: int
    is_simulated: bool = False
    is_remote: bool = False
    commits_by_page: bool = False

    @property
    def name(self) -> str:
        """As it is called in the warehouse."""
        return f"files:{self.path.name}"

    def pages(self) -> Iterator[Page]:
        """Typed pages of the file. SourceError where it is missing, unreadable, empty, or lacks columns."""
        if not self.path.is_file():
            raise SourceError(f"{self.path} is not there: check files.root and the table's path")
        if self.path.stat().st_size == 0:
            raise SourceError(f"{self.path.name} is empty (0 bytes): expected rows of {self.table.shape}")
        rows = 0
        for number, (frame, raw, n_bytes, refused) in enumerate(self._read()):
            rows += frame.height + refused.height
            key = digest(raw if raw is not None else _file_hash(self.path), number)
            yield from self._shape(frame, raw, n_bytes, refused, key)
        if rows == 0:
            raise SourceError(f"{self.path.name} has no rows: expected rows of {self.table.shape}")

    def _shape(
        self, frame: pl.DataFrame, raw: bytes | None, n_bytes: int, refused: pl.DataFrame, key: str
    ) -> Iterator[Page]:
        payload = raw if raw is not None and len(raw) <= KEEP_PAYLOAD else None
        n_read: int | None = None
        for typed in file_columns.shape(frame, self.table, self.path.name):
            if n_read is None:  # the first of a page accounts for its records, the others for none
                n_read = frame.height * typed.rows_per_record + refused.height
            yield Page(
                typed.entity, typed.frame, typed.source, self.path.name, digest(key, typed.entity.name, typed.source),
                n_bytes, payload, pl.concat([refused, typed.refused]),
                n_read=n_read if typed.rows_per_record else None, left_out=typed.left_out,
            )  # fmt: skip
            refused, payload, n_bytes, n_read = no_refusals(), None, 0, 0

    def _read(self) -> Iterator[tuple[pl.DataFrame, bytes | None, int, pl.DataFrame]]:
        suffix = self.path.suffix.lower()
        if suffix == ".parquet":
            for frame in _read_parquet(self.path):
                yield frame, None, int(frame.estimated_size()), no_refusals()
        elif suffix in (".csv", ".jsonl", ".ndjson"):
            reader = read_csv if suffix == ".csv" else read_json_lines
            for page in reader(self.path, self.max_line, self.table.encoding):
                yield page.frame, page.raw, len(page.raw), _refused(page)
        else:
            raise SourceError(f"{self.path.name}: {suffix or 'no'} ending; expected .csv, .parquet, .jsonl or .ndjson")


def files(settings: FilesSource) -> list[File]:
    """The files that the profile names."""
    limit = int(settings.max_line_mb * (1 << 20))
    return [File(settings.root / t.path, t, limit) for t in settings.tables]


def _read_parquet(path: Path) -> Iterator[pl.DataFrame]:
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
        for batch in file.iter_batches(batch_size=PARQUET_ROWS):
            frame = pl.from_arrow(batch)
            assert isinstance(frame, pl.DataFrame)
            yield frame.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))
    except (pa.ArrowException, OSError) as error:
        raise SourceError(
            f"{path.name} is no complete Parquet file ({str(error).splitlines()[0]}): fetch or write it again"
        ) from error


def _refused(page: TextPage) -> pl.DataFrame:
    return pl.DataFrame(page.refused, schema={"reason": pl.String, "payload": pl.String}, orient="row")


def _file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _parts(context: SourceContext) -> list[Part]:
    return [file for file in files(context.settings.files) if file.table.shape in context.wanted]


SOURCE = Source("files", frozenset(file_columns.COLUMNS), _parts)
