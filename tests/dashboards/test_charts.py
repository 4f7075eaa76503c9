"""Every chart is a figure for rows and for none."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import plotly.graph_objects as go
import polars as pl
import pytest

from dashboards.charts import backtests as backtests_charts
from dashboards.charts import forecasts as forecasts_charts
from dashboards.charts import market as market_charts
from dashboards.charts import releases as releases_charts
from dashboards.data import Published

DRAWN: dict[str, Callable[[Published, Callable[[pl.DataFrame], pl.DataFrame]], go.Figure]] = {
    "skill": lambda w, f: forecasts_charts.skill(f(w.skill())),
    "calibration": lambda w, f: forecasts_charts.calibration(f(w.mart("forecast_calibration"))),
    "fan": lambda w, f: forecasts_charts.fan(f(w.hourly_close("BTC", w.fan("BTC")["origin_ts"][0])), f(w.fan("BTC"))),
    "ssr": lambda w, f: market_charts.ssr(f(w.mart("ssr_daily"))),
    "ssr_oscillator": lambda w, f: market_charts.ssr_oscillator(f(w.mart("ssr_daily"))),
    "car_paths": lambda w, f: releases_charts.car_paths(f(w.mart("impact_paths"))),
    "excess_paths": lambda w, f: releases_charts.excess_paths(f(w.mart("impact_paths"))),
    "comparison_realised": lambda w, f: releases_charts.comparison(f(w.mart("generated_against_real")), "realised"),
    "comparison_scored": lambda w, f: releases_charts.comparison(f(w.mart("generated_against_real")), "scored"),
    "equity": lambda w, f: backtests_charts.equity(f(w.mart("backtest_equity")), log=False),
    "equity_log": lambda w, f: backtests_charts.equity(f(w.mart("backtest_equity")), log=True),
    "drawdown": lambda w, f: backtests_charts.drawdown(f(w.mart("backtest_equity"))),
    "exposure": lambda w, f: backtests_charts.exposure(f(w.mart("backtest_equity"))),
    "sensitivity": lambda w, f: backtests_charts.sensitivity(f(w.mart("backtest_curves")), "capital"),
    "expected_moves": lambda w, f: releases_charts.expected_moves(f(w.expected("doc-0", "BTC"))),
    "release_path": lambda w, f: releases_charts.release_path(
        f(w.candles_around("BTC", w.release("doc-0")["event_ts"])),
        w.release("doc-0")["event_ts"],
        w.release("doc-0")["retracted_ts"],
    ),
}


def points(fig: go.Figure) -> int:
    """Values that the figure draws."""
    return sum(v is not None for t in fig.data for v in (t.close if t.type == "candlestick" else t.y) or ())


@pytest.mark.parametrize("name", DRAWN)
def test_a_chart_draws_rows(name: str, published: Path):
    with Published(published) as warehouse:
        fig = DRAWN[name](warehouse, lambda frame: frame)
    assert points(fig) > 0
    assert fig.to_json()


@pytest.mark.parametrize("name", DRAWN)
def test_a_chart_of_no_rows_is_an_empty_figure(name: str, published: Path):
    with Published(published) as warehouse:
        fig = DRAWN[name](warehouse, lambda frame: frame.clear())
    assert points(fig) == 0
    assert fig.to_json()


def test_the_learning_curve_starts_at_the_reference_walk():
    two = forecasts_charts.learning_curve([[(1, 0.9, 0.95)], [(1, 0.91, 0.96), (2, 0.9, 0.94)]])
    assert [len(line.y) for line in two.data] == [2, 2, 3, 3], "training and validation of each seed"
    assert all(line.y[0] == 1.0 for line in two.data)
    assert [line.name for line in two.data if line.showlegend] == ["training", "validation"]
    assert points(forecasts_charts.learning_curve([])) == 0


def test_the_inputs_that_matter_most_are_drawn_on_top(published: Path):
    with Published(published) as warehouse:
        fig = forecasts_charts.explanations(warehouse.explanations(), "hours_back")
    assert fig.data[0].y == ("24 to 0 h back",)
    assert fig.data[0].x[0] == pytest.approx(2.0)


def test_a_group_of_fewer_than_five_releases_is_not_drawn(published: Path):
    with Published(published) as warehouse:
        names = {t.name for t in releases_charts.car_paths(warehouse.mart("impact_paths")).data}
    assert "real (6)" in names
    assert not any("fabricated" in n for n in names if n)


def test_the_release_and_its_retraction_are_marked_on_the_finest_candles(published: Path):
    with Published(published) as warehouse:
        release = warehouse.release("doc-0")
        candles = warehouse.candles_around("BTC", release["event_ts"])
    assert candles["timeframe"].unique().to_list() == ["5m"]
    fig = releases_charts.release_path(candles, release["event_ts"], release["retracted_ts"])
    assert [a.text for a in fig.layout.annotations] == ["release", "retracted"]


def test_a_retraction_beyond_the_candles_does_not_stretch_the_chart(published: Path):
    with Published(published) as warehouse:
        release = warehouse.release("doc-0")
        candles = warehouse.candles_around("BTC", release["event_ts"])
    fig = releases_charts.release_path(candles, release["event_ts"], datetime(2030, 1, 1, tzinfo=UTC))
    assert [a.text for a in fig.layout.annotations] == ["release"]


def test_the_legend_never_acts_on_outside_text_because_names_are_ours(published: Path):
    with Published(published) as warehouse:
        for draw in DRAWN.values():
            assert "HOSTILE" not in draw(warehouse, lambda frame: frame).to_json()
