"""A stamp is a moment and its precision, from one parse: what is not understood is not claimed."""

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from dateutil import parser as dateutil_parser
from hypothesis import example, given
from hypothesis import strategies as st

from domain.moments import read_stamp

AT_18 = datetime(2024, 6, 3, 18, tzinfo=UTC)
UNDERSTOOD = {
    "2024-06-03T18:00:00Z": (AT_18, "second"),
    "2024-06-03 18:00:00+00": (AT_18, "second"),
    "2024-06-03 18:00:00 UTC": (AT_18, "second"),
    "2024-06-03 18:00:00 +0000 UTC": (AT_18, "second"),
    "2024-06-03 20:00:00.364419679 +0200 CEST": (AT_18.replace(microsecond=364419), "second"),
    "2024-06-03T20:00:00+02:00[Europe/Zurich]": (AT_18, "second"),
    "2024-06-03 20:00 Europe/Zurich": (AT_18, "minute"),
    "2024-06-03 13:00 EST": (AT_18, "minute"),
    "June 3, 2024 2:00 PM EDT": (AT_18, "minute"),
    "Jun 03, 2024 14:00 ET": (AT_18, "minute"),
    "June 3rd, 2024 at 2 p.m. ET": (AT_18, "hour"),
    "Mon, 03 Jun 2024 02:00:00 PM EDT": (AT_18, "second"),
    "Mon, 03 Jun 2024 18:00:00 GMT": (AT_18, "second"),
    "03 Jun 24 18:00 UTC": (AT_18, "minute"),
    "3 June 2024 19:00 BST": (AT_18, "minute"),
    "Mon Jun 03 18:00:00 UTC 2024": (AT_18, "second"),
    "Mon, 04 Jun 2024 02:00:00 UTC+08:00": (AT_18, "second"),
    "Tue Jun 04 2024 02:00:00 GMT+0800 (Hong Kong Standard Time)": (AT_18, "second"),
    "20240603T180000Z": (AT_18, "second"),
    "2024-W23-1 18:00Z": (AT_18, "minute"),
    "2024/06/03 18:00 Z": (AT_18, "minute"),
    "25/06/2024 18:00 Z": (AT_18.replace(day=25), "minute"),
    "06/25/2024 18:00 Z": (AT_18.replace(day=25), "minute"),
    "2024-06-03T24:00:00Z": (datetime(2024, 6, 4, tzinfo=UTC), "second"),
    "1717437600": (AT_18, "second"),
    "1717437600.0": (AT_18, "second"),
    "1.717437600e9": (AT_18, "second"),
    "1.7174376e+18": (AT_18, "second"),
    "2024-06-03T18Z": (AT_18, "hour"),
    "20240603T1800Z": (AT_18, "minute"),
    "2024-06-03 18h00 UTC": (AT_18, "minute"),
    "2024-06-03 06-PM UTC": (AT_18, "hour"),
    "2024-06-03 14:00 US/Eastern": (AT_18, "minute"),
    "2024-06-03 18:00:00.5 +0000 UTC m=+0.013": (AT_18.replace(microsecond=500_000), "second"),
    "1717437600000": (AT_18, "second"),
    "1717437600000000": (AT_18, "second"),
    "1717437600000000000": (AT_18, "second"),
}
ONLY_THE_DAY = (
    "2024-06-03", "20240603", "2024-W23-1", "2024年06月03日", "June 3, 2024",
    "Mon, 03 Jun 2024 18:00:00 -7 GMT",  # two zones that contradict each other
    "Monday, June 3, 2024 18:00 CST",  # Chicago, or Shanghai?
    "2024-06-03 18:00 Atlantis", "Lun, 03 Jun 2024 18:00:00 +0200", "2024-06-03 10:00 to 11:00 UTC",
    "2024-06-03T10:00:00 08:00", "2024-06-03 13:00 AM UTC",
)  # fmt: skip
NOTHING = (
    "", "soon", "03/04/2024", "03.04.2024 10:00 Z", "10-03-2024", "24-03-10 14:30", "2024-02-30", "2024-06",
    "June 2024", "13:00", "171743760", "2024-13-01", "0", "2024", "x" * 200,
    "2024060318", "1.71744E+12", "1.717438e9", "2100000000",  # YYYYMMDDHH; an epoch that lost its digits; in 2036
    "2024-03-04/2024-03-06", "2024-03-04 to 2024-03-06", "Updated June 4, 2024 9:00 EDT; published June 3, 2024",
)  # fmt: skip


@pytest.mark.parametrize("text", UNDERSTOOD)
def test_what_is_understood_is_the_moment_it_means(text):
    stamp = read_stamp(text)
    assert stamp is not None
    assert stamp.offset is not None
    assert (stamp.moment, stamp.precision) == UNDERSTOOD[text]


@pytest.mark.parametrize("text", ONLY_THE_DAY)
def test_a_clock_that_is_not_understood_leaves_the_day(text):
    stamp = read_stamp(text)
    assert stamp is not None
    assert (stamp.moment, stamp.precision, stamp.offset) == (datetime(2024, 6, 3, tzinfo=UTC), "day", None)
    assert stamp.is_partial == (":" in text), "beside the date there is something that was not understood"


@pytest.mark.parametrize("text", NOTHING)
def test_a_date_that_is_not_there_or_is_two_leaves_nothing(text):
    assert read_stamp(text) is None


def test_the_order_of_day_and_month_can_be_told():
    march, april = (read_stamp("03/04/2024", day_first=first) for first in (False, True))
    assert march and april
    assert (march.moment.month, april.moment.month) == (3, 4)


def test_the_hour_that_a_clock_shows_twice_leaves_the_day():
    twice = read_stamp("2024-10-27 02:30 Europe/Zurich")
    assert twice and twice.precision == "day"


FORMATS = (
    "%Y-%m-%dT%H:%M:%S%z",
    "%Y-%m-%d %H:%M:%S.%f %z",
    "%a, %d %b %Y %H:%M:%S %z",
    "%d %B %Y %I:%M:%S %p %z",
    "rfc",
)
SECONDS = st.datetimes(datetime(2009, 1, 3), datetime(2033, 1, 1)).map(lambda at: at.replace(microsecond=0))


@given(SECONDS, st.integers(-14 * 4, 14 * 4), st.sampled_from(FORMATS))
@example(datetime(2024, 2, 29, 23, 59, 59), 0, "rfc")
def test_any_moment_in_any_format_and_zone_reads_as_a_second_library_reads_it(at, quarters, form):
    moment = at.replace(tzinfo=timezone(timedelta(minutes=15 * quarters)))
    text = format_datetime(moment) if form == "rfc" else moment.strftime(form)
    stamp = read_stamp(text)
    assert stamp is not None
    assert stamp.moment == dateutil_parser.parse(text) == moment
    assert stamp.precision == "second"


@given(
    st.text(max_size=60)
    | st.from_regex(r"[0-9/: .+-]{4,30}")
    | st.from_regex(r"[0-9]{1,4}[-/][A-Za-z0-9]{1,3}[ -:A-Z]*")
)
def test_no_text_ends_in_an_error(text):
    stamp = read_stamp(text)
    assert stamp is None or stamp.moment.tzinfo is UTC
