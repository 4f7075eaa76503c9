"""What a declaration is: columns, rules, entities; and the columns and rules that many tables share."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import polars as pl

TS = "TIMESTAMPTZ"
Kind = Literal["versioned", "derived", "kept", "log"]


@dataclass(frozen=True)
class Column:
    """A column: its DuckDB type, what it means, and its unit where it has one.

    A row that differs only in columns that are not `compared` is unchanged. A `frozen` column is never rewritten: a
    later version takes the value of the one before.
    """

    name: str
    type: str
    comment: str
    required: bool = True
    compared: bool = True
    frozen: bool = False


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
ADDED: dict[Kind, tuple[Column, ...]] = {
    "versioned": PROVENANCE + VERSION,
    "derived": PROVENANCE,
    "kept": PROVENANCE,
    "log": (),
}


# Columns that many tables share.
EVENT_TS = Column("event_ts", TS, "When it happened (UTC)")
AVAILABLE_TS = Column("available_ts", TS, "First moment at which anyone could have known it (UTC)")

ASSET = Column("asset", "VARCHAR", "Canonical ticker")
DOC_ID = Column("doc_id", "VARCHAR", "Document (core.documents)")
AVAILABLE_AS_DOCUMENT = Column("available_ts", TS, "As the document (UTC)")
HORIZON_H = Column("horizon_h", "INTEGER", "Hours ahead")
STUDY_ID = Column("study_id", "VARCHAR", "Study")
LOW = Column("low", "DOUBLE", "Lower end of the 95 % interval", required=False)
HIGH = Column("high", "DOUBLE", "Upper end of the 95 % interval", required=False)
EXCHANGE = Column("exchange", "VARCHAR", "Exchange, by its ccxt id")
SYMBOL = Column("symbol", "VARCHAR", "Market, by its ccxt unified symbol")
EVENT_AS_DOCUMENT = Column("event_ts", TS, "As the document (UTC)")
MODEL_NAME = Column("model_name", "VARCHAR", "Kind of model")
RELEASE_GROUP = Column("release_group", "VARCHAR", "real, generated, fabricated or unlabelled")
BASE_ASSET = Column("asset", "VARCHAR", "Canonical ticker of the base asset")
DAY_END_TS = Column("event_ts", TS, "End of the UTC day that the value describes")
AVAILABLE_AFTER_LAG = Column("available_ts", TS, "event_ts plus the lag that the source declares (UTC)")
DETECTOR = Column("detector", "VARCHAR", "Language model and detector that judged it")
BENCHMARK = Column("benchmark", "VARCHAR", "Model of the normal return")
N_RELEASES = Column("n_releases", "INTEGER", "Releases")
P_VALUE = Column("p_value", "DOUBLE", "Two-sided p-value", required=False)
SCORING_MODEL_ID = Column("model_id", "VARCHAR", "Model, trained wholly before the release")
STRATEGY = Column("strategy", "VARCHAR", "Strategy")
N_GENERATED = Column("n_generated", "INTEGER", "Generated releases")
N_REAL = Column("n_real", "INTEGER", "Real releases")
TITLE = Column("title", "VARCHAR", "Headline")


@dataclass(frozen=True)
class Rule:
    """A condition under which a row is refused; `when` is true for a bad row."""

    reason: str
    when: Callable[[], pl.Expr]


@dataclass(frozen=True)
class Entity:
    """One table: where it lives, what identifies a row, what a row holds.

    `kind`: *versioned*, every version a row ever had in `core.<name>_versions` and the latest in the view
    `core.<name>`; *derived*, replaced when its `stage` computes it anew; *kept*, rows accumulate and cannot be made
    again at will; *log*, appended by tapewire about itself, without provenance columns.
    """

    name: str
    schema: str
    comment: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    kind: Kind = "derived"
    stage: str = ""
    rules: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        if (self.kind == "derived") != bool(self.stage):
            raise ValueError(f"{self.name}: a derived table names the stage that makes it, and only such a table does")

    @property
    def is_versioned(self) -> bool:
        """Whether every version of a row is stored."""
        return self.kind == "versioned"

    @property
    def view(self) -> str:
        """What readers name, schema included: the view of latest versions, or the table itself."""
        return f"{self.schema}.{self.name}"

    @property
    def table(self) -> str:
        """The physical table, schema included."""
        return f"{self.view}_versions" if self.is_versioned else self.view

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns that the table has, those added by the write path included."""
        return self.columns + ADDED[self.kind]

    @property
    def compared_columns(self) -> tuple[str, ...]:
        """The columns whose change makes a row a changed row."""
        silent = set(self.key) | ({"available_ts"} if self.is_versioned else set())
        return tuple(c.name for c in self.columns if c.name not in silent and c.compared and not c.frozen)

    @property
    def frozen_columns(self) -> tuple[str, ...]:
        """The columns that a later version takes over from the one before."""
        return tuple(c.name for c in self.columns if c.frozen)


def finite_positive(*names: str) -> tuple[Rule, ...]:
    """Refuse what is not a positive finite number."""

    def rule(name: str) -> Rule:
        good = pl.col(name).is_finite() & (pl.col(name) > 0)
        return Rule(f"{name} is not a positive finite number", lambda: ~good)

    return tuple(map(rule, names))


def finite_or_null(*names: str) -> tuple[Rule, ...]:
    """Refuse what is negative or not finite; a missing value is fine."""

    def rule(name: str) -> Rule:
        bad = pl.col(name).is_not_null() & ~(pl.col(name).is_finite() & (pl.col(name) >= 0))
        return Rule(f"{name} is negative or not finite", lambda: bad)

    return tuple(map(rule, names))


def positive_or_null(*names: str) -> tuple[Rule, ...]:
    """Refuse what is not a positive finite number; a missing value is fine."""

    def rule(name: str) -> Rule:
        bad = pl.col(name).is_not_null() & ~(pl.col(name).is_finite() & (pl.col(name) > 0))
        return Rule(f"{name} is not a positive finite number", lambda: bad)

    return tuple(map(rule, names))


def in_range(name: str, low: float, high: float) -> Rule:
    """Refuse what lies outside [low, high]; a missing value is fine."""
    return Rule(
        f"{name} is outside [{low:g}, {high:g}]",
        lambda: pl.col(name).is_not_null() & ~pl.col(name).is_between(low, high),
    )


def one_of(name: str, values: tuple[str, ...]) -> Rule:
    """Refuse what is none of `values`; a missing value is fine."""
    return Rule(
        f"{name} is none of {', '.join(values)}", lambda: pl.col(name).is_not_null() & ~pl.col(name).is_in(list(values))
    )


BITCOIN = datetime(2009, 1, 3, tzinfo=UTC)
NOT_BEFORE_BITCOIN = Rule(
    "event_ts lies before there were crypto assets (2009-01-03)", lambda: pl.col("event_ts") < BITCOIN
)
AVAILABLE_AFTER_EVENT = Rule("available_ts lies before event_ts", lambda: pl.col("available_ts") < pl.col("event_ts"))
