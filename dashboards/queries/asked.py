"""A query asked in a process of its own, so that whatever it does the app lives on: the SQL page asks here.

The process reads one JSON object (path, text, params, rows, seconds, memory_gb) and answers with an Arrow stream, or
with one JSON object (kind, message) on standard error.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import duckdb
import polars as pl

from dashboards.queries.limited import (
    GRACE_S,
    LimitedWarehouse,
    Limits,
    QueryLimitError,
    QueryRefusedError,
    limited_process,
)

MOST_BYTES = 64 << 20
STARTS_S = 20.0  # for the process itself, on a busy machine
_AT_ONCE = BoundedSemaphore(4)  # queries of all sessions of the app
ENDINGS = {"refused": QueryRefusedError, "limit": QueryLimitError, "error": duckdb.Error}


@dataclass(frozen=True)
class Answer:
    """The first rows of a query, and whether there are more."""

    frame: pl.DataFrame
    is_cut: bool


def ask(
    path: Path, text: str, params: dict[str, Any] | None = None, *, rows: int = 1000, limits: Limits | None = None
) -> Answer:
    """At most `rows` rows of a query on the published warehouse at `path`.

    QueryRefusedError, QueryLimitError, duckdb.Error.
    """
    limits = limits or Limits()
    told = {"path": str(path.resolve()), "text": text, "params": params or {}, "rows": rows + 1, **asdict(limits)}
    command = [sys.executable, "-m", "dashboards.queries.asked"]
    root = Path(__file__).parents[2]
    with (
        _AT_ONCE,
        subprocess.Popen(  # noqa: S603
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=root
        ) as process,
    ):
        try:
            out, err = process.communicate(json.dumps(told).encode(), timeout=limits.seconds + GRACE_S + STARTS_S)
        except subprocess.TimeoutExpired as error:
            process.kill()
            raise QueryLimitError(limits.too_long) from error
        except BaseException:  # Ctrl-C in the shell: the query ends with the wish for it
            process.kill()
            raise
    if process.returncode != 0:
        raise _error(err, process.returncode, limits)
    frame = pl.read_ipc_stream(out)
    return Answer(frame.head(rows), len(frame) > rows)


OUT_OF_MEMORY = ("Out of Memory", "MemoryError", "bad_alloc", "memory allocation", "Cannot allocate")


def _error(err: bytes, code: int, limits: Limits) -> Exception:
    """What the process said: its own words, that its memory was taken, or the last line that it left."""
    lines = err.decode(errors="replace").splitlines()
    for line in reversed(lines):
        try:
            said = json.loads(line)
            return ENDINGS[said["kind"]](said["message"])
        except (ValueError, KeyError, TypeError):
            continue
    if code < 0 or any(word in line for line in lines for word in OUT_OF_MEMORY):
        return QueryLimitError(limits.too_large)
    last = lines[-1] if lines else "it said nothing"
    return duckdb.Error(f"the process of the query ended with code {code}: {last}")


def _say(kind: str, message: str) -> None:
    sys.stderr.write(json.dumps({"kind": kind, "message": message}) + "\n")
    sys.stderr.flush()


def _answer(told: dict[str, Any]) -> None:
    limits = Limits(told["seconds"], told["memory_gb"])

    def hang() -> None:
        _say("limit", limits.too_long)
        os._exit(1)

    with LimitedWarehouse(Path(told["path"]), limits) as warehouse, limited_process(limits.memory_gb):
        parts, n_bytes = [], 0.0
        for part in warehouse.frames(told["text"], told["params"], limit=told["rows"], on_hang=hang):
            n_bytes += part.estimated_size()
            if n_bytes > MOST_BYTES:
                raise QueryLimitError(f"the rows take more than {MOST_BYTES >> 20} MB: ask for fewer or shorter ones")
            parts.append(part)
        pl.concat(parts).write_ipc_stream(sys.stdout.buffer)


def main() -> None:
    """Answer the query on standard input."""
    try:
        _answer(json.loads(sys.stdin.buffer.read()))
    except QueryRefusedError as error:
        _say("refused", str(error))
    except QueryLimitError as error:
        _say("limit", str(error))
    except duckdb.Error as error:
        _say("error", str(error))
    else:
        sys.stdout.flush()
        os._exit(0)
    os._exit(1)


if __name__ == "__main__":
    main()
