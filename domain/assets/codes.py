"""What a code of an asset means: which asset, and how many of its units.

A series goes on over a rename; a redenomination changes the unit, never the value. Read from `assets.toml` beside this.
"""

import re
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

_PREFIX = re.compile(r"^(1000000|100000|10000|1000|1M)(?=[A-Z]{2,})")
_THOUSANDS = re.compile(r"^([A-Z]{2,})(1000000|10000|1000)$")
_UNITS = {"1M": 1e6}


@dataclass(frozen=True)
class Coin:
    """An asset, and how many of its present units one unit of a code is: 1000SHIB is 1,000 SHIB, LEND .01 AAVE."""

    asset: str
    units: float = 1.0


MAJORS = frozenset({"BTC", "ETH", "SOL", "BNB", "XRP", "USDT", "USDC"})  # kBTC is a token of its own, not 1,000 BTC


@cache
def table() -> dict[str, Any]:
    """The table of codes (`assets.toml`), as it is written."""
    return tomllib.loads(Path(__file__).with_name("assets.toml").read_text(encoding="utf-8"))


@cache
def entities() -> dict[str, Any]:
    """The table of names that texts call assets by (`entities.toml`), as it is written."""
    return tomllib.loads(Path(__file__).with_name("entities.toml").read_text(encoding="utf-8"))


@cache
def known_codes() -> frozenset[str]:
    """Every code of an asset that the tables hold, in upper case."""
    rows, codes = entities()["asset"], table()
    listed = {code for row in rows for code in (row["ticker"], *row.get("contracts", ()))}
    changed = {row["code"] for part in ("renamed", "reused") for row in codes[part]}
    now = {row["now"] for row in codes["renamed"]} | {row["was"] for row in codes["reused"]}
    return frozenset(code.upper() for code in listed | changed | now | set(codes["alias"]))


def coin_of(code: str, source: str = "", at: datetime | None = None) -> Coin:
    """What `code` means as `source` (an exchange's ccxt id, a vendor) writes it, at the moment `at`, else now."""
    written = code.strip()
    upper = written.upper()
    codes = table()
    upper = codes["by_source"].get(source, {}).get(upper, upper)
    upper = codes["alias"].get(upper, upper)
    plain, units = _unmultiplied(upper, is_k=written[:1] == "k" and written[1:].isupper())
    asset, ratio = _now(codes["alias"].get(plain, plain), at)
    return Coin(asset, units * ratio)


def canonical(code: str, source: str = "", at: datetime | None = None) -> str:
    """The canonical ticker of `code`, as `coin_of`."""
    return coin_of(code, source, at).asset


def changing_codes() -> frozenset[str]:
    """Codes whose meaning depends on the moment."""
    codes = table()
    return frozenset(row["code"] for row in codes["reused"]) | {row["asset"] for row in codes["redenominated"]}


def _unmultiplied(code: str, *, is_k: bool) -> tuple[str, float]:
    """The asset's own code, and how many of it the contract counts as one."""
    known = table()["multiplied"]["assets"]
    prefix = _PREFIX.match(code)
    if prefix:
        return code[prefix.end() :], _UNITS.get(prefix[1]) or float(prefix[1])
    thousands = _THOUSANDS.match(code)
    if thousands:
        return thousands[1], float(thousands[2])
    if code.startswith("K") and (code[1:] in known or (is_k and code[1:] in known_codes() - MAJORS)) and len(code) > 3:
        return code[1:], 1e3
    return code, 1.0


def _now(code: str, at: datetime | None) -> tuple[str, float]:
    """The asset that a code stands for, through all its changes, and present units per unit of the code."""
    codes = table()
    for row in codes["reused"]:
        if row["code"] == code and at is not None and at < _start(row["until"]):
            return str(row["was"]), 1.0
    ratio = 1.0
    for row in codes["renamed"]:
        if row["code"] == code:
            code, ratio = str(row["now"]), ratio / row.get("old_per_new", 1.0)
    for row in codes["redenominated"]:
        if row["asset"] == code and at is not None and at < _start(row["at"]):
            ratio /= row["old_per_new"]
    return code, ratio


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
