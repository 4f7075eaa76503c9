"""Text files cut into records and pages: bounded memory whatever the file holds, malformed records kept aside."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from pipelines.sources.errors import SourceError
from pipelines.sources.files.encodings import opened_as_utf8

BLOCK = 1 << 20
PAGE_BYTES = 32 << 20
KEPT = 200


@dataclass
class TextPage:
    """The records of one page as a frame of strings, its bytes, and what was refused (reason, payload)."""

    frame: pl.DataFrame
    raw: bytes
    refused: list[tuple[str, str]] = field(default_factory=list)


def read_json_lines(path: Path, max_line: int, encoding: str | None = None) -> Iterator[TextPage]:
    """Pages of a JSON-lines file; a line that is no JSON object, or is too long, is refused alone."""
    for records, refused in _pages(_records(path, max_line, encoding, quoted=False)):
        frame, bad = _parse_json(records)
        yield TextPage(frame, b"\n".join(records), refused + bad)


def read_csv(path: Path, max_line: int, encoding: str | None = None) -> Iterator[TextPage]:
    """Pages of a CSV file with a header; a record with too many or too few fields, or too long, is refused alone.

    SourceError for a file without a header, or with a header that repeats a name.
    """
    records = _records(path, max_line, encoding, quoted=True)
    header = _header(path, records)
    for part, refused in _pages(records):
        frame, bad = _parse_csv(header, part)
        yield TextPage(frame, b"\n".join(part), refused + bad)


def _header(path: Path, records: Iterator[bytes | tuple[str, str]]) -> list[str]:
    first = next(records, None)
    if first is None:
        raise SourceError(f"{path.name} is empty: expected a header line and rows")
    if isinstance(first, tuple):
        raise SourceError(f"{path.name} has no header: {first[0]}")
    if b"\r" in first:
        raise SourceError(f"{path.name}: lines end in CR alone; save it with LF or CRLF")
    try:
        names = [name.strip() for name in next(csv.reader([first.decode("utf-8-sig")], strict=True))]
    except (csv.Error, UnicodeDecodeError) as error:
        raise SourceError(f"{path.name}: the first line is no header ({error}): {_short(first)!r}") from error
    other = next((mark for mark in (";", "\t", "|") if len(names) == 1 and mark in names[0]), None)
    if other:
        raise SourceError(f"{path.name}: fields are separated by {other!r}; expected commas (and a point in numbers)")
    if len(set(names)) != len(names):
        raise SourceError(f"{path.name}: the header names a column twice: {', '.join(names)}")
    return names


def _records(path: Path, max_line: int, encoding: str | None, *, quoted: bool) -> Iterator[bytes | tuple[str, str]]:
    """Records without their line end; (reason, first bytes) for one longer than `max_line`, which is never held whole.

    With `quoted`, a line end between double quotes belongs to the record.
    """
    with opened_as_utf8(path, encoding) as file:
        rest, dropped, number, block = b"", 0, 0, file.read(BLOCK)
        while block:
            lines = (rest + block).split(b"\n")
            rest = lines.pop()
            for line in _join_quoted(lines) if quoted else iter(lines):
                if isinstance(line, tuple):  # an open quote: wait for the rest of it
                    rest = line[0] + b"\n" + rest
                    continue
                number += 1
                size = len(line) + dropped
                if size > max_line:
                    yield _too_long(number, size, max_line, line)
                elif line.strip():
                    yield line.rstrip(b"\r")
                dropped = 0
            if len(rest) > max_line and b"\n" in rest:  # a quote that nobody closes costs its own line alone
                first, _, block = rest.partition(b"\n")
                number, rest = number + 1, b""
                yield (
                    f"a quote is opened and not closed within {max_line:,} bytes",
                    first[:KEPT].decode(errors="replace"),
                )
                continue
            if len(rest) > max_line:
                dropped += len(rest) - KEPT
                rest = rest[:KEPT]
            block = file.read(BLOCK)
        if rest.strip() or dropped:
            size = len(rest) + dropped
            yield _too_long(number + 1, size, max_line, rest) if size > max_line else rest.rstrip(b"\r")


def _join_quoted(lines: list[bytes]) -> Iterator[bytes | tuple[bytes]]:
    """Lines joined where a quoted field is still open; an unfinished record comes last, as a tuple."""
    held: list[bytes] = []
    is_open = False
    for line in lines:
        is_open = _open_after(line, is_open) if is_open or b'"' in line else False
        held.append(line)
        if not is_open:
            yield b"\n".join(held)
            held = []
    if held:
        yield (b"\n".join(held),)


def _open_after(line: bytes, is_open: bool) -> bool:
    """Whether a quoted field is open at the end of the line. A quote opens a field only at its start."""
    at = 0
    while True:
        if is_open:
            at = line.find(b'"', at)
            if at < 0:
                return True
            doubled = line[at + 1 : at + 2] == b'"'
            at, is_open = (at + 2, True) if doubled else (at + 1, False)
        elif at == 0 and line.startswith(b'"'):
            at, is_open = 1, True
        else:
            at = line.find(b',"', at)
            if at < 0:
                return False
            at, is_open = at + 2, True


def _too_long(number: int, size: int, max_line: int, start: bytes) -> tuple[str, str]:
    reason = f"record {number} has {size:,} bytes, more than the limit of {max_line:,} (files.max_line_mb)"
    return reason, start[:KEPT].decode("utf-8", errors="replace")


def _pages(records: Iterator[bytes | tuple[str, str]]) -> Iterator[tuple[list[bytes], list[tuple[str, str]]]]:
    good: list[bytes] = []
    refused: list[tuple[str, str]] = []
    size = 0
    for record in records:
        if isinstance(record, tuple):
            refused.append(record)
            continue
        good.append(record)
        size += len(record)
        if size >= PAGE_BYTES:
            yield good, refused
            good, refused, size = [], [], 0
    if good or refused:
        yield good, refused


def _parse_json(records: list[bytes]) -> tuple[pl.DataFrame, list[tuple[str, str]]]:
    rows: list[dict[str, str | None]] = []
    bad: list[tuple[str, str]] = []
    for record in records:
        try:
            row = json.loads(record, parse_float=str, parse_int=str)
        except (ValueError, RecursionError) as error:
            bad.append((f"not JSON: {type(error).__name__}", _short(record)))
            continue
        if not isinstance(row, dict):
            bad.append((f"a JSON {type(row).__name__}, not an object", _short(record)))
            continue
        texts = {k: _text(v) for k, v in row.items()}
        try:
            "".join([*texts, *filter(None, texts.values())]).encode()
        except UnicodeEncodeError:
            bad.append(("half of a character (a lone surrogate)", _short(record)))
        else:
            rows.append(texts)
    names = list(dict.fromkeys(k for row in rows for k in row))
    return pl.DataFrame({n: pl.Series([r.get(n) for r in rows], dtype=pl.String) for n in names}), bad


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, list):
        has_parts = any(isinstance(v, list | dict) for v in value)
        return json.dumps(value) if has_parts else ",".join(str(v) for v in value if v is not None)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _parse_csv(header: list[str], records: list[bytes]) -> tuple[pl.DataFrame, list[tuple[str, str]]]:
    rows: list[list[str | None]] = []
    bad: list[tuple[str, str]] = []
    waiting = list(reversed(records))
    while waiting:
        record = waiting.pop()
        fields = _fields(record, len(header))
        if isinstance(fields, list):
            rows.append([f if f != "" else None for f in fields])
        elif b"\n" in record:  # a quote that was never closed has swallowed lines: give them back one by one
            first, *others = record.split(b"\n")
            bad.append((fields, _short(first)))
            again = (r[0] if isinstance(r, tuple) else r for r in _join_quoted(others))
            waiting += reversed([r.rstrip(b"\r") for r in again if r.strip()])
        else:
            bad.append((fields, _short(record)))
    frame = pl.DataFrame(rows, schema=dict.fromkeys(header, pl.String), orient="row")
    return frame, bad


def _fields(record: bytes, wanted: int) -> list[str] | str:
    """The record's fields, or why it has none."""
    try:
        fields = next(csv.reader(io.StringIO(record.decode("utf-8"), newline=""), strict=True))
    except UnicodeDecodeError:
        return 'not UTF-8: the encoding can be declared, such as encoding = "cp1252"'
    except csv.Error as error:
        return f"not CSV: {error}"
    return fields if len(fields) == wanted else f"{len(fields)} fields where the header has {wanted}"


def _short(record: bytes) -> str:
    return record[:KEPT].decode("utf-8", errors="replace")
