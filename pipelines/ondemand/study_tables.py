"""A user's tables of events and of prices, read for an event study."""

from pathlib import Path

import numpy as np
import polars as pl

from domain.labels import release_group
from domain.timeframes import SECONDS
from features.candles import Bars
from models.impact.sample import GROUPS
from pipelines.ondemand.tables import STUDY_READERS, TableError, read_table

MOMENTS = ("event_ts", "utc_time", "ts", "date", "event_date", "published_at")
BAR_STARTS = ("ts", "event_ts", "date", "open_time")
PRICES = ("open", "high", "low", "close", "volume")


def read_events(path: Path, timeframe: str) -> pl.DataFrame:
    """Events as a study wants them, from asset, a moment, and what else there is of event_id, group, uncertainty_h,
    kind.

    A moment without a zone is taken for UTC, a bare date for a time known to the day where bars are shorter. Groups are
    real, generated, fabricated or unlabelled.
    """
    frame = read_table(path, STUDY_READERS)
    moment = _first(frame, MOMENTS, path, "the moment of the event")
    if "asset" not in frame.columns:
        raise TableError(f"{path.name} lacks the column asset; it has {', '.join(frame.columns)}")
    group = _group(frame, path)
    ids = pl.col("event_id") if "event_id" in frame.columns else pl.int_range(pl.len()).add(1)
    vague = 24.0 if frame.schema[moment] == pl.Date and SECONDS[timeframe] < SECONDS["1d"] else 0.0
    uncertain = _numbers(frame, "uncertainty_h", path) if "uncertainty_h" in frame.columns else pl.lit(vague)
    kept = frame.select(
        doc_id=ids.cast(pl.String),
        asset=pl.col("asset").cast(pl.String),
        event_ts=_utc(frame, moment, path),
        release_group=group,
        uncertain=uncertain,
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


def _group(frame: pl.DataFrame, path: Path) -> pl.Expr:
    if "group" in frame.columns:
        unknown = set(frame["group"].drop_nulls().cast(pl.String).to_list()) - set(GROUPS)
        if unknown:
            raise TableError(f"{path.name}: group {sorted(unknown)[0]!r} is unknown; expected {', '.join(GROUPS)}")
        return pl.col("group").cast(pl.String).fill_null("unlabelled")
    if {"authorship", "veracity"} <= set(frame.columns):
        return release_group()
    return pl.lit("unlabelled")


def read_bars(path: Path) -> Bars:
    """A grid of bars from a long table (asset, start of the bar, close; open, high, low, volume where known) or a wide
    one (a date and a column of closes per asset). Without volume all assets weigh alike in the index.
    """
    frame = read_table(path, STUDY_READERS)
    start = _first(frame, BAR_STARTS, path, "the start of a bar")
    long = frame if "close" in frame.columns else _melted(frame, start, path)
    if "asset" not in long.columns:
        raise TableError(f"{path.name} has a column close but no column asset")
    if long["asset"].null_count():
        raise TableError(f"{path.name}: {long['asset'].null_count()} bars have no asset")
    numbers = [_numbers(long, c, path) for c in PRICES if c in long.columns]
    known = long.with_columns(_utc(long, start, path).alias("_start"), *numbers).filter(
        pl.col("close") > 0, pl.col("close").is_finite()
    )
    if known.is_empty():
        raise TableError(f"{path.name}: no close is a positive number")
    if known.select("asset", "_start").is_duplicated().any():
        raise TableError(f"{path.name}: an asset has two bars that start at one moment; give one timeframe and market")
    timeframe = _timeframe(known, path)
    return _grid(known, timeframe)


def _melted(frame: pl.DataFrame, start: str, path: Path) -> pl.DataFrame:
    numeric = [c for c in frame.columns if c != start and frame.schema[c].is_numeric()]
    if not numeric:
        raise TableError(
            f"{path.name}: expected a column close, or a column of closes per asset; it has {', '.join(frame.columns)}"
        )
    return frame.unpivot(numeric, index=start, variable_name="asset", value_name="close").drop_nulls("close")


def _timeframe(known: pl.DataFrame, path: Path) -> str:
    step = known.sort("asset", "_start").select(pl.col("_start").diff().over("asset").dt.total_seconds())["_start"]
    common = min(step.drop_nulls().mode().to_list(), default=0)
    for name, seconds in SECONDS.items():
        if seconds == common:
            return name
    raise TableError(f"{path.name}: bars lie {common} s apart; expected one of {', '.join(SECONDS)}")


def _grid(known: pl.DataFrame, timeframe: str) -> Bars:
    seconds = SECONDS[timeframe]
    assets = tuple(sorted(known["asset"].cast(pl.String).unique().to_list()))
    close_s = known["_start"].dt.epoch("s").to_numpy() + seconds
    phase, often = np.unique(close_s % seconds, return_counts=True)
    on_grid = close_s % seconds == phase[often.argmax()]
    first = int(close_s[on_grid].min())
    shape = ((int(close_s[on_grid].max()) - first) // seconds + 1, len(assets))
    row = (close_s - first) // seconds
    col = known["asset"].cast(pl.String).replace_strict({a: i for i, a in enumerate(assets)}, return_dtype=pl.Int64)
    close = known["close"].to_numpy()
    volume = known["volume"].to_numpy() if "volume" in known.columns else np.full(len(close), np.nan)
    values = {c: known[c].to_numpy() if c in known.columns else close for c in ("open", "high", "low")}
    grids = []
    for x in (*values.values(), close, volume):
        grid = np.full(shape, np.nan)
        grid[row[on_grid], col.to_numpy()[on_grid]] = x[on_grid]
        grids.append(grid)
    close_ts = (first + seconds * np.arange(shape[0])).astype("datetime64[s]")
    return Bars(assets, timeframe, close_ts, *grids)


def _numbers(frame: pl.DataFrame, name: str, path: Path) -> pl.Series:
    """A column as numbers, empty cells kept empty."""
    column = frame[name].cast(pl.Float64, strict=False)
    strange = frame.filter(column.is_null() & pl.col(name).is_not_null())
    if strange.height:
        raise TableError(f"{path.name}: {name} {strange[name][0]!r} is no number")
    if name == "uncertainty_h":
        column = column.fill_null(0.0)
        if not (column.is_finite() & (column >= 0)).all():
            raise TableError(f"{path.name}: uncertainty_h is to be 0 or more hours")
    return column


def _first(frame: pl.DataFrame, names: tuple[str, ...], path: Path, what: str) -> str:
    for name in names:
        if name in frame.columns:
            return name
    raise TableError(
        f"{path.name} has no column for {what}; expected one of {', '.join(names)}, it has {', '.join(frame.columns)}"
    )


def _utc(frame: pl.DataFrame, name: str, path: Path) -> pl.Series:
    """A column of moments as UTC, microseconds."""
    column = frame[name]
    if column.dtype == pl.String:
        column = column.str.to_datetime(time_unit="us", time_zone="UTC", strict=False)
    elif column.dtype.is_temporal():
        column = column.cast(
            pl.Datetime("us", column.dtype.time_zone if isinstance(column.dtype, pl.Datetime) else None)
        )
        zoned = isinstance(column.dtype, pl.Datetime) and column.dtype.time_zone
        column = column.dt.convert_time_zone("UTC") if zoned else column.dt.replace_time_zone("UTC")
    else:
        raise TableError(f"{path.name}: {name} is {column.dtype}; expected times such as 2024-06-01T13:30:00Z")
    if column.is_null().any():
        raise TableError(f"{path.name}: {column.null_count()} values of {name} are no time; write 2024-06-01T13:30:00Z")
    return column
