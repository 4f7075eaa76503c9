"""What to expect after news on record: do bands hold, and do words tell anything, year by year.

Reads documents, links and hourly candles of a warehouse that a night on real files has published; every timed news is
walked forward from those before it.

    python -m benchmarks.response.record --warehouse published/tapewire.duckdb
"""

import argparse
import time
from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.impact.record import news_on_record
from features.volatility import volatility_scale
from models.impact.event_time import history_of
from models.impact.findings.response_record import record_rows, said_of_record
from models.impact.measure.calendar import macro_announcements
from models.impact.measure.events import design_for
from models.impact.sample import build_sample
from models.impact.study import ImpactStudy
from models.response.walk_forward import expect

WINDOWS_H = (1.0, 4.0, 8.0, 24.0, 48.0, 72.0)
YEARS = (2022, 2023, 2024)
SHOWN = ["window_h", "n_releases", "covered", "covered_low", "covered_high", "walk_covered", "crps_ratio",
         "correlation",
         "words_over_kind", "words_gain", "words_gain_low", "words_gain_high", "words_gain_p"]  # fmt: skip


def main() -> None:
    """Print the record of all timed news, and of each year."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warehouse", type=Path, required=True, help="a published warehouse")
    args = parser.parse_args()
    began = time.perf_counter()
    first, bars = news_on_record(args.warehouse)
    first = first.filter(pl.col("kind") != "event")
    releases = first.with_columns(is_late_stamp=pl.lit(False), is_recommended=pl.lit(True))
    chosen = build_sample(releases, bars, design_for(bars, releases))
    study = ImpactStudy(chosen, WINDOWS_H, volatility_scale(bars), announcements=macro_announcements())
    frame = chosen.frame
    history, order = history_of(study, (frame["title"] + " " + frame["body"]).to_list(), frame["kind"].to_list())
    found = expect(history)
    year = frame[order]["available_ts"].dt.year().to_numpy()
    pl.Config.set_tbl_rows(50).set_tbl_cols(20).set_tbl_width_chars(220).set_float_precision(4)
    for name, groups in (("all", study.groups[order]), *((y, np.where(year == y, "unlabelled", "")) for y in YEARS)):
        record = record_rows(history, groups, found)
        print(f"\n{name}")
        if not record.is_empty():
            print(record.filter(pl.col("release_group") == "all").select(SHOWN))
            print("\n".join(said_of_record(record)))
    print(f"{len(history):,} releases, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
