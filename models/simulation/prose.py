"""Varied press-release prose that carries a planted kind and strength of news.

The phrases live in ``prose.toml``; this module is a small recursive grammar over them: ``{slot}`` expands to
another bank or to a drawn fact, ``[a|b]`` is an inline choice.  Every name in the bank is invented.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from numpy.random import Generator

KINDS: tuple[str, ...] = ("partnership", "listing", "product", "funding", "treasury", "hack", "lawsuit", "delay")
STYLES: tuple[str, ...] = ("human", "machine")
MIN_WORDS, MAX_WORDS = 60, 350

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_ARTICLE = re.compile(r"\b([Aa]) (?=[aeiouAEIO])(?!one\b|one-|once|uni|use|usa|uti|eu)")
_START = re.compile(r"(?:(?<=[.?!] )|(?<=[.?!]\" )|(?<=— )|(?<=\bA: )|^)[a-z]", re.MULTILINE)
_ASSET, _TICKER = "\x00", "\x01"  # stand-ins until the text is tidied, so that names are never altered
_MIDDLE_PARAGRAPHS = {"terse": 1, "plain": 2, "bullets": 2, "qa": 2, "long": 3}  # shape -> middle paragraphs


def register_of(strength: float) -> str:
    """Register of a strength in [0, 1]: 'weak' below 1/3, 'strong' above 2/3, 'medium' between."""
    return "weak" if strength < 1 / 3 else "strong" if strength > 2 / 3 else "medium"


@cache
def _phrase_bank() -> dict[str, Any]:
    """The parsed phrase bank, read from disk once."""
    with Path(__file__).with_name("prose.toml").open("rb") as handle:
        return tomllib.load(handle)


@cache
def _phrases(kind: str, register: str, style: str) -> tuple[dict[str, list[str]], dict[str, list[float]]]:
    """The phrase banks open to one (kind, register, style), and the log10 ranges of the numbers in them."""
    bank, of_kind = _phrase_bank(), _phrase_bank()["kind"][kind]
    banks = {**bank["shared"], **bank["style"][style], **of_kind[register], "quote": of_kind[style]}
    banks |= {name: of_kind[name] for name in ("headline", "lede", "detail", "fact")}
    banks["weigh"] = bank["weigh"][of_kind["tone"]][register]["sentence"]
    low, high = of_kind["amount"]
    return banks, {**bank["range"], "amount": [low, high], "amount2": [low - 0.7, high - 0.7]}


def _number(value: float) -> str:
    """A count to two significant figures: '840', '31,000', '2.4 million', '1.1 billion'."""
    value = float(f"{value:.2g}")
    for size, word in ((1e9, "billion"), (1e6, "million")):
        if value >= size:
            return f"{value / size:g} {word}"
    return f"{int(value):,}"


def _span(days: float) -> str:
    """A duration in days as words: days, weeks, months or years, always plural."""
    units = ((365.0, "years"), (30.4, "months"), (7.0, "weeks"), (1.0, "days"))
    size, unit = next((pair for pair in units if days >= 2 * pair[0]), units[-1])
    count = max(2, round(days / size))
    return f"{_phrase_bank()['shared']['small'][count - 2] if count < 10 else count} {unit}"


def _date(day: datetime) -> str:
    """'3 May 2024', whatever the locale."""
    return f"{day.day} {_phrase_bank()['months'][day.month - 1]} {day.year}"


class _ReleaseWriter:
    """The state of one release: drawn facts, phrases already used, and the generator's stream."""

    def __init__(self, rng: Generator, kind: str, strength: float, style: str, day: datetime) -> None:
        self._draw, self._strength, self._published = rng.random, strength, day
        self._banks, self._ranges = _phrases(kind, register_of(strength), style)
        self._used: dict[str, set[int]] = {}
        self._facts = {"asset": _ASSET, "ticker": _TICKER, "pubdate": _date(day), "yy": f"{day:%y}"}

    def between(self, low: int, high: int) -> int:
        """A uniform whole number from low up to, not including, high (one float from the stream)."""
        return low + int(self._draw() * (high - low))

    def one_of(self, options: Sequence[str]) -> str:
        """One of the options, uniformly."""
        return options[self.between(0, len(options))]

    def say(self, bank: str) -> str:
        """One expanded phrase from a bank; no phrase comes twice until the bank has run out."""
        phrases, used = self._banks[bank], self._used.setdefault(bank, set())
        if len(used) == len(phrases):
            used.clear()
        at = self.between(0, len(phrases))
        while at in used:
            at = (at + 1) % len(phrases)
        used.add(at)
        return self.expand(phrases[at])

    def expand(self, phrase: str) -> str:
        """The phrase with its inline choices made (innermost first) and its slots filled."""
        while "[" in phrase:
            phrase = _CHOICE.sub(lambda match: self.one_of(match[1].split("|")), phrase)
        return _SLOT.sub(lambda match: self._fill(match[1]), phrase)

    def _fill(self, slot: str) -> str:
        """A slot's text: the same throughout a release, save for the slots that the bank calls fresh."""
        text = self._facts.get(slot) or self._fact(slot)
        if slot not in _phrase_bank()["fresh"]:
            self._facts[slot] = text
        return text

    def _fact(self, slot: str) -> str:
        """A newly drawn fact; numbers with a range grow with the strength, give or take 6 % of the range."""
        if slot in self._ranges:
            low, high = self._ranges[slot]
            share = min(1.0, max(0.0, self._strength + 0.12 * (self._draw() - 0.5)))
            value = 10 ** (low + (high - low) * share)
            if slot in ("pct", "pct2"):
                return f"{value:.1f}%" if value < 10 else f"{value:.0f}%"
            return _span(value) if slot in ("term", "slip") else "$" * (slot[:6] == "amount") + _number(value)
        if slot in _phrase_bank()["days"]:
            text = _date(self._published + timedelta(days=self.between(*_phrase_bank()["days"][slot])))
            return text.split(" ", 1)[1] if slot == "pastmonth" else text
        if slot in _phrase_bank()["count"]:
            return f"{self.between(*_phrase_bank()['count'][slot]):,}"
        return self.say(slot.rstrip("2345"))

    def paragraph(self) -> str:
        """One plain paragraph: details, a quotation or a weighing, perhaps an aside, rotated."""
        leads = [self.say("connective") if self._draw() < 0.3 else "" for _ in range(self.between(1, 4))]
        parts = [lead + self.say("detail") for lead in leads]
        self._facts["q"] = self.say("quote")
        parts.append(self.say("frame" if self._draw() < 0.6 else "weigh"))
        parts += [self.say("aside")] if self._draw() < 0.45 else []
        turn = self.between(0, len(parts))
        return " ".join(parts[turn:] + parts[:turn])

    def listing(self, shape: str) -> str:
        """A bullet list or a round of questions and answers."""
        if shape == "bullets":
            return "\n- ".join(map(self.say, ["bullets_lead"] + ["fact"] * self.between(3, 6)))
        pairs = (("q_detail", "detail"), ("q_weigh", "weigh"), ("q_next", "outlook"))[self.between(0, 2) :]
        return "\n".join(f"Q: {self.say(question)}\nA: {self.say(answer)}" for question, answer in pairs)

    def body(self) -> str:
        """Two to five paragraphs, MIN_WORDS to MAX_WORDS words."""
        shape = self.one_of(tuple(_MIDDLE_PARAGRAPHS))
        opening = [self.say("lede"), *(self.say(bank) for bank in ("weigh", "detail") if self._draw() < 0.55)]
        paragraphs = [f"{self._fill('city').upper()}, {_date(self._published)} — " + " ".join(opening)]
        paragraphs += [self.paragraph() for _ in range(_MIDDLE_PARAGRAPHS[shape] - (shape in ("bullets", "qa")))]
        if shape in ("bullets", "qa"):
            paragraphs.insert(self.between(1, 3), self.listing(shape))
        if shape != "terse" or self._draw() < 0.4:
            parts = [self.say(bank) for bank in ("outlook", "caveat") if self._draw() < 0.6]
            paragraphs.append(" ".join([*parts, self.say("about" if self._draw() < 0.4 else "closing")]))
        while len(" ".join(paragraphs).split()) < MIN_WORDS + 8:
            paragraphs[-1] += f" {self.say('weigh')} {self.say('detail')}"
        while len(paragraphs) > 2 and len(" ".join(paragraphs).split()) > MAX_WORDS - 20:
            paragraphs.pop()
        return "\n\n".join(paragraphs)


def _tidy(text: str, asset_name: str, ticker: str) -> str:
    """Capitals at sentence starts, 'an' before vowels, and the real names in place of their stand-ins."""
    text = _START.sub(lambda match: match[0].upper(), _ARTICLE.sub(r"\1n ", text))
    return text.replace(_ASSET, asset_name).replace(_TICKER, ticker)


def write_release(
    rng: Generator, *, kind: str, strength: float, asset_name: str, ticker: str, style: str, published: datetime
) -> tuple[str, str]:
    """Write the headline and body of one press release.

    Args:
        rng: source of every choice; it is advanced.  The result depends on its state and the arguments alone.
        kind: what the news is, one of KINDS.
        strength: how strong the news is, 0 (slight) to 1 (overwhelming); it sets the vocabulary's register
            (see register_of) and, continuously, the size of amounts, counts, shares and durations.
        asset_name, ticker: the asset as printed, for example "Tarn Coin" and "TARN".
        style: "human" (irregular, concrete) or "machine" (smooth, hedged, in triplets); facts are shared.
        published: the date on the dateline; every other date is drawn around it.
    Returns: the headline (one line) and the body (two to five paragraphs, 60 to 350 words).
    Raises ValueError when kind or style is not known, or strength lies outside [0, 1].
    """
    for name, value, known in (("kind", kind, KINDS), ("style", style, STYLES)):
        if value not in known:
            raise ValueError(f"{name} is {value!r}, expected one of {', '.join(known)}; pass one of them")
    if not 0.0 <= strength <= 1.0:
        raise ValueError(f"strength is {strength!r}, expected a number in [0, 1]; rescale or clip it first")
    release = _ReleaseWriter(rng, kind, float(strength), style, published)
    headline, body = (_tidy(text, asset_name, ticker) for text in (release.say("headline"), release.body()))
    return headline, body
