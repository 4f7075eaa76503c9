"""Columns that come as text: moments, numbers, truths and what is missing, by rules instead of a reader's guess."""

from datetime import UTC, date, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.cells import first_unread, read_numbers, read_truths, without_marks
from domain.stamp_columns import read_stamps

NOON = datetime(2024, 6, 3, 12, tzinfo=UTC)


def moments(*values: object) -> list[tuple]:
    return read_stamps(pl.Series("at", list(values), strict=False)).select("moment", "precision", "is_zoned").rows()


@pytest.mark.parametrize(
    "value",
    [
        "2024-06-03T12:00:00Z",
        "2024-06-03 14:00 +0200",
        1717416000,
        1717416000_000,
        1717416000.0,
        NOON,
        "1717416000000000",
    ],
)
def test_a_moment_is_the_same_whatever_the_type_of_its_column(value):
    assert moments(value)[0][0] == NOON


def test_a_column_of_midnights_holds_days_and_one_of_clocks_does_not():
    days = ["2024-06-03T00:00:00Z", "2024-06-04T00:00:00Z"]
    assert {precision for _, precision, _ in moments(*days)} == {"day"}
    assert {precision for _, precision, _ in moments(*days, "2024-06-04T10:00:00Z")} == {"second"}
    assert {precision for _, precision, _ in moments(date(2024, 6, 3))} == {"day"}


def test_days_and_months_are_read_in_the_order_that_the_column_shows_and_not_at_all_where_it_shows_none_or_both():
    assert [m.month for m, _, _ in moments("03/04/2024", "25/04/2024")] == [4, 4]
    assert [m.month for m, _, _ in moments("03/04/2024", "03/25/2024")] == [3, 3]
    assert [m for m, _, _ in moments("03/04/2024", "04/05/2024")] == [None, None]
    assert [m is None for m, _, _ in moments("03/04/2024", "03/25/2024", "25/04/2024")] == [True, False, False]
    assert [m is None for m, _, _ in moments("25.03.2024", "04/05/2024")] == [False, True], "other marks show nothing"


def test_a_clock_without_a_zone_says_so():
    assert [zoned for _, _, zoned in moments("2024-06-03 12:00", "2024-06-03T12:00Z")] == [False, True]


@given(st.lists(st.none() | st.datetimes(datetime(2010, 1, 1), datetime(2037, 1, 1)), max_size=20))
def test_moments_that_polars_writes_are_read_back(values):
    column = pl.Series("at", values, dtype=pl.Datetime("us")).dt.replace_time_zone("UTC")
    text = column.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f%:z")
    assert read_stamps(text)["moment"].to_list() == column.to_list()


NUMBERS = {
    ("1", "-2.5", "1e3", "+4", "−5"): [1, -2.5, 1000, 4, -5],
    ("42,100.5", "1,234"): [42100.5, 1234],
    ("1,234,567", "42,100"): [1234567, 42100],
    ("42,100", "1,234"): [None, None],  # thousands, or thousandths?
    ("42.100,5", "1,5", "42,100", "42.100"): [42100.5, 1.5, 42.1, 42100],
    ("1,234.5", "1,5", "7"): [None, None, 7],  # both ways in one column
    ("1.234.567", "987.654"): [1234567, 987654],
    ("42 100.5", "42'100", "42\u202f100"): [42100.5, 42100, 42100],
    ("$5", "5 %", "0x10", "inf", "1_000", "TRUE"): [None] * 6,
    ("NA", "n/a", "NaN", "", "#N/A", "None", "<NA>", "-"): [None] * 8,
}


@pytest.mark.parametrize("texts", NUMBERS)
def test_a_number_is_what_it_says_in_one_way_or_none(texts):
    assert read_numbers(pl.Series("n", texts)).to_list() == NUMBERS[texts]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), max_size=20))
def test_numbers_written_by_python_are_read_back(values):
    assert read_numbers(pl.Series("n", [repr(v) for v in values], dtype=pl.String)).to_list() == values


@given(st.lists(st.integers(-(10**12), 10**12).map(lambda i: i / 100), min_size=1, max_size=20))
def test_grouped_numbers_are_read_back(values):
    assert read_numbers(pl.Series("n", [f"{v:,.2f}" for v in values])).to_list() == values


def test_truths_are_those_of_any_program():
    words = ["TRUE", "False", "yes", "N", "1", "0", "NA", "maybe", None]
    assert read_truths(pl.Series("t", words)).to_list() == [True, False, True, False, True, False, None, None, None]


def test_the_first_value_that_cannot_be_read_is_named_with_its_row():
    column = pl.Series("n", ["1", "NA", "$5", "x"])
    assert first_unread(column, read_numbers(column)) == (3, "$5")
    assert first_unread(column[:2], read_numbers(column[:2])) is None


def test_marks_of_missing_values_are_missing_and_ids_stay_as_given():
    frame = without_marks(pl.DataFrame({"id": ["0017", "1.10", "12e+10", " NA ", "nAn"]}))
    assert frame["id"].to_list() == ["0017", "1.10", "12e+10", None, None]
