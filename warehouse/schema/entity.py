"""What a declaration is: columns, rules, entities; and the columns and rules that many tables share."""

from collections.abc import Callable
from dataclasses import dataclass, field

import polars as pl


@dataclass(frozen=True)
class Column:
    """A column: its DuckDB type, what it means, and its unit where it has one.

    A row that differs in a column that is not `compared` only is unchanged. A `kept` column is never rewritten: a later
    version takes the value of the one before.
    """

    name: str
    type: str
    comment: str
    required: bool = True
    compared: bool = True
    kept: bool = False


@dataclass(frozen=True)
class Rule:
    """A condition under which a row is refused; `when` is true for a bad row."""

    reason: str
    when: Callable[[], pl.Expr]


@dataclass(frozen=True)
class Entity:
    """One table: where it lives, what identifies a row, what a row holds."""

    name: str
    schema: str
    comment: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    versioned: bool = False
    rules: tuple[Rule, ...] = field(default=())

    @property
    def table(self) -> str:
        """The physical table, schema included."""
        return f"{self.schema}.{self.name}_versions" if self.versioned else f"{self.schema}.{self.name}"

    @property
    def given(self) -> tuple[Column, ...]:
        """The columns a writer hands over."""
        return self.columns

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns that the table has, those added by the write path included."""
        return self.columns + (PROVENANCE + VERSION if self.versioned else PROVENANCE)

    @property
    def values(self) -> tuple[str, ...]:
        """The columns whose change makes a row a changed row."""
        silent = set(self.key) | ({"available_ts"} if self.versioned else set())
        return tuple(c.name for c in self.columns if c.name not in silent and c.compared and not c.kept)

    @property
    def kept(self) -> tuple[str, ...]:
        """The columns that a later version takes over from the one before."""
        return tuple(c.name for c in self.columns if c.kept)


TS = "TIMESTAMPTZ"
EVENT_TS = Column("event_ts", TS, "When it happened (UTC)")
AVAILABLE_TS = Column("available_ts", TS, "First moment at which anyone could have known it (UTC)")

PROVENANCE = (
    Column("source", "VARCHAR", "Source that delivered the row, or the computation that made it"),
    Column("is_simulated", "BOOLEAN", "True where the row comes from the market simulator or rests on it"),
    Column("run_id", "VARCHAR", "Run that wrote the row (ops.runs)"),
    Column("ingested_ts", TS, "When tapewire wrote the row (wall clock, UTC)"),
)
VERSION = (
    Column("version", "INTEGER", "1 for the first version of the key, one more for each revision"),
    Column("is_latest", "BOOLEAN", "True for the newest version of the key"),
)


def _finite_positive(*names: str) -> tuple[Rule, ...]:
    def rule(name: str) -> Rule:
        good = pl.col(name).is_finite() & (pl.col(name) > 0)
        return Rule(f"{name} is not a positive finite number", lambda: ~good)

    return tuple(map(rule, names))


def _finite_or_null(*names: str) -> tuple[Rule, ...]:
    def rule(name: str) -> Rule:
        bad = pl.col(name).is_not_null() & ~(pl.col(name).is_finite() & (pl.col(name) >= 0))
        return Rule(f"{name} is negative or not finite", lambda: bad)

    return tuple(map(rule, names))


def _in_range(name: str, low: float, high: float) -> Rule:
    return Rule(
        f"{name} is outside [{low:g}, {high:g}]",
        lambda: pl.col(name).is_not_null() & ~pl.col(name).is_between(low, high),
    )


AVAILABLE_AFTER_EVENT = Rule("available_ts lies before event_ts", lambda: pl.col("available_ts") < pl.col("event_ts"))
