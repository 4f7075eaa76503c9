"""The encoding of a text file: what its table declares, what its first bytes mark, UTF-8, or what is detected."""

import codecs
import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

import charset_normalizer

from pipelines.sources.errors import SourceError

log = logging.getLogger("tapewire.files")
UTF8 = "utf-8"
MARKS = ((codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip
ASKED_FOR = ("cp1252", "cp1251", "gb18030", "cp932", "cp949", "big5", "euc_jp")
NEEDED = 24  # other bytes than ASCII, below which detection guesses
SAMPLED = 1 << 20
LINE = 1 << 20


@contextmanager
def opened_as_utf8(path: Path, declared: str | None = None) -> Iterator[IO[bytes]]:
    """The file's bytes in UTF-8, whatever its encoding. Bytes that are not of a declared one become U+FFFD.

    An encoding that nobody declared is logged. SourceError for one that Python does not know.
    """
    name = declared or encoding_of(path)
    if _is_utf8(name):
        with path.open("rb") as file:
            yield file
        return
    if declared is None:
        log.warning('%s is not UTF-8: read as %s; declare it with encoding = "%s"', path.name, name, name)
    with path.open("r", encoding=name, errors="replace", newline="") as text:
        yield cast(IO[bytes], io.BufferedReader(_Recoded(text), 1 << 20))


def _is_utf8(name: str) -> bool:
    try:
        return codecs.lookup(name).name in (UTF8, "utf-8-sig", "ascii")
    except LookupError as error:
        raise SourceError(
            f"encoding {name!r} is not known; expected a name such as utf-8, cp1252 or gb18030"
        ) from error


def encoding_of(path: Path) -> str:
    """UTF-8 where a line proves it or nothing else does; else what the marks or the bytes say."""
    with path.open("rb") as file:
        head = file.read(4)
        marked = next((name for mark, name in MARKS if head.startswith(mark)), None)
        if marked or len(head) < 4:
            return marked or UTF8
        if not head[1] and not head[3]:
            return "utf-16-le"
        if not head[0] and not head[2]:
            return "utf-16-be"
        file.seek(0)
        strange = _strange_lines(file)
    if sum(byte > 127 for byte in strange) < NEEDED:
        return UTF8
    best = charset_normalizer.from_bytes(strange, cp_isolation=list(ASKED_FOR)).best()
    return best.encoding if best else UTF8


def _strange_lines(file: IO[bytes]) -> bytes:
    """Lines that are no UTF-8, as far as needed; nothing where another line shows that the file is UTF-8."""
    found: list[bytes] = []
    size = 0
    while size < SAMPLED and (line := file.readline(LINE)):
        if line.isascii() or len(line) == LINE:
            continue
        try:
            line.decode(UTF8)
        except UnicodeDecodeError:
            found.append(line)
            size += len(line)
        else:
            return b""
    return b"".join(found)


class _Recoded(io.RawIOBase):
    """A text stream as the bytes of its UTF-8."""

    def __init__(self, text: IO[str]) -> None:
        self._text, self._rest = text, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        """Fill `buffer` as far as there is text."""
        if not self._rest:
            self._rest = self._text.read(1 << 18).encode(UTF8)
        n = min(len(buffer), len(self._rest))
        buffer[:n], self._rest = self._rest[:n], self._rest[n:]
        return n
