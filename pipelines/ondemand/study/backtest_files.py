"""A whole backtest of a table of forecasts on a table of prices: the warehouse is neither read nor written."""

import logging
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from dashboards.sheet import FRAMES, Sheet, sheet_of_folder
from dashboards.wording import one_line
from domain.names import DEFAULT, REFERENCE
from models.backtest.ledger.market import Market, market_of
from models.backtest.strategies.views import views_from_table
from models.backtest.tables import Tables
from pipelines.ondemand.study.bars import read_bars
from pipelines.ondemand.study.events import as_the_bars_name_them
from pipelines.ondemand.tables import TableError, need_columns, read_table, write_table
from pipelines.settings.models import BacktestSettings
from pipelines.sources.named_assets import asset_named
from pipelines.sources.simulated import NAME as SIMULATED
from pipelines.stages.backtest import terms_of, traded

log = logging.getLogger("tapewire.backtest")
MOST_OF_A_NAME = 80
COLUMNS = ("asset", "origin_ts", "horizon_h", "level", "log_return")


def backtest_files(
    forecasts: Path, candles: Path, out: Path, s: BacktestSettings, models: tuple[str, ...] = ()
) -> Sheet:
    """Trade `forecasts` (columns as `tapewire evaluate` writes them; one model where none is named) on `candles`.

    Tables are written into `out` as Parquet; trials that are there already are kept and counted. Without `models` the
    default is traded, or all where it is not among them, beside the reference walk where that is. TableError with what
    was found and what was expected.
    """
    if out.exists() and not out.is_dir():
        raise TableError(f"{out} is a file; --out is the folder that tables are written to")
    table = read_table(forecasts)
    need_columns(table, COLUMNS, forecasts)
    if "model" not in table.columns:
        table = table.with_columns(model=pl.lit(forecasts.stem))
    table = table.with_columns(
        pl.col("model").cast(pl.String).replace({m: one_line(m, MOST_OF_A_NAME) for m in _names(table)})
    )
    bars = read_bars(candles, says_holes=False)
    bars = replace(bars, assets=tuple(asset_named(name) or name for name in bars.assets))
    table = as_the_bars_name_them(table, bars.assets)
    if bars.timeframe != "1h":
        raise TableError(f"{candles.name}: bars of {bars.timeframe}; forecasts are traded on bars of 1h")
    market = market_of(bars, delisted_after_h=terms_of(s).delisted_after_h)
    _say_volumes(market, candles, s.least_spread_bps)
    try:
        views = {name: views_from_table(market, _typed(table, name, forecasts)) for name in _chosen(table, models)}
    except ValueError as error:
        raise TableError(f"{forecasts.name}: {error}") from error
    made = traded(market, views, s, None, _tried(out), datetime.now(UTC).replace(microsecond=0))
    _write(made, out, is_simulated=_is_simulated(candles))
    sheet = sheet_of_folder(out)
    assert sheet is not None
    return sheet


def _say_volumes(market: Market, candles: Path, least_bps: float) -> None:
    """Log the assets without volumes: what trading them costs is not known."""
    unknown = [asset for asset, known in zip(market.assets, market.measured, strict=True) if not known]
    if unknown:
        log.warning("%s has no volume of %s: half spreads of %g bp are assumed, and no impact", candles.name,
                    ", ".join(unknown[:10]) + (" and others" if len(unknown) > 10 else ""), least_bps)  # fmt: skip


def _chosen(table: pl.DataFrame, models: tuple[str, ...]) -> list[str]:
    """The models that are traded, and the reference walk where there is one. TableError for one that is not there."""
    there = _names(table)
    for name in models:
        if name not in there:
            raise TableError(f"there are no forecasts of {name!r}; there are {', '.join(there)}")
    if set(models or there) <= {REFERENCE}:
        raise TableError(
            "the reference walk alone is no strategy: it expects no return; name a model to trade beside it"
        )
    chosen = list(models) or ([DEFAULT] if DEFAULT in there else [m for m in there if m != REFERENCE])
    return chosen + [m for m in there if m == REFERENCE and m not in chosen]


def _names(table: pl.DataFrame) -> list[str]:
    return [str(name) for name in table["model"].drop_nulls().unique().sort()]


def _typed(table: pl.DataFrame, name: str, path: Path) -> pl.DataFrame:
    """Rows of one model with moments and numbers."""
    own = table.filter(pl.col("model") == name)
    if own.schema["origin_ts"] == pl.String:
        own = own.with_columns(pl.col("origin_ts").str.to_datetime(time_zone="UTC", strict=False))
        if own["origin_ts"].null_count():
            raise TableError(f"{path.name}: origin_ts is no moment in {own['origin_ts'].null_count()} rows; "
                             "write 2024-01-01T00:00:00Z")  # fmt: skip
    numbers = {"horizon_h": pl.Int32, "level": pl.Float64, "log_return": pl.Float64}
    return own.with_columns(pl.col(c).cast(t, strict=False) for c, t in numbers.items())


def _tried(out: Path) -> pl.DataFrame:
    """Trials of earlier runs into the same folder."""
    path = out / "trials.parquet"
    return pl.read_parquet(path) if path.exists() else pl.DataFrame()


def _is_simulated(candles: Path) -> bool:
    """Whether the candles say that they are the simulator's."""
    names = read_table(candles)
    marked = "is_simulated" in names.columns and bool(
        names["is_simulated"].cast(pl.String).str.to_lowercase().eq("true").any()
    )
    return marked or ("exchange" in names.columns and bool((names["exchange"] == SIMULATED).any()))


def _write(made: Tables, out: Path, *, is_simulated: bool) -> None:
    """Every frame of a sheet as Parquet, with the mark of what is simulated; earlier trials stay."""
    out.mkdir(parents=True, exist_ok=True)
    tried = _tried(out)
    if not tried.is_empty():
        mine = made.trials.with_columns(is_simulated=pl.lit(is_simulated))
        made = replace(
            made, trials=pl.concat([mine, tried.join(mine, on="trial_id", how="anti")], how="diagonal_relaxed")
        )
    frames = {
        "equity": made.equity, "summary": made.metrics, "trades": made.trades, "positions": made.positions,
        "pnl_daily": made.positions, "drawdowns": made.drawdowns, "curves": made.curves, "trials": made.trials,
    }  # fmt: skip
    for name in FRAMES:
        frame = frames[name]
        if "is_simulated" not in frame.columns:
            frame = frame.with_columns(is_simulated=pl.lit(is_simulated))
        write_table(frame, out / f"{name}.parquet")
