"""`tapewire backtest` on a user's own files: tables, tear sheet, trials that are kept, and what wrong usage says."""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner, Result

from features.candles import Bars
from models.backtest.ledger.market import market_of
from models.quantiles.quantiles import HORIZONS_H, long_table
from pipelines.cli.app import app
from tests.kits.backtests import NORMAL, pure_walk

ASSETS = ("BTC", "ETH", "DOGE")
BOTH = ("--forecasts", "forecasts.parquet", "--candles", "candles.parquet")


def candle_table(bars: Bars, exchange: str = "binance") -> pl.DataFrame:
    """The bars as a long table by pair."""
    rows, assets = bars.close.shape
    start = np.repeat(bars.close_ts - np.timedelta64(3600, "s"), assets).astype("datetime64[us]")
    table = {"ts": start, "symbol": [f"{a}/USDT" for _ in range(rows) for a in bars.assets]}
    table |= {name: getattr(bars, name).reshape(-1) for name in ("open", "high", "low", "close", "volume")}
    return pl.DataFrame(table).with_columns(pl.col("ts").dt.replace_time_zone("UTC"), exchange=pl.lit(exchange))


def forecast_table(bars: Bars) -> pl.DataFrame:
    """Noisy forecasts twice a day, and the walk's."""
    rng, market = np.random.default_rng(1), market_of(bars)
    pairs = np.array([(a, r) for r in range(200, len(bars.close_ts) - 48, 12) for a in range(len(ASSETS))])
    sigma = (market.volatility[pairs[:, 1], pairs[:, 0], None] * np.sqrt(np.array(HORIZONS_H) / 24))[..., None]
    made = []
    for name, strength in (("tapewire", 0.1), ("reference_walk", 0.0)):
        values = strength * sigma * rng.normal(size=(len(pairs), 1, 1)) + sigma * NORMAL
        made.append(long_table(model_id="m", model_name=name, assets=[ASSETS[a] for a in pairs[:, 0]],
                               origins=bars.close_ts[pairs[:, 1]], closes=np.ones(len(pairs)), values=values,
                               purpose="evaluation"))  # fmt: skip
    whole = pl.concat(made).rename({"model_name": "model"})
    return whole.select("model", "asset", "origin_ts", "horizon_h", "level", "log_return")


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("backtest")
    bars = pure_walk(24 * 55, ASSETS, 1)
    candle_table(bars).write_parquet(folder / "candles.parquet")
    forecast_table(bars).write_parquet(folder / "forecasts.parquet")
    return folder


def backtest(
    files: Path, *more: str, out: str = "out", forecasts: str = "forecasts.parquet",
    candles: str = "candles.parquet", env: dict[str, str] | None = None,
) -> Result:  # fmt: skip
    return CliRunner().invoke(app, [
        "backtest", "--forecasts", str(files / forecasts), "--candles", str(files / candles),
        "--out", str(files / out), *more,
    ], env=env)  # fmt: skip


@pytest.mark.slow
def test_a_table_of_forecasts_is_traded_and_every_table_and_page_is_written(files):
    done = backtest(files, "--report", out="one")
    assert done.exit_code == 0, done.output
    said = done.stdout.replace("\u00a0", " ")
    assert "tapewire: volatility 24 h, long and short" in said
    assert "reference_walk: volatility 24 h, long and short: nothing traded" in said
    names = {p.name for p in (files / "one").iterdir()}
    assert {"equity.parquet", "summary.parquet", "trades.parquet", "positions.parquet", "pnl_daily.parquet",
            "drawdowns.parquet", "curves.parquet", "trials.parquet", "tearsheet.html", "tearsheet.md",
            "tearsheet.json"} == names  # fmt: skip
    trades = pl.read_parquet(files / "one/trades.parquet")
    assert set(trades["asset"]) == set(ASSETS), "pairs are traded under the names that forecasts have"
    told = json.loads((files / "one/tearsheet.json").read_text())
    assert told["figures"]["all configurations"]["n_trials"]["value"] == 36
    assert not told["is_simulated"]


@pytest.mark.slow
def test_every_configuration_ever_tried_is_kept_and_counted(files):
    assert backtest(files, out="two").exit_code == 0
    first = pl.read_parquet(files / "two/trials.parquet")
    again = backtest(files, out="two")
    assert "36 configurations were ever tried" in again.stdout.replace("\u00a0", " "), "the same once more is the same"
    assert pl.read_parquet(files / "two/trials.parquet").sort("trial_id").equals(first.sort("trial_id"))
    other = backtest(files, out="two", env={"TAPEWIRE_BACKTEST__CAPITAL_USD": "5000"})
    assert "72 configurations were ever tried" in other.stdout.replace("\u00a0", " ")
    kept = pl.read_parquet(files / "two/trials.parquet")
    assert kept["trial_id"].n_unique() == len(kept) == 72


@pytest.mark.slow
def test_candles_of_the_simulator_and_candles_without_volume_are_said_to_be_so(files):
    bars = pure_walk(24 * 55, ASSETS, 1)
    simulated = candle_table(bars, "simulated").drop("volume")
    simulated.write_parquet(files / "simulated.parquet")
    done = backtest(files, "--report", out="three", candles="simulated.parquet")
    assert done.exit_code == 0, done.output
    assert "has no volume of BTC, DOGE, ETH: half spreads of 0.5 bp are assumed, and no impact" in done.stderr
    assert "SIMULATED" in (files / "three/tearsheet.md").read_text()
    assert pl.read_parquet(files / "three/trades.parquet")["impact_usd"].sum() == 0


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (("--forecasts", "f.parquet"), "a backtest of files needs --candles, --out as well"),
        (("--forecasts", "none.parquet", "--candles", "candles.parquet", "--out", "o"), "none.parquet cannot be read"),
        (("--forecasts", "candles.parquet", "--candles", "candles.parquet", "--out", "o"),
         "lacks asset, origin_ts, horizon_h, level, log_return"),
        ((*BOTH, "--out", "o", "--model", "oracle"),
         "there are no forecasts of 'oracle'; there are reference_walk, tapewire"),
        ((*BOTH, "--out", "o", "--model", "reference_walk"), "the reference walk alone is no strategy"),
        (("--report", "--against", "nowhere"), "nowhere holds no backtest"),
        (("--forecasts", "some.parquet", "--candles", "candles.parquet", "--out", "o"), "forecasts need the horizons"),
    ],
)  # fmt: skip
def test_wrong_usage_says_what_was_expected_and_exits_2(files, monkeypatch, told, message):
    monkeypatch.chdir(files)
    pl.read_parquet("forecasts.parquet").filter(pl.col("horizon_h") > 1).write_parquet("some.parquet")
    done = CliRunner().invoke(app, ["backtest", *told])
    assert done.exit_code == 2, done.output
    assert message in done.stderr


def test_a_run_that_is_none_cannot_be_compared_with(files, tmp_path):
    """Nothing is run for it: a folder that holds no backtest is refused at once."""
    done = backtest(files, "--report", "--against", str(tmp_path), out="four")
    assert done.exit_code == 2
    assert "there is no equity.parquet in it" in done.stderr
    assert not (files / "four").exists()


@pytest.mark.slow
def test_the_walk_named_first_does_not_become_the_headline_and_a_name_cannot_hurt_a_terminal(files):
    table = pl.read_parquet(files / "forecasts.parquet")
    hostile = table.with_columns(pl.col("model").replace({"tapewire": "a\x1b[31mb|c"}))
    hostile.write_parquet(files / "hostile.parquet")
    done = backtest(files, "--report", out="five", forecasts="hostile.parquet")
    assert done.exit_code == 0, done.output
    assert "\x1b" not in done.stdout and "b|c: volatility 24" in done.stdout
    text = (files / "five/tearsheet.md").read_text()
    assert "\x1b" not in text and r"b\|c: volatility" in text
