"""A whole event study on a table of events and a table of prices: nothing is read from or written to the warehouse."""

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.types import Array
from features.candles import Bars, log_returns, market_index
from features.volatility import VolatilityScale, volatility_scale
from models.impact.comparison.groups import realised_comparisons, release_traits
from models.impact.findings.answer import answer_of
from models.impact.findings.response import response_parts
from models.impact.measure.calendar import macro_announcements
from models.impact.measure.events import Design
from models.impact.paths_table import path_rows
from models.impact.sample import NoWindowError, build_sample
from models.impact.study import ImpactStudy
from models.impact.study_inference import event_test_rows
from models.impact.study_moves import NO_ANNOUNCEMENTS
from pipelines.ondemand.study.bars import read_bars
from pipelines.ondemand.study.events import as_the_bars_name_them, read_events
from pipelines.ondemand.tables import TableError

NO_CAPS = pl.DataFrame(
    schema={"asset": pl.String, "available_ts": pl.Datetime("us", "UTC"), "market_cap_usd": pl.Float64}
)
WEEKS_FOR_PATTERN = 8
UNITS = {"m": 1 / 60, "h": 1.0, "d": 24.0}


@dataclass(frozen=True)
class Studied:
    """The tables of a study by name, its sentences, and what it was made of."""

    tables: dict[str, pl.DataFrame]
    said: list[str]
    timeframe: str
    n_events: int
    n_measured: int
    dropped_h: tuple[float, ...]
    left_out: dict[str, int]


def hours(text: str) -> float:
    """A length of time such as 30d, 24h or 15m in hours. ValueError for anything else."""
    number, unit = text[:-1], text[-1:]
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", number) or unit not in UNITS:
        raise ValueError(f"{text!r} is no length of time; write 30d, 24h or 15m")
    return float(number) * UNITS[unit]


def event_study(
    events: Path, candles: Path, out: Path, *, windows_h: tuple[float, ...], design: Design, index: str | None = None
) -> Studied:
    """Run the whole study and write its tables to `out`, each as Parquet and JSON, with the sentences beside them.

    TableError with what was found and what was expected; NotEnoughDataError where no event can be measured.
    """
    _folder(out)
    bars = read_bars(candles)
    frame = as_the_bars_name_them(read_events(events, bars.timeframe), bars.assets)
    market = _index(bars, index)
    chosen = build_sample(frame, bars, design)
    if len(chosen.events) == 0:
        why = ", ".join(f"{n} × {reason}" for reason, n in chosen.left_out.items())
        raise TableError(f"none of the {len(frame)} events of {events.name} can be measured on {candles.name}: {why}")
    try:
        study = ImpactStudy(chosen, windows_h, _pattern(bars), index=market, announcements=_announcements(bars))
    except NoWindowError as error:
        raise TableError(str(error)) from error
    traits, tests = release_traits(study, NO_CAPS), event_test_rows(study)
    answer = answer_of(
        tests, realised_comparisons(study, traits), {study.study_id: response_parts(study, traits, tests)}
    )
    said = answer["impact_conclusions"]["sentence"].to_list()
    tables = {
        "impact": study.impact_rows(), "tests": answer["impact_tests"], "paths": path_rows(study),
        "coverage": study.coverage_rows(), "comparisons": answer["impact_comparisons"],
        "response": answer["impact_response"],
    }  # fmt: skip
    write_tables(tables, said, out)
    dropped = tuple(w for w in windows_h if all(abs(w - kept) > 1e-9 for kept in study.windows))
    return Studied(tables, said, bars.timeframe, len(frame), len(chosen.events), dropped, chosen.left_out)


def _folder(out: Path) -> None:
    """Refuse a path that cannot be a folder before the long work."""
    there = next(p for p in (out, *out.absolute().parents) if p.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise TableError(f"--out {out}: {there} is no folder that can be written to")


def write_tables(tables: dict[str, pl.DataFrame], said: list[str], out: Path) -> None:
    """Each table as NAME.parquet and NAME.json, and conclusions.json, in the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        table.write_parquet(out / f"{name}.parquet")
        table.write_json(out / f"{name}.json")
    (out / "conclusions.json").write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _pattern(bars: Bars) -> VolatilityScale | None:
    """The hour-of-week scale where the bars are hourly and enough weeks are there; else None."""
    return volatility_scale(bars) if bars.timeframe == "1h" and len(bars.close_ts) >= WEEKS_FOR_PATTERN * 168 else None


def _announcements(bars: Bars) -> NDArray[np.datetime64]:
    """Moments that move every market; none for bars of a day, which cannot tell them from what else the day brought."""
    return macro_announcements() if bars.step_h < UNITS["d"] else NO_ANNOUNCEMENTS


def _index(bars: Bars, asset: str | None) -> Array | None:
    """Returns of one asset as the market of all; None: all others by volume. Without volume, all others alike."""
    if asset is None:
        none = not np.isfinite(bars.volume).any()
        return market_index(log_returns(bars), np.ones_like(bars.close)) if none else None
    if asset not in bars.assets:
        raise TableError(f"--index {asset}: no such asset among the candles; there are {', '.join(bars.assets)}")
    returns = log_returns(bars)
    return np.repeat(returns[:, [bars.assets.index(asset)]], len(bars.assets), axis=1)
