"""Clocks and zones in the text of a stamp: the time of day, and its distance from UTC."""

import re
from datetime import datetime, timedelta
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

Precision = Literal["second", "minute", "hour", "day"]

# RFC 822's names of zones and the common ones beside them, hours from UTC. Names of several zones (CST, IST, AST, …)
# are left out: they say nothing.
ZONES_H: dict[str, float] = {
    "z": 0, "utc": 0, "ut": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1, "cet": 1, "cest": 2, "mez": 1, "mesz": 2,
    "eet": 2, "eest": 3, "msk": 3, "sgt": 8, "hkt": 8, "jst": 9, "kst": 9, "aest": 10, "aedt": 11, "nzst": 12,
    "nzdt": 13, "est": -5, "edt": -4, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7,
}  # fmt: skip
REGIONS = {"et": "America/New_York", "ct": "America/Chicago", "mt": "America/Denver", "pt": "America/Los_Angeles"}

_TIME = re.compile(
    r"(?<![\d:.+\-−])t?(?P<h>\d{1,2}):(?P<m>\d{2})(?::(?P<s>\d{2})(?:[.,](?P<f>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[ap])\.?m\.?(?![a-z]))?(?![\d:])"
)
_HOUR = re.compile(r"(?<![\d:.+\-−])(?P<h>\d{1,2})[\s-]*(?P<half>[ap])\.?m\.?(?![a-z])")
_COMPACT = re.compile(r"(?<![\d:.+\-−])t?(?P<h>\d{2})(?P<m>\d{2})(?P<s>\d{2})(?![\d:])")
_BASIC = re.compile(r"(?<![a-z\d])t(?P<h>\d{2})(?P<m>\d{2})?(?![\d:])")  # ISO 8601 without colons: T1300, T13
_WITH_H = re.compile(r"(?<![\d:.+\-−])(?P<h>\d{1,2})h(?P<m>\d{2})?(?![\da-z:])")  # 13h00
_CLOCKS = (_TIME, _HOUR, _COMPACT, _BASIC, _WITH_H)
_OFFSET = re.compile(r"(?:(?<!\w)(?:utc|gmt)\s?|(?<![a-z]))(?P<sign>[+\-−])(?P<h>\d{1,2})(?::?(?P<m>\d{2}))?(?![\d:])")
_ZONE = re.compile(r"(?<![\w/])(?P<name>[a-z]{1,5})(?![\w/])")
_REGION = re.compile(r"(?<![\w/])[a-z_]+/[a-z_]+(?:/[a-z_]+)?(?![\w/])")


def clock_in(text: str) -> tuple[tuple[timedelta, Precision] | None, str]:
    """The one time of day of a text with its precision, and the text without it; None where there is none, or two."""
    for pattern in _CLOCKS:
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


def offset_in(text: str, wall: datetime, regions: list[ZoneInfo]) -> tuple[timedelta | None, str]:
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
    places = [*regions, *filter(None, map(region, _REGION.findall(rest)))]
    rest = _REGION.sub(lambda found: " " if region(found[0]) else found[0], rest)
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
def region(name: str) -> ZoneInfo | None:
    """The zone of a region such as europe/zurich or us/eastern, in any case; None where there is none."""
    if name.upper() in ("UTC", "GMT", "Z"):
        return ZoneInfo("UTC")
    known = _regions().get(name.lower())
    return ZoneInfo(known) if known else None


@cache
def _regions() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones() if "/" in name}
