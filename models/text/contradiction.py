"""Texts of nearly the same words that say something else: a denial, an opposite, other figures."""

import math
import re
from dataclasses import dataclass

import polars as pl

from domain.assets.pairs import GLUED_QUOTES

LEAD_WORDS = 45  # of the body, beside the title
VERBATIM = 0.9  # of texts as alike as this the titles alone are asked
SAME_SHARE = 0.5  # of the fewer figures of two leads that have to be the same

_DENIALS = frozenset(
    {
        "not", "never", "false", "falsely", "fake", "hoax", "untrue", "incorrect", "inaccurate", "fabricated", "denies",
        "denied", "deny", "denying", "refutes", "refuted", "rejects", "debunks", "debunked", "retracts", "retracted",
        "retraction", "correction", "corrects", "corrected", "cancels", "cancelled", "canceled", "cannot", "didn",
        "isn", "wasn", "doesn", "hasn", "won", "wouldn", "aren",
    }
)  # fmt: skip
_OPPOSITES = (
    ({"pause", "pauses", "paused", "suspend", "suspends", "suspended", "halt", "halts", "halted", "disables", "closes"},
     {"resume", "resumes", "resumed", "restores", "restored", "reopens", "reopened", "reenables", "enables"}),
    ({"buy", "buys", "bought", "purchases", "purchased", "acquires", "acquired", "adds"},
     {"sell", "sells", "sold", "dumps", "offloads", "divests"}),
    ({"list", "lists", "listed", "listing"}, {"delist", "delists", "delisted", "delisting"}),
    ({"approve", "approves", "approved", "clears"}, {"reject", "rejects", "rejected", "denies", "delays", "delayed"}),
    ({"mint", "mints", "minted", "issues"}, {"burn", "burns", "burned", "burnt", "redeems"}),
    ({"rise", "rises", "rose", "jumps", "surges", "soars", "gains", "climbs", "rallies", "up", "rebounds", "recovers"},
     {"fall", "falls", "fell", "drops", "slumps", "plunges", "tumbles", "slides", "declines", "down", "dips",
      "crashes"}),
    ({"inflow", "inflows"}, {"outflow", "outflows"}),
    ({"deposit", "deposits"}, {"withdrawal", "withdrawals", "withdraws"}),
    ({"opens", "open", "starts", "begins"}, {"closes", "ends", "expires"}),
    ({"launches", "launched"}, {"shuts", "discontinues", "sunsets"}),
    ({"long", "longs"}, {"short", "shorts"}),
    ({"bullish"}, {"bearish"}),
)  # fmt: skip
_SIDES = {
    word: 1 << (2 * number + side)
    for number, pair in enumerate(_OPPOSITES)
    for side, words in enumerate(pair)
    for word in words
}
_NUMBER = re.compile(
    r"(?<![\w.])(\d[\d,]*(?:\.\d+)?)\s?(k|m|mn|mln|bn|b|bln|trn|thousand|million|billion|trillion|%|percent)?(?![\w])"
)
_UNIT = {
    "k": 1e3, "thousand": 1e3, "m": 1e6, "mn": 1e6, "mln": 1e6, "million": 1e6, "bn": 1e9, "b": 1e9, "bln": 1e9,
    "billion": 1e9, "trn": 1e12, "trillion": 1e12,
}  # fmt: skip
_CODE = re.compile(r"(?<![\w/])[A-Z0-9]*[A-Z][A-Z0-9]*(?:/[A-Z0-9]+)?(?![\w/])|(?<=\()[A-Za-z0-9]{2,10}(?=\))")
_LEVERAGE = re.compile(r"\d+X")
_NO_CODES = frozenset(
    {
        "a", "i", "update", "wrapup", "graphic", "live", "markets", "exclusive", "factbox", "rpt", "corrected",
        "breaking", "us", "uk", "eu", "un", "ceo", "cfo", "sec", "cftc", "etf", "etfs", "nft", "nfts", "ipo", "ico",
        "usd", "utc", "ai", "dao", "ftx", "imf", "fed", "ecb", "q1", "q2", "q3", "q4",
    }
)  # fmt: skip
_YEAR = re.compile(r"(?:19|20)\d\d")
_MONTH = re.compile(r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?\s$")
_WORDS = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class Said:
    """What of a text weighs when it is told apart from one of nearly the same words."""

    title_denies: bool
    lead_denies: bool
    sides: int
    title_figures: frozenset[float]
    lead_figures: frozenset[float]
    title_codes: frozenset[str]
    has_body: bool


def what_is_said(documents: pl.DataFrame) -> list[Said]:
    """What each document (title, body) says in its title and lead."""
    lead = pl.col("body").fill_null("").str.slice(0, 12 * LEAD_WORDS)
    rows = documents.select(pl.col("title").fill_null(""), lead.str.to_lowercase()).iter_rows()
    return [_said(title, body) for title, body in rows]


def _said(written: str, body: str) -> Said:
    title = written.lower()
    lead = " ".join(body.split()[:LEAD_WORDS])
    words = _WORDS.findall(title)
    sides = 0
    for word in words:
        sides |= _SIDES.get(word, 0)
    title_denies, lead_denies = (not _DENIALS.isdisjoint(found) for found in (words, _WORDS.findall(lead)))
    return Said(title_denies, lead_denies, sides, _figures(title), _figures(lead), _codes(written), bool(lead))


def _codes(title: str) -> frozenset[str]:
    """Codes in capitals or brackets of a title that is not all in capitals: tickers and pairs. Leverage, and what a
    contract is paid in, are none.
    """
    if title.isupper():
        return frozenset()
    codes = (code for code in _CODE.findall(title) if code not in GLUED_QUOTES and not _LEVERAGE.fullmatch(code))
    return frozenset(map(str.lower, codes)) - _NO_CODES


def _figures(text: str) -> frozenset[float]:
    """Figures of a text at three digits; years and days of a month are none."""
    found = set()
    for match in _NUMBER.finditer(text):
        if _YEAR.fullmatch(match[1]) or (len(match[1]) <= 2 and _MONTH.search(text[: match.start()])):
            continue
        value = float(match[1].replace(",", "")) * _UNIT.get(match[2] or "", 1.0)
        found.add(float(f"{value:.3g}") if math.isfinite(value) else value)
    return frozenset(found)


def contradict(a: Said, b: Said, similarity: float) -> bool:
    """Whether two texts of nearly the same words tell two things.

    One denies and the other does not; their titles take opposite sides, or name codes of which they share none (two
    coins are listed in the same words); each title has a figure that the other lacks, and the leads do not have the
    same ones (a number that only counts copies is none); or their leads, where a title has no figure, share fewer than
    half of theirs. Of texts that are alike almost word for word the titles alone are asked.
    """
    verbatim = similarity >= VERBATIM
    denies_alone = a.title_denies != b.title_denies if verbatim else _denies(a) != _denies(b)
    if denies_alone or _opposed(a.sides, b.sides):
        return True
    if a.title_codes and b.title_codes and a.title_codes.isdisjoint(b.title_codes):
        return True
    if a.title_figures and b.title_figures:
        each = bool(a.title_figures - b.title_figures) and bool(b.title_figures - a.title_figures)
        return each and not (a.has_body and b.has_body and a.lead_figures == b.lead_figures)
    fewer = min(len(a.lead_figures), len(b.lead_figures))
    return not verbatim and fewer > 0 and len(a.lead_figures & b.lead_figures) < SAME_SHARE * fewer


def _denies(said: Said) -> bool:
    return said.title_denies or said.lead_denies


_FIRST_SIDES = sum(1 << (2 * n) for n in range(len(_OPPOSITES)))


def _opposed(a: int, b: int) -> bool:
    """Whether, of some pair of opposites, one text has the one side alone and the other the other alone."""
    only_first = [x & ~(x >> 1) & _FIRST_SIDES for x in (a, b)]
    only_second = [(x >> 1) & ~x & _FIRST_SIDES for x in (a, b)]
    return bool(only_first[0] & only_second[1] | only_second[0] & only_first[1])
