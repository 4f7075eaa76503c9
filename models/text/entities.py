"""Which crypto assets a document speaks of: names, tickers and traps from ``entities.toml``, weighed by place and form.

One compiled pass finds every spelling. A trap (an ordinary word: "near", "one", "polygon") counts only in the right
form or company. What counts is weighed by where it stands and how, and the sentences of a document are joined as
independent chances: the confidence is one minus the chance that none of them makes it speak of the asset.
"""

import re
import tomllib
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from math import prod
from pathlib import Path
from typing import Any

import polars as pl

METHOD = "entities-v1"
MIN_CONFIDENCE = 0.2
READ = {"title": 1_000, "body": 50_000}  # characters
LEAD, EARLIEST_TAIL = 450, 200  # characters: a body's summary; before this no boilerplate begins

# The chance that a sentence with the asset in this form makes the document one that speaks of it, by place: rounded
# from how often documents with a single such sentence did, among 370 that were read for development.
CHANCE = {
    "subject": {"title": 0.97, "lead": 0.85, "body": 0.60},  # "Ether rose", "LINK/USDT" where pairs are listed
    "plain": {"title": 0.95, "lead": 0.60, "body": 0.25},
    "modifier": {"title": 0.95, "lead": 0.30, "body": 0.12},  # "bitcoin mining firm", "Solana-based"
    "amount": {"title": 0.95, "lead": 0.20, "body": 0.12},  # "480 BTC"
    "passing": {"title": 0.60, "lead": 0.20, "body": 0.08},  # "such as Bitcoin"
    "compared": {"title": 0.30, "lead": 0.15, "body": 0.05},  # "bitcoin rival"
}
AS_TRAP, BY_COMPANY, IN_TAIL = 0.95, 0.6, 0.05  # what remains of the chance
CROWDED, LIST = (3, 0.6), (6, 0.3)  # more assets than this in one sentence of a body; what remains

LISTS = ("names", "issuers", "contracts", "proper", "in_context", "capitalised", "confirmed")
ROLES = ("context", "listing", "lookalikes", "tails")
NEIGHBOURS = {  # patterns around the words that entities.toml lists under each name
    "nouns": r"(?:'s)?[ -](?:native |governance )?(?:WORDS)\b",
    "markets": r"(?:'s)? (?:WORDS)\b",
    "verbs": r"(?: ?\([^()]{1,14}\))?(?:'s price)?,? (?:WORDS)\b",
    "modified": r"[- ](?:WORDS)\b",
    "compared": r"[- ](?:WORDS)\b",
    "passing": (
        r"\b(?:related|see also): .{0,40}$|\b(?:WORDS)(?: the)? "
        r"(?:[\w$'.-]{1,20}(?: \w{1,12})?(?:, (?:and )?| and | or | to )){0,4}$"
    ),
}
GLUED = ("USDT", "USDC", "BUSD", "USD", "BTC", "ETH", "BNB")
_SCHEMA = {"doc_id": pl.String, "asset": pl.String, "confidence": pl.Float64, "method": pl.String}


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


# Matched right after a spelling, or searched right before it. Each is bounded: no text makes them slow.
_BASE = re.compile(r" ?/ ?[A-Z]{3,5}\b|[-_:](?:USD[TCP]?|BUSD|TUSD|FDUSD|EUR|GBP|BTC|ETH|BNB|PERP)\b")
_QUOTE = re.compile(r"[A-Za-z] ?[/_] ?$|[A-Z]{2}-$|\b0\.\d{3,12} $")
_PAIRS = _words(r"(?:/[A-Z]{3,5}){0,6} (?:trading )?pairs?\b")
_AMOUNT = _words(r"\d ?(?:million|billion|thousand|[mkb]n?)? $")
_COUNTED = re.compile(r" \d[\d,.]*(?!\w)")
_BRACKET = _words(r"(?:'s)? ?(?:\w{1,12} )?\( ?(?:(?:crypto|ticker|symbol): ?)?[$#]?")
_OPEN = re.compile(r"\( ?$")
_ENUMERATED = _words(r",? (?:and|&|or) |, |/|\n")
_STOCK = _words(r"(?:NASDAQ|NYSE|OTC\w{0,4}|TSXV?|CSE|LSE|AMEX|ASX) ?: ?$")
_SITE = _words(r"\.(?:com|org|io|net|co|info|us)\b")
_FIRST = _words(r"(?:^|[.!?|\n][\"')\]]? {0,2})$")


@dataclass(frozen=True)
class Spelling:
    """One way to write an asset, and the rule by which it counts: a list of the table, or "ticker"."""

    asset: str
    text: str
    rule: str


@dataclass(frozen=True)
class Catalogue:
    """Spellings and phrases by their lower case, the asset of every ticker, and patterns of them all and NEIGHBOURS."""

    spellings: dict[str, tuple[Spelling, ...]]
    roles: dict[str, str]
    tickers: dict[str, str]
    pattern: re.Pattern[str]
    beside: dict[str, re.Pattern[str]]


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
    cased: bool = True  # written as its rule wants it: a name with a capital, a ticker in upper case amid lower case
    sure: bool = False  # cashtag, trading pair, or name and ticker side by side
    backed: bool = False  # beside a word, number or ticker that assets stand beside
    pair: bool = False

    def counts(self, in_context: bool, companions: set[str]) -> bool:
        """Whether it names its asset, in a document (not) of crypto assets that surely names `companions`."""
        if self.sure or self.rule in ("names", "issuers"):
            return True
        if self.rule == "confirmed":
            return self.cased and ((self.backed and in_context) or self.asset in companions)
        return self.cased and (in_context or self.backed or self.rule == "proper")


@dataclass
class Scan:
    """What one text holds, and where its boilerplate begins."""

    mentions: list[Mention] = field(default_factory=list)
    roles: set[str] = field(default_factory=set)
    tail: int = READ["body"] + 1


def link(documents: pl.DataFrame) -> pl.DataFrame:
    """`doc_id`, `asset`, `confidence`, `method` of every asset that one of `documents` (doc_id, title, body) speaks of.

    An asset is spoken of when it is a subject of the title or is discussed in at least one sentence, beyond a passing
    mention, a list or boilerplate. Confidence is the chance of that, 0 to 1; links below MIN_CONFIDENCE are left out.
    Title and body may be null; READ says how many characters of them are read. A document's links depend on itself
    alone; of documents with the same `doc_id` the first is read.
    """
    texts = documents.unique("doc_id", keep="first", maintain_order=True).select(
        "doc_id", *(pl.col(c).cast(pl.String).fill_null("").str.slice(0, n) for c, n in READ.items())
    )
    rows = [
        (doc_id, asset, confidence, METHOD)
        for doc_id, title, body in texts.iter_rows()
        for asset, confidence in sorted(confidences(title, body).items())
        if confidence >= MIN_CONFIDENCE
    ]
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def confidences(title: str, body: str) -> dict[str, float]:
    """Confidence of every asset that a text of this title and body names, however low."""
    chances: dict[str, list[float]] = {}
    for (asset, _, _), chance in _sentences(title, body).items():
        chances.setdefault(asset, []).append(1 - chance)
    return {asset: round(1 - prod(misses), 4) for asset, misses in chances.items()}


def _sentences(title: str, body: str) -> dict[tuple[str, bool, int], float]:
    """The best chance of each asset in each sentence, by (asset, whether in the title, number of the sentence)."""
    head, rest = _scan(title), _scan(body)
    both, roles = head.mentions + rest.mentions, head.roles | rest.roles
    always = {m.asset for m in both if m.counts(in_context=False, companions=set())}
    spelled: dict[str, set[str]] = {}
    for m in both:
        if m.cased and m.rule != "confirmed":
            spelled.setdefault(m.asset, set()).add(m.text.lower())
    in_context = bool(always) or "context" in roles or any(len(s) > 1 for s in spelled.values())
    companions = {m.asset for m in both if m.counts(in_context, set())}
    best: dict[tuple[str, bool, int], float] = {}
    for scan, in_title in ((head, True), (rest, False)):
        counted = [m for m in scan.mentions if m.counts(in_context, companions)]
        crowds: dict[int, set[str]] = {}
        for m in counted:
            crowds.setdefault(m.sentence, set()).add(m.asset)
        for m in counted:
            key = m.asset, in_title, m.sentence
            crowd = 1 if in_title else len(crowds[m.sentence])
            best[key] = max(best.get(key, 0.0), _chance(m, in_title, scan.tail, crowd, "listing" in roles))
    return best


def _chance(m: Mention, in_title: bool, tail: int, crowd: int, listing: bool) -> float:
    """The chance of one mention among `crowd` assets of a sentence."""
    place = "title" if in_title else "lead" if m.start < LEAD else "body"
    if listing and m.pair:
        return CHANCE["subject"]["lead"]
    ticker_in_listing = listing and m.text.isupper()
    chance = CHANCE["plain" if ticker_in_listing and m.form == "passing" else m.form][place]
    if not in_title and m.start >= tail:
        chance *= IN_TAIL
    if m.rule in ("capitalised", "confirmed"):
        chance *= AS_TRAP if m.rule == "capitalised" or m.sure or m.backed else BY_COMPANY
    if ticker_in_listing:
        return chance
    return chance * next((left for length, left in (LIST, CROWDED) if crowd > length), 1.0)


def _scan(text: str) -> Scan:
    """One pass over a text."""
    catalogue = load()
    text = text.translate(_PLAIN)
    lower = text.lower()
    if len(lower) != len(text):  # a letter that grows would shift everything after it
        lower = "".join(low if len(low := c.lower()) == 1 else c for c in text)
    flat, scan, sentence = text.islower(), Scan(), 0
    for match in catalogue.pattern.finditer(lower):
        found, start, end = match[0], match.start(), match.end()
        role = catalogue.roles.get(found)
        if found in catalogue.spellings or role == "pair":
            mention = _mention(text, start, end, sentence, flat)
            if mention:
                scan.mentions.append(mention)
        elif role == "tails" and start >= EARLIEST_TAIL:
            scan.tail = min(scan.tail, start)
        elif role:
            scan.roles.add(role)
        elif found[0] in "\n.!?":
            sentence += 1
            if found.endswith("about ") and 2 * start > len(text) and text[end - 6 : end + 1].istitle():
                scan.tail = min(scan.tail, start)
    scan.mentions = _together(text, scan.mentions)
    return scan


_PLAIN = str.maketrans({"\xa0": " ", "’": "'", "‘": "'"})


def _mention(text: str, start: int, end: int, sentence: int, flat: bool) -> Mention | None:
    """The mention at this place and its form, or None where the spelling names something else."""
    catalogue = load()
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
        chosen.asset, found, _rule(chosen.rule, before, flat, ticker), start, end, sentence,
        form=_form(before, after, amount),
        cased=_cased(chosen, found, before + after, flat, ticker),
        sure=found.isupper() and (before[-1:] == "$" or (pair and ticker)),
        backed=at_market or bool(catalogue.beside["nouns"].match(after)),
        pair=pair,
    )  # fmt: skip


def _glued(found: str, start: int, end: int, sentence: int) -> Mention | None:
    """A ticker and its quote currency in one word: LINKUSDT."""
    quote = next((q for q in GLUED if found.isupper() and found.endswith(q)), "")
    asset = load().tickers.get(found.removesuffix(quote)) if quote else None
    return Mention(asset, found, "ticker", start, end, sentence, "subject", sure=True, pair=True) if asset else None


def _rule(rule: str, before: str, flat: bool, ticker: bool) -> str:
    """The rule by which a spelling counts here: brackets may hold the ticker of a share, and no capitals prove none."""
    if rule == "capitalised" and ticker and _OPEN.search(before):
        return "confirmed"
    return "capitalised" if rule == "proper" and flat else rule


def _form(before: str, after: str, amount: bool) -> str:
    """What a spelling does between these neighbours, a key of CHANCE."""
    beside = load().beside
    if beside["compared"].match(after):
        return "compared"
    if beside["passing"].search(before):
        return "passing"
    if amount:
        return "amount"
    if beside["modified"].match(after):
        return "modifier"
    return "subject" if beside["verbs"].match(after) or _FIRST.search(before) else "plain"


def _cased(chosen: Spelling, found: str, around: str, flat: bool, ticker: bool) -> bool:
    """Whether the spelling is written as its rule wants it; `flat` texts have no capitals at all."""
    if chosen.rule == "in_context":
        return True
    if not ticker:
        return found[0].isupper() or found[0].isdigit() or (flat and chosen.rule in ("proper", "capitalised"))
    if chosen.rule in ("ticker", "contracts"):
        return found == chosen.text or flat
    shouted = sum(c.isupper() for c in around) > sum(c.islower() for c in around)
    return found == chosen.text and not shouted


def _together(text: str, mentions: list[Mention]) -> list[Mention]:
    """The mentions, sure where name and ticker stand together ("Optimism (OP)"), backed where tickers are listed."""
    out = list(mentions)
    for i, (a, b) in enumerate(pairwise(mentions)):
        if b.start - a.end > 40:
            continue
        if a.asset == b.asset and _BRACKET.fullmatch(text, a.end, b.start):
            out[i], out[i + 1] = replace(out[i], sure=True), replace(out[i + 1], sure=True)
        elif a.text.isupper() and b.text.isupper() and _ENUMERATED.fullmatch(text, a.end, b.start):
            out[i], out[i + 1] = (replace(m, backed=True, cased=True) for m in out[i : i + 2])
    return out


@cache
def load() -> Catalogue:
    """The catalogue of ``entities.toml``, read and checked once."""
    with Path(__file__).with_name("entities.toml").open("rb") as handle:
        return build(tomllib.load(handle))


@cache
def name_of(ticker: str) -> str:
    """What a person calls the asset ("Litecoin" for LTC). ValueError for a ticker that the table lacks."""
    with Path(__file__).with_name("entities.toml").open("rb") as handle:
        rows = {row["ticker"]: row for row in tomllib.load(handle)["asset"]}
    if ticker not in rows:
        raise ValueError(f"asset {ticker!r} is not in the table of entities; expected a ticker such as LTC")
    spellings = [text for rule in LISTS for text in rows[ticker].get(rule, ())]
    return next((text for text in spellings if text.lower() != ticker.lower()), ticker)


def build(table: dict[str, Any]) -> Catalogue:
    """The catalogue of a parsed ``entities.toml``. ValueError for a ticker or a spelling that stands there twice."""
    spellings: dict[str, list[Spelling]] = {}
    tickers: dict[str, str] = {}
    for row in table["asset"]:
        ticker, unknown = row["ticker"], row.keys() - {"ticker", *LISTS}
        if unknown:
            raise ValueError(f"{ticker} has {', '.join(sorted(unknown))} in entities.toml; expected {', '.join(LISTS)}")
        if ticker in tickers:
            raise ValueError(f"ticker {ticker!r} stands twice in entities.toml; join the two rows")
        tickers |= dict.fromkeys((ticker, *row.get("contracts", ())), ticker)
        for spelling in _of_row(row):
            twins = spellings.setdefault(spelling.text.lower(), [])
            twin = next((t for t in twins if t.asset != ticker or t.text == spelling.text), None)
            if twin:
                first, second = f"{twin.asset} ({twin.rule})", f"{ticker} ({spelling.rule})"
                raise ValueError(f"{spelling.text!r} stands under {first} and {second} in entities.toml; keep one")
            twins.append(spelling)
    roles = {phrase: role for role in ROLES for phrase in table[role]}
    both = sorted(roles.keys() & spellings.keys())
    if both:
        raise ValueError(f"{both[0]!r} in {roles[both[0]]} is an asset's spelling too in entities.toml; keep one")
    glued = {(t + quote).lower() for t in tickers for quote in GLUED} - spellings.keys()
    roles |= dict.fromkeys(glued, "pair")
    pattern = re.compile(
        r"https?://\S+|www\.\S+|\b" + _trie({*spellings, *roles}) + r"\b"
        r"|\n\s{0,8}about (?=[a-z0-9])|[.!?][\"'”)\]]{0,3}\s|\n"
    )
    beside = {n: _words(p.replace("WORDS", "|".join(map(re.escape, table[n])))) for n, p in NEIGHBOURS.items()}
    return Catalogue({k: tuple(v) for k, v in spellings.items()}, roles, tickers, pattern, beside)


def _of_row(row: dict[str, Any]) -> list[Spelling]:
    """The spellings of one row: its lists, and the ticker itself where no list gives it a rule."""
    listed = [Spelling(row["ticker"], text, rule) for rule in LISTS for text in row.get(rule, ())]
    if row["ticker"] in (s.text for s in listed):
        return listed
    return [*listed, Spelling(row["ticker"], row["ticker"], "ticker")]


def _trie(words: set[str]) -> str:
    """A pattern of the longest of `words` that fits: alternatives share their beginnings, so nothing is tried twice."""
    root: dict[str, Any] = {}
    for word in words:
        node = root
        for letter in word:
            node = node.setdefault(letter, {})
        node[""] = {}
    return _branches(root)


def _branches(node: dict[str, Any]) -> str:
    tails = [re.escape(letter) + _branches(rest) for letter, rest in sorted(node.items()) if letter]
    if not tails:
        return ""
    return f"(?:{'|'.join(tails)})" + "?" * ("" in node)
