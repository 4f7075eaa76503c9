"""Documents to vectors, and the one rule that groups releases."""

from datetime import UTC, datetime

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.labels import release_group
from models.text.embed import WIDTH, embed

NOW = datetime(2024, 1, 1, tzinfo=UTC)


def _vectors(*texts: tuple[str, str]) -> np.ndarray:
    frame = pl.DataFrame(
        {"doc_id": [str(i) for i in range(len(texts))], "title": [t for t, _ in texts], "body": [b for _, b in texts]}
    ).with_columns(available_ts=pl.lit(NOW))
    return np.array(embed(frame)["embedding"].to_list())


def test_vectors_have_unit_length_and_depend_on_their_own_text_alone():
    texts = [("Helion signs a partnership", "Two firms agree."), ("Court fines Orbitra", "The regulator said so.")]
    both, alone = _vectors(*texts), _vectors(texts[1])
    np.testing.assert_allclose(np.linalg.norm(both, axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(both[1], alone[0])
    assert both.shape == (2, WIDTH)


def test_like_texts_are_nearer_than_unlike_ones():
    a, b, c = _vectors(
        ("Helion signs partnership with Tamberlyn", "The agreement covers payments in nine countries."),
        ("Helion partnership with Tamberlyn signed", "The agreement covers payments in ten countries."),
        ("Bridge of Mosslight drained", "An attacker took the funds overnight."),
    )
    assert a @ b > 0.6 > a @ c + 0.3


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=300), st.text(max_size=300)), min_size=1, max_size=4))
def test_whatever_the_text_the_vector_is_finite_and_of_length_one_or_zero(texts):
    length = np.linalg.norm(_vectors(*texts), axis=1)
    assert np.all((np.abs(length - 1) < 1e-5) | (length == 0))


def test_an_empty_text_has_the_zero_vector_and_a_megabyte_is_read_in_part():
    assert (_vectors(("", ""))[0] == 0).all()
    assert np.isfinite(_vectors(("a" * 1_000_000, "word " * 200_000))).all()


def test_the_groups_are_exclusive_and_follow_the_stated_rule():
    rows = [
        ("human", "true", "real"), ("machine", "true", "generated"), ("machine", "unknown", "generated"),
        ("machine", "false", "fabricated"), ("human", "false", "fabricated"), ("human", "unknown", "unlabelled"),
        ("unknown", "true", "unlabelled"), ("unknown", "unknown", "unlabelled"), ("unknown", "false", "fabricated"),
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=["authorship", "veracity", "expected"], orient="row")
    assert frame.with_columns(release_group())["release_group"].to_list() == frame["expected"].to_list()
