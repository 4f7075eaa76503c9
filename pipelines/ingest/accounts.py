"""What became of every row that a source gave: stored, unchanged, quarantined, or left out with the reason."""

from collections import Counter
from dataclasses import dataclass, field

import duckdb

from pipelines.run import Run
from pipelines.sources.source import Page
from warehouse.write import WriteResult


@dataclass
class Account:
    """The rows of one entity from one part."""

    n_read: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    written: WriteResult | None = None

    def add(self, page: Page, written: WriteResult) -> None:
        """Count a page that was written."""
        given = page.frame.height + page.refused.height + sum(page.left_out.values())
        self.n_read += given if page.n_read is None else page.n_read
        self.left_out.update(page.left_out)
        self.written = written if self.written is None else self.written + written


def record_accounts(con: duckdb.DuckDBPyConnection, run: Run, source: str, accounts: dict[str, Account]) -> None:
    """Write the accounts of a part to ops.source_rows; the check `rows_conserved` holds that they add up."""
    for entity, account in accounts.items():
        w = account.written
        assert w is not None
        reasons = "; ".join(f"{n:,} {reason}" for reason, n in account.left_out.most_common() if n)
        con.execute(
            "INSERT INTO ops.source_rows (run_id, source, entity, n_read, n_new, n_changed, n_unchanged, "
            "n_quarantined, n_left_out, left_out, checked_ts) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            [
                run.run_id, source, entity, account.n_read, w.new, w.changed, w.unchanged, w.quarantined,
                account.left_out.total(), reasons or None, run.now,
            ],
        )  # fmt: skip
