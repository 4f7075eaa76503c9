"""Mentions of assets in a text, and the rules by which a word counts as one."""

import re
from dataclasses import dataclass, field, replace
from itertools import pairwise

from models.text.linking.catalogue import GLUED, Spelling, ignoring_case, load_catalogue

MAX_CHARACTERS = {"title": 1_000, "body": 50_000}  # characters
LEAD, EARLIEST_TAIL = 450, 200  # characters: a body's summary; before this no boilerplate begins


# Matched right after a spelling, or searched right before it. Each is bounded: no text makes them slow.
_BASE = re.compile(r" ?/ ?[A-Z]{3,5}\b|[-_:](?:USD[TCP]?|BUSD|TUSD|FDUSD|EUR|GBP|BTC|ETH|BNB|PERP)\b")
_QUOTE = re.compile(r"[A-Za-z] ?[/_] ?$|[A-Z]{2}-$|\b0\.\d{3,12} $")
_PAIRS = ignoring_case(r"(?:/[A-Z]{3,5}){0,6} (?:trading )?pairs?\b")
_AMOUNT = ignoring_case(r"\d ?(?:million|billion|thousand|[mkb]n?)? $")
_COUNTED = re.compile(r" \d[\d,.]*(?!\w)")
_BRACKET = ignoring_case(r"(?:'s)? ?(?:\w{1,12} )?\( ?(?:(?:crypto|ticker|symbol): ?)?[$#]?")
_OPEN = re.compile(r"\( ?$")
_ENUMERATED = ignoring_case(r",? (?:and|&|or) |, |/|\n")
_STOCK = ignoring_case(r"(?:NASDAQ|NYSE|OTC\w{0,4}|TSXV?|CSE|LSE|AMEX|ASX) ?: ?$")
_SITE = ignoring_case(r"\.(?:com|org|io|net|co|info|us)\b")
_FIRST = ignoring_case(r"(?:^|[.!?|\n][\"')\]]? {0,2})$")


@dataclass(frozen=True)
class Mention:
    """A spelling found in a text, in the sentence with this number."""

    asset: str
    text: str
    rule: str
    start: int
    end: int
    sentence: int
    form: str = "plain"
    cased: bool = True  # written as its rule requires: a name with a capital, a ticker in upper case amid lower case
    sure: bool = False  # cashtag, trading pair, or name and ticker side by side
    backed: bool = False  # beside a word, number or ticker that usually accompanies an asset
    pair: bool = False

    def counts(self, in_context: bool, companions: set[str]) -> bool:
        """Whether it names its asset.

        `in_context`: whether the text is about crypto assets; `companions`: assets that it certainly names.
        """
        if self.sure or self.rule in ("names", "issuers"):
            return True
        if self.rule == "marked":
            return False
        if self.rule == "confirmed":
            return self.cased and ((self.backed and in_context) or self.asset in companions)
        return self.cased and (in_context or self.backed or self.rule == "proper")


@dataclass
class Scan:
    """Mentions and roles found in one text, and the character at which its boilerplate begins."""

    mentions: list[Mention] = field(default_factory=list)
    roles: set[str] = field(default_factory=set)
    tail: int = MAX_CHARACTERS["body"] + 1


def scan_text(text: str) -> Scan:
    """Find the mentions, roles and boilerplate of a text in one pass."""
    catalogue = load_catalogue()
    text = text.translate(_PLAIN)
    lower = text.lower()
    if len(lower) != len(text):  # a letter that lengthens would shift all positions after it
        lower = "".join(low if len(low := c.lower()) == 1 else c for c in text)
    all_lower, found_in_text, sentence = text.islower(), Scan(), 0
    for match in catalogue.pattern.finditer(lower):
        found, start, end = match[0], match.start(), match.end()
        role = catalogue.roles.get(found)
        if found in catalogue.spellings or role == "pair":
            mention = _mention(text, start, end, sentence, all_lower)
            if mention:
                found_in_text.mentions.append(mention)
        elif role == "tails" and start >= EARLIEST_TAIL:
            found_in_text.tail = min(found_in_text.tail, start)
        elif role:
            found_in_text.roles.add(role)
        elif found[0] in "\n.!?":
            sentence += 1
            if found.endswith("about ") and 2 * start > len(text) and text[end - 6 : end + 1].istitle():
                found_in_text.tail = min(found_in_text.tail, start)
    found_in_text.mentions = _confirm_neighbours(text, found_in_text.mentions)
    return found_in_text


_PLAIN = str.maketrans({"\xa0": " ", "’": "'", "‘": "'"})


def _mention(text: str, start: int, end: int, sentence: int, all_lower: bool) -> Mention | None:
    """The mention at this place with its form, or None where the spelling means something else."""
    catalogue = load_catalogue()
    found, before, after = text[start:end], text[max(0, start - 60) : start], text[end : end + 40]
    in_address = before[-1:] == "@" or (before[-1:] == "." and found[0].islower()) or _SITE.match(after)
    if in_address or _STOCK.search(before):
        return None
    options = catalogue.spellings.get(found.lower())
    if options is None:
        return _glued(found, start, end, sentence)
    quotes = _PAIRS.match(after)
    if found.isupper() and (_QUOTE.search(before) or (quotes and quotes[0].count("/") != 1)):
        return None
    chosen = next((s for s in options if s.text == found), None) or min(options, key=lambda s: s.text.isupper())
    ticker = chosen.text in catalogue.tickers
    pair = found.isupper() and bool(_BASE.match(after))
    amount = bool(_AMOUNT.search(before) or (ticker and _COUNTED.match(after)))
    at_market = ticker and (amount or bool(catalogue.beside["markets"].match(after)))
    return Mention(
        chosen.asset, found, _rule(chosen.rule, before, all_lower, ticker), start, end, sentence,
        form=_form(before, after, amount),
        cased=_cased(chosen, found, before + after, all_lower, ticker),
        sure=found.isupper() and (before[-1:] == "$" or (pair and ticker)),
        backed=at_market or bool(catalogue.beside["nouns"].match(after)),
        pair=pair,
    )  # fmt: skip


def _glued(found: str, start: int, end: int, sentence: int) -> Mention | None:
    """A ticker and its quote currency in one word: LINKUSDT."""
    quote = next((q for q in GLUED if found.isupper() and found.endswith(q)), "")
    asset = load_catalogue().tickers.get(found.removesuffix(quote)) if quote else None
    return Mention(asset, found, "ticker", start, end, sentence, "subject", sure=True, pair=True) if asset else None


def _rule(rule: str, before: str, all_lower: bool, ticker: bool) -> str:
    """The rule that applies here: a ticker in brackets may be that of a share, and lower-case text has no capitals."""
    if rule == "capitalised" and ticker and _OPEN.search(before):
        return "confirmed"
    return "capitalised" if rule == "proper" and all_lower else rule


def _form(before: str, after: str, amount: bool) -> str:
    """The role of a spelling between these neighbours, a key of CHANCE."""
    beside = load_catalogue().beside
    if beside["compared"].match(after):
        return "compared"
    if beside["passing"].search(before):
        return "passing"
    if amount:
        return "amount"
    if beside["modified"].match(after):
        return "modifier"
    return "subject" if beside["verbs"].match(after) or _FIRST.search(before) else "plain"


def _cased(chosen: Spelling, found: str, around: str, all_lower: bool, ticker: bool) -> bool:
    """Whether the spelling is written as its rule requires; `all_lower` texts have no capitals."""
    if chosen.rule == "in_context":
        return True
    if not ticker:
        return found[0].isupper() or found[0].isdigit() or (all_lower and chosen.rule in ("proper", "capitalised"))
    if chosen.rule in ("ticker", "contracts"):
        return found == chosen.text or all_lower
    return found == chosen.text and sum(map(str.isupper, around)) <= sum(map(str.islower, around))  # not shouted


def _confirm_neighbours(text: str, mentions: list[Mention]) -> list[Mention]:
    """The mentions, sure where name and ticker are adjacent ("Optimism (OP)"), backed where tickers are listed."""
    out = list(mentions)
    for i, (a, b) in enumerate(pairwise(mentions)):
        if b.start - a.end > 40:
            continue
        if a.asset == b.asset and _BRACKET.fullmatch(text, a.end, b.start):
            out[i], out[i + 1] = replace(out[i], sure=True), replace(out[i + 1], sure=True)
        elif a.text.isupper() and b.text.isupper() and _ENUMERATED.fullmatch(text, a.end, b.start):
            out[i], out[i + 1] = (replace(m, backed=True, cased=True) for m in out[i : i + 2])
    return out
