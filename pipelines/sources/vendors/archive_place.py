"""The place of the Binance public data archives: a folder, or their address; files with their checksums."""

import hashlib
import io
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from pipelines.settings.sources import ArchiveSource
from pipelines.sources.errors import SourceError
from pipelines.sources.http.net import Net


@dataclass(frozen=True)
class Archive:
    """Where the files are, and how large one may be (bytes, unzipped)."""

    source: ArchiveSource
    net: Net
    max_bytes: int

    def read(self, path: str) -> bytes | None:
        """A file of the archive, None where there is none. SourceError where it cannot be had."""
        if "://" not in self.source.location:
            return self._read_local(Path(self.source.location) / path)
        reply = self.net.get(f"{self.source.location.rstrip('/')}/{path}", allow=(404,))
        return None if reply.status == 404 else reply.body

    def _read_local(self, path: Path) -> bytes | None:
        if not path.is_file():
            return None
        if path.stat().st_size > self.max_bytes:
            raise SourceError(
                f"{path} has {path.stat().st_size:,} bytes, more than {self.max_bytes:,} (network.max_mb)"
            )
        return path.read_bytes()

    def check(self, path: str) -> str | None:
        """The checksum that the archive gives for a file, None where the file is not there."""
        text = self.read(path + ".CHECKSUM")
        if text is None:
            return None
        words = text.decode("utf-8", errors="replace").split()
        if not words or len(words[0]) != 64:
            raise SourceError(f"{path}.CHECKSUM holds no SHA-256: {text[:80]!r}")
        return words[0].lower()

    def member(self, path: str, checksum: str) -> bytes:
        """The one CSV inside a zip whose checksum holds. SourceError otherwise."""
        body = self.read(path)
        if body is None:
            raise SourceError(f"{path} is not there, though its checksum is")
        if hashlib.sha256(body).hexdigest() != checksum:
            raise SourceError(f"{path} does not have the checksum that the archive gives: fetch it again later")
        try:
            with zipfile.ZipFile(io.BytesIO(body)) as zipped:
                names = zipped.namelist()
                if len(names) != 1 or names[0] != Path(path).with_suffix(".csv").name:
                    raise SourceError(
                        f"{path} holds {', '.join(names[:3]) or 'nothing'}; expected one .csv of its name"
                    )
                with zipped.open(names[0]) as file:
                    text = file.read(self.max_bytes + 1)
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
            if isinstance(error, SourceError):
                raise
            raise SourceError(f"{path} is no complete zip file ({error})") from error
        if len(text) > self.max_bytes:
            raise SourceError(f"{path} unzips to more than {self.max_bytes:,} bytes (network.max_mb)")
        return text
