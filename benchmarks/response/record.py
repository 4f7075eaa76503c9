"""What to expect after news on record: do bands hold, and do words tell anything, by year and by kind of document.

Reads documents, links and hourly candles of a warehouse that a night on real files has published; every timed news is
walked forward from those before it. What words tell: how much worse the whole model scores when it reads another text,
that it has not learned from either, in the place of each release's own, and rank correlations of the expected move with
what came, signed and in size, also beyond those of the other text's reading, with errors clustered by day.

    python -m benchmarks.response.record --warehouse published/tapewire.duckdb
"""

import argparse
import time
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from benchmarks.impact.record import news_on_record, study_of
from domain.types import Array
from models.impact.comparison.groups import NO_CAPS, release_traits
from models.impact.event_time import history_of
from models.impact.expected_comparison import rank_correlations
from models.impact.findings.response_record import JUDGED_FROM, crps_of, record_rows, said_of_record
from models.impact.significance.outcome import Outcome
from models.impact.significance.overlap import mean_with_overlap
from models.quantiles.quantiles import MEDIAN
from models.response.by_record import HIGH, LOW
from models.response.history import History
from models.response.walk_forward import Expected, expect

YEARS = (2022, 2023, 2024)
SHOWN = ["window_h", "n_releases", "covered", "covered_low", "covered_high", "walk_covered", "crps_ratio",
         "correlation",
         "words_over_kind", "network_over_words", "words_gain", "words_gain_low", "words_gain_high",
         "words_gain_p"]  # fmt: skip


def print_readings(history: History, found: Expected, when: pl.Series, member: NDArray[np.bool_]) -> None:
    """What reading its own text tells of each release per window, beyond reading another one in its place."""
    for at, window in enumerate(history.windows_h):
        move, own, other = history.move[:, at], found.combined[:, at], found.instead[:, 0, at]
        known = member & np.isfinite(own[:, MEDIAN] + other[:, MEDIAN] + move) & (found.n_past >= JUDGED_FROM)
        move, own, other, hours = move[known], own[known], other[known], history.known_h[known]
        walk = crps_of(found.levels[known, at, 0], move).mean()
        gain = mean_with_overlap((crps_of(other, move) - crps_of(own, move)) / walk, hours, window, test="text")
        print(f"  {window:>4g} h own text over another, of the walk's CRPS: {_told(gain)}")
        days = when.filter(pl.Series(known))
        for what, x, beside, y in (
            ("signed", own[:, MEDIAN], other[:, MEDIAN], move),
            ("in size", _width(own), _width(other), np.abs(move)),
        ):
            told = rank_correlations(x, beside, y, days, what)
            print(f"         {what:<8}", "; ".join(
                f"{'beyond another ' if 'beyond' in t.test else ''}{t.estimate:+.3f} [{t.low:+.3f}, {t.high:+.3f}]"
                for t in told
            ) or "not tested")  # fmt: skip


def _told(found: Outcome | None) -> str:
    if found is None or found.estimate is None or found.low is None or found.high is None:
        return "not tested"
    return f"{100 * found.estimate:+.2f} % [{100 * found.low:+.2f}, {100 * found.high:+.2f}]"


def _width(quantiles: Array) -> Array:
    return np.asarray(quantiles[:, HIGH] - quantiles[:, LOW])


def main() -> None:
    """Print the record of all timed news, and of each year."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warehouse", type=Path, required=True, help="a published warehouse")
    args = parser.parse_args()
    began = time.perf_counter()
    first, bars = news_on_record(args.warehouse)
    first = first.filter(pl.col("kind") != "event")
    study = study_of(first, bars)
    frame = study.sample.frame
    traits = release_traits(study, NO_CAPS)
    text = (frame["title"] + " " + frame["body"]).to_list()
    history, order = history_of(study, traits, text, frame["kind"].to_list())
    found = expect(history)
    when = frame[order]["available_ts"]
    year, kind = when.dt.year().to_numpy(), frame[order]["kind"].to_numpy()
    pl.Config.set_tbl_rows(50).set_tbl_cols(20).set_tbl_width_chars(220).set_float_precision(4)
    chosen_by = {"all": np.ones(len(order), dtype=bool), **{str(y): year == y for y in YEARS}}
    chosen_by |= {str(k): kind == k for k in np.unique(kind)}
    for name, member in chosen_by.items():
        record = record_rows(history, np.where(member, "unlabelled", ""), found)
        print(f"\n{name}")
        if not record.is_empty():
            print(record.filter(pl.col("release_group") == "all").select(SHOWN))
            print("\n".join(said_of_record(record)))
            print_readings(history, found, when, member)
    print(f"{len(history):,} releases, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
