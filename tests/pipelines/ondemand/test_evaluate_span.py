"""`tapewire evaluate` over a span of one's own: what the files hold, what is left out, what wrong usage says."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from models.evaluate.league import league
from models.evaluate.protocol import Protocol, origin_hours, spacing
from models.evaluate.walk_forward import refit_folds
from models.quantiles.quantiles import CENTRAL, LEVELS
from models.quantiles.scores import crps
from pipelines.cli.app import app
from tests.kits.command import tapewire

pytestmark = pytest.mark.slow

SMALL = {
    "TAPEWIRE_FORECAST__EPOCHS": "1", "TAPEWIRE_FORECAST__WINDOWS_PER_EPOCH": "1024", "TAPEWIRE_FORECAST__MEMBERS": "1",
    "TAPEWIRE_FORECAST__STRETCH_DAYS": "20", "TAPEWIRE_FORECAST__BOOST_ROUNDS": "5", "TAPEWIRE_THREADS": "1",
}  # fmt: skip
SPAN = ("--train-until", "2024-01-15", "--test-from", "2024-01-15", "--test-to", "2024-02-20")
DAY = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> Path:
    """forecasts.parquet and scores.parquet of a small evaluation with one refit, from nothing, by the command."""
    folder = tmp_path_factory.mktemp("evaluate")
    done = tapewire(
        "evaluate", *SPAN, "--origins", "00:00,12:00", "--refit-every", "20d", "--as-of", "2024-03-01",
        "--home", str(folder / "home"), "--out", str(folder / "out"), env=SMALL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "patch_transformer" in done.stdout
    assert done.stderr.count("training patch_transformer") == 2, "two folds, two trainings"
    return folder / "out"


def test_every_model_forecasts_the_same_origins_in_ordered_finite_quantiles(files):
    table = pl.read_parquet(files / "forecasts.parquet")
    assert table.columns == ["model", "asset", "origin_ts", "horizon_h", "level", "log_return"]
    assert set(table["model"]) == {
        "tapewire", "patch_transformer", "mlp", "patch_linear", "lstm", "lightgbm", "har_median", "har", "garch",
        "reference_walk", "volatility_walk", "walk_plain", "walk_drift",
    }  # fmt: skip
    assert table["log_return"].is_finite().all()
    per_model = table.group_by("model").agg(pl.struct("asset", "origin_ts", "horizon_h", "level").n_unique())
    assert per_model[:, 1].n_unique() == 1
    ordered = table.sort("model", "asset", "origin_ts", "horizon_h", "level")["log_return"].to_numpy()
    assert (np.diff(ordered.reshape(-1, len(LEVELS)), axis=1) >= 0).all()


def test_origins_stand_at_the_hours_asked_for_and_within_the_span(files):
    origin = pl.read_parquet(files / "forecasts.parquet")["origin_ts"]
    assert set(origin.dt.hour()) == {0, 12}
    assert origin.min() == datetime(2024, 1, 15, tzinfo=UTC)
    assert origin.max() == datetime(2024, 2, 19, 12, tzinfo=UTC)


def test_the_scores_are_those_that_anyone_would_compute_from_the_forecasts(files):
    """CRPS of the default at 4 h from the two files and the candles alone."""
    import duckdb

    scores = pl.read_parquet(files / "scores.parquet")
    home = files.parent / "home/simulated/warehouse.duckdb"
    with duckdb.connect(str(home), read_only=True) as con:
        closes = con.sql("SELECT asset, available_ts, close_quote FROM core.candles WHERE timeframe = '1h'").pl()
    table = pl.read_parquet(files / "forecasts.parquet").filter(pl.col("model") == "tapewire", pl.col("horizon_h") == 4)
    closes = closes.with_columns(pl.col("available_ts").dt.convert_time_zone("UTC").dt.cast_time_unit("us"))
    later = closes.with_columns(available_ts=pl.col("available_ts") - timedelta(hours=4))
    came = closes.join(later, on=["asset", "available_ts"], suffix="_later").select(
        "asset", origin_ts="available_ts", y=(pl.col("close_quote_later") / pl.col("close_quote")).log()
    )
    wide = (
        table.sort("asset", "origin_ts", "level").group_by("asset", "origin_ts", maintain_order=True).agg("log_return")
    )
    known = wide.join(came, on=["asset", "origin_ts"])
    levels = np.array(LEVELS)[CENTRAL]
    known = known.with_columns(
        crps=pl.Series(crps(np.array(known["log_return"].to_list())[:, CENTRAL], known["y"].to_numpy(), levels))
    )
    mine = known.group_by("origin_ts").agg(pl.col("crps").mean())["crps"].mean()
    row = scores.filter(
        pl.col("model_name") == "tapewire", pl.col("asset") == "ALL", pl.col("regime") == "all",
        pl.col("horizon_h") == 4, pl.col("metric") == "crps",
    )  # fmt: skip
    assert row["value"][0] == pytest.approx(mine, rel=1e-9)


def test_the_league_names_every_model_once_best_first(files):
    table = league(pl.read_parquet(files / "scores.parquet"))
    assert table["model"].n_unique() == len(table) == 13
    assert table["ratio"].is_sorted()
    assert table.filter(pl.col("model") == "volatility_walk")["ratio"][0] == 1.0


def test_scores_know_the_regimes_the_tests_and_where_gains_come_from(files):
    scores = pl.read_parquet(files / "scores.parquet")
    assert set(scores["regime"]) <= {"all", "calm", "normal", "turbulent"}
    assert scores["regime"].n_unique() >= 3
    metrics = set(scores["metric"])
    assert {"clark_west", "pesaran_timmermann", "ratio_to_volatility_walk", "ratio_to_har", "ratio_to_garch"} <= metrics
    assert {"dm_hln", "equal_loss_slow", "gain_scale", "gain_tails", "gain_median", "tail_ratio"} <= metrics
    assert "confidence_set" not in metrics, "five weeks are too few blocks for one"


@pytest.mark.parametrize(
    ("told", "message"),
    [
        (SPAN[:4], "needs --test-to, --out as well"),
        (("--train-until", "2024-02-01", *SPAN[2:], "--out", "x"), "training must end before the test"),
        ((*SPAN, "--out", "x", "--origins", "00:30"), "full hours such as 00:00,12:00, got '00:30'"),
        ((*SPAN, "--out", "x", "--refit-every", "month"), "a number of days or hours such as 30d"),
        ((*SPAN, "--out", "x", "--min-share", "2"), "a share between 0 and 1, got 2.0"),
    ],
)
def test_wrong_usage_says_what_was_expected_and_exits_2(tmp_path, told, message):
    done = CliRunner().invoke(app, ["evaluate", *told, "--home", str(tmp_path)])
    assert done.exit_code == 2
    assert message in done.stderr


def test_hours_and_spacings_are_read():
    assert origin_hours("12:00, 00:00,12:00") == (0, 12)
    assert (spacing("30d"), spacing("12h"), spacing(None)) == (timedelta(days=30), timedelta(hours=12), None)
    with pytest.raises(ValueError):
        spacing("0d")


def test_a_protocol_trains_anew_with_the_same_distance_to_each_test_span():
    parts = refit_folds(100, 124, 224, 40)
    assert [(f.train_end, f.test_start, f.test_end) for f in parts] == [
        (100, 124, 164),
        (140, 164, 204),
        (180, 204, 224),
    ]
    assert len(refit_folds(100, 124, 224, None)) == 1
    with pytest.raises(ValueError, match="before the test begins"):
        refit_folds(130, 124, 224, None)
    with pytest.raises(ValueError, match="training must end"):
        Protocol(DAY, DAY, DAY, (0,))
