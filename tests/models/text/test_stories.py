"""Copies are found, other stories are not, and nothing that comes later changes what was said."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.texts.grouping import FLOOD, Planted, plant, precision, recall_by_edits
from models.text import stories as grouping
from models.text.stories import N_HASHES, SHORT_TEXT_WORDS, WINDOW_DAYS, group_stories, minhash_signatures

START = datetime(2026, 3, 1, tzinfo=UTC)
PROSE = (
    "Harbour Ledger today said that it will move the settlement of its stablecoin to a new network after a review of "
    "costs by its board which found that fees had doubled within a year while the number of users had grown little"
)


def documents(texts: list[str], every_h: float = 1.0, ids: list[str] | None = None) -> pl.DataFrame:
    """Documents with these bodies, one after the other."""
    moments = [START + timedelta(hours=every_h * i) for i in range(len(texts))]
    return pl.DataFrame(
        {"doc_id": ids or [f"d{i:03d}" for i in range(len(texts))], "available_ts": moments, "body": texts},
        schema_overrides={"available_ts": pl.Datetime("us", "UTC"), "body": pl.String},
    ).with_columns(title=pl.lit(None, pl.String))


def story_of(frame: pl.DataFrame) -> dict[str, str]:
    return dict(group_stories(frame).select("doc_id", "story_id").iter_rows())


def other_words(n: int, seed: int) -> str:
    return " ".join(f"w{i}" for i in np.random.default_rng(seed).integers(0, 5000, n))


@pytest.fixture(scope="module")
def planted() -> Planted:
    return plant(4000, 400, seed=5)


@pytest.fixture(scope="module")
def found(planted) -> np.ndarray:
    joined = planted.documents.select("doc_id").join(
        group_stories(planted.documents), on="doc_id", maintain_order="left"
    )
    return joined["story_id"].rank("dense").to_numpy().astype(np.int64)


def test_copies_with_up_to_fifteen_per_cent_of_their_words_edited_are_found(planted, found):
    recall = recall_by_edits(planted, found)
    assert min(r for share, r in recall.items() if share <= 0.15) > 0.95
    assert recall[0.30] < 1  # the threshold is somewhere


def test_texts_that_tell_other_stories_are_left_apart_though_they_share_boilerplate(planted, found):
    assert precision(planted, found, np.ones(len(found), dtype=bool)) > 0.95


@pytest.mark.slow
def test_a_flood_is_one_story_in_which_each_copy_has_its_number(planted, found):
    flood = planted.story == 0
    assert len(np.unique(found[flood])) == 1
    ids = planted.documents["doc_id"].to_numpy()[flood]
    story = group_stories(planted.documents).filter(pl.col("doc_id").is_in(ids.tolist()))
    assert sorted(story["copy_number"].to_list()) == list(range(401))
    first = story.filter(pl.col("copy_number") == 0)
    assert first["doc_id"].item() == first["story_id"].item()
    assert first["similarity"].item() == 1


def test_the_estimated_similarity_is_the_jaccard_similarity_of_pairs_of_words():
    a = [f"a{i}" for i in range(600)]
    for shared in (100, 300, 500):
        b = a[:shared] + [f"b{i}" for i in range(600 - shared)]
        pairs = [set(zip(t, [*t[1:], ""], strict=True)) for t in (a, b)]
        exact = len(pairs[0] & pairs[1]) / len(pairs[0] | pairs[1])
        signature, _ = minhash_signatures(documents([" ".join(a), " ".join(b)]))
        error = 4.5 * np.sqrt(exact * (1 - exact) / N_HASHES)
        assert abs((signature[0] == signature[1]).mean() - exact) < error


@pytest.mark.slow
def test_what_comes_later_changes_no_story(planted):
    ordered = planted.documents.sort("available_ts", "doc_id")
    whole = group_stories(ordered)
    for cut in (500, 1777, 3000):
        assert group_stories(ordered[:cut]).equals(whole[:cut])


@pytest.mark.slow
def test_the_size_of_the_blocks_and_the_order_of_the_rows_change_nothing(planted, monkeypatch):
    whole = group_stories(planted.documents)
    assert group_stories(planted.documents.sample(fraction=1, shuffle=True, seed=1)).equals(whole)
    monkeypatch.setattr(grouping, "BLOCK", 97)
    small = group_stories(planted.documents)
    assert (small["story_id"] == whole["story_id"]).mean() > 0.999  # crowded buckets are cut where blocks begin


def test_a_story_ends_after_its_window():
    copies = documents([PROSE] * 3, every_h=24 * (WINDOW_DAYS * 0.6))
    assert group_stories(copies)["copy_number"].to_list() == [0, 1, 0]


def test_a_copy_of_a_copy_joins_only_what_is_like_the_first():
    words = PROSE.split()
    drifted = [" ".join([*(f"x{i}" for i in range(n)), *words[n:]]) for n in (0, 8, 16, 24, 32)]
    stories = story_of(documents(drifted))
    assert stories["d001"] == "d000"
    assert stories["d004"] != "d000"


def test_headlines_must_be_more_alike_than_texts():
    frame = "Exchange lists {} with trading to open on Monday at noon"
    assert len(frame.split()) < SHORT_TEXT_WORDS
    stories = story_of(documents([frame.format("Solana"), frame.format("Solana"), "Exchange lists nothing new today"]))
    assert stories == {"d000": "d000", "d001": "d000", "d002": "d002"}


@pytest.mark.parametrize("text", ["", "   ", None, "🚀🚀🚀", "\x00\x01\x02", "…—!?", "<>"], ids=ascii)
def test_texts_without_words_are_stories_of_their_own(text):
    assert story_of(documents([text, text])) == {"d000": "d000", "d001": "d001"}


def test_case_marks_and_markup_around_the_words_do_not_hide_a_copy():
    shouted = "«" + PROSE.upper().replace(" ", " — ") + "!»"
    assert story_of(documents([PROSE, shouted, f"<p>{PROSE}</p>"])) == dict.fromkeys(("d000", "d001", "d002"), "d000")


@pytest.mark.parametrize("text", ["价格上涨 " * 30, "цена выросла на бирже " * 10, "السعر يرتفع اليوم " * 12])
def test_other_scripts_are_words_too(text):
    assert story_of(documents([text, text, PROSE])) == {"d000": "d000", "d001": "d000", "d002": "d002"}


def test_a_megabyte_of_text_is_read_to_its_limit_and_no_further():
    long = other_words(200_000, 1)
    frame = documents([long, long[: grouping.MAX_CHARACTERS] + " and something else entirely", other_words(300, 2)])
    assert story_of(frame) == {"d000": "d000", "d001": "d000", "d002": "d002"}


def test_no_documents_are_no_stories():
    empty = group_stories(documents([]))
    assert empty.is_empty()
    assert empty.columns == ["doc_id", "story_id", "copy_number", "similarity"]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=200), min_size=1, max_size=12), st.randoms())
def test_any_texts_give_each_document_one_story_that_begins_with_its_first(texts, random):
    order = list(range(len(texts)))
    random.shuffle(order)
    frame = documents(texts)[order]
    result = group_stories(frame)
    assert sorted(result["doc_id"].to_list()) == sorted(frame["doc_id"].to_list())
    moments = dict(frame.select("doc_id", "available_ts").iter_rows())
    assert all(moments[s] <= moments[d] for d, s in result.select("doc_id", "story_id").iter_rows())
    firsts = result.filter(pl.col("copy_number") == 0)
    assert (firsts["doc_id"] == firsts["story_id"]).all()
    assert set(result["story_id"]) == set(firsts["doc_id"])


def test_the_benchmark_plants_the_flood_that_was_promised():
    assert FLOOD == 10_000
