"""Who wrote it and whether it is true are two things; the comparison's exclusive groups come from both by one rule."""

import polars as pl


def release_group() -> pl.Expr:
    """`release_group` from the columns `authorship` and `veracity`.

    fabricated: known to be false, whoever wrote it. generated: machine-written and not known to be false. real:
    human-written and known to be true. unlabelled: everything else.
    """
    return (
        pl.when(pl.col("veracity") == "false").then(pl.lit("fabricated"))
        .when(pl.col("authorship") == "machine").then(pl.lit("generated"))
        .when((pl.col("authorship") == "human") & (pl.col("veracity") == "true")).then(pl.lit("real"))
        .otherwise(pl.lit("unlabelled"))
        .alias("release_group")
    )  # fmt: skip


AUTHORSHIP = ("human", "machine", "unknown")
VERACITY = ("true", "false", "unknown")
GROUPS = ("real", "generated", "fabricated", "unlabelled")
