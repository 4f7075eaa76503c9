"""All timed news on record, before and after, by publisher and kind: what moved first, prices or words.

Reads documents, links and hourly candles of a warehouse that a night on real files has published.

    python -m benchmarks.impact.record --warehouse published/tapewire.duckdb
"""

import argparse
import time
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from features.candles import Bars, build_bars
from features.news import keep_first_reports
from features.volatility import volatility_scale
from models.impact.comparison.groups import NO_CAPS, release_traits
from models.impact.findings.answer import answer_of
from models.impact.findings.parts import response_parts
from models.impact.measure.calendar import macro_announcements
from models.impact.measure.events import design_for
from models.impact.sample import build_sample
from models.impact.study import ImpactStudy
from models.impact.study_inference import event_test_rows

WINDOWS_H = (1.0, 4.0, 8.0, 24.0, 48.0, 72.0)
FEWEST = 40
SHOWN = [
    "slice_by", "slice", "n_releases", "verdict", "onset_h", "peak_h", "peak_excess", "peak_low", "peak_high", "peak_q",
    "last_h", "before_h", "before_excess", "before_q", "given_back", "given_back_q", "detectable",
]  # fmt: skip


def news_on_record(warehouse: Path) -> tuple[pl.DataFrame, Bars]:
    """First reports of all timed documents per asset, with texts, and the hourly bars of a published warehouse."""
    with duckdb.connect(str(warehouse), read_only=True) as con:
        con.execute("SET TimeZone='UTC'")
        news = con.sql(
            "SELECT a.doc_id, a.asset, d.event_ts, d.available_ts, d.publisher, d.kind, d.title, d.body "
            "FROM core.document_assets a JOIN core.documents d USING (doc_id) "
            "WHERE d.ts_precision IN ('second', 'minute') AND a.confidence >= .5"
        ).pl()
        stories = con.sql("FROM features.document_stories").pl()
        bars = build_bars(con.sql("FROM core.candles WHERE timeframe = '1h'").pl(), "1h")
    return keep_first_reports(news.with_columns(release_group=pl.lit("unlabelled")), stories), bars


def study_of(news: pl.DataFrame, bars: Bars) -> ImpactStudy:
    """The study of `news` (rows of `news_on_record`), macro announcements marked."""
    releases = news.with_columns(is_late_stamp=pl.lit(False), is_recommended=pl.lit(True))
    sample = build_sample(releases, bars, design_for(bars, releases))
    return ImpactStudy(sample, WINDOWS_H, volatility_scale(bars), announcements=macro_announcements())


def main() -> None:
    """Print the response of all timed news, and of each publisher and kind with enough of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--warehouse", type=Path, required=True, help="a published warehouse")
    args = parser.parse_args()
    began = time.perf_counter()
    first, bars = news_on_record(args.warehouse)
    large = first.group_by("publisher").len().filter(pl.col("len") >= FEWEST)["publisher"]
    releases = first.with_columns(
        publisher=pl.when(pl.col("publisher").is_in(large.implode())).then("publisher").otherwise(pl.lit(""))
    )
    study = study_of(releases, bars)
    chosen = study.sample
    print(f"{len(releases):,} links of timed news, {len(chosen.events):,} measured: {chosen.left_out}")
    for reason in ("macro announcement", "large move before"):
        n = int((study.moves.confounded(24.0) == reason).sum())
        print(f"confounded within 24 h by {reason}: {n:,}")
    traits, tests = release_traits(study, NO_CAPS), event_test_rows(study, ("all",))
    found = answer_of(tests, pl.DataFrame(), {study.study_id: response_parts(study, traits, tests)})
    pl.Config.set_tbl_rows(200).set_tbl_cols(40).set_tbl_width_chars(240).set_float_precision(3)
    table = found["impact_response"].filter(pl.col("release_group") == "all").select(SHOWN)
    print(table.sort("slice_by", "n_releases", descending=[False, True]))
    tested = found["impact_tests"].filter(pl.col("benchmark") == "residual", pl.col("release_group") == "all")
    ranks = tested.filter(pl.col("test").is_in(["excess_move", "placebo_rank"]))
    print(ranks.drop("study_id", "release_group", "benchmark", "statistic", "power", "is_preferred"))
    print(f"{time.perf_counter() - began:.0f} s; {np.unique(chosen.when_h // 24).size:,} days")


if __name__ == "__main__":
    main()
