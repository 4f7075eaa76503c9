"""Views in `.sql` files: the marts, and what marts share. Each says on top what it holds and what a row is.

    -- Equity of each strategy
    -- grain: strategy, event_ts
    -- event_ts: End of the bar (UTC)
    CREATE OR REPLACE VIEW marts.backtest_equity AS ...

A column's comment is taken from where the column comes from: the first relation of the statement that has a column of
that name. The file states only the comments that differ, and those of columns that the view itself makes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

from warehouse.schema import ENTITIES

HERE = Path(__file__).parent
SHARED, MARTS = HERE / "shared", HERE / "views"
_CREATES = re.compile(r"CREATE OR REPLACE VIEW (\w+)\.(\w+)")
_RELATION = re.compile(r"\b(core|features|models|ops|marts)\.(\w+)")


@dataclass(frozen=True)
class View:
    """A view as its file declares it: name with schema, what it holds, what identifies a row, its own comments."""

    name: str
    about: str
    grain: tuple[str, ...]
    own: dict[str, str]
    sql: str

    @property
    def comment(self) -> str:
        """What readers see: what it holds, and what a row is."""
        return f"{self.about}. One row per {', '.join(self.grain)}"

    def relations(self) -> Iterator[str]:
        """Tables and views that it reads, in the order of the statement, without itself."""
        for schema, name in _RELATION.findall(self.sql):
            relation = f"{schema}.{re.sub(r'_as_of$|_versions$', '', name)}"
            if relation != self.name:
                yield relation

    def column_comment(self, column: str) -> str:
        """Its own comment of a column, else that of the first relation which has the column.

        KeyError where nothing says what the column means.
        """
        if column in self.own:
            return self.own[column]
        for relation in self.relations():
            found = _declared_comment(relation, column)
            if found:
                return found
        raise KeyError(f"{self.name}.{column} is explained nowhere: add '-- {column}: ...' on top of its file")


def _declared_comment(relation: str, column: str) -> str | None:
    entity = ENTITIES.get(relation.split(".")[1])
    if entity is not None and entity.view == relation:
        return next((c.comment for c in entity.all_columns if c.name == column), None)
    view = views().get(relation)
    try:
        return view.column_comment(column) if view else None
    except KeyError:
        return None


@cache
def views() -> dict[str, View]:
    """Every view by its name, those that marts share first. ValueError for a file without its header."""
    files = [f for folder in (SHARED, MARTS) for f in sorted(folder.glob("*.sql"))]
    parsed = (_parse(f) for f in files if _CREATES.search(f.read_text(encoding="utf-8")))
    return {view.name: view for view in parsed}


@cache
def statements() -> tuple[str, ...]:
    """The statements of all files: macros, then views, each after those that it reads."""
    texts = [f.read_text(encoding="utf-8") for f in sorted(SHARED.glob("*.sql"))]
    macros = [text for text in texts if not _CREATES.search(text)]
    reads = {name: {r for r in view.relations() if r in views()} for name, view in views().items()}
    return (*macros, *(views()[name].sql for name in TopologicalSorter(reads).static_order()))


def _parse(path: Path) -> View:
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    head = lines[: next(i for i, line in enumerate(lines) if not line.startswith("-- "))]
    about = head[0].removeprefix("-- ") if head else ""
    stated = dict(line.removeprefix("-- ").split(": ", 1) for line in head[1:] if ": " in line)
    created = _CREATES.search(text)
    if not about or "grain" not in stated or created is None:
        raise ValueError(f"{path.name}: expected '-- what it holds' and '-- grain: columns' on top of a view")
    grain = tuple(part.strip() for part in stated.pop("grain").split(","))
    return View(f"{created[1]}.{created[2]}", about, grain, stated, "\n".join(lines[len(head) :]))
