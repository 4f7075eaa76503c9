"""One meaning of a stamp: from a text to a moment and how precisely it is known, in one parse.

What a stamp says beyond what is understood is not claimed: a clock in an unknown zone leaves the day, a date that can
be read in two ways leaves nothing.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

Precision = Literal["second", "minute", "hour", "day"]
PRECISION_S: dict[str, int] = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}

MONTHS = {
    name: i + 1
    for i, name in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
}
# RFC 822's names of zones and the common ones beside them, hours from UTC. Names of several zones (CST, IST, AST, …)
# are left out: they say nothing.
ZONES_H: dict[str, float] = {
    "z": 0, "utc": 0, "ut": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "cest": 2, "mez": 1, "mesz": 2,
    "eet": 2, "eest": 3, "msk": 3, "sgt": 8, "hkt": 8, "jst": 9, "kst": 9, "aest": 10, "aedt": 11, "nzst": 12,
    "nzdt": 13, "est": -5, "edt": -4, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip
REGIONS = {"et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver", "pt": "America/Los_Angeles"}

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
_TIME = re.compile(
    r"(?<![\d:.+\-−])t?(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[ap])\.?m\.?(?![a-z]))?(?![\d:])"
)
_HOUR = re.compile(r"(?<![\d:.+\-−])(?P<h>\d{1,2})\s*(?P<half>[ap])\.?m\.?(?![a-z])")
_COMPACT = re.compile(r"(?<![\d:.+\-−])t?(?P<h>\d{2})(?P<m>\d{2})(?P<s>\d{2})(?![\d:])")
_OFFSET = re.compile(r"(?:(?<!\w)(?:utc|gmt)\s?|(?<![a-z]))(?P<sign>[+\-−])(?P<h>\d{1,2})(?::?(?P<m>\d{2}))?(?![\d:])")
_ZONE = re.compile(r"(?<![\w/])(?P<name>[a-z]{1,5})(?![\w/])")
_REGION = re.compile(r"(?<![\w/])[a-z_]+/[a-z_]+(?:/[a-z_]+)?(?![\w/])")
_REMARK = re.compile(r"\([^()]*\)")
_BRACKET = re.compile(r"\[([^\[\]]*)\]")
_NOISE = re.compile(
    r"(?<![a-z])(?:mon|tue|tues|wed|thu|thur|thurs|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday"
    r"|sunday|at|on|of|t|the|published|posted|updated|date)(?![a-z])[:.]?|[\s,|·•;]|(?<!\d)[-–—]+(?!\d)"
)
_EPOCH = re.compile(r"[+]?(\d{10}|\d{13}|\d{16}|\d{19})(?:\.(\d{1,9}))?")
_EPOCH_DIGITS = {10: 10**9, 13: 10**6, 16: 10**3, 19: 1}  # digits -> ns in a unit
_FLOAT_EPOCH = re.compile(r"\d(?:\.\d+)?e\+?(?:9|09|12|15|18)")
MAX_CHARACTERS = 120


@dataclass(frozen=True)
class Stamp:
    """What a stamp says: the clock on its wall, how precisely, and its distance from UTC (None: it does not say)."""

    wall: datetime
    precision: Precision
    offset: timedelta | None

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
    regions = [r for r in map(_region, _BRACKET.findall(plain)) if r]
    plain = _BRACKET.sub(" ", _REMARK.sub(" ", plain))
    unix = _UNIX_DATE.search(plain)
    if unix:
        found, rest = _date_of(unix, day_first), plain[: unix.start()] + " " + unix["middle"]
    else:
        found, rest = _date_in(plain, day_first)
    if found is None:
        return None
    day = Stamp(datetime(found.year, found.month, found.day), "day", None)
    if not _NOISE.sub("", rest):
        return day
    clock, rest = _clock(rest)
    if clock is None:
        return day
    wall, precision = day.wall + clock[0], clock[1]
    offset, rest = _offset(rest, wall, regions)
    return day if _NOISE.sub("", rest) else Stamp(wall, precision, offset)


def _epoch(text: str) -> Stamp | None:
    """Time since 1970, its unit by the number of digits (2001 to 2286)."""
    if _FLOAT_EPOCH.fullmatch(text):
        text = f"{float(text):.0f}"
    found = _EPOCH.fullmatch(text)
    if found is None:
        return None
    unit_ns = _EPOCH_DIGITS[len(found[1])]
    ns = int(found[1]) * unit_ns + int((found[2] or "0").ljust(9, "0")) * unit_ns // 10**9
    return Stamp(datetime(1970, 1, 1) + timedelta(microseconds=ns // 1000), "second", timedelta())


def _date_in(text: str, day_first: bool | None) -> tuple[date | None, str]:
    """The one date of a text, and the text without it."""
    for pattern in _DATES:
        found = pattern.search(text)
        if found:
            return _date_of(found, day_first), text[: found.start()] + " " + text[found.end() :]
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


def order_of(text: str) -> bool | None:
    """Whether a date such as 25/04/2024 shows that the day comes first; None where it shows nothing."""
    found = _DATES[-1].search(text)
    if found is None or (int(found["first"]) > 12) == (int(found["second"]) > 12):
        return None
    return int(found["first"]) > 12


def _century(short: int) -> int:
    """The year of two digits: within 50 years before and after 2020 (RFC 2822)."""
    return 2000 + short if short < 70 else 1900 + short


def _clock(text: str) -> tuple[tuple[timedelta, Precision] | None, str]:
    """The one time of day of a text with its precision, and the text without it; None where there is none, or two."""
    for pattern in (_TIME, _HOUR, _COMPACT):
        found = pattern.search(text)
        if found:
            rest = text[: found.start()] + " " + text[found.end() :]
            return (None, text) if pattern.search(rest) and pattern is not _COMPACT else (_time_of(found), rest)
    return None, text


def _time_of(found: re.Match[str]) -> tuple[timedelta, Precision] | None:
    given = found.groupdict()
    hour, minute, second = int(given["h"]), int(given.get("m") or 0), int(given.get("s") or 0)
    half = given.get("half")
    if half and hour <= 12:
        if hour == 0:
            return None
        hour = hour % 12 + 12 * (half == "p")
    elif half == "a":
        return None  # 13:00 AM
    is_end_of_day = (hour, minute, second) == (24, 0, 0)
    if not is_end_of_day and (hour > 23 or minute > 59 or second > 60):
        return None
    micro = int((given.get("f") or "0").ljust(6, "0")[:6])
    precision: Precision = "second" if given.get("s") else "minute" if given.get("m") else "hour"
    return timedelta(hours=hour, minutes=minute, seconds=min(second, 59), microseconds=micro), precision


def _offset(text: str, wall: datetime, regions: list[ZoneInfo]) -> tuple[timedelta | None, str]:
    """The distance from UTC that the rest of a stamp says, and what is left. None where it says none.

    What two zones of one stamp say differently is left in the text: it is not understood.
    """
    said: list[timedelta] = []
    rest = text
    for found in _OFFSET.finditer(text):
        minutes = int(found["h"]) * 60 + int(found["m"] or 0)
        if minutes > 14 * 60 or int(found["m"] or 0) > 59:
            return None, text
        said.append(timedelta(minutes=minutes if found["sign"] == "+" else -minutes))
    rest = _OFFSET.sub(" ", rest)
    places = [*regions, *filter(None, map(_region, _REGION.findall(rest)))]
    rest = _REGION.sub(lambda found: " " if _region(found[0]) else found[0], rest)
    for name in _ZONE.findall(rest):
        if name in ZONES_H:
            said.append(timedelta(hours=ZONES_H[name]))
        elif name in REGIONS:
            places.append(ZoneInfo(REGIONS[name]))
        else:
            continue
        rest = re.sub(rf"(?<![\w/]){name}(?![\w/])", " ", rest)
    for place in places:
        early, late = (wall.replace(tzinfo=place, fold=fold).utcoffset() for fold in (0, 1))
        if early != late:
            return None, text  # the hour that a clock shows twice, or never
        assert early is not None
        said.append(early)
    if len(set(said)) > 1:
        return None, text
    return (said[0] if said else None), rest


@cache
def _region(name: str) -> ZoneInfo | None:
    """The zone of a region such as europe/zurich; None where there is none."""
    if name.upper() in ("UTC", "GMT", "Z"):
        return ZoneInfo("UTC")
    try:
        return ZoneInfo("/".join("_".join(w.capitalize() for w in part.split("_")) for part in name.split("/")))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
