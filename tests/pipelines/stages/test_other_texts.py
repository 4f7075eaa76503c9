"""Which texts are read in the place of a release: generated ones in turn, and none."""

from datetime import UTC, datetime, timedelta

import duckdb
import polars as pl
import pytest

from pipelines.stages.impact import other_texts as module
from pipelines.stages.impact.other_texts import other_texts

START = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def released() -> pl.DataFrame:
    return pl.DataFrame({
        "doc_id": [f"d{i}" for i in range(12)], "asset": ["BTC", "ETH", "BTC"] * 4, "kind": ["listing", "hack"] * 6,
        "text": [f"text {i}" for i in range(12)], "available_ts": [START + timedelta(hours=i // 2) for i in range(12)],
    })  # fmt: skip


@pytest.fixture
def made(monkeypatch) -> None:
    generated = pl.DataFrame({
        "text_id": ["made-1", "made-2", "made-3"], "asset": ["BTC", "BTC", "SOL"], "kind": ["listing"] * 3,
        "title": ["one", "two", "three"], "body": ["body", None, "body"],
    })  # fmt: skip
    monkeypatch.setattr(module.read, "read", lambda con, name: generated)


@pytest.mark.usefixtures("made")
def test_generated_texts_of_the_asset_are_dealt_in_turn_and_others_have_none(released):
    found = other_texts(duckdb.connect(), released)
    made = dict(zip(released["doc_id"], found.ids["generated"], strict=True))
    assert {v for k, v in made.items() if int(k[1:]) % 3 == 1} == {None}, "ETH has no generated text"
    of_bitcoin = [v for k, v in made.items() if int(k[1:]) % 3 != 1]
    assert {of_bitcoin.count("made-1"), of_bitcoin.count("made-2")} == {4}
    place = list(found.ids).index("generated")
    assert set(found.texts[place]) == {"one body", "two", None}
    assert set(found.texts[list(found.ids).index("none")]) == {None}
