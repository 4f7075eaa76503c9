"""A user's tables of events and of prices, read for an event study."""

import logging
import re
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.cells import read_numbers
from domain.labels import LABELS, label_words, release_group
from domain.stamp_columns import read_stamps
from domain.timeframes import SECONDS
from domain.types import Array
from features.candles import Bars, without_idle
from models.impact.sample import GROUPS
from pipelines.ondemand.tables import TableError, check_read, numbers, once, read_table

log = logging.getLogger("tapewire.study")
MOMENTS = ("event_ts", "utc_time", "ts", "date", "event_date", "published_at")
BAR_STARTS = ("ts", "event_ts", "date", "open_time")
PRICES = ("open", "high", "low", "close", "volume")
ENDINGS = (".parquet", ".csv")
INDEX_NAMES = r"(?i)^(|index|__index_level_\d+__|unnamed: ?\d+|#|row|id)$"
NO_ASSETS = {*PRICES, "index", "vol", "market_cap", "marketcap", "year", "month", "day", "hour", "weekday", "time"}
MAX_OFF_GRID = 0.01
CLOCK_CHANGE_S = 3600  # daily bars of a place with summer time start an hour apart
HOURS = {"second": 0.0, "minute": 0.0, "hour": 1.0, "day": 24.0}


def read_events(path: Path, timeframe: str) -> pl.DataFrame:
    """Events as a study wants them, from asset, a moment, and what else there is of event_id, group, uncertainty_h,
    kind.

    A column of moments without a zone is taken for UTC; a bare date, or a column of midnights alone, for times known to
    the day where bars are shorter. Groups are real, generated, fabricated or unlabelled.
    """
    frame = once(read_table(path, ENDINGS), path)
    moment = _first(frame, MOMENTS, path, "the moment of the event")
    if "asset" not in frame.columns:
        raise TableError(f"{path.name} lacks the column asset; it has {', '.join(frame.columns)}")
    ids = pl.col("event_id") if "event_id" in frame.columns else pl.int_range(pl.len()).add(1)
    stamps = _stamps(frame, moment, path)
    kept = frame.select(
        doc_id=ids.cast(pl.String),
        asset=pl.col("asset").cast(pl.String).str.to_uppercase(),
        event_ts=stamps["moment"],
        release_group=_group(frame, path),
        uncertain=_uncertain_h(frame, stamps, timeframe, path),
        kind=pl.col("kind").cast(pl.String) if "kind" in frame.columns else pl.lit(""),
    )
    empty = kept.filter(pl.any_horizontal(pl.col("doc_id", "asset", "event_ts").is_null())).height
    if empty or kept.is_empty():
        raise TableError(f"{path.name}: {empty} of {kept.height} rows lack an id, an asset or a moment")
    twice = kept.filter(pl.struct("doc_id", "asset").is_duplicated()).height
    if twice:
        raise TableError(f"{path.name}: {twice} rows share event_id and asset with another one; each is wanted once")
    return kept.with_columns(
        available_ts=pl.col("event_ts") + pl.duration(microseconds=(pl.col("uncertain") * 3.6e9).cast(pl.Int64)),
        is_late_stamp=pl.lit(False),
        is_recommended=pl.lit(True),
    ).drop("uncertain")


def _uncertain_h(frame: pl.DataFrame, stamps: pl.DataFrame, timeframe: str, path: Path) -> pl.Series:
    """How much later than its stamp an event may have been: as the table says, else as precisely as the stamp is."""
    bar_h = SECONDS[timeframe] / 3600
    shown = stamps["precision"].replace_strict(HOURS, default=0.0, return_dtype=pl.Float64)
    shown = pl.select(pl.when(shown > bar_h).then(shown).otherwise(0.0)).to_series()
    if "uncertainty_h" not in frame.columns:
        return shown
    said = numbers(frame, "uncertainty_h", path)
    if not said.drop_nulls().is_between(0, float("inf"), closed="left").all():
        raise TableError(f"{path.name}: uncertainty_h is to be 0 or more hours")
    return said.fill_null(shown)


def _group(frame: pl.DataFrame, path: Path) -> pl.Series:
    """The group of each event: as the table says, else by its labels, each a word that is known."""
    if "group" in frame.columns:
        words = frame["group"].cast(pl.String).str.to_lowercase()
        known = words.replace_strict({g: g for g in GROUPS}, default=None, return_dtype=pl.String)
        check_read(frame, "group", known, path, ", ".join(GROUPS))
        return known.fill_null("unlabelled")
    if not {"authorship", "veracity"} <= set(frame.columns):
        return pl.repeat("unlabelled", len(frame), eager=True)
    labels = {}
    for name, allowed in LABELS.items():
        labels[name] = label_words(frame[name], name)
        check_read(frame, name, labels[name], path, ", ".join(allowed))
    return pl.DataFrame(labels).select(release_group()).to_series()


def read_bars(path: Path) -> Bars:
    """A grid of bars from a long table (asset, start of the bar, close; open, high, low, volume where known) or a wide
    one (a date and a column of closes per asset). Without volume all assets weigh alike in the index.
    """
    frame = once(read_table(path, ENDINGS), path)
    start = _first(frame, BAR_STARTS, path, "the start of a bar")
    frame = frame.with_columns(_stamps(frame, start, path)["moment"].alias("_start"))
    long = frame if "close" in frame.columns else _melted(frame, start, path)
    if "asset" not in long.columns:
        raise TableError(f"{path.name} has a column close but no column asset")
    if long["asset"].null_count():
        raise TableError(f"{path.name}: {long['asset'].null_count()} bars have no asset")
    typed = long.with_columns(
        pl.col("asset").cast(pl.String).str.to_uppercase(),
        *(numbers(long, c, path) for c in PRICES if c in long.columns),
    )
    known = typed.filter(pl.col("close") > 0, pl.col("close").is_finite())
    if len(known) < len(typed):
        log.warning(
            "%s: %d of %d bars have no positive close: left out", path.name, len(typed) - len(known), len(typed)
        )
    if known.is_empty():
        raise TableError(f"{path.name}: no close is a positive number")
    if known.select("asset", "_start").is_duplicated().any():
        raise TableError(f"{path.name}: an asset has two bars that start at one moment; give one timeframe and market")
    return _grid(known, _timeframe(known, path), path)


def _melted(frame: pl.DataFrame, start: str, path: Path) -> pl.DataFrame:
    """A wide table as a long one. A column that only counts its rows is left out; one that is no asset is refused."""
    columns = [c for c in frame.columns if c not in (start, "_start") and not _is_index(frame, c)]
    strange = [c for c in columns if c.lower() in NO_ASSETS or re.fullmatch(INDEX_NAMES, c)]
    strange += [c for c in columns if c.rpartition(".")[0] in columns and c.rpartition(".")[2].isdigit()]
    if strange:
        raise TableError(
            f"{path.name}: column {strange[0]!r} cannot be an asset; a wide table has {start} and a column of closes "
            "per asset, a long one the columns asset and close"
        )
    if not columns:
        raise TableError(
            f"{path.name}: expected a column close, or a column of closes per asset; it has {', '.join(frame.columns)}"
        )
    closes = frame.select("_start", *(numbers(frame, c, path) for c in columns))
    return closes.unpivot(columns, index="_start", variable_name="asset", value_name="close").drop_nulls("close")


def _is_index(frame: pl.DataFrame, column: str) -> bool:
    """Whether a column is the row numbers that pandas, R or Excel write beside a table."""
    if not re.fullmatch(INDEX_NAMES, column):
        return False
    count = read_numbers(frame[column])
    return bool(count.null_count() == 0 and count[0] in (0, 1) and (count.diff().drop_nulls() == 1).all())


def _timeframe(known: pl.DataFrame, path: Path) -> str:
    step = known.sort("asset", "_start").select(pl.col("_start").diff().over("asset").dt.total_seconds())["_start"]
    common = min(step.drop_nulls().mode().to_list(), default=0)
    for name, seconds in SECONDS.items():
        if seconds == common:
            return name
    raise TableError(f"{path.name}: bars lie {common} s apart; expected one of {', '.join(SECONDS)}")


def _grid(known: pl.DataFrame, timeframe: str, path: Path) -> Bars:
    seconds, n_given = SECONDS[timeframe], len(known)
    assets = tuple(sorted(known["asset"].unique().to_list()))
    close_s = _on_grid(known, timeframe, path)
    known, close_s = known.filter(close_s >= 0), close_s[close_s >= 0]
    if len(close_s) < n_given:
        log.warning(
            "%s: %d of %d bars are off the grid of the others: left out", path.name, n_given - len(close_s), n_given
        )
    first = int(close_s.min())
    shape = ((int(close_s.max()) - first) // seconds + 1, len(assets))
    row = (close_s - first) // seconds
    col = known["asset"].replace_strict({a: i for i, a in enumerate(assets)}, return_dtype=pl.Int64).to_numpy()
    if len(np.unique(row * len(assets) + col)) < len(row):
        raise TableError(f"{path.name}: an asset has two bars for one {timeframe}; give one timeframe and market")

    def dense(values: Array) -> Array:
        grid = np.full(shape, np.nan)
        grid[row, col] = values
        return grid

    close = dense(known["close"].to_numpy())
    open_, high, low = (dense(known[c].to_numpy()) if c in known.columns else close for c in ("open", "high", "low"))
    volume = dense(known["volume"].to_numpy()) if "volume" in known.columns else np.full(shape, np.nan)
    close_ts = (first + seconds * np.arange(shape[0])).astype("datetime64[s]")
    return Bars(assets, timeframe, close_ts, *without_idle((open_, high, low, close), volume), volume)


def _on_grid(known: pl.DataFrame, timeframe: str, path: Path) -> NDArray[np.int64]:
    """Closes of the bars on one grid, seconds since 1970. Daily bars that follow a place's clock through the year count
    as closed at the later hour of its two. −1 for a bar off the grid; TableError where more than one in a hundred is.
    """
    seconds = SECONDS[timeframe]
    close_s = known["_start"].dt.epoch("s").to_numpy() + seconds
    phase, often = np.unique(close_s % seconds, return_counts=True)
    usual = int(phase[often.argmax()])
    off = (close_s - usual + seconds // 2) % seconds - seconds // 2
    if timeframe == "1d" and len(phase) == 2 and int(off[off != 0].min()) == int(off[off != 0].max()) in (
        -CLOCK_CHANGE_S, CLOCK_CHANGE_S,
    ):  # fmt: skip
        return close_s - off + max(int(off.max()), 0)
    if np.count_nonzero(off) > MAX_OFF_GRID * len(off):
        at = int(np.flatnonzero(off)[0])
        raise TableError(
            f"{path.name}: {np.count_nonzero(off)} of {len(off)} bars are off the grid of the others, the first "
            f"{known['asset'][at]} at {known['_start'][at]:%Y-%m-%dT%H:%MZ}; give bars of {timeframe} that start alike"
        )
    return np.where(off == 0, close_s, -1)


def _first(frame: pl.DataFrame, names: tuple[str, ...], path: Path, what: str) -> str:
    for name in names:
        if name in frame.columns:
            return name
    raise TableError(
        f"{path.name} has no column for {what}; expected one of {', '.join(names)}, it has {', '.join(frame.columns)}"
    )


def _stamps(frame: pl.DataFrame, name: str, path: Path) -> pl.DataFrame:
    """A column of moments as `domain.stamp_columns` reads it; each value is understood, and all name a zone or none."""
    read = read_stamps(frame[name])
    check_read(frame, name, read["moment"], path, "a moment that can be read in one way, such as 2024-06-01T13:30:00Z")
    if read["moment"].is_null().any():
        row = int(read["moment"].is_null().arg_true()[0])
        raise TableError(
            f"{path.name}: {name} of row {row + 1} is empty; expected a moment such as 2024-06-01T13:30:00Z"
        )
    if read["is_partial"].any():
        row = int(read["is_partial"].arg_true()[0])
        raise TableError(
            f"{path.name}: {name} of row {row + 1} is {str(frame[name][row])!r}, of which only the day is understood; "
            "write it as 2024-06-01T13:30:00Z, or the day alone as 2024-06-01"
        )
    clocks = read.with_row_index("row", offset=1).filter(pl.col("precision") != "day")
    if clocks["is_zoned"].n_unique() > 1:
        row = int(clocks.filter(~pl.col("is_zoned"))["row"][0])
        raise TableError(
            f"{path.name}: {name} of row {row} ({frame[name][row - 1]}) names no time zone while others do; write all "
            "as 2024-06-01T13:30:00Z"
        )
    return read
