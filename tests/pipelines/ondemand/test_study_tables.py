"""A user's tables: what a spreadsheet, R or pandas writes is read as meant, or refused with column, row and value."""

import pytest

from pipelines.ondemand.study_tables import read_bars, read_events
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
