"""What a command says at its end, in plain lines."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dashboards.data import Published
from dashboards.headline import headlines
from dashboards.wording import by_reason

if TYPE_CHECKING:
    from pipelines.flows.night import Night
    from pipelines.ingest.ingest import IngestResult
    from pipelines.stages.stage import StageResult

SIMULATED = "SIMULATED MARKET: every figure comes from the simulator and says nothing about real assets."


def ingest_summary(result: "IngestResult") -> str:
    """Rows per entity, missing sources, findings."""
    lines = [f"{'entity':<18}{'new':>12}{'changed':>10}{'unchanged':>12}{'quarantined':>13}{'left out':>10}"]
    lines += [
        f"{name:<18}{w.new:>12,}{w.changed:>10,}{w.unchanged:>12,}{w.quarantined:>13,}"
        f"{result.left_out.get(name, 0):>10,}"
        for name, w in result.writes.items()
    ]
    lines += missing_lines(result.missing)
    severities = [f.check.severity for f in result.findings]
    lines.append("checks: " + ", ".join(f"{severities.count(s)} {s}" for s in ("error", "warning", "info")))
    return "\n".join(lines)


def missing_lines(missing: Sequence[tuple[str, str]]) -> list[str]:
    """One line per reason, with the sources that it holds for."""
    return [f"missing: {sources}: {reason}" for sources, reason in by_reason(missing)]


def network_line(result: "IngestResult") -> str:
    """How long an ingest took, and how much of it was waiting for the network."""
    working = result.seconds - result.waited_s
    rows = sum(w.new + w.changed + w.unchanged for w in result.writes.values())
    rate = f", {rows / result.seconds:,.0f} rows/s" if rows and result.seconds else ""
    return f"{result.seconds:.1f} s: {result.waited_s:.1f} s waiting for sources, {working:.1f} s working{rate}"


def stage_summary(results: "list[StageResult]") -> str:
    """One line a stage."""
    return "\n".join(f"{r.stage:<10}{r.status:<11}{r.seconds:>7.1f} s  {r.note}".rstrip() for r in results)


def night_summary(night: "Night", seconds: float) -> str:
    """The night in one screen: what was done, the headline figures, where the results lie."""
    lines = ["", ingest_summary(night.ingest), "", stage_summary(night.stages), ""]
    if night.published is None:
        why = "no source delivered" if not night.ingest.delivered else "integrity is broken (see the checks above)"
        return "\n".join([*lines, f"NOT PUBLISHED: {why}; what was published before still stands. {seconds:.0f} s"])
    if night.run.settings.simulated.enabled:
        lines += [SIMULATED, ""]
    with Published(night.published.stable) as warehouse:
        lines += [f"{h.name}: {h.value}  ({h.reading})" for h in headlines(warehouse)]
    if night.is_repeat:
        lines += ["", "Nothing new, nothing changed: the marts are identical to those published before."]
    elif night.published.changed_marts is not None:
        changed = night.published.changed_marts
        lines += ["", f"Marts changed since the last publication: {', '.join(changed) or 'none'}"]
    lines += [
        "",
        f"Report:     {night.report}",
        f"Warehouse:  {night.published.stable}  (read-only, stable path)",
        f"Done in {seconds:.0f} s, exit code {night.exit_code}",
    ]
    return "\n".join(lines)


def status_summary(published: Path) -> str:
    """Last runs and freshness of the marts, from the published warehouse."""
    with Published(published) as warehouse:
        runs = warehouse.query(
            "SELECT started_ts, flow, status, exit_code, as_of_ts FROM ops.runs ORDER BY started_ts DESC LIMIT 8"
        ).to_dicts()
        fresh = warehouse.mart("mart_freshness").to_dicts()
        missing = warehouse.query(
            "SELECT source, reason FROM ops.source_status WHERE NOT delivered "
            "AND run_id = (SELECT run_id FROM ops.source_status ORDER BY checked_ts DESC LIMIT 1)"
        ).to_dicts()
    lines = [f"Published: {published} -> {published.resolve().parent.name}", ""]
    lines += [
        f"{r['started_ts']:%Y-%m-%d %H:%M}  {r['flow']:<9} {r['status']:<32} as of {r['as_of_ts']:%Y-%m-%d %H:%M}"
        for r in runs
    ]
    lines += ["", *(f"{f['mart']:<18}{f['status']:<9}{f['newest_ts'] or ''}" for f in fresh)]
    lines += missing_lines([(m["source"], m["reason"]) for m in missing])
    return "\n".join(lines)
