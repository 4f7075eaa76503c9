"""How values and outside text are printed: one minus sign, no break before a unit, no control characters."""

import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

NO_BREAK_SPACE = "\u00a0"
DIRECTION = {*"\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"}
LINE_ENDS = re.compile("\r\n|[\r\u0085\u2028\u2029]")
MAX_NAMED = 4
MINUS = re.compile(r"(?<![\w.])-(?=\d)")
UNIT = re.compile(r" (?=(%|σ|h\b|bn\b))|(?<=\b[np]) (?==)|(?<=\b[np] =) ")


P = "p"  # the format of a p-value: no print claims more than a thousandth
LEAST_P = 0.001


def number(value: Any, spec: str = "") -> str:
    """A number in a format, with a true minus sign; a dash where there is none."""
    if value is None or value != value:
        return "—"
    if spec == P:
        return f"< {LEAST_P}" if value < LEAST_P else f"{value:.3f}"
    text = format(value, spec)
    if isinstance(value, int | float):
        text = text.replace("-", "−")
    return f"{text[:-1]}{NO_BREAK_SPACE}%" if text.endswith("%") else text


def said_p(value: float | None) -> str:
    """A p-value in a sentence: `= 0.119`, `< 0.001`."""
    told = number(value, P)
    return told if told.startswith("<") else f"= {told}"


def bare(text: object, most: int = 40) -> str:
    """Outside text for legends and headings, where HTML and Markdown would act: letters, digits, a few signs."""
    return re.sub(r"[^\w .,:/()+-]", "·", one_line(str(text), most))


def printable(text: str) -> str:
    """Outside text that is safe to print: control characters replaced, direction marks removed."""
    text = LINE_ENDS.sub("\n", text)
    kept = (c for c in text if c not in DIRECTION)
    return "".join(
        "\N{REPLACEMENT CHARACTER}" if unicodedata.category(c) == "Cc" and c not in "\n\t" else c for c in kept
    )


def one_line(text: str, length: int = 0) -> str:
    """Plain text on one line, shortened to `length` where that is given."""
    line = " ".join(printable(text).split())
    return f"{line[: length - 1].rstrip()}…" if length and len(line) > length else line


def sentence(text: str) -> str:
    """A sentence from the warehouse: on one line, with true minus signs, no break between numbers and units."""
    return unbroken_units(MINUS.sub("−", one_line(text)))


def unbroken_units(text: str) -> str:
    """A sentence with no-break spaces between numbers and units."""
    return UNIT.sub(NO_BREAK_SPACE, text)


def group_name(group: str) -> str:
    """The printed name of a release group."""
    return group.replace("_", " ")


def stretches(striking: str | None) -> str:
    """The most machine-like stretches of a text, from their JSON: words in quotation marks, with deviations."""
    found = json.loads(striking) if striking else []
    return "; ".join(f"“{one_line(words, 90)}” ({number(deviations, '+.1f')})" for words, deviations in found)


def by_reason(missing: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """(Sources, reason) per reason, from (source, reason) of each; of many sources the first few are named."""
    grouped: dict[str, list[str]] = {}
    for source, reason in missing:
        grouped.setdefault(reason, []).append(source)
    return [
        (
            ", ".join(names[:MAX_NAMED]) + (f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""),
            reason,
        )
        for reason, names in grouped.items()
    ]
