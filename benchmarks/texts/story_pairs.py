"""Copies among real news: precision and recall of "same story" on labelled pairs, by words alone and with what is said.

    python -m benchmarks.texts.story_pairs [--data ../shared/data]

340 pairs of news texts of at most three days apart that share a band of words, drawn in three layers (as alike as
copies and told apart by what they say; as alike; less alike), were labelled blind by reading: is it the same story?
They are weighted by the size of their layer. Two thirds are hard: templates, round-ups, follow-ups, changed figures,
reversals. The rules were made looking at one half, the other is held out.
"""

import argparse
import sys
from pathlib import Path

import polars as pl

from tests.kits.story_pairs import judged, score

WAYS = {"near": "by words alone", "copy": "and by what they say"}


def main() -> int:
    """Print the scores of both ways in both halves."""
    told = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    told.add_argument("--data", type=Path, default=Path("../shared/data"))
    data = told.parse_args().data
    if not (data / "news.parquet").exists():
        print(f"skipped: {data}/news.parquet is not there")
        return 0
    pairs = judged(data)
    for half in ("development", "held out", "all"):
        part = pairs if half == "all" else pairs.filter(pl.col("half") == half)
        for column, way in WAYS.items():
            print(f"{half:<12} {way:<22} {score(part, column)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
