"""A user's table of prices: a grid of bars."""

import logging
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from domain.timeframes import SECONDS
from domain.types import Array
from features.candles import Bars, jumps, without_idle
from pipelines.ondemand.study.stamps import first_of, stamps_of
from pipelines.ondemand.study.wide import melted
from pipelines.ondemand.tables import TableError, numbers, once, read_table
from pipelines.sources.named_assets import asset_named

log = logging.getLogger("tapewire.study")
BAR_STARTS = ("ts", "event_ts", "date", "open_time", "timestamp", "datetime")
ASSETS = ("asset", "symbol", "coin", "ticker")
PRICES = ("open", "high", "low", "close", "volume")
ENDINGS = (".parquet", ".csv")
MAX_OFF_GRID = 0.01
CLOCK_CHANGE_S = 3600  # daily bars of a place with summer time start an hour apart
STUCK_BARS = 12  # as many closes in a row that are the same to the last digit, where no volume is known


def read_bars(path: Path, *, says_holes: bool = True) -> Bars:
    """A grid of bars from a long table (asset, start of the bar, close; open, high, low, volume where known) or a wide
    one (a date and a column of closes per asset). Without volume all assets weigh alike in the index.

    `says_holes`: whether to log that moves over holes are in no return.
    """
    frame = once(read_table(path, ENDINGS), path)
    start = first_of(frame, BAR_STARTS, path, "the start of a bar")
    frame = frame.with_columns(stamps_of(frame, start, path)["moment"].alias("_start"))
    long = frame if "close" in frame.columns else melted(frame, start, path)
    long = long.rename({first_of(long, ASSETS, path, "the asset"): "asset"})
    if long["asset"].null_count():
        row = int(long["asset"].is_null().arg_true()[0]) + 1
        raise TableError(f"{path.name}: asset of row {row} is empty; {long['asset'].null_count()} bars have none")
    typed = long.with_columns(
        pl.col("asset").cast(pl.String).str.to_uppercase(),
        *(numbers(long, c, path) for c in PRICES if c in long.columns),
    )
    _check_values(typed, path)
    known = typed.filter(pl.col("close") > 0, pl.col("close").is_finite())
    if len(known) < len(typed):
        log.warning(
            "%s: %d of %d bars have no positive close: left out", path.name, len(typed) - len(known), len(typed)
        )
    if known.is_empty():
        raise TableError(f"{path.name}: no close is a positive number")
    twice = known.filter(known.select("asset", "_start").is_duplicated())
    if len(twice):
        at = f"{twice['_start'][0]:%Y-%m-%dT%H:%M:%SZ}"
        raise TableError(
            f"{path.name}: {twice['asset'][0]} has two bars that start at {at}; give one timeframe and market"
        )
    bars = _grid(known, _timeframe(known, path), path)
    if says_holes:
        _say_holes(bars.close, bars.assets, bars.close_ts, path)
    return bars


def _check_values(typed: pl.DataFrame, path: Path) -> None:
    """TableError for a volume that can be none, and for two columns or names of one asset."""
    if "volume" in typed.columns:
        bad = typed.with_row_index("row", offset=1).filter(~(pl.col("volume").is_finite() & (pl.col("volume") >= 0)))
        if len(bad):
            raise TableError(f"{path.name}: volume of row {bad['row'][0]} is {bad['volume'][0]:g}; expected 0 or more")
    named: dict[str, str] = {}
    for asset in typed["asset"].unique().sort():
        ticker = asset_named(asset) or asset
        if named.setdefault(ticker, asset) != asset:
            raise TableError(
                f"{path.name}: {named[ticker]} and {asset} are one asset ({ticker}); give one series of it"
            )


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
    idle = np.where(_stuck(close) & np.isnan(volume), 0.0, volume)
    prices = without_idle((open_, high, low, close), idle)
    _say(prices[3], assets, close_ts, int((idle == 0).sum()), path)
    seams = jumps(prices[3])
    return Bars(assets, timeframe, close_ts, *prices, volume, seams if seams.any() else None)


def _stuck(close: Array) -> NDArray[np.bool_]:
    """Bars that only repeat a close, [T, A]: all but the first of STUCK_BARS and more in a row that are the same."""
    same = np.vstack([np.zeros((1, close.shape[1]), dtype=bool), close[1:] == close[:-1]])
    out = np.zeros_like(same)
    for column in range(same.shape[1]):
        edges = np.flatnonzero(np.diff(np.r_[0, same[:, column].astype(np.int8), 0]))
        for begin, end in edges.reshape(-1, 2):
            out[begin:end, column] = end - begin + 1 >= STUCK_BARS
    return out


def _say(close: Array, assets: tuple[str, ...], close_ts: NDArray[np.datetime64], n_idle: int, path: Path) -> None:
    """Log bars without a trade, and moves that are rather another unit than a return."""
    if n_idle:
        log.warning(
            "%s: %d bars without a trade (no volume, or a price that is stuck) are no prices", path.name, n_idle
        )
    for row, column in zip(*np.nonzero(jumps(close)), strict=True):
        log.warning(
            "%s: %s goes from %g to %g by %s: taken for another unit, no return", path.name, assets[column],
            close[row - 1, column], close[row, column], close_ts[row],
        )  # fmt: skip


def _say_holes(close: Array, assets: tuple[str, ...], close_ts: NDArray[np.datetime64], path: Path) -> None:
    """Log how many holes there are, and the largest move over one: it is in no return and in no abnormal return."""
    moves = []
    for column, asset in enumerate(assets):
        there = np.flatnonzero(np.isfinite(close[:, column]))
        over = np.flatnonzero(np.diff(there) > 1)
        logs = np.log(close[there, column])
        moves += [(abs(logs[i + 1] - logs[i]), asset, there[i], there[i + 1]) for i in over]
    if moves:
        _, asset, before, after = max(moves, key=lambda move: move[0])
        column = assets.index(asset)
        log.warning(
            "%s: %d holes; what prices did over them is in no return, the most %+.4g %% of %s from %s to %s", path.name,
            len(moves), 100 * (close[after, column] / close[before, column] - 1), asset, close_ts[before],
            close_ts[after],
        )  # fmt: skip


def _on_grid(known: pl.DataFrame, timeframe: str, path: Path) -> NDArray[np.int64]:
    """Closes of the bars on one grid, seconds since 1970. Daily bars that follow a place's clock through the year count
    as closed at the later hour of its two. −1 for a bar off the grid; TableError where more than one in a hundred is.
    """
    seconds = SECONDS[timeframe]
    close_s = known["_start"].dt.epoch("s").to_numpy() + seconds
    phase, often = np.unique(close_s % seconds, return_counts=True)
    usual = int(phase[often.argmax()])
    if usual == seconds - 1:
        raise TableError(
            f"{path.name}: bars are stamped with their last second ({known['_start'][0]:%H:%M:%S}); give their starts"
        )
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
