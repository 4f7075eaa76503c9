"""What is wrong with this installation, if anything, and what to do about it."""

import importlib.metadata
import importlib.util
import shutil
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

import duckdb

from pipelines.ingest.ping import ping
from pipelines.settings.settings import Settings
from pipelines.sources.errors import SourceError
from pipelines.sources.files.files import files

LIBRARIES = ("duckdb", "polars", "ccxt", "feedparser", "torch", "pytorch-lightning", "prefect", "plotly")
MIN_FREE_GB = 2.0
_NEWEST = """
    SELECT source, max(event_ts) FROM (
        SELECT source, event_ts FROM core.candles UNION ALL SELECT source, event_ts FROM core.supply
        UNION ALL SELECT source, event_ts FROM core.asset_metrics UNION ALL SELECT source, event_ts FROM core.documents
    ) GROUP BY source
"""


@dataclass(frozen=True)
class Diagnosis:
    """One thing looked at; `ok` is None for a mere note."""

    name: str
    ok: bool | None
    detail: str
    is_source: bool = False


def exit_code(checks: list[Diagnosis]) -> int:
    """1 where the installation is broken or no source answers, 3 where some do not, else 0."""
    failed = [c for c in checks if c.ok is False]
    return 1 if any(not c.is_source for c in failed) else 3 if failed else 0


def diagnose(settings: Settings) -> list[Diagnosis]:
    """Everything worth knowing, in the order in which one would mend it."""
    return [
        *_software(),
        _accelerator(),
        _disk(settings),
        *_sources(settings),
        _warehouse(settings),
        _published(settings),
    ]


def diagnose_gpu() -> Iterator[Diagnosis]:
    """What the GPU gives beside the CPU, one thing after the other. Without one there is nothing to check: not ok."""
    import torch

    if not torch.cuda.is_available():
        yield Diagnosis("gpu", False, "there is none that PyTorch can use: everything runs on the CPU")
        return
    from pipelines.ondemand.gpu import compare

    yield _accelerator()
    for found in compare():
        yield Diagnosis(found.name, found.ok, found.detail)


def _software() -> list[Diagnosis]:
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    out = [Diagnosis("python", sys.version_info >= (3, 11), python if python else "needs 3.11 or newer")]
    for library in LIBRARIES:
        try:
            out.append(Diagnosis(library, True, importlib.metadata.version(library)))
        except importlib.metadata.PackageNotFoundError:
            out.append(Diagnosis(library, False, "not installed: run `make setup`"))
    extra = (
        "installed" if importlib.util.find_spec("streamlit") else "absent: pip install -e '.[dashboard]' for the app"
    )
    return [*out, Diagnosis("streamlit", None, extra)]


def _accelerator() -> Diagnosis:
    import torch

    name = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none: training runs on the CPU"
    return Diagnosis("gpu", None, name)


def _disk(settings: Settings) -> Diagnosis:
    folder = settings.home if settings.home.exists() else settings.home.absolute().parent
    free = shutil.disk_usage(folder).free / 1e9
    return Diagnosis("disk", free > MIN_FREE_GB, f"{free:.0f} GB free at {folder} (needs {MIN_FREE_GB:g})")


def _sources(settings: Settings) -> list[Diagnosis]:
    out = []
    if settings.simulated.enabled:
        out.append(Diagnosis("source simulated", True, f"seed {settings.simulated.seed}"))
    for file in files(settings.files):
        there = file.path.is_file()
        detail = f"{file.path.stat().st_size / 1e6:.1f} MB" if there else f"{file.path} is not there: check files.root"
        out.append(Diagnosis(f"source {file.name}", there, detail, is_source=True))
    out += _live(settings)
    return out or [Diagnosis("sources", False, "the profile names none: give simulated, live or files")]


def _live(settings: Settings) -> list[Diagnosis]:
    try:
        answers = ping(settings)
    except SourceError as error:
        return [Diagnosis("sources", False, str(error))]
    newest = _newest(settings)
    out = []
    for answer in answers:
        have = newest.get(answer.stored_as)
        stored = f"stored up to {have:%Y-%m-%d %H:%M}" if have else "nothing stored yet"
        out.append(Diagnosis(f"source {answer.name}", answer.ok, f"{answer.detail}; {stored}", is_source=True))
    if answers and not any(a.ok for a in answers):
        out.append(Diagnosis("network", False, "no source answers: is there a network? A proxy goes into HTTPS_PROXY"))
    return out


def _newest(settings: Settings) -> dict[str, datetime]:
    """The newest `event_ts` per source, as published, else as in the warehouse."""
    from warehouse.connect import open_reader

    path = settings.published if settings.published.exists() else settings.warehouse
    if not path.exists():
        return {}
    try:
        with closing(open_reader(path)) as con:
            return dict(con.execute(_NEWEST).fetchall())
    except duckdb.Error:  # another run holds it, or it is older than these tables: nothing can be said
        return {}


def _warehouse(settings: Settings) -> Diagnosis:
    if not settings.warehouse.exists():
        return Diagnosis("warehouse", None, f"none yet at {settings.warehouse}: `tapewire nightly` makes it")
    from warehouse.connect import WarehouseBusyError, open_writer

    try:
        open_writer(settings.warehouse).close()
    except WarehouseBusyError:
        return Diagnosis("warehouse", None, "a run has it open right now")
    return Diagnosis("warehouse", True, f"{settings.warehouse.stat().st_size / 1e6:.0f} MB")


def _published(settings: Settings) -> Diagnosis:
    if not settings.published.exists():
        return Diagnosis("published", None, f"nothing yet at {settings.published}")
    from dashboards.data import Published

    with Published(settings.published) as warehouse:
        run = warehouse.last_run()
    return Diagnosis("published", True, f"run {run.get('run_id')} as of {run.get('as_of_ts')}")
