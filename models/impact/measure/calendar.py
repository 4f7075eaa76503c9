"""Scheduled announcements that move every market: the US Federal Reserve, consumer prices, payrolls.

Dates and hours are those of the schedule (`macro_calendar.toml`, New York time); what was announced is not used.
"""

import tomllib
from datetime import date, datetime, time
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

FILE = Path(__file__).with_name("macro_calendar.toml")
NEW_YORK = ZoneInfo("America/New_York")
NAMES = {"fomc": "FOMC statement", "cpi": "US consumer prices", "payrolls": "US payrolls"}


@cache
def macro_announcements() -> NDArray[np.datetime64]:
    """Moments of all announcements (datetime64[s], UTC), in order."""
    return np.sort(np.concatenate([announcements_of(kind) for kind in NAMES]))


@cache
def announcements_of(kind: str) -> NDArray[np.datetime64]:
    """Moments of one kind of announcement (datetime64[s], UTC), in order. KeyError for an unknown kind."""
    with FILE.open("rb") as handle:
        table = tomllib.load(handle)[kind]
    usual = time.fromisoformat(table["hour"])
    moments = [_utc(day, usual) for day in table["dates"]] + [
        _utc(m.date(), m.time()) for m in table.get("unscheduled", [])
    ]
    return np.sort(np.array(moments, dtype="datetime64[s]"))


def calendar_table() -> pl.DataFrame:
    """Rows of features.macro_calendar: kind, event_ts, announcement, is_scheduled."""
    with FILE.open("rb") as handle:
        tables = tomllib.load(handle)
    frames = []
    for kind, name in NAMES.items():
        called = {_utc(m.date(), m.time()) for m in tables[kind].get("unscheduled", [])}
        moments = announcements_of(kind)
        frames.append(
            pl.DataFrame({"event_ts": moments.astype("datetime64[us]")}).select(
                pl.lit(kind).alias("kind"), pl.col("event_ts").dt.replace_time_zone("UTC"),
                announcement=pl.lit(name), is_scheduled=pl.Series([m not in called for m in moments]),
            )
        )  # fmt: skip
    return pl.concat(frames)


def _utc(day: date, hour: time) -> np.datetime64:
    local = datetime.combine(day, hour, tzinfo=NEW_YORK)
    return np.datetime64(local.astimezone(ZoneInfo("UTC")).replace(tzinfo=None), "s")


def spans_with_announcement(
    start: NDArray[np.datetime64], hours: float, announcements: NDArray[np.datetime64]
) -> NDArray[np.bool_]:
    """Whether an announcement falls after `start` (any shape) and at most `hours` later."""
    end = start + np.timedelta64(round(hours * 3600), "s")
    before = np.searchsorted(announcements, start, side="right")
    return np.asarray(np.searchsorted(announcements, end, side="right") > before)
