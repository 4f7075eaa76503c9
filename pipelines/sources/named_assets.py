"""Assets that people name in a table: tickers, cashtags, pairs and names, one or several in a cell."""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache

import orjson

from domain.assets.codes import canonical
from domain.assets.pairs import QUOTES, split_pair
from models.text.linking.catalogue import load_catalogue

_SEPARATORS = re.compile(r"[,;|\n]+|\s+(?:and|&)\s+")
_TICKER = re.compile(r"[A-Za-z0-9]{1,12}")
_BRACKETED = re.compile(r"(?P<name>[^()]+?)\s*\((?P<code>[^()]+)\)")
FIAT = frozenset({"USD", "EUR", "GBP", "JPY", "KRW", "TRY", "BRL", "AUD", "CAD", "CHF", "CNY"})
_KEYS = ("code", "ticker", "symbol", "asset", "name", "title")


@dataclass(frozen=True)
class NamedAssets:
    """What a cell names: canonical tickers in their order, and what in it names nothing that is known."""

    tickers: tuple[str, ...]
    unknown: tuple[str, ...]


@cache
def read_assets(cell: str) -> NamedAssets:
    """The assets of a cell: `BTC`, `$BTC, $ETH`, `BTC/USD`, `BTCUSDT`, `xbt;eth`, `Bitcoin`, JSON lists of these."""
    found: dict[str, None] = {}
    unknown = []
    for name in _names(cell):
        ticker = asset_named(name)
        if ticker is None:
            unknown.append(name)
        else:
            found[ticker] = None
    return NamedAssets(tuple(found), tuple(unknown))


def _names(cell: str) -> list[str]:
    text = cell.strip()
    if text[:1] in "[{":
        try:
            return [name for value in _values(orjson.loads(text.replace("'", '"'))) for name in _names(value)]
        except orjson.JSONDecodeError:
            text = text.strip("[]{}")
    parts = (part.strip().strip("\"'[]").strip() for part in _SEPARATORS.split(text))
    return [name for part in parts if part for name in _beside_a_slash(part)]


def _beside_a_slash(part: str) -> list[str]:
    """`ADA/SOL` are two assets, `ADA/USDT` is a pair of one."""
    sides = [side.strip() for side in part.split("/")]
    if len(sides) == 2 and all(sides) and ":" not in part and sides[1].upper() not in QUOTES:
        return sides
    return [part]


def _values(parsed: object) -> list[str]:
    """The texts of a parsed list; of an object its code, else its name, else its keys where they have weights."""
    if isinstance(parsed, list):
        return [text for value in parsed for text in _values(value)]
    if isinstance(parsed, dict):
        if parsed and all(isinstance(weight, int | float) for weight in parsed.values()):
            return [str(key) for key in parsed]
        return next(([str(parsed[key])] for key in _KEYS if parsed.get(key)), [])
    return [] if parsed is None else [str(parsed)]


def asset_named(name: str) -> str | None:
    """The canonical ticker of one ticker, cashtag, pair or name; None where it names nothing that is known.

    A code that no table knows is an asset of its own where it is written as one: in upper case.
    """
    bracketed = _BRACKETED.fullmatch(name.strip())
    if bracketed:  # Bitcoin (BTC)
        return asset_named(bracketed["code"]) or asset_named(bracketed["name"])
    plain = name.strip().strip("()").lstrip("$#").strip()
    if plain.upper() in FIAT:
        return None
    code = canonical(plain)
    catalogue = load_catalogue()
    if code in catalogue.tickers:
        return canonical(catalogue.tickers[code])
    pair = split_pair(plain)
    if pair is not None:
        return asset_named(pair[0]) if pair[0] != plain else None
    spellings = catalogue.spellings.get(plain.lower(), ())
    if len({s.asset for s in spellings}) == 1:
        return spellings[0].asset
    if _TICKER.fullmatch(plain) and (plain.isupper() or code != plain.upper()):
        return code
    return None


def nearest(name: str) -> str | None:
    """The known name that is most like `name`, None where none is."""
    near = get_close_matches(name.strip().lower(), list(load_catalogue().spellings), n=1, cutoff=0.75)
    return load_catalogue().spellings[near[0]][0].text if near else None
