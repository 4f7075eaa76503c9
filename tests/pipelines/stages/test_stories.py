"""A flood of copies counts as one story: in the news of an hour, in the alarm, in the impact of releases.

A thousand copies; as many as the environment variable TAPEWIRE_TEST_FLOOD says.
"""

import os
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from benchmarks.texts.grouping import edit
from features.news import keep_first_reports
from pipelines import run as runs
from pipelines.ingest.ingest import ingest
from pipelines.settings.load import load_settings
from pipelines.stages.dataset import load_dataset
from pipelines.stages.derive import derive
from pipelines.stages.impact.impact import score_impact
from tests.conftest import random_bars

N_COPIES = int(os.environ.get("TAPEWIRE_TEST_FLOOD", "1000"))
MOMENT = datetime(2024, 3, 1, 12, 20, tzinfo=UTC)


def text(tokens: np.ndarray) -> str:
    return " ".join(f"word{i}" for i in tokens)


@pytest.fixture(scope="module")
def flooded(tmp_path_factory):
    """A warehouse with one release about BTC, N_COPIES edited copies of it within 50 minutes, and another release."""
    root = tmp_path_factory.mktemp("flood")
    rng = np.random.default_rng(1)
    original = np.arange(150)
    copies = [text(edit(rng, original, 0.08)) for _ in range(N_COPIES)]
    at = [MOMENT, *(MOMENT + timedelta(seconds=0.3 * (i + 1)) for i in range(N_COPIES)), MOMENT + timedelta(days=9)]
    pl.DataFrame(
        {"id": [f"n{i}" for i in range(len(at))], "published_at": at, "source": "wire", "assets": "BTC",
         "title": [f"Bitcoin {i}" for i in range(len(at))], "kind": "press_release", "authorship": "human",
         "veracity": "true", "body": [text(original), *copies, text(np.arange(500, 650))]}
    ).write_parquet(root / "news.parquet")  # fmt: skip
    bars = random_bars(2400, gaps=False)
    opens = (bars.close_ts - np.timedelta64(3600, "s")).astype("datetime64[us]")
    pl.concat(
        pl.DataFrame(
            {"exchange": "binance", "symbol": f"{asset}/USDT", "timeframe": "1h",
             "ts": pl.Series(opens).dt.replace_time_zone("UTC"), "volume": bars.volume[:, i]}
            | {name: getattr(bars, name)[:, i] for name in ("open", "high", "low", "close")}
        )
        for i, asset in enumerate(bars.assets)
    ).write_parquet(root / "candles.parquet")  # fmt: skip
    (root / "p.toml").write_text("as_of = 2024-04-05T00:00:00Z\n")
    tables = [{"path": "news.parquet", "shape": "documents"}, {"path": "candles.parquet", "shape": "candles"}]
    settings = load_settings(str(root / "p.toml"), home=str(root), files={"root": str(root), "tables": tables})
    run = runs.start(settings, "test")
    assert ingest(run).missing == ()
    with run.open() as con:
        derive(con, run)
        score_impact(con, run, load_dataset(con, run))
        yield con


@pytest.mark.slow
def test_a_flood_of_copies_is_one_story_and_an_alarm(flooded):
    rows = flooded.sql("FROM marts.stories ORDER BY n_copies DESC").pl().to_dicts()
    assert len(rows) == 2
    assert (rows[1]["n_copies"], rows[1]["is_flood"]) == (0, False)
    assert (rows[0]["n_copies"], rows[0]["n_copies_first_hour"], rows[0]["is_flood"]) == (N_COPIES, N_COPIES, True)
    assert (rows[0]["title"], rows[0]["assets"]) == ("Bitcoin 0", "BTC")


@pytest.mark.slow
def test_a_flood_of_copies_is_one_story_in_the_news_of_the_hour(flooded):
    hours = flooded.sql("FROM features.news_hourly ORDER BY event_ts").pl()
    assert hours["documents_1h"].to_list() == [1, 1]


def test_a_flood_of_copies_is_one_story_in_the_impact_score(flooded):
    measured = flooded.sql(
        "SELECT DISTINCT i.doc_id, d.title FROM models.impact i JOIN core.documents d USING (doc_id) ORDER BY 2"
    ).pl()
    assert measured["title"].to_list() == ["Bitcoin 0", f"Bitcoin {N_COPIES + 1}"]
    paths = flooded.sql("SELECT max(n_releases) AS n FROM models.impact_paths WHERE release_group = 'real'").pl()
    assert paths["n"].item() == 2


class TestFirstTold:
    """Of a story about an asset, the first row stays."""

    LINKS = pl.DataFrame(
        {
            "doc_id": ["b", "a", "c", "d"],
            "asset": ["BTC", "BTC", "ETH", "BTC"],
            "available_ts": [MOMENT + timedelta(hours=h) for h in (1, 0, 2, 3)],
        },
        schema_overrides={"available_ts": pl.Datetime("us", "UTC")},
    )

    def test_copies_go_and_other_assets_stay(self):
        stories = pl.DataFrame({"doc_id": ["a", "b", "c"], "story_id": ["a", "a", "a"]})
        kept = keep_first_reports(self.LINKS, stories)
        assert kept["doc_id"].to_list() == ["a", "c", "d"]
        assert kept.columns == self.LINKS.columns

    def test_documents_in_no_story_are_kept_and_the_order_stays(self):
        stories = pl.DataFrame(schema={"doc_id": pl.String, "story_id": pl.String})
        assert keep_first_reports(self.LINKS, stories).equals(self.LINKS)

    def test_nothing_later_changes_what_is_kept(self):
        stories = pl.DataFrame({"doc_id": ["a", "b", "c", "d"], "story_id": ["a", "a", "c", "a"]})
        ordered = self.LINKS.sort("available_ts")
        whole = keep_first_reports(ordered, stories)
        for n in range(1, 5):
            seen = ordered[:n]
            assert keep_first_reports(seen, stories).equals(
                whole.filter(pl.col("doc_id").is_in(seen["doc_id"].to_list()))
            )
