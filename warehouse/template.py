"""Statements that are the same for every entity stand in `sql/*.sql`, with @names for identifiers.

Only declared entities fill them: an identifier is checked and quoted, a value is always a bound parameter.
"""

import re
import string
from functools import cache
from pathlib import Path

SQL_DIR = Path(__file__).parent / "sql"
_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]*")


class _Template(string.Template):
    delimiter = "@"


@cache
def load(name: str) -> str:
    """The text of `sql/<name>.sql`."""
    return (SQL_DIR / f"{name}.sql").read_text(encoding="utf-8")


def render(name: str, /, **parts: str) -> str:
    """The statement `name` with its @names replaced; KeyError where one is left over."""
    return _Template(load(name)).substitute(parts)


def ident(name: str) -> str:
    """A quoted identifier. ValueError for anything that is not one."""
    if not _IDENTIFIER.fullmatch(name):
        raise ValueError(f"{name!r} is no identifier of the warehouse (lower case, digits, underscore)")
    return f'"{name}"'


def table(name: str) -> str:
    """A quoted `schema.table`."""
    return ".".join(ident(part) for part in name.split("."))


def literal(text: str) -> str:
    """A text as an SQL literal, for statements that take no bound parameter (COMMENT, ATTACH, CREATE MACRO)."""
    return "'" + text.replace("'", "''") + "'"


def columns(names: tuple[str, ...]) -> str:
    """Quoted names, separated by commas."""
    return ", ".join(ident(n) for n in names)
