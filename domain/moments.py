"""One meaning of a stamp: from a text to a moment and how precisely it is known, in one parse.

What a stamp says beyond what is understood is not claimed: a clock in an unknown zone leaves the day, a date that can
be read in two ways leaves nothing.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from domain.clocks import Precision, clock_in, offset_in, region

PRECISION_S: dict[str, int] = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}

MONTHS = {
    name: i + 1
    for i, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
}
_MONTH = r"(?P<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.?"
_DAY, _YEAR = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?", r"(?P<year>\d{4})"
_DATES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<!\d){_YEAR}(?P<sep>[-/.])(?P<number>\d{{1,2}})(?P=sep)(?P<day>\d{{1,2}})(?!\d)",
        rf"(?<!\d){_YEAR}年(?P<number>\d{{1,2}})月(?P<day>\d{{1,2}})日",
        rf"(?<![\w-]){_YEAR}-?w(?P<week>\d{{2}})-?(?P<weekday>[1-7])(?!\d)",
        rf"(?<!\d){_YEAR}(?P<number>\d{{2}})(?P<day>\d{{2}})(?=\s*$|t\d{{2}}|\d{{6}}(?!\d)|\s\d{{1,2}}:)",
        rf"(?<![\w]){_DAY}(?:\s+|-|\s+of\s+){_MONTH}(?:\s+|-|,\s*){_YEAR}(?!\d)",
        rf"(?<![\w]){_MONTH}\s+{_DAY}(?:\s+|,\s*){_YEAR}(?!\d)",
        rf"(?<![\w]){_DAY}(?:\s+|-){_MONTH}(?:\s+|-)(?P<short>\d{{2}})(?![\d:])",
        r"(?<!\d)(?P<first>\d{1,2})(?P<sep>[-/.])(?P<second>\d{1,2})(?P=sep)(?P<year>\d{4})(?!\d)",
    )
)
_UNIX_DATE = re.compile(rf"(?<![\w]){_MONTH}\s+{_DAY}\s+(?P<middle>\d{{1,2}}:\d{{2}}.*?)\s+{_YEAR}\s*$")  # date(1)
_REMARK = re.compile(r"\([^()]*\)")
_BRACKET = re.compile(r"\[([^\[\]]*)\]")
_NOISE = re.compile(
    r"(?<![a-z])(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday"
    r"|sunday|at|on|of|t|the|published|posted|updated|date)(?![a-z])[:.]?|[\s,|·•;]|(?<!\d)[-–—]+(?!\d)"
)
_EPOCH = re.compile(r"[+]?(\d{10}|\d{13}|\d{16}|\d{19})(?:\.(\d{1,9}))?")
_EPOCH_DIGITS = {10: 10**9, 13: 10**6, 16: 10**3, 19: 1}  # digits -> ns in a unit
# With fewer digits (Excel, R) its second is lost; Python writes whole seconds in ns, and only those, in fewer.
_FLOAT_EPOCH = re.compile(r"\d\.\d{9,}e\+?(?:9|09|12|15|18)|\d\.\d{7,}e\+18")
LAST_EPOCH_S = 2 * 10**9  # in 2033; beyond, ten digits are rather 2024031114
_GO_CLOCK = re.compile(r"\sm=[+-][\d.]+\s*$")  # the process clock that Go writes after a time
MAX_CHARACTERS = 120


@dataclass(frozen=True)
class Stamp:
    """What a stamp says: the clock on its wall, how precisely, and its distance from UTC (None: it does not say).

    `is_partial`: beside its date it says something that was not understood.
    """

    wall: datetime
    precision: Precision
    offset: timedelta | None
    is_partial: bool = False

    @property
    def moment(self) -> datetime:
        """In UTC. A stamp without a zone is read as UTC: whoever may not assume that looks at `offset` first."""
        return (self.wall - (self.offset or timedelta())).replace(tzinfo=UTC)

    @property
    def day(self) -> "Stamp":
        """Its day alone."""
        return Stamp(self.wall.replace(hour=0, minute=0, second=0, microsecond=0), "day", None)


def read_stamp(text: str, *, day_first: bool | None = None) -> Stamp | None:
    """What a stamp says, None where it holds no date that can be read in one way. `day_first`: how 03/04/2024 is to be
    read, where that is known from elsewhere.

    Understood are dates of ISO 8601 (weeks included), RFC 822, date(1), English prose, Chinese and Japanese; clocks of
    24 and 12 hours; zones by offset, common name or region, anywhere in the text; and seconds, milli-, micro- and
    nanoseconds since 1970. A clock is claimed only where everything in the text is understood: its zone by the name of
    several zones, or a word that is no part of a stamp, leaves the day.
    """
    if len(text) > MAX_CHARACTERS:
        return None
    plain = text.strip().lower()
    epoch = _epoch(plain)
    if epoch is not None:
        return epoch
    regions = [r for r in map(region, _BRACKET.findall(plain)) if r]
    plain = _BRACKET.sub(" ", _REMARK.sub(" ", plain))
    unix = _UNIX_DATE.search(plain)
    if unix:
        found, rest = _date_of(unix, day_first), plain[: unix.start()] + " " + unix["middle"]
    else:
        found, rest = _date_in(plain, day_first)
    if found is None:
        return None
    day = Stamp(datetime(found.year, found.month, found.day), "day", None)
    rest = _GO_CLOCK.sub("", rest)
    if not _NOISE.sub("", rest):
        return day
    clock, rest = clock_in(rest)
    partial = Stamp(day.wall, "day", None, is_partial=True)
    if clock is None:
        return partial
    wall, precision = day.wall + clock[0], clock[1]
    offset, rest = offset_in(rest, wall, regions)
    return partial if _NOISE.sub("", rest) else Stamp(wall, precision, offset)


def _epoch(text: str) -> Stamp | None:
    """Time since 1970, its unit by the number of digits (2001 to 2033)."""
    if _FLOAT_EPOCH.fullmatch(text):
        text = f"{float(text):.0f}"
    found = _EPOCH.fullmatch(text)
    if found is None:
        return None
    unit_ns = _EPOCH_DIGITS[len(found[1])]
    if int(found[1]) * unit_ns >= LAST_EPOCH_S * 10**9:
        return None
    ns = int(found[1]) * unit_ns + int((found[2] or "0").ljust(9, "0")) * unit_ns // 10**9
    return Stamp(datetime(1970, 1, 1) + timedelta(microseconds=ns // 1000), "second", timedelta())


def _date_in(text: str, day_first: bool | None) -> tuple[date | None, str]:
    """The one date of a text, and the text without it; None where there is none, or two."""
    for pattern in _DATES:
        found = pattern.search(text)
        if found:
            rest = text[: found.start()] + " " + text[found.end() :]
            is_one = not any(other.search(rest) for other in _DATES)
            return (_date_of(found, day_first) if is_one else None), rest
    return None, text


def _date_of(found: re.Match[str], day_first: bool | None) -> date | None:
    """The date that a pattern found, None where there is no such day, or two."""
    given = found.groupdict()
    try:
        if given.get("week"):
            return date.fromisocalendar(int(given["year"]), int(given["week"]), int(given["weekday"]))
        if given.get("first"):
            return _in_order(int(given["first"]), int(given["second"]), int(given["year"]), day_first)
        year = int(given["year"]) if given.get("year") else _century(int(given["short"]))
        month = MONTHS[given["month"]] if given.get("month") else int(given["number"])
        return date(year, month, int(given["day"]))
    except ValueError:
        return None


def _in_order(first: int, second: int, year: int, day_first: bool | None) -> date | None:
    """The day of 03/04/2024 or 25/04/2024; None where it could be two and `day_first` is not known."""
    if day_first is None:
        if first != second and max(first, second) <= 12:
            return None
        day_first = first > 12
    return date(year, second, first) if day_first else date(year, first, second)


def order_of(text: str) -> tuple[str, bool | None]:
    """The mark between the numbers of a date such as 25/04/2024 (empty where there is none), and whether it shows that
    the day comes first (None where it shows nothing).
    """
    found = _DATES[-1].search(text)
    if found is None:
        return "", None
    shows = (int(found["first"]) > 12) != (int(found["second"]) > 12)
    return found["sep"], int(found["first"]) > 12 if shows else None


def _century(short: int) -> int:
    """The year of two digits: within 50 years before and after 2020 (RFC 2822)."""
    return 2000 + short if short < 70 else 1900 + short
