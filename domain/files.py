"""Files that appear whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def partial_of(path: Path) -> Path:
    """What `appears_whole` writes to before it takes the place of `path`."""
    return path.with_name(f".{path.name}.partial")


@contextmanager
def appears_whole(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; what was written takes its place in one step when the block ends well.

    Folders are made where they lack. What was there before stays where the block raises.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = partial_of(path)
    try:
        yield partial
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
