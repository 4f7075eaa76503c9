"""Publish the warehouse and write the report; say whether the marts are what was published before."""

import json
from dataclasses import dataclass
from pathlib import Path

from domain.files import appears_whole
from pipelines.run import Run
from warehouse.publish import marts_fingerprint, publish


@dataclass(frozen=True)
class Published:
    """The stable path, the copy behind it, and the marts that differ from the last publication (None: the first)."""

    stable: Path
    copy: Path
    changed_marts: tuple[str, ...] | None


def publish_run(run: Run) -> Published:
    """Publish the warehouse of the run's profile."""
    stable = run.settings.published
    marks = stable.with_name("marts.json")
    before = json.loads(marks.read_text()) if marks.exists() else None
    with run.open() as con:
        now = marts_fingerprint(con)
        copy = publish(
            con, stable.parent, now=run.now, keep=run.settings.keep_published, parquet=run.settings.publish_parquet
        )
    with appears_whole(marks) as partial:
        partial.write_text(json.dumps(now, indent=1))
    changed = None if before is None else tuple(m for m in now if now[m] != before.get(m))
    return Published(stable, copy, changed)


def report_run(run: Run) -> Path:
    """Write the report from the published warehouse alone."""
    from dashboards.report.build import write_report

    write_report(run.settings.published, run.settings.report)
    return run.settings.report
