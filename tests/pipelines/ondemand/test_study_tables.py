"""A user's tables: what a spreadsheet, R or pandas writes is read as meant, or refused with column, row and value."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from features.candles import log_path, log_returns
from pipelines.ondemand.study.bars import read_bars
from pipelines.ondemand.study.events import as_the_bars_name_them, read_events
from pipelines.ondemand.tables import TableError

DATES = [f"2024-01-0{i}" for i in range(1, 6)]


def _written(folder, text):
    path = folder / "t.csv"
    path.write_text(text)
    return path


def test_row_numbers_beside_a_wide_table_are_no_asset(tmp_path):
    plain = "date,BTC,ETH\n" + "".join(f"{d},{100 + i},{10 + i}\n" for i, d in enumerate(DATES))
    numbered = ",date,BTC,ETH\n" + "".join(f"{i},{d},{100 + i},{10 + i}\n" for i, d in enumerate(DATES))
    expected, found = read_bars(_written(tmp_path, plain)), read_bars(_written(tmp_path, numbered))
    assert found.assets == expected.assets == ("BTC", "ETH")
    assert found.close.tolist() == expected.close.tolist()


WIDE = {
    "date,BTC,BTC\n2024-01-01,1,2\n": "names a column twice",
    "date,BTC,BTC.1\n2024-01-01,1,2\n": "column 'BTC.1' cannot be an asset",
    "date,BTC,volume\n2024-01-01,1,2\n": "column 'volume' cannot be an asset",
    "id,date,BTC\n7,2024-01-01,1\n9,2024-01-02,1\n": "column 'id' cannot be an asset",
    "date,BTC\n03/04/2024,1\n03/05/2024,2\n": "date of row 1 is '03/04/2024'",
    'date,BTC\n2024-01-01,"42,100"\n2024-01-02,"42,200"\n': "BTC of row 1 is '42,100'",
}


@pytest.mark.parametrize("text", WIDE)
def test_a_wide_table_that_could_mean_two_things_is_refused(tmp_path, text):
    with pytest.raises(TableError, match=WIDE[text].replace("(", r"\(")):
        read_bars(_written(tmp_path, text))


def test_grouped_thousands_are_numbers(tmp_path):
    text = "date,BTC\n" + "".join(f'{d},"42,{100 + i}.5"\n' for i, d in enumerate(DATES))
    assert read_bars(_written(tmp_path, text)).close[:, 0].tolist() == [42100.5 + i for i in range(5)]


def test_daily_bars_of_a_place_with_summer_time_are_all_used_and_known_at_the_later_hour(tmp_path):
    days = [("2024-03-08", "-05:00"), ("2024-03-09", "-05:00"), ("2024-03-10", "-05:00"), ("2024-03-11", "-04:00")]
    text = "asset,date,close\n" + "".join(f"BTC,{d} 00:00:00{z},{i + 1}\n" for i, (d, z) in enumerate(days))
    bars = read_bars(_written(tmp_path, text))
    assert bars.close[:, 0].tolist() == [1, 2, 3, 4]
    assert {str(t)[11:16] for t in bars.close_ts} == {"05:00"}


LABELS = {"TRUE": "real", "true": "real", "True": "real", "1": "real", "FALSE": "fabricated", "unknown": "unlabelled"}


@pytest.mark.parametrize("veracity", LABELS)
def test_labels_of_any_program_are_read(tmp_path, veracity):
    text = f"asset,date,authorship,veracity\nBTC,2024-03-11,Human,{veracity}\n"
    assert read_events(_written(tmp_path, text), "1h")["release_group"].to_list() == [LABELS[veracity]]


def test_a_label_that_is_none_is_refused_with_its_row(tmp_path):
    text = "asset,date,authorship,veracity\nBTC,2024-03-11,human,true\nBTC,2024-03-12,AI,true\n"
    with pytest.raises(TableError, match="authorship of row 2 is 'AI'; expected human, machine, unknown"):
        read_events(_written(tmp_path, text), "1h")


def test_ids_stay_as_given(tmp_path):
    text = "event_id,asset,event_ts\n" + "".join(f"{i},BTC,2024-03-10T14:00:00Z\n" for i in ("0017", "1.10", "12e+10"))
    assert read_events(_written(tmp_path, text), "1h")["doc_id"].to_list() == ["0017", "1.10", "12e+10"]


def test_moments_with_and_without_a_zone_in_one_column_are_refused(tmp_path):
    text = "asset,event_ts\nBTC,2024-03-10T14:30:00Z\nBTC,2024-03-11T14:30:00\n"
    with pytest.raises(TableError, match=r"row 2 .* names no time zone while others do"):
        read_events(_written(tmp_path, text), "1h")


def _wide(tmp_path, name: str, values: list[object], n: int = 48):
    ts = [f"2024-01-{1 + i // 24:02}T{i % 24:02}:00:00Z" for i in range(n)]
    rows = [f"{t},{100 + i % 7},{v}" for i, (t, v) in enumerate(zip(ts, values, strict=True))]
    (tmp_path / "w.csv").write_text("\n".join([f"ts,BTC,{name}", *rows]) + "\n")
    return tmp_path / "w.csv"


@pytest.mark.parametrize("name", ["Unnamed: 0.1", "level_0", "row_id", "No.", "nr", "X", "X1", "...1", "Column1"])
def test_a_column_that_counts_rows_is_left_out_whatever_its_name(tmp_path, name, caplog):
    assert read_bars(_wide(tmp_path, name, list(range(48)))).assets == ("BTC",)
    assert repr(name) in caplog.text


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000])
def test_a_column_of_epochs_is_left_out(tmp_path, unit):
    epochs = [(1_704_067_200 + 3600 * i) * unit for i in range(48)]
    assert read_bars(_wide(tmp_path, "unix", epochs)).assets == ("BTC",)


@pytest.mark.parametrize("name", ["day_of_week", "Total", "Market Cap", "Volume USDT", "traded", "TRADED", "DOW"])
def test_a_column_that_can_be_no_asset_is_refused_by_its_name(tmp_path, name):
    with pytest.raises(TableError, match=f"column '{name}' cannot be an asset"):
        read_bars(_wide(tmp_path, name, [i % 2 for i in range(48)]))


@pytest.mark.parametrize("name", ["BTC.1", "XBT", "BTC-USD", "Bitcoin", " BTC"])
def test_two_columns_of_one_asset_are_refused(tmp_path, name):
    with pytest.raises(TableError, match=r"are one asset|cannot be an asset|names a column twice"):
        read_bars(_wide(tmp_path, name, [50.5 + i % 5 for i in range(48)]))


def _long(tmp_path, closes, volumes=None, second="00"):
    rows = [f"BTC,2024-01-{1 + i // 24:02}T{i % 24:02}:{'59' if second == '59' else '00'}:{second}Z,{c},{v}"
            for i, (c, v) in enumerate(zip(closes, volumes or [5] * len(closes), strict=True))]  # fmt: skip
    (tmp_path / "l.csv").write_text("asset,ts,close,volume\n" + "\n".join(rows) + "\n")
    return tmp_path / "l.csv"


def test_bars_stamped_with_their_last_second_are_refused(tmp_path):
    with pytest.raises(TableError, match=r"stamped with their last second \(00:59:59\)"):
        read_bars(_long(tmp_path, [100, 101, 102], second="59"))


@pytest.mark.parametrize("volume", ["-1", "1e400"])
def test_a_volume_that_can_be_none_is_refused_with_its_row(tmp_path, volume):
    with pytest.raises(TableError, match=r"l.csv: volume of row 2|inf"):
        read_bars(_long(tmp_path, [100, 101], ["5", volume]))


def test_a_thousandfold_move_between_two_bars_is_another_unit_and_no_return(tmp_path, caplog):
    bars = read_bars(_long(tmp_path, [100.0, 101.0, 0.101, 0.102]))
    assert np.flatnonzero(np.isnan(log_returns(bars)[:, 0])).tolist() == [0, 2]
    assert "BTC goes from 101 to 0.101 by 2024-01-01T03:00:00: taken for another unit, no return" in caplog.text


def test_a_price_that_is_stuck_is_no_price_where_no_volume_tells(tmp_path, caplog):
    closes = [100.0, *[101.0] * 20, 102.0]
    stuck = read_bars(_long(tmp_path, closes, ["NA"] * 22))
    assert np.flatnonzero(np.isnan(stuck.close[:, 0])).tolist() == list(range(2, 21))
    assert "19 bars without a trade" in caplog.text
    assert np.isnan(stuck.volume).all(), "a volume that nobody gave is unknown, so that all assets weigh alike"
    assert np.isfinite(read_bars(_long(tmp_path, closes)).close).all(), "with volume a price may stand still"


def _events(tmp_path, text):
    (tmp_path / "e.csv").write_text(text)
    return read_events(tmp_path / "e.csv", "1h")


def test_names_of_columns_in_any_case_ids_under_any_name_and_one_label_alone(tmp_path):
    got = _events(
        tmp_path, "ID,Asset,Date,Veracity\n0017,BTC,2024-01-01T10:00Z,FALSE\n0018,BTC,2024-01-02T10:00Z,yes\n"
    )
    assert got["doc_id"].to_list() == ["0017", "0018"]
    assert got["release_group"].to_list() == ["fabricated", "unlabelled"]
    machine = _events(tmp_path, "asset,date,authorship\nBTC,2024-01-01T10:00Z,machine\n")
    assert machine["release_group"].to_list() == ["generated"]


@pytest.mark.parametrize(("text", "said"), [
    ("asset,date,authorship,veracty\nBTC,2024-01-01,human,true\n", "did you mean veracity"),
    ("asset,date\nBTC,2024-01-01\nNA,2024-01-02\n", "the first in row 2"),
    ("event_id,asset,date\n7,BTC,2024-01-01\n7,BTC,2024-01-02\n", r"the first is row 1 \(7, BTC\)"),
    ("asset,date,uncertainty_h\nBTC,2024-01-01T10:00Z,1e20\n", "uncertainty_h of row 1 is 1e"),
    ("asset,date\nBTC,2024-03-04 14:00 CST\n", "of which only the day is understood"),
])  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_its_place(tmp_path, text, said):
    with pytest.raises(TableError, match=said):
        _events(tmp_path, text)


def test_events_are_measured_under_any_name_of_their_asset():
    events = pl.DataFrame({"asset": ["XBT", "$BTC", "BITCOIN", "BTC", "SOL/USDT", "MATIC", "NOBODY"]})
    named = as_the_bars_name_them(events, ("BTC-USD", "POL", "SOL"))["asset"].to_list()
    assert named == ["BTC-USD", "BTC-USD", "BTC-USD", "BTC-USD", "SOL", "POL", "NOBODY"]


@pytest.mark.parametrize("column", [[["BTC"]], [timedelta(1)], [{"a": 1}]])
def test_columns_that_hold_no_plain_values_are_refused(tmp_path, column):
    pl.DataFrame({"asset": ["BTC"], "date": ["2024-01-01"], "group": column}).write_parquet(tmp_path / "e.parquet")
    with pytest.raises(TableError, match="column group holds"):
        read_events(tmp_path / "e.parquet", "1h")


@pytest.mark.parametrize("times", [100.0, 1000.0, 0.01])
def test_one_bar_in_another_unit_costs_its_two_returns_and_changes_no_other(tmp_path, times):
    closes = [100.0, 101.0, 100.5 * times, 102.0, 101.5]
    bars = read_bars(_long(tmp_path, closes))
    assert np.flatnonzero(np.isnan(log_returns(bars)[:, 0])).tolist() == [0, 2, 3]
    path = log_path(bars)[:, 0]
    assert path[4] - path[0] == pytest.approx(np.log(101 / 100) + np.log(101.5 / 102))


def test_what_prices_did_over_a_hole_is_said(tmp_path, caplog):
    closes = [100.0, 101.0, "", "", 0.101, 0.102]
    read_bars(_long(tmp_path, closes))
    assert "1 holes; what prices did over them is in no return, the most -99.9 % of BTC from" in caplog.text


@pytest.mark.parametrize(("zone", "first"), [("Europe/Berlin", "2024-03-01"), ("America/New_York", "2024-10-20"),
                                             ("Australia/Sydney", "2024-03-20")])  # fmt: skip
def test_days_of_any_place_with_summer_time_are_all_used_in_spring_and_autumn(tmp_path, zone, first):
    begin = datetime.fromisoformat(first)
    days = [(begin + timedelta(days=i)).replace(tzinfo=ZoneInfo(zone)) for i in range(60)]
    rows = [f"{day.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ},BTC,{100 + i % 7}" for i, day in enumerate(days)]
    (tmp_path / "d.csv").write_text("ts,asset,close\n" + "\n".join(rows) + "\n")
    bars = read_bars(tmp_path / "d.csv")
    assert (bars.timeframe, int(np.isfinite(bars.close).sum())) == ("1d", 60)


@pytest.mark.parametrize("volume", ["0", "0.0", "0e0"])
def test_bars_without_a_trade_are_no_prices_however_their_zero_is_written(tmp_path, volume):
    bars = read_bars(_long(tmp_path, [100.0, 100.0, 100.0, 101.0], ["5", volume, volume, "3"]))
    assert np.flatnonzero(np.isnan(bars.close[:, 0])).tolist() == [1, 2]
