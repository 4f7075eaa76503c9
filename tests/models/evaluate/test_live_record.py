"""The record of live forecasts: what came, beside the walk; nothing is bettered afterwards."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from domain.names import DEFAULT, REFERENCE
from models.evaluate.live_record import live_record
from models.quantiles.quantiles import CENTRAL_LEVELS, HORIZONS_H, LEVELS, long_table
from models.quantiles.scores import crps

START = datetime(2024, 1, 1, tzinfo=UTC)
CLOSES = np.datetime64("2024-01-01", "s") + np.arange(60) * np.timedelta64(3600, "s")
Y = np.random.default_rng(1).standard_normal((60, 2, len(HORIZONS_H))) * 0.01
Y[40:] = np.nan


def _forecast(name: str, row: int, scale: float, *, written: datetime = START, asset: str = "BTC") -> pl.DataFrame:
    values = np.broadcast_to(scale * (np.array(LEVELS) - 0.5), (1, len(HORIZONS_H), len(LEVELS)))
    rows = long_table(model_id=f"{name}-{scale}", model_name=name, assets=[asset], origins=CLOSES[[row]],
                      closes=np.ones(1), values=values, purpose="live")  # fmt: skip
    return rows.with_columns(ingested_ts=pl.lit(written))


def _record(*frames: pl.DataFrame) -> pl.DataFrame:
    return live_record(pl.concat(frames), ("BTC", "ETH"), CLOSES, Y)


def test_each_forecast_is_scored_against_what_came_and_the_walk_of_its_origin():
    told = _record(_forecast(DEFAULT, 5, 0.02), _forecast(REFERENCE, 5, 0.05))
    row = told.row(by_predicate=(pl.col("model_name") == DEFAULT) & (pl.col("horizon_h") == 4), named=True)
    outcome = Y[5, 0, HORIZONS_H.index(4)]
    levels = np.array(CENTRAL_LEVELS)
    assert row["realised"] == outcome
    assert row["q95"] == pytest.approx(0.02 * 0.45)
    assert row["is_inside_90"] == (abs(outcome) <= 0.02 * 0.45)
    assert row["crps"] == pytest.approx(crps(0.02 * (levels - 0.5)[None], np.array([outcome]), levels)[0])
    assert row["crps_walk"] == pytest.approx(crps(0.05 * (levels - 0.5)[None], np.array([outcome]), levels)[0])


def test_a_forecast_that_is_not_due_has_no_outcome_yet():
    told = _record(_forecast(DEFAULT, 50, 0.02), _forecast(REFERENCE, 50, 0.02))
    assert len(told) == 2 * len(HORIZONS_H)
    for column in ("realised", "is_inside_90", "crps", "crps_walk"):
        assert told[column].null_count() == len(told)


def test_the_first_forecast_of_an_origin_counts_and_no_later_one():
    first, later = _forecast(DEFAULT, 5, 0.02), _forecast(DEFAULT, 5, 0.9, written=START + timedelta(days=9))
    told = _record(later, first)
    assert told["model_id"].unique().to_list() == [f"{DEFAULT}-0.02"]
    assert len(told) == len(HORIZONS_H)


def test_an_asset_or_origin_that_the_bars_lack_has_no_outcome():
    told = _record(_forecast(DEFAULT, 5, 0.02, asset="GONE"))
    assert told["realised"].null_count() == len(told) == len(HORIZONS_H)
    early = _forecast(DEFAULT, 5, 0.02).with_columns(pl.col("origin_ts") - timedelta(minutes=30))
    assert _record(early)["realised"].null_count() == len(HORIZONS_H)


def test_no_live_forecast_is_no_record():
    none = _forecast(DEFAULT, 5, 0.02).clear()
    assert _record(none).is_empty()
