"""A whole event study on a table of events and a table of prices: nothing is read from or written to the warehouse."""

import json
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.timeframes import SECONDS
from domain.types import Array
from features.candles import Bars, coarser_bars, log_returns, market_index
from features.volatility import VolatilityScale, volatility_scale
from models.impact.comparison.groups import NO_CAPS, realised_comparisons, release_traits
from models.impact.findings.answer import answer_of
from models.impact.findings.each import each_event, told
from models.impact.findings.parts import response_parts
from models.impact.measure.calendar import macro_announcements
from models.impact.measure.events import Design
from models.impact.paths_table import path_rows
from models.impact.sample import NoWindowError, Sample, build_sample
from models.impact.study import ImpactStudy
from models.impact.study_inference import event_test_rows
from models.impact.study_moves import NO_ANNOUNCEMENTS
from pipelines.ondemand.study.bars import read_bars
from pipelines.ondemand.study.events import as_the_bars_name_them, read_events
from pipelines.ondemand.tables import TableError

WEEKS_FOR_PATTERN = 8
LONGEST_S = 3600  # of the bars that finer ones are put together into
UNITS = {"m": 1 / 60, "h": 1.0, "d": 24.0}


@dataclass(frozen=True)
class Studied:
    """The tables of a study by name, its sentences, and what it was made of; `measured`: events by timeframe."""

    tables: dict[str, pl.DataFrame]
    said: list[str]
    measured: dict[str, int]
    n_events: int
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
    _index(bars, index)
    samples, left_out = samples_of(frame, bars, design)
    if not samples:
        why = ", ".join(f"{n} × {reason}" for reason, n in left_out.items())
        raise TableError(f"none of the {len(frame)} events of {events.name} can be measured on {candles.name}: {why}")
    studies = _studies(samples, windows_h, index)
    traits = {s.study_id: release_traits(s, NO_CAPS) for s in studies}
    tests = {s.study_id: event_test_rows(s) for s in studies}
    answer = answer_of(
        pl.concat(tests.values()),
        pl.concat([realised_comparisons(s, traits[s.study_id]) for s in studies], how="diagonal_relaxed"),
        {s.study_id: response_parts(s, traits[s.study_id], tests[s.study_id]) for s in studies},
    )
    said = [(f"On {r['study_id']} bars: " if len(studies) > 1 else "") + r["sentence"]
            for r in answer["impact_conclusions"].to_dicts()]  # fmt: skip
    each = each_event(frame, bars, design, windows_h)
    said += told(each)
    tables = {
        "impact": pl.concat([s.impact_rows() for s in studies]), "tests": answer["impact_tests"],
        "paths": pl.concat([path_rows(s) for s in studies], how="diagonal_relaxed"),
        "coverage": pl.concat([s.coverage_rows() for s in studies]), "comparisons": answer["impact_comparisons"],
        "response": answer["impact_response"], "each": each,
    }  # fmt: skip
    write_tables(tables, said, out)
    kept = {w for s in studies for w in s.windows}
    dropped = tuple(w for w in windows_h if all(abs(w - k) > 1e-9 for k in kept))
    measured = {s.study_id: len(s.sample.events) for s in studies}
    return Studied(tables, said, measured, len(frame), dropped, left_out)


def samples_of(frame: pl.DataFrame, bars: Bars, design: Design) -> tuple[list[Sample], dict[str, int]]:
    """The events, each on the finest bars that are filled well enough for it; why the others are left out.

    Minutes without a trade are absent in the data of small markets. Where the bars as given have no price at the event,
    or too few in its estimation span, they are put together into longer ones, up to an hour.
    """
    samples, left = [], frame
    finer = [t for t in SECONDS if SECONDS[bars.timeframe] <= SECONDS[t] <= LONGEST_S] or [bars.timeframe]
    for timeframe in finer:
        grid = bars if timeframe == bars.timeframe else coarser_bars(bars, timeframe)
        try:
            chosen = build_sample(left, grid, design)
            released = build_sample(frame, grid, design).released
        except ValueError:
            if timeframe == bars.timeframe:
                raise
            continue  # a span of the design is no whole number of such bars
        if len(chosen.events):
            samples.append(replace(chosen, released=released))
            left = left.join(chosen.frame.select("doc_id", "asset"), on=["doc_id", "asset"], how="anti")
        if left.is_empty():
            break
    return samples, build_sample(left, bars, design).left_out


def _studies(samples: list[Sample], windows_h: tuple[float, ...], index: str | None) -> list[ImpactStudy]:
    """A study for every timeframe that can show one of the windows. TableError where none can."""
    studies, why = [], ""
    for chosen in samples:
        bars = chosen.bars
        try:
            studies.append(ImpactStudy(chosen, windows_h, _pattern(bars), index=_index(bars, index),
                                       announcements=_announcements(bars)))  # fmt: skip
        except NoWindowError as error:
            why = str(error)
    if not studies:
        raise TableError(why)
    return studies


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
