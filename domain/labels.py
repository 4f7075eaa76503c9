"""Who wrote it and whether it is true are two things; the comparison's exclusive groups come from both by one rule."""

from functools import reduce

import polars as pl

from domain.cells import read_truths

AUTHORSHIP = ("human", "machine", "unknown")
VERACITY = ("true", "false", "unknown")
LABELS = {"authorship": AUTHORSHIP, "veracity": VERACITY}
GROUPS = ("real", "generated", "fabricated", "unlabelled")

# Group, and the labels that it asks for; the first that fits counts.
GROUP_RULES: tuple[tuple[str, dict[str, str]], ...] = (
    ("fabricated", {"veracity": "false"}),
    ("generated", {"authorship": "machine"}),
    ("real", {"authorship": "human", "veracity": "true"}),
)
NO_GROUP = "unlabelled"


def release_group() -> pl.Expr:
    """`release_group` from the columns `authorship` and `veracity`.

    fabricated: known to be false, whoever wrote it. generated: machine-written and not known to be false. real:
    human-written and known to be true. unlabelled: everything else. In SQL the same rule is `core.release_group`.
    """

    def else_this(otherwise: pl.Expr, rule: tuple[str, dict[str, str]]) -> pl.Expr:
        group, labels = rule
        fits = pl.all_horizontal(pl.col(column) == value for column, value in labels.items())
        return pl.when(fits).then(pl.lit(group)).otherwise(otherwise)

    return reduce(else_this, reversed(GROUP_RULES), pl.lit(NO_GROUP)).alias("release_group")


def label_words(column: pl.Series, name: str) -> pl.Series:
    """The labels of a column named in LABELS, in lower case; null where a value is none of them. Truths of a
    spreadsheet (TRUE, 1, yes) are labels of veracity.
    """
    words = column.cast(pl.String).str.strip_chars().str.to_lowercase()
    known = words.replace_strict({w: w for w in LABELS[name]}, default=None, return_dtype=pl.String)
    if name != "veracity":
        return known
    truths = read_truths(column).replace_strict({True: "true", False: "false"}, return_dtype=pl.String)
    return pl.select(pl.coalesce(known, truths)).to_series()
