"""Encodings of text files: declared, marked, proved by the bytes, or detected and said; never guessed from a few."""

import logging

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sources.errors import SourceError
from pipelines.sources.files.encodings import encoding_of
from pipelines.sources.files.records import read_csv, read_json_lines

WESTERN = "title,note\nCrédit Agricole lists “Bitcoin” – 5 €,Société Générale’s Forge prüft Größe und Währung\n" * 3
RUSSIAN = "title,note\nБиткоин вырос на пять процентов,новости рынка криптовалют\n"
CHINESE = "title,note\n比特币价格上涨 火币交易所公告,新闻市场交易所公告比特币\n"


def _read(path, encoding=None):
    pages = list(read_csv(path, 1 << 20, encoding))
    return pl.concat([p.frame for p in pages]), [r for p in pages for r in p.refused]


def _rows(text):
    header, *lines = text.strip().split("\n")
    return [tuple(line.split(",")) for line in lines], header.split(",")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (WESTERN, "utf-8"), (WESTERN, "utf-8-sig"), (WESTERN, "utf-16"), (WESTERN, "utf-16-le"), (WESTERN, "utf-16-be"),
        (WESTERN, "utf-32"), (WESTERN, "cp1252"), (RUSSIAN, "cp1251"), (CHINESE, "gb18030"), (CHINESE, "utf-16"),
    ],
)  # fmt: skip
def test_a_file_is_read_as_it_was_written(tmp_path, text, encoding):
    path = tmp_path / "a.csv"
    path.write_bytes(text.encode(encoding))
    frame, refused = _read(path)
    rows, names = _rows(text)
    assert (frame.columns, frame.rows(), refused) == (names, rows, [])


def test_an_encoding_that_was_detected_is_said(tmp_path, caplog):
    (tmp_path / "a.csv").write_bytes(WESTERN.encode("cp1252"))
    with caplog.at_level(logging.WARNING):
        _read(tmp_path / "a.csv")
    assert 'a.csv is not UTF-8: read as cp1252; declare it with encoding = "cp1252"' in caplog.text


def test_a_declared_encoding_goes_before_everything_and_is_not_logged(tmp_path, caplog):
    (tmp_path / "a.csv").write_bytes("title\nNestlé\n".encode("cp1252"))
    frame, refused = _read(tmp_path / "a.csv", "cp1252")
    assert (frame["title"].to_list(), refused, caplog.text) == (["Nestlé"], [], "")
    with pytest.raises(SourceError, match="encoding 'klingon' is not known"):
        _read(tmp_path / "a.csv", "klingon")


def test_from_a_few_strange_bytes_nothing_is_guessed_the_record_is_refused_with_what_to_do(tmp_path):
    (tmp_path / "a.csv").write_bytes("title\nNestlé\nRoche\n".encode("cp1252"))
    frame, refused = _read(tmp_path / "a.csv")
    assert frame["title"].to_list() == ["Roche"]
    assert "not UTF-8: the encoding can be declared" in refused[0][0]


def test_one_damaged_record_in_a_file_of_utf_8_costs_itself_alone(tmp_path):
    good, bad = "Größe und Währung – “Maß”\n".encode(), ("é" * 40 + "\n").encode("cp1252")
    (tmp_path / "a.csv").write_bytes(b"title\n" + bad + good + bad)
    assert encoding_of(tmp_path / "a.csv") == "utf-8"
    frame, refused = _read(tmp_path / "a.csv")
    assert (frame["title"].to_list(), len(refused)) == (["Größe und Währung – “Maß”"], 2)


def test_json_lines_are_read_in_their_encoding_too(tmp_path):
    (tmp_path / "a.jsonl").write_bytes('{"title": "Zürich"}\n{"title": "Genève"}\n'.encode("utf-16"))
    assert next(read_json_lines(tmp_path / "a.jsonl", 1 << 20)).frame["title"].to_list() == ["Zürich", "Genève"]


@settings(max_examples=60)
@given(
    cells=st.lists(st.text(st.characters(codec="gb18030", exclude_characters=',"\n\r\x00\x85\u2028\u2029',
                                         exclude_categories=("Cs", "Cc")), min_size=1, max_size=20),
                   min_size=1, max_size=6),
    encoding=st.sampled_from(["utf-8", "utf-16", "utf-32", "gb18030"]),
)  # fmt: skip
def test_any_text_comes_back_from_a_declared_encoding(tmp_path_factory, cells, encoding):
    path = tmp_path_factory.mktemp("e") / "a.csv"
    path.write_bytes(("name\n" + "".join(f"x{cell}\n" for cell in cells)).encode(encoding))
    frame, refused = _read(path, encoding)
    assert (frame["name"].to_list(), refused) == ([f"x{cell}" for cell in cells], [])
