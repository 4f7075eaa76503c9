"""Texts of nearly the same words that say something else: a denial, an opposite, other figures, another name."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import takewhile

import polars as pl

from domain.assets.pairs import GLUED_QUOTES
from models.text.linking.catalogue import load_catalogue
from models.text.opposites import DENIALS, NO_CODES, STOPWORDS, opposed, sides_of
from models.text.quantities import amounts_in, dates_in, figures_in

LEAD_WORDS = 45  # of the body, beside the title
WIDE_WORDS = 80  # of the other text's body, in which a word of the lead may stand as well
VERBATIM = 0.9  # of texts as alike as this a standing headline says nothing
SAME_SHARE = 0.5  # of the fewer figures of two leads that have to be the same
FOREIGN = 0.25  # of a headline's own words that the other text has, up to which it speaks of something else
STANDING_WORDS = 4  # that two headlines have in common, from which one word of their own is enough
STEM = 4
ABOUT = 0.5  # of the words of a clause that denies, from which it denies what the other text says
_CODE = re.compile(r"(?<![\w/])[A-Z0-9]*[A-Z][A-Z0-9]*(?:/[A-Z0-9]+)?(?![\w/])|(?<=\()[A-Za-z0-9]{2,10}(?=\))")
QUOTED_IN = frozenset(GLUED_QUOTES)
_LEVERAGE = re.compile(r"\d+X")
_CLAUSE = re.compile(r"[.:;!?]\s|\n")
_WORDS = re.compile(r"[a-z]+|\d[\d,.]*")


@dataclass(frozen=True)
class Said:
    """What of a text weighs when it is told apart from one of nearly the same words."""

    title: tuple[str, ...]
    lead: frozenset[str]
    wide: frozenset[str]
    names: frozenset[str]
    figures: frozenset[float]
    amounts: frozenset[float]
    dates: frozenset[str]
    lead_figures: frozenset[float]
    codes: frozenset[str]
    assets: frozenset[str]
    denials: tuple[frozenset[str], ...]


def what_is_said(documents: pl.DataFrame) -> list[Said]:
    """What each document (title, body) says in its title and lead."""
    head = pl.col("body").fill_null("").str.slice(0, 12 * WIDE_WORDS)
    return [_said(title, body) for title, body in documents.select(pl.col("title").fill_null(""), head).iter_rows()]


def _said(written: str, body: str) -> Said:
    title = tuple(word.strip(".,") for word in _WORDS.findall(written.lower()))
    given = body.split()
    lead_text, wide_text = " ".join(given[:LEAD_WORDS]), " ".join(given[:WIDE_WORDS])
    lead, wide = (frozenset(_WORDS.findall(text.lower())) for text in (lead_text, wide_text))
    capitalised = {word.lower().strip(".,:;'’()\"“”") for word in given[:LEAD_WORDS] if word[:1].isupper()}
    names = capitalised - {word.strip(".,") for word in given[:WIDE_WORDS] if word[:1].islower()} - STOPWORDS
    return Said(
        title, lead, wide, frozenset(names & set(title)), figures_in(written), amounts_in(written), dates_in(written),
        figures_in(lead_text), _codes(written), _assets(title), _denials(f"{written}. {lead_text}"),
    )  # fmt: skip


def _denials(text: str) -> tuple[frozenset[str], ...]:
    """What each clause that denies is about: the stems of its other words."""
    clauses = (_WORDS.findall(clause) for clause in _CLAUSE.split(text.lower()))
    return tuple(frozenset(_stems(set(words) - DENIALS)) for words in clauses if not DENIALS.isdisjoint(words))


def _codes(title: str) -> frozenset[str]:
    """Codes in capitals or brackets of a title that is not all in capitals: tickers and pairs. Leverage, and what a
    contract is paid in, are none.
    """
    if title.isupper():
        return frozenset()
    codes = (code for code in _CODE.findall(title) if code not in GLUED_QUOTES and not _LEVERAGE.fullmatch(code))
    return frozenset(map(str.lower, codes)) - NO_CODES


@cache
def _asset_names() -> dict[str, str]:
    """The asset of every name of one word that is no trap."""
    found = load_catalogue().spellings
    sure = {
        text: own[0] for text, own in found.items() if len(own) == 1 and own[0].rule in ("names", "proper", "ticker")
    }
    return {text: own.asset for text, own in sure.items() if text.isalpha()}


def _assets(title: tuple[str, ...]) -> frozenset[str]:
    known = _asset_names()
    return frozenset(known[word] for word in title if word in known and word not in STOPWORDS) - QUOTED_IN


def contradict(a: Said, b: Said, similarity: float) -> bool:
    """Whether two texts of nearly the same words tell two things.

    One denies and the other does not; words that only one of them has take opposite sides; their titles name other
    assets, codes, dates or people, or figures that are not the same; they only share a standing headline; or their
    leads share fewer than half of their figures.
    """
    if _denies(a, b) != _denies(b, a) or _opposite(a, b):
        return True
    if _apart(a.codes, b.codes) and not _same_assets(a, b):
        return True
    if _apart(a.assets, b.assets) or _apart(a.dates, b.dates) or _others(a, b):
        return True
    if similarity < VERBATIM and _standing(a, b):
        return True
    return _other_figures(a, b, is_verbatim=similarity >= VERBATIM)


def _apart(a: frozenset[str], b: frozenset[str]) -> bool:
    return bool(a and b and a.isdisjoint(b))


def _denies(a: Said, b: Said) -> bool:
    """Whether `a` denies something that `b` speaks of, where `b` denies nothing even further on. What is only added to
    a text ("this is no investment advice") denies nothing in it.
    """
    if not a.denials or DENIALS & (b.wide | set(b.title)):
        return False
    there = _stems(b.wide) | _stems(b.title)
    return any(len(clause & there) >= ABOUT * len(clause) for clause in a.denials)


def _opposite(a: Said, b: Said) -> bool:
    """Whether the titles, or the words of each lead that the other text has nowhere, take opposite sides."""
    if opposed(sides_of(a.title), sides_of(b.title)):
        return True
    own_a, own_b = a.lead - b.wide - set(b.title), b.lead - a.wide - set(a.title)
    return opposed(sides_of(own_a), sides_of(own_b))


def _others(a: Said, b: Said) -> bool:
    """Whether each title has a name that its own text repeats and the other text has nowhere."""
    own_a, own_b = (x.names - y.wide - set(y.title) for x, y in ((a, b), (b, a)))
    return bool(own_a and own_b)


def _same_assets(a: Said, b: Said) -> bool:
    """Whether titles without trading pairs name an asset in common, in whatever words."""
    return bool(a.assets & b.assets) and not any("/" in code for code in a.codes | b.codes)


def _standing(a: Said, b: Said) -> bool:
    """Whether two texts have only what is standing in common ("LIVE MARKETS …", "… + More News"): beyond what both
    headlines begin with, or end with, the words of each are hardly anywhere in the other text.
    """
    begins = _alike(zip(a.title, b.title, strict=False))
    ends = _alike(zip(reversed(a.title[begins:]), reversed(b.title[begins:]), strict=False))
    if begins and ends:  # one sentence with other words in its middle
        return False
    own_a, own_b = (_stems(title[begins : len(title) - ends]) for title in (a.title, b.title))
    if min(len(own_a), len(own_b)) < (1 if begins + ends >= STANDING_WORDS else 2):
        return False
    there_a, there_b = _stems(a.wide) | _stems(a.title), _stems(b.wide) | _stems(b.title)
    return len(own_a & there_b) <= FOREIGN * len(own_a) and len(own_b & there_a) <= FOREIGN * len(own_b)


def _alike(pairs: Iterable[tuple[str, str]]) -> int:
    """How many pairs of words are the same before the first that is not."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _stems(words: Iterable[str]) -> set[str]:
    """The beginnings of words that say something: jobs and job, tapering and taper are one."""
    return {word[:STEM] for word in words if word not in STOPWORDS}


def _other_figures(a: Said, b: Said, *, is_verbatim: bool) -> bool:
    """Whether each title has an amount, or a figure that the leads do not settle, which the other lacks; or the leads,
    where a title has none, share fewer than half of theirs.
    """
    if a.amounts - b.figures - b.lead_figures and b.amounts - a.figures - a.lead_figures:
        return True
    if a.figures and b.figures:
        each = bool(a.figures - b.figures) and bool(b.figures - a.figures)
        return each and not (a.lead and b.lead and a.lead_figures == b.lead_figures)
    fewer = min(len(a.lead_figures), len(b.lead_figures))
    return not is_verbatim and fewer > 0 and len(a.lead_figures & b.lead_figures) < SAME_SHARE * fewer
