"""A warehouse of documents for tests of what is done with words."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from pipelines import run as runs
from pipelines.ingest.ingest import ingest
from pipelines.run import Run
from pipelines.settings.load import load_settings
from pipelines.settings.settings import Settings

MOMENT = datetime(2024, 3, 1, 12, tzinfo=UTC)
BODY = (
    "The exchange said on Monday that it would list {name} after a review of its custody. Trading is to open at noon, "
    "and deposits are possible from now on. Its chief executive said that demand had grown since the spring, and that "
    "listing number {i} would follow before the end of the year, if the regulator agreed to it and the audit of its "
    "reserves found nothing of note in the books of the company or of those who hold its coins for it."
)


def documents(n: int, kind: str = "press_release", body: str = BODY, name: str = "Litecoin") -> pl.DataFrame:
    """n documents about an asset, an hour apart."""
    asset = {"Litecoin": "LTC", "Bitcoin": "BTC"}[name]
    return pl.DataFrame(
        {"id": [f"{kind}{asset}{i}" for i in range(n)], "published_at": [MOMENT + timedelta(hours=i) for i in range(n)],
         "source": "wire", "assets": asset, "title": [f"{name} is listed {i}" for i in range(n)], "kind": kind,
         "body": [body.format(name=name, i=i) for i in range(n)]}
    )  # fmt: skip


def home_with(root: Path, frame: pl.DataFrame, **sections: object) -> tuple[Settings, Run]:
    """A home in `root` whose warehouse holds the documents; `p.toml` there is its profile."""
    frame.write_parquet(root / "news.parquet")
    (root / "p.toml").write_text(
        f'as_of = 2024-04-05T00:00:00Z\nthreads = 1\n[files]\nroot = "{root}"\n'
        '[[files.tables]]\npath = "news.parquet"\nshape = "documents"\n'
    )
    settings = load_settings(str(root / "p.toml"), home=str(root / "home"), **sections)
    run = runs.start(settings, "test")
    assert ingest(run).missing == ()
    return settings, run
