"""Frames as text and files: nothing lost, nothing that a spreadsheet or a terminal acts on."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.files.written import as_csv, harmless, is_wide, lines, print_csv, print_json, table, write_parts

FRAME = pl.DataFrame(
    {
        "text": ["=HYPERLINK(\"http://x\")", "+1", "-2+3", "@SUM(A1)", "\tx", "plain", "a=b", None],
        "number": [-1.5, 2.0, 1e-15, None, 0.0, 1.0, 1.0, 1.0],
        "list": [[1, 2], [], None, [3], [4], [5], [6], [7]],
        "at": [datetime(2024, 1, 1, tzinfo=UTC)] * 8,
    }
)  # fmt: skip


def test_csv_holds_no_formula_and_every_other_value_as_it_is():
    read = pl.read_csv(io.StringIO(as_csv(FRAME)), infer_schema=False)
    assert read["text"].to_list()[:5] == ['\'=HYPERLINK("http://x")', "'+1", "'-2+3", "'@SUM(A1)", "'\tx"]
    assert read["text"].to_list()[5:] == ["plain", "a=b", None]
    assert read["number"].to_list()[:3] == ["-1.5", "2.0", "1e-15"]
    assert json.loads(read["list"][0]) == [1, 2]
    raw = pl.read_csv(io.StringIO(as_csv(FRAME, raw=True)), infer_schema=False)
    assert raw["text"].to_list() == FRAME["text"].to_list()


@given(st.lists(st.one_of(st.none(), st.text(max_size=20)), min_size=1, max_size=20))
def test_no_text_begins_like_a_formula_and_none_is_changed_but_by_an_apostrophe(texts):
    out = harmless(pl.DataFrame({"t": pl.Series(texts, dtype=pl.String)}))["t"].to_list()
    for before, after in zip(texts, out, strict=True):
        if after is not None:
            assert after[:1] not in tuple("=+-@\t\r\n＝＋－＠")
        assert after in (before, f"'{before}")


def test_parts_make_one_csv_and_one_json_array():
    parts = [FRAME.clear(), FRAME.head(3), FRAME.tail(5)]
    out = io.StringIO()
    assert print_csv(iter(parts), out, raw=True) == 8
    assert out.getvalue() == as_csv(FRAME, raw=True)
    out = io.StringIO()
    assert print_json(iter(parts), out) == 8
    assert [r["text"] for r in json.loads(out.getvalue())] == FRAME["text"].to_list()
    out = io.StringIO()
    assert print_json(iter([FRAME.clear()]), out) == 0
    assert json.loads(out.getvalue()) == []


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_a_file_of_parts_has_every_row_and_appears_whole(ending: str, tmp_path: Path):
    path = tmp_path / f"x.{ending}"
    assert write_parts(iter([FRAME.clear(), FRAME, FRAME]), path) == 16

    def broken():
        yield FRAME
        raise OSError("gone")

    before = path.read_bytes()
    with pytest.raises(OSError, match="gone"):
        write_parts(broken(), path)
    assert path.read_bytes() == before
    assert [f.name for f in tmp_path.iterdir()] == [path.name]


def test_a_table_and_lines_lose_what_a_terminal_would_act_on():
    hostile = pl.DataFrame({"t": ["\x1b[31mred\x07 \u202egnp.exe"], "a_long_column_name": [1]})
    for shown in (table(hostile), table(hostile, markdown=True), lines(hostile)):
        assert not {"\x1b", "\x07", "\u202e"} & set(shown)
    assert "a_long_column_name  1" in lines(hostile)


def test_a_table_wider_than_the_terminal_is_known_as_such(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    assert is_wide(FRAME)
    assert not is_wide(FRAME.select("number"))
