"""What became of every row that a source gave: stored, unchanged, quarantined, or left out with the reason."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import duckdb
import polars as pl

from pipelines.run import Run
from pipelines.sources.source import Page, Part
from warehouse.write import WriteResult

SUBJECTS = {
    "candles": pl.col("symbol"),
    "funding": pl.col("symbol"),
    "asset_metrics": pl.col("asset"),
    "funds": pl.col("fund"),
    "supply": pl.when(pl.col("chain") == "all").then("coin").otherwise(pl.format("{} on {}", "coin", "chain")),
}
REMEMBERED = timedelta(days=7)  # what a source brought is missed for a week, then it is no longer expected
NAMED = 5


@dataclass
class Account:
    """The rows of one entity from one part."""

    n_read: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    subjects: set[str] = field(default_factory=set)
    written: WriteResult | None = None

    def add(self, page: Page, written: WriteResult) -> None:
        """Count a page that was written."""
        given = page.frame.height + page.refused.height + sum(page.left_out.values())
        self.n_read += given if page.n_read is None else page.n_read
        self.left_out.update(page.left_out)
        if page.entity.name in SUBJECTS and page.frame.height:
            self.subjects.update(page.frame.select(s=SUBJECTS[page.entity.name])["s"].drop_nulls().unique())
        self.written = written if self.written is None else self.written + written


def record_accounts(con: duckdb.DuckDBPyConnection, run: Run, source: str, accounts: dict[str, Account]) -> None:
    """Write the accounts of a part to ops.source_rows; the check `rows_conserved` holds that they add up."""
    for entity, account in accounts.items():
        w = account.written
        assert w is not None
        reasons = "; ".join(f"{n:,} {reason}" for reason, n in account.left_out.most_common() if n)
        con.execute(
            "INSERT INTO ops.source_rows (run_id, source, entity, n_read, n_new, n_changed, n_unchanged, "
            "n_quarantined, n_left_out, left_out, subjects, checked_ts) "
            "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            [
                run.run_id, source, entity, account.n_read, w.new, w.changed, w.unchanged, w.quarantined,
                account.left_out.total(), reasons or None, sorted(account.subjects) or None, run.now,
            ],
        )  # fmt: skip


def shrunk(con: duckdb.DuckDBPyConnection, run: Run, part: Part, accounts: dict[str, Account]) -> str | None:
    """What a part no longer brings of what it brought within the last week, as a reason why it is missing.

    Only parts that give all they have each time are held to it, against runs of no later as-of.
    """
    if part.commits_by_page or part.is_simulated:
        return None
    gone = [name for entity, account in accounts.items() for name in _gone(con, run, part.name, entity, account)]
    if not gone:
        return None
    more = f" and {len(gone) - NAMED} more" if len(gone) > NAMED else ""
    return f"it no longer has {', '.join(gone[:NAMED])}{more}, which it had within the last {REMEMBERED.days} days"


def _gone(con: duckdb.DuckDBPyConnection, run: Run, source: str, entity: str, account: Account) -> list[str]:
    known = con.execute(
        "SELECT DISTINCT unnest(s.subjects) FROM ops.source_rows s JOIN ops.runs r USING (run_id) "
        "WHERE s.source = $1 AND s.entity = $2 AND s.checked_ts >= $3 AND r.as_of_ts <= $4",
        [source, entity, run.now - REMEMBERED, run.as_of],
    ).fetchall()
    gone = {str(name) for (name,) in known} - account.subjects
    return sorted(name for name in gone if name.partition(" on ")[0] not in account.subjects)  # its total is there
