"""The commands about impact: what prices did after releases, what to expect after a new one, a desk's own labels."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.console import expected_errors, log_to_stderr, run_up_to, wrong_usage
from pipelines.cli.options import AsOf, Home, Profile, settings_of

if TYPE_CHECKING:
    from pipelines.ondemand.alert import Alert
    from pipelines.ondemand.event_study import Studied
    from pipelines.settings.settings import Settings


def impact(
    release: Annotated[
        str | None, typer.Option(help="What to expect after one release: its doc_id, or a part of its headline.")
    ] = None,
    events: Annotated[
        Path | None, typer.Option(help="A study of your own: asset, event_ts; event_id, group, uncertainty_h, kind.")
    ] = None,
    candles: Annotated[
        Path | None, typer.Option(help="Its prices: asset, ts (bar start), close; or a date and closes per asset.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for its tables, as Parquet and JSON.")] = None,
    windows: Annotated[str, typer.Option(help="Windows after the event, with --events.")] = "5m,15m,1h,4h,24h,72h",
    estimation: Annotated[str, typer.Option(help="Estimation span, with --events.")] = "30d",
    gap: Annotated[str, typer.Option(help="From its end to the last close before the event.")] = "24h",
    before: Annotated[str, typer.Option(help="Path before the event, with --events.")] = "24h",
    after: Annotated[str, typer.Option(help="Path after the event, with --events.")] = "72h",
    index: Annotated[str | None, typer.Option(help="Asset that is the market, with --events; else all others.")] = None,
    profile: Profile = None,
    as_of: AsOf = None,
    home: Home = None,
) -> None:
    """Score releases: what prices did, what the network expects, generated against real.

    With --release: the range of moves to expect after one, who wrote it, what followed the like. With --events and
    --candles: a whole study of your own tables, without the warehouse.

    Examples:  tapewire impact   |   tapewire impact --release "Walmart" -p live   |   tapewire impact --events E.csv
    --candles C.parquet --out study --windows 1h,4h,24h
    """
    if events or candles or out:
        with wrong_usage():
            lacking = [n for n, v in (("--events", events), ("--candles", candles), ("--out", out)) if v is None]
            if events is None or candles is None or out is None:
                raise ValueError(f"a study of your own needs {', '.join(lacking)} as well")
            if release:
                raise ValueError("--release asks about a release of the warehouse; it does not go with --events")
        _study(events, candles, out, windows, (estimation, gap, before, after), index)
        return
    settings = settings_of(profile, as_of, home)
    if release is not None:
        _alert(settings, release)
        return
    run_up_to(settings, "impact")


def _study(
    events: Path, candles: Path, out: Path, windows: str, spans: tuple[str, str, str, str], index: str | None
) -> None:
    from models.impact.measure.events import Design
    from pipelines.ondemand.event_study import event_study, hours
    from pipelines.ondemand.tables import TableError

    with wrong_usage():
        design = Design(*(hours(s) for s in spans))
        windows_h = tuple(sorted({hours(w.strip()) for w in windows.split(",")}))
    try:
        with expected_errors(), wrong_usage():
            done = event_study(events, candles, out, windows_h=windows_h, design=design, index=index)
    except TableError as error:
        print(f"tapewire: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
    _print_study(done, out)


def _print_study(done: "Studied", out: Path) -> None:
    each = [f"{n:,}" + (f" of {done.n_events:,} events measured" if i == 0 else "") + f" on {timeframe} bars"
            for i, (timeframe, n) in enumerate(done.measured.items())]  # fmt: skip
    print(", ".join(each))
    if done.left_out:
        print("  Not measured: " + ", ".join(f"{n:,} × {reason}" for reason, n in done.left_out.items()))
    if done.dropped_h:
        windows = ", ".join(f"{w:g} h" for w in done.dropped_h)
        print(f"  Left out, since these bars or the path after the event cannot show them: {windows}")
    for sentence in done.said:
        print(f"  {sentence}")
    rows = ", ".join(f"{name} {len(table):,}" for name, table in done.tables.items())
    print(f"Rows: {rows}. Written to {out}/ as .parquet and .json")


def _alert(settings: "Settings", release: str) -> None:
    from pipelines.ondemand.alert import NoSuchReleaseError, alert

    log_to_stderr()
    try:
        with expected_errors():
            found = alert(settings, release)
    except NoSuchReleaseError as error:
        print(f"tapewire: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
    print(_told(found))
    raise typer.Exit(0 if len(found.expected) or len(found.responses) else 3)


def _told(found: "Alert") -> str:
    """An alert in lines."""
    lines = [f"{found.title}", f"  {found.doc_id}, available {found.available_ts:%Y-%m-%d %H:%M:%S} UTC, {found.group}"]
    if found.is_simulated:
        lines[0] = f"SIMULATED  {lines[0]}"
    lines.append(f"  Authorship: {found.authorship}")
    lines += [_response(r) for r in found.responses.iter_rows(named=True)]
    if found.expected.is_empty():
        lines.append(f"  No expected range by the network: {found.why_not}")
    for r in found.expected.iter_rows(named=True):
        lines.append(
            f"  {r['asset']:<6} {r['horizon_h']:>3} h  network: 90 % between {_percent(r['low_text'])} and "
            f"{_percent(r['high_text'])}, middle {_percent(r['median_text'])}; random walk "
            f"{_percent(r['low_walk'])} to {_percent(r['high_walk'])}; the text changes the width by "
            f"{100 * r['width_change']:+.1f} %"
        )
    if found.similar.is_empty():
        lines.append("  No similar earlier release whose day was over.")
    for r in found.similar.iter_rows(named=True):
        excess = "no placebo" if r["excess_move"] is None else f"{r['excess_move']:+.1f} sigma beyond placebo"
        lines.append(
            f"  Like it ({r['similarity']:.2f}): {r['similar_event_ts']:%Y-%m-%d} {r['similar_asset']} "
            f"{_percent(r['car'])} in 24 h, {excess}: {str(r['similar_title'] or '')[:80]}"
        )
    return "\n".join(lines)


def _response(r: dict[str, Any]) -> str:
    """What to expect beyond the market, in one line."""
    band = f"{_percent(r['low'])} and {_percent(r['high'])}, middle {_percent(r['median'])}"
    large, usual, up = (f"{100 * r[k]:.0f} %" for k in ("odds_large", "odds_large_walk", "odds_up"))
    odds = f"odds of more than 2 sigmas {large} (usually {usual}), of beating the market {up}"
    by = f"by {r['level']}, from {r['n_past']:,} earlier releases"
    return f"  {r['asset']:<6} {r['window_h']:>3g} h  beyond the market 90 % between {band}; {odds}; {by}"


def _percent(log_return: float) -> str:
    from math import expm1

    return f"{100 * expm1(log_return):+.2f} %"


def label(
    source: Annotated[Path, typer.Argument(help="Table: doc_id or url, authorship, veracity, note.")],
    profile: Profile = None,
    home: Home = None,
) -> None:
    """Import your own labels: who wrote a document (human, machine) and whether it is true (true, false).

    They go before what the source says, from the next `tapewire impact` on. The same file twice changes nothing.

    Example:  tapewire label labels.csv -p live
    """
    from pipelines.ondemand.labels import import_labels
    from pipelines.ondemand.tables import TableError

    settings = settings_of(profile, None, home)
    try:
        with expected_errors():
            from warehouse.connect import WarehouseMissingError

            if not settings.warehouse.exists():
                raise WarehouseMissingError(f"no warehouse at {settings.warehouse}: run `tapewire nightly` first")
            done = import_labels(settings, source)
    except TableError as error:
        print(f"tapewire: {error}", file=sys.stderr)
        raise typer.Exit(2) from error
    w = done.written
    print(
        f"Labels: {w.new:,} new, {w.changed:,} changed, {w.unchanged:,} unchanged; {done.n_unknown:,} name no document"
    )
    raise typer.Exit(1 if done.n_unknown and not (w.new or w.changed or w.unchanged) else 0)
