"""On labelled pairs of real news, what texts say tells copies from what only looks like them."""

import polars as pl

from tests.kits.story_pairs import judged, score


def test_joined_texts_are_one_story_three_times_in_four_and_hardly_fewer_are_found_than_by_words_alone(data):
    held_out = judged(data).filter(pl.col("half") == "held out")
    by_words, by_what_is_said = score(held_out, "near", 200), score(held_out, "copy", 200)
    assert by_words.precision < 0.25
    assert by_what_is_said.precision > 0.7
    assert by_what_is_said.recall > by_words.recall - 0.08
