"""The process that test_kills.py kills: one ingest, with nothing imported that it does not need."""

import os
from datetime import datetime
from pathlib import Path
from typing import Any

import ccxt.async_support  # noqa: F401  (loaded once, before the processes are forked)
import feedparser  # noqa: F401
import nh3  # noqa: F401
import trafilatura  # noqa: F401

from pipelines import run as runs
from pipelines.ingest.ingest import ingest
from pipelines.settings.settings import Settings
from tests.kits.pauses import without_pauses


def ingest_once(home: Path, network: dict[str, Any], as_of: datetime, sources: dict[str, Any]) -> None:
    """Exit code 0 where everything was delivered, else 9."""
    settings = Settings(profile="desk", home=home, network=network, as_of=as_of, **sources)
    with without_pauses():
        result = ingest(runs.start(settings, "ingest"))
    os._exit(9 if result.missing else 0)
