"""A user's table of events."""

import difflib
import logging
from pathlib import Path

import polars as pl

from domain.assets.codes import canonical
from domain.labels import LABELS, label_words, release_group
from domain.timeframes import SECONDS
from models.impact.sample import GROUPS
from pipelines.ondemand.study.stamps import first_of, stamps_of
from pipelines.ondemand.tables import TableError, check_read, numbers, once, read_table
from pipelines.sources.named_assets import asset_named

log = logging.getLogger("tapewire.study")
MOMENTS = ("event_ts", "utc_time", "ts_utc", "ts", "date", "event_date", "published_at", "timestamp", "datetime")
ASSETS = ("asset", "coin", "ticker", "symbol")
IDS = ("event_id", "doc_id", "id")
WORDS = ("group", "authorship", "veracity", "uncertainty_h", "kind", "event_id")
ENDINGS = (".parquet", ".csv")
HOURS = {"second": 0.0, "minute": 0.0, "hour": 1.0, "day": 24.0}
MAX_UNCERTAIN_H = 8_760.0


def read_events(path: Path, timeframe: str) -> pl.DataFrame:
    """Events as a study wants them, from asset, a moment, and what else there is of event_id, group, uncertainty_h,
    kind.

    A column of moments without a zone is taken for UTC; a bare date, or a column of midnights alone, for times known to
    the day where bars are shorter. Groups are real, generated, fabricated or unlabelled.
    """
    frame = _plain_names(once(read_table(path, ENDINGS), path), path)
    moment = first_of(frame, MOMENTS, path, "the moment of the event")
    asset = first_of(frame, ASSETS, path, "the asset")
    given = next((name for name in IDS if name in frame.columns), None)
    ids = pl.col(given) if given else pl.int_range(pl.len()).add(1)
    stamps = stamps_of(frame, moment, path)
    kept = frame.select(
        doc_id=ids.cast(pl.String),
        asset=pl.col(asset).cast(pl.String).str.to_uppercase(),
        event_ts=stamps["moment"],
        release_group=_group(frame, path),
        uncertain=_uncertain_h(frame, stamps, timeframe, path),
        kind=pl.col("kind").cast(pl.String) if "kind" in frame.columns else pl.lit(""),
    )
    numbered = kept.with_row_index("row", offset=1)
    empty = numbered.filter(pl.any_horizontal(pl.col("doc_id", "asset", "event_ts").is_null()))
    if len(empty) or kept.is_empty():
        where = f", the first in row {empty['row'][0]}" if len(empty) else ""
        raise TableError(f"{path.name}: {len(empty)} of {len(kept)} rows lack an id, an asset or a moment{where}")
    twice = numbered.filter(kept.select("doc_id", "asset").is_duplicated())
    if len(twice):
        raise TableError(
            f"{path.name}: {len(twice)} rows share event_id and asset with another one, the first is row "
            f"{twice['row'][0]} ({twice['doc_id'][0]}, {twice['asset'][0]}); each is wanted once"
        )
    return kept.with_columns(
        available_ts=pl.col("event_ts") + pl.duration(microseconds=(pl.col("uncertain") * 3.6e9).cast(pl.Int64)),
        is_late_stamp=pl.lit(False),
        is_recommended=pl.lit(True),
    ).drop("uncertain")


def _plain_names(frame: pl.DataFrame, path: Path) -> pl.DataFrame:
    """The frame with names of columns in lower case. TableError for a name that is nearly one that is known."""
    lower = [name.strip().lower() for name in frame.columns]
    frame = frame.rename(dict(zip(frame.columns, lower, strict=True))) if len(set(lower)) == len(lower) else frame
    for name in frame.columns:
        near = difflib.get_close_matches(name, WORDS, n=1, cutoff=0.85)
        if near and near[0] != name and near[0] not in frame.columns:
            raise TableError(f"{path.name}: column {name} is not known; did you mean {near[0]}?")
    return frame


def as_the_bars_name_them(events: pl.DataFrame, assets: tuple[str, ...]) -> pl.DataFrame:
    """Events with the names that `assets` of the bars have: XBT, $BTC and Bitcoin are the BTC (or BTC-USD) there."""
    there = {asset_named(name) or name: name for name in assets}
    spelt = {name: there.get(asset_named(name) or canonical(name), name) for name in events["asset"].unique()}
    changed = sorted(f"{a} as {b}" for a, b in spelt.items() if a != b and a not in assets)
    if changed:
        log.info("assets of events are measured by other names of theirs: %s", ", ".join(changed))
    return events.with_columns(
        pl.when(pl.col("asset").is_in(list(assets)))
        .then("asset")
        .otherwise(pl.col("asset").replace(spelt))
        .alias("asset")
    )


def _uncertain_h(frame: pl.DataFrame, stamps: pl.DataFrame, timeframe: str, path: Path) -> pl.Series:
    """How much later than its stamp an event may have been: as the table says, else as precisely as the stamp is."""
    bar_h = SECONDS[timeframe] / 3600
    shown = stamps["precision"].replace_strict(HOURS, default=0.0, return_dtype=pl.Float64)
    shown = pl.select(pl.when(shown > bar_h).then(shown).otherwise(0.0)).to_series()
    if "uncertainty_h" not in frame.columns:
        return shown
    said = numbers(frame, "uncertainty_h", path)
    outside = said.is_not_null() & ~said.is_between(0, MAX_UNCERTAIN_H)
    if outside.any():
        row = int(outside.arg_true()[0])
        raise TableError(
            f"{path.name}: uncertainty_h of row {row + 1} is {said[row]:g}; expected 0 to {MAX_UNCERTAIN_H:g} hours"
        )
    return said.fill_null(shown)


def _group(frame: pl.DataFrame, path: Path) -> pl.Series:
    """The group of each event: as the table says, else by its labels, each a word that is known."""
    if "group" in frame.columns:
        words = frame["group"].cast(pl.String).str.to_lowercase()
        known = words.replace_strict({g: g for g in GROUPS}, default=None, return_dtype=pl.String)
        check_read(frame, "group", known, path, ", ".join(GROUPS))
        return known.fill_null("unlabelled")
    if not {"authorship", "veracity"} & set(frame.columns):
        return pl.repeat("unlabelled", len(frame), eager=True)
    labels = {name: pl.repeat("unknown", len(frame), eager=True) for name in LABELS}
    for name, allowed in LABELS.items():
        if name in frame.columns:
            labels[name] = label_words(frame[name], name)
            check_read(frame, name, labels[name], path, ", ".join(allowed))
    return pl.DataFrame(labels).select(release_group()).to_series()
