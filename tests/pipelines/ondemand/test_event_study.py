"""`tapewire impact --events --candles --out`: reference values through the command, any table of prices, rubbish."""

import json
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from models.impact.measure.events import Design, design_for
from pipelines.cli.app import app
from pipelines.ondemand.event_study import hours
from pipelines.ondemand.labels import read_labels
from pipelines.ondemand.study.bars import read_bars
from pipelines.ondemand.study.events import read_events
from pipelines.ondemand.tables import TableError
from tests.conftest import random_bars

RUNNER = CliRunner()
DESIGN = ["--estimation", "120d", "--gap", "10d", "--before", "5d", "--after", "6d", "--windows", "1d,2d,6d"]


def study(events, candles, out, *more: str):
    return RUNNER.invoke(app, ["impact", "--events", str(events), "--candles", str(candles), "--out", str(out), *more])


def test_the_command_gives_the_reference_values(reference, tmp_path):
    folder = reference / "eventstudy"
    done = study(folder / "events_common.csv", folder / "prices.csv", tmp_path / "o", *DESIGN, "--index", "MKT")
    assert done.exit_code == 0, done.output
    assert "8 of 8 events measured on 1d bars" in done.output
    own = json.loads((folder / "expected_common.json").read_text())["common"]["market"]["car"]
    tests = pl.read_parquet(tmp_path / "o" / "tests.parquet").filter(pl.col("benchmark") == "market")
    for window, name in ((24.0, "0,0"), (48.0, "0,1")):
        found = dict(
            tests.filter(pl.col("window_h") == window, pl.col("release_group") == "all")
            .select("test", "statistic")
            .iter_rows()
        )
        for test, key in (("cross_sectional_t", "t_cross"), ("patell", "patell_z_scar"), ("bmp", "bmp_t_scar"),
                          ("kp_bmp", "kp_bmp_t_scar"), ("grank_t", "grank_t"), ("sign", "sign_z"),
                          ("generalised_sign", "gsign_z"), ("brown_warner_1985", "bw1985")):  # fmt: skip
            assert found[test] == pytest.approx(own[name][key], abs=1e-9), (window, test)
    told = json.loads((tmp_path / "o" / "tests.json").read_text())
    assert len(told) == pl.read_parquet(tmp_path / "o" / "tests.parquet").height
    impact = pl.read_parquet(tmp_path / "o" / "impact.parquet").filter(
        pl.col("benchmark") == "market", pl.col("window_h") == 24
    )
    np.testing.assert_allclose(impact.sort("doc_id")["car"], own["0,0"]["car"], atol=1e-9)


@pytest.fixture
def tables(tmp_path):
    """A long table of hourly bars and a table of events of two groups."""
    bars = random_bars(3000)
    rows = [
        {"asset": a, "ts": str(t - np.timedelta64(3600, "s")) + "Z", "open": bars.open[i, j], "high": bars.high[i, j],
         "low": bars.low[i, j], "close": bars.close[i, j], "volume": bars.volume[i, j]}
        for i, t in enumerate(bars.close_ts) for j, a in enumerate(bars.assets) if np.isfinite(bars.close[i, j])
    ]  # fmt: skip
    pl.DataFrame(rows).write_csv(tmp_path / "candles.csv")
    rng = np.random.default_rng(2)
    at = np.sort(rng.integers(900, 2900, 80))
    pl.DataFrame({
        "asset": [bars.assets[i] for i in rng.integers(0, 3, 80)], "event_ts": [str(bars.close_ts[r]) for r in at],
        "group": ["real", "generated"] * 40,
    }).write_csv(tmp_path / "events.csv")  # fmt: skip
    return tmp_path, bars


def test_bars_come_back_from_a_table_as_they_went_in(tables):
    folder, bars = tables
    again = read_bars(folder / "candles.csv")
    assert (again.assets, again.timeframe) == (bars.assets, "1h")
    np.testing.assert_allclose(again.close, bars.close)
    np.testing.assert_array_equal(again.close_ts, bars.close_ts)


@pytest.mark.slow
def test_a_study_of_own_tables_compares_the_groups_and_twice_gives_the_same(tables):
    folder, _ = tables
    first = study(folder / "events.csv", folder / "candles.csv", folder / "a", "--windows", "1h,4h,24h")
    assert first.exit_code == 0, first.output
    assert "Generated against real: no difference beyond chance in any window" in first.output
    assert study(folder / "events.csv", folder / "candles.csv", folder / "b", "--windows", "1h,4h,24h").exit_code == 0
    for name in ("impact", "tests", "paths", "coverage", "comparisons", "response"):
        one, two = (pl.read_parquet(folder / x / f"{name}.parquet") for x in "ab")
        assert one.equals(two), name
        assert one.height
    assert (folder / "a" / "conclusions.json").read_text() == (folder / "b" / "conclusions.json").read_text()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--windows", "1x"], "'1x' is no length of time"),
        (["--estimation", "9h"], "at least 10 are needed"),
        (["--gap", "30m"], "no whole number of 1h bars"),
        (["--windows", "30m"], "no window is a whole number of 1h bars"),
        (["--index", "NONE"], "no such asset among the candles"),
        (["--release", "x"], "does not go with --events"),
    ],
)
def test_an_impossible_design_is_wrong_usage(tables, more, said):
    folder, _ = tables
    done = study(folder / "events.csv", folder / "candles.csv", folder / "o", *more)
    assert done.exit_code == 2
    assert said in done.output
    assert not (folder / "o").exists()


def test_a_study_needs_all_three_of_its_paths(tables):
    done = RUNNER.invoke(app, ["impact", "--events", str(tables[0] / "events.csv")])
    assert done.exit_code == 2
    assert "--candles, --out" in done.output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("events", "said"),
    [
        ("asset\nAAA\n", "no column for the moment"),
        ("event_ts\n2024-01-01\n", "no column for the asset"),
        ("asset,event_ts\nAAA,yesterday\n", "event_ts of row 1 is 'yesterday'"),
        ("asset,event_ts\nAAA,2024-03-01T00:00:00\n,2024-03-01T00:00:00\n", "lack an id, an asset or a moment"),
        ("event_id,asset,event_ts\n1,AAA,2024-03-01\n1,AAA,2024-03-02\n", "share event_id and asset"),
        ("asset,event_ts,group\nAAA,2024-03-01T00:00:00,bogus\n", "group of row 1 is 'bogus'"),
        ("asset,event_ts\nZZZ,2024-03-01T00:00:00\n", "1 × asset has no candles"),
        ("asset,event_ts\nAAA,1999-03-01T00:00:00\n", "before the candles begin"),
        ("asset,event_ts,uncertainty_h\nAAA,2024-03-01T00:00:00,soon\n", "'soon'; expected a number"),
        ("asset,event_ts,uncertainty_h\nAAA,2024-03-01T00:00:00,-1\n", "expected 0 to 8760 hours"),
    ],
)
def test_rubbish_events_are_refused_with_what_was_found(tables, events, said):
    folder, _ = tables
    (folder / "bad.csv").write_text(events)
    done = study(folder / "bad.csv", folder / "candles.csv", folder / "o")
    assert done.exit_code == 2
    assert said in done.output


@pytest.mark.parametrize(
    ("candles", "said"),
    [
        ("close\n1\n", "no column for the start of a bar"),
        ("ts,close\n2024-01-01T00:00:00,1\n", "no column for the asset"),
        ("ts,asset,close\n2024-01-01T00:00:00,A,-1\n", "no close is a positive number"),
        (
            "ts,asset,close\n2024-01-01T00:00:00,A,1\n2024-01-01T00:00:00,A,2\n",
            "A has two bars that start at 2024-01-01T00:00:00Z",
        ),
        ("ts,asset,close\n2024-01-01T00:00:00,A,1\n2024-01-01T00:07:00,A,2\n", "420 s apart"),
        ("ts,asset,close\n2024-01-01T00:00:00,A,n/a\n", "no close is a positive number"),
        ("ts,asset,close\n2024-01-01T00:00:00,,1\n", "asset of row 1 is empty"),
        ("ts,word\n2024-01-01T00:00:00,x\n", "column 'word' cannot be an asset"),
    ],
)
def test_rubbish_prices_are_refused_with_what_was_found(tmp_path, candles, said):
    (tmp_path / "bad.csv").write_text(candles)
    with pytest.raises(TableError, match=said):
        read_bars(tmp_path / "bad.csv")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_whatever_a_file_holds_it_is_read_or_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("fuzz") / "x.csv"
    path.write_bytes(content)
    for reader, error in ((read_bars, TableError), (lambda p: read_events(p, "1h"), TableError),
                          (read_labels, TableError)):  # fmt: skip
        try:
            reader(path)
        except error as refused:
            assert "x.csv" in str(refused)


def test_lengths_of_time_are_read_in_minutes_hours_and_days():
    assert [hours(t) for t in ("15m", "4h", "30d")] == [0.25, 4.0, 720.0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("doc_id\nx\n", "needs doc_id or url, and authorship or veracity"),
        ("doc_id,authorship\nx,robot\n", "authorship of row 1 is 'robot'; expected human, machine, unknown"),
        ("doc_id,veracity\nx,true\nx,false\n", "every row needs a doc_id of its own"),
    ],
)
def test_rubbish_labels_are_refused_with_what_was_found(tmp_path, text, said):
    (tmp_path / "l.csv").write_text(text)
    with pytest.raises(TableError, match=said):
        read_labels(tmp_path / "l.csv")


def test_many_releases_on_fine_candles_shorten_the_estimation_and_say_so(caplog):
    bars = replace(random_bars(50, gaps=False), timeframe="1m")
    few, many = (pl.DataFrame({"asset": ["AAA"] * n}) for n in (400, 5000))
    assert design_for(bars, few) == Design()
    with caplog.at_level("WARNING", logger="tapewire.impact"):
        assert design_for(bars, many).estimation_h == 48.0
    assert "estimation over 2 days instead of 30 for 5000 releases" in caplog.text
    assert design_for(random_bars(50, gaps=False), many) == Design(), "hours need no shortening"


def test_one_bar_off_the_grid_costs_itself_only_and_bare_dates_are_known_to_the_day(tables):
    folder, bars = tables
    text = (folder / "candles.csv").read_text().splitlines()
    odd = text[1].split(",")
    odd[1] = "2023-12-31T22:30:00Z"
    (folder / "odd.csv").write_text("\n".join([text[0], ",".join(odd), *text[1:]]))
    np.testing.assert_allclose(read_bars(folder / "odd.csv").close, bars.close)
    (folder / "dates.csv").write_text("asset,date\nAAA,2024-03-01\n")
    frame = read_events(folder / "dates.csv", "1h")
    assert (frame["available_ts"] - frame["event_ts"]).dt.total_hours().to_list() == [24]
    assert (read_events(folder / "dates.csv", "1d")["available_ts"] == frame["event_ts"]).all()


@pytest.mark.slow
def test_a_folder_that_cannot_be_and_windows_that_are_left_out_are_told(tables):
    folder, _ = tables
    (folder / "file").write_text("x")
    done = study(folder / "events.csv", folder / "candles.csv", folder / "file")
    assert done.exit_code == 2
    assert "no folder that can be written to" in done.output
    done = study(folder / "events.csv", folder / "candles.csv", folder / "o", "--windows", "4h,96h")
    assert done.exit_code == 0
    assert "cannot show them: 96 h" in done.output


@pytest.mark.slow
def test_announced_pumps_of_small_coins_are_measured_on_the_finest_bars_that_are_filled(data, tmp_path):
    """Minutes without a trade are absent; each event is measured on the bars that its coin's trades fill."""
    events, candles = data / "pump_events_with_candles.csv", data / "candles_1m_pumps.parquet"
    spans = ["--estimation", "1d", "--gap", "1h", "--before", "4h", "--after", "24h", "--windows", "5m,15m,1h,4h"]
    done = study(events, candles, tmp_path / "o", *spans)
    assert done.exit_code == 0, done.output
    assert "of 19 events measured on 5m bars" in done.output
    assert "19 of 19 events on days of their own moved further within 5 minutes" in done.output
    each = pl.read_parquet(tmp_path / "o" / "each.parquet").filter(pl.col("window_h") == 1.0)
    assert each.filter(pl.col("largest_bar_h").abs() <= 5 / 60).height >= 17, "the pump is found at its minute"
    assert each["peak_return"].abs().median() > 0.2
    assert each["given_back"].median() > 0.5, "most of it is gone within the hour"
    moves = pl.read_parquet(tmp_path / "o" / "impact.parquet").filter(pl.col("benchmark") == "reference_walk")
    hour = moves.filter(pl.col("window_h") == 1.0)
    assert len(hour) >= 17
    assert hour["timeframe"].n_unique() >= 2
    assert hour["peak_car"].abs().median() > 0.1, "coordinated buying moves small coins by more than a tenth"
    assert hour.filter(pl.col("scaled_move") > 2).height >= 8
