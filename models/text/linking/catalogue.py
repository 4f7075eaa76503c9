"""The curated table of assets: names, tickers, traps, as a trie over words."""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from domain.assets.codes import entities

LISTS = ("names", "issuers", "contracts", "proper", "in_context", "capitalised", "confirmed", "marked")
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


def ignoring_case(pattern: str) -> re.Pattern[str]:
    """The pattern compiled without regard to case."""
    return re.compile(pattern, re.IGNORECASE)


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


@cache
def load_catalogue() -> Catalogue:
    """The catalogue of ``entities.toml``, read and checked once."""
    return build_catalogue(entities())


@cache
def name_of(ticker: str) -> str:
    """The printed name of an asset ("Litecoin" for LTC). ValueError for a ticker that the table lacks."""
    rows = {row["ticker"]: row for row in entities()["asset"]}
    if ticker not in rows:
        raise ValueError(f"asset {ticker!r} is not in the table of entities; expected a ticker such as LTC")
    spellings = [text for rule in LISTS for text in rows[ticker].get(rule, ())]
    return next((text for text in spellings if text.lower() != ticker.lower()), ticker)


def build_catalogue(table: dict[str, Any]) -> Catalogue:
    """The catalogue of a parsed ``entities.toml``. ValueError for a ticker or spelling that appears twice."""
    spellings: dict[str, list[Spelling]] = {}
    tickers: dict[str, str] = {}
    for row in table["asset"]:
        ticker, unknown = row["ticker"], row.keys() - {"ticker", *LISTS}
        if unknown:
            raise ValueError(f"{ticker} has {', '.join(sorted(unknown))} in entities.toml; expected {', '.join(LISTS)}")
        if ticker in tickers:
            raise ValueError(f"ticker {ticker!r} appears twice in entities.toml; join the two rows")
        tickers |= dict.fromkeys((ticker, *row.get("contracts", ())), ticker)
        for spelling in _row_spellings(row):
            twins = spellings.setdefault(spelling.text.lower(), [])
            twin = next((t for t in twins if t.asset != ticker or t.text == spelling.text), None)
            if twin:
                first, second = f"{twin.asset} ({twin.rule})", f"{ticker} ({spelling.rule})"
                raise ValueError(f"{spelling.text!r} appears under {first} and {second} in entities.toml; keep one")
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
    beside = {n: ignoring_case(p.replace("WORDS", "|".join(map(re.escape, table[n])))) for n, p in NEIGHBOURS.items()}
    return Catalogue({k: tuple(v) for k, v in spellings.items()}, roles, tickers, pattern, beside)


def _row_spellings(row: dict[str, Any]) -> list[Spelling]:
    """The spellings of one row: its lists, and the ticker itself where no list gives it a rule."""
    listed = [Spelling(row["ticker"], text, rule) for rule in LISTS for text in row.get(rule, ())]
    if row["ticker"] in (s.text for s in listed):
        return listed
    return [*listed, Spelling(row["ticker"], row["ticker"], "ticker")]


def _trie(words: set[str]) -> str:
    """A pattern for the longest matching of `words`; alternatives share prefixes, so that no prefix is tried twice."""
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
