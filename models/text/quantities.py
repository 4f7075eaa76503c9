"""Figures, amounts and dates of a short text, as they are compared between texts of nearly the same words."""

import math
import re

_NUMBER = re.compile(
    r"(?<![\w.])(\d[\d,]*(?:\.\d+)?)\s?(k|m|mn|mln|bn|b|bln|trn|thousand|million|billion|trillion|%|percent)?(?![\w])"
)
_UNIT = {
    "k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "mln": 1e6, "million": 1e6, "bn": 1e9, "b": 1e9, "bln": 1e9,
    "billion": 1e9, "trn": 1e12, "trillion": 1e12,
}  # fmt: skip
_SPELT = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11,
    "twelve": 12, "dozen": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
    "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100, "second": 2, "third": 3, "fourth": 4, "fifth": 5,
    "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "half": 0.5, "quarter": 0.25,
}  # fmt: skip
_SPELT_NUMBER = re.compile(r"\b(" + "|".join(_SPELT) + r")\b(?:\s+(hundred|thousand|million|billion))?")
_YEAR = re.compile(r"(?:19|20)\d\d")
_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s"
_AFTER_MONTH = re.compile(_MONTH + "$")
_DATE = re.compile(_MONTH + r"(\d{1,2})(?!\d)|(?<!\d)(\d{1,2})(?:st|nd|rd|th)?\s" + _MONTH.removesuffix(r"\.?\s"))
_QUARTER = re.compile(r"\b(q[1-4]|h[12])\b")
_ISO = re.compile(r"(?<!\d)(\d{4})[-/](\d{2})[-/](\d{2})(?!\d)")


def figures_in(text: str) -> frozenset[float]:
    """Figures of a text at three digits, in digits or words; years and days of a month are none."""
    lower = _ISO.sub(" ", text.lower())
    found = {_at_three_digits(match) for match in _NUMBER.finditer(lower) if not _is_date(match, lower)}
    spelt = {_SPELT[m[1]] * {"hundred": 1e2, **_UNIT}.get(m[2] or "", 1.0) for m in _SPELT_NUMBER.finditer(lower)}
    return frozenset(found | spelt)


def amounts_in(text: str) -> frozenset[float]:
    """Figures of money, with a unit or in percent: what a headline states, and not what it counts itself by."""
    lower = _ISO.sub(" ", text.lower())
    return frozenset(
        _at_three_digits(match)
        for match in _NUMBER.finditer(lower)
        if match[2] or lower[: match.start()].rstrip()[-1:] in ("$", "€", "£", "¥")
    )


def dates_in(text: str) -> frozenset[str]:
    """Days of a month, quarters and, where there is neither, years of a text."""
    lower = text.lower()
    days = {f"{m[1] or m[4]} {int(m[2] or m[3])}" for m in _DATE.finditer(lower)}
    days |= {m[0].replace("/", "-") for m in _ISO.finditer(lower)} | set(_QUARTER.findall(lower))
    return frozenset(days or set(_YEAR.findall(lower)))


def _is_date(match: re.Match[str], lower: str) -> bool:
    is_day = len(match[1]) <= 2 and _AFTER_MONTH.search(lower[: match.start()])
    return bool(_YEAR.fullmatch(match[1]) or is_day)


def _at_three_digits(match: re.Match[str]) -> float:
    value = float(match[1].replace(",", "")) * _UNIT.get(match[2] or "", 1.0)
    return float(f"{value:.3g}") if math.isfinite(value) else value
