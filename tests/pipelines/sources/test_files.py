"""Bad input to files: a clear error or quarantine with reasons, nothing lost, nothing half-written."""

import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines import run as runs
from pipelines.ingest.ingest import ingest
from pipelines.settings.load import load_settings
from pipelines.sources.documents import canonical_url
from pipelines.sources.errors import SourceError
from pipelines.sources.files.records import read_csv, read_json_lines

HEADER = "exchange,symbol,timeframe,ts,open,high,low,close,volume"
ROW = "binance,BTC/USDT,1h,2024-01-01T{:02d}:00:00Z,100,102,98,101,5"
GOOD = "\n".join([HEADER, *(ROW.format(h) for h in range(10))]) + "\n"


def _ingest(tmp_path: Path, *tables: tuple[str, str], root: Path | None = None, **more: object):
    """Ingest files of (name, shape) and return the result with an open connection's reader."""
    listed = [{"path": name, "shape": shape, **more} for name, shape in tables]
    built = load_settings(
        str(_profile(tmp_path)),
        home=str(tmp_path / "home"),
        as_of=datetime(2024, 6, 1, tzinfo=UTC),
        files={"root": str(root or tmp_path), "tables": listed},
    )
    run = runs.start(built, "ingest")
    return ingest(run), run


def _profile(tmp_path: Path) -> Path:
    path = tmp_path / "p.toml"
    path.write_text("")
    return path


def _rows(run, query: str):
    with run.open() as con:
        return con.execute(query).fetchall()


def test_a_good_csv_is_written_and_writing_it_again_changes_nothing(tmp_path):
    (tmp_path / "a.csv").write_text(GOOD)
    first, _ = _ingest(tmp_path, ("a.csv", "candles"))
    second, run = _ingest(tmp_path, ("a.csv", "candles"))
    assert (first.writes["candles"].new, first.exit_code) == (10, 0)
    assert (second.writes["candles"].unchanged, second.is_quiet) == (10, True)
    assert _rows(run, "SELECT count(*) FROM raw.pages") == [(1,)]
    assert _rows(run, "SELECT min(available_ts) - min(event_ts) FROM core.candles")[0][0].total_seconds() == 3600


BAD_ROWS = {
    "negative price": (ROW.format(11).replace(",98,", ",-98,"), "low_quote is not a positive finite number"),
    "NaN": (ROW.format(11).replace(",101,", ",NaN,"), "close_quote is missing"),
    "high below low": (ROW.format(11).replace(",102,", ",97,"), "high_quote is below low_quote"),
    "wrong type": (ROW.format(11).replace(",5", ",five"), "volume_base is not a DOUBLE: five"),
    "a clock in an unknown zone": (ROW.format(11).replace("11:00:00Z", "11:00:00 CST"), "11:00:00 CST"),
    "no time": (ROW.format(11).replace("2024-01-01T11:00:00Z", "soon"), "event_ts is not a TIMESTAMPTZ: soon"),
    "empty value": (ROW.format(11).replace(",101,", ",,"), "close_quote is missing"),
    "unknown timeframe": (ROW.format(11).replace(",1h,", ",7h,"), "timeframe is unknown"),
    "too few fields": ("binance,BTC/USDT,1h", "3 fields where the header has 9"),
    "contradiction": (ROW.format(3).replace(",5", ",6"), "contradicts a later row"),
    "not utf-8": ("\udcff" + ROW.format(11), "not UTF-8"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_row_is_quarantined_with_its_reason_and_the_good_ones_are_written(tmp_path, name):
    row, reason = BAD_ROWS[name]
    (tmp_path / "a.csv").write_text(GOOD + row + "\n", errors="surrogateescape")
    result, run = _ingest(tmp_path, ("a.csv", "candles"))
    assert result.writes["candles"].new == 10
    assert result.writes["candles"].quarantined == 1
    assert result.exit_code == 0, "quarantined rows alone do not change the exit code"
    found = _rows(run, "SELECT reason, payload, locator FROM ops.quarantine")
    assert reason in found[0][0]
    assert found[0][1]
    assert found[0][2] == "a.csv"


BAD_FILES = {
    "empty file": ("a.csv", b"", "empty"),
    "header only": ("a.csv", HEADER.encode(), "no rows"),
    "wrong columns": ("a.csv", GOOD.replace("close", "clsoe").encode(), "did you mean 'clsoe'"),
    "extra column": (
        "a.csv",
        GOOD.replace("volume", "volume,colour").replace(",5\n", ",5,red\n").encode(),
        "unknown column colour",
    ),
    "naive times": ("a.csv", GOOD.replace(":00Z", ":00").encode(), "a time without a zone"),
    "truncated parquet": ("a.parquet", b"PAR1" + b"\x00" * 100, "no complete Parquet file"),
    "not parquet": ("a.parquet", b"hello", "no complete Parquet file"),
    "unknown ending": ("a.xlsx", b"hello", "expected .csv, .parquet"),
    "json with wrong columns": ("a.jsonl", b'{"x": 1}\n', "lacks exchange"),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_costs_its_own_data_only_and_says_why(tmp_path, name):
    file, content, message = BAD_FILES[name]
    (tmp_path / file).write_bytes(content)
    (tmp_path / "good.csv").write_text(GOOD)
    alone, _ = _ingest(tmp_path, (file, "candles"))
    assert alone.exit_code == 1, "nothing was delivered"
    beside, run = _ingest(tmp_path, (file, "candles"), ("good.csv", "candles"))
    assert beside.exit_code == 3
    assert message in dict(beside.missing)[f"files:{file}"]
    assert beside.writes["candles"].new == 10
    stored = _rows(
        run, "SELECT source, delivered, reason FROM ops.source_status WHERE NOT delivered ORDER BY checked_ts"
    )
    assert message in stored[-1][2]


@pytest.mark.slow
def test_a_parquet_file_that_breaks_half_way_leaves_nothing_half_written(tmp_path):
    import pyarrow.parquet as pq

    n = 1_200_000
    ts = pl.datetime_range(datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC), "1m", eager=True)[:n]
    frame = pl.DataFrame({"ts": ts}).with_columns(
        exchange=pl.lit("x"), symbol=pl.lit("BTC/USDT"), timeframe=pl.lit("1m"), open=pl.lit(1.0), high=pl.lit(1.0),
        low=pl.lit(1.0), close=pl.lit(1.0), volume=pl.int_range(pl.len()).cast(pl.Float64),
    )  # fmt: skip
    path = tmp_path / "a.parquet"
    pq.write_table(frame.to_arrow(), path, row_group_size=200_000, write_page_checksum=True)
    content = bytearray(path.read_bytes())
    middle = len(content) * 3 // 4
    content[middle : middle + 4000] = b"\xff" * 4000
    path.write_bytes(content)
    result, run = _ingest(tmp_path, ("a.parquet", "candles"))
    assert result.exit_code == 1
    assert _rows(run, "SELECT count(*) FROM core.candles_versions") == [(0,)]
    assert _rows(run, "SELECT count(*) FROM raw.pages") == [(0,)]


@pytest.mark.slow
def test_a_line_without_end_is_refused_without_being_held_in_memory(tmp_path):
    path = tmp_path / "a.jsonl"
    rows = [dict(zip(HEADER.split(","), ROW.format(h).split(","), strict=True)) for h in range(3)]
    with path.open("wb") as file:
        file.write(pl.DataFrame(rows[:2]).write_ndjson().encode())
        for _ in range(200):
            file.write(b"x" * (1 << 20))
        file.write(b"\n" + pl.DataFrame(rows[2:]).write_ndjson().encode())
    tracemalloc.start()
    pages = list(read_json_lines(path, max_line=8 << 20))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 << 20, "a 200 MB line was read within 40 MB"
    assert sum(p.frame.height for p in pages) == 3
    assert [r[0] for p in pages for r in p.refused] == [
        "record 3 has 209,715,200 bytes, more than the limit of 8,388,608 (files.max_line_mb)"
    ]


def test_json_lines_that_are_no_objects_are_refused_alone(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"a": 1, "b": [1, 2]}\nnot json\n[1]\n\n{"a": null}\n' + "[" * 100_000 + "\n")
    pages = list(read_json_lines(path, 1 << 20))
    assert pages[0].frame.to_dicts() == [{"a": "1", "b": "1,2"}, {"a": None, "b": None}]
    assert [r[0].split(":")[0] for r in pages[0].refused] == ["not JSON", "a JSON list, not an object", "not JSON"]


_text = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=30)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(_text, _text), min_size=1, max_size=20))
def test_what_a_csv_writer_writes_is_read_back_whatever_the_text(tmp_path, rows):
    frame = pl.DataFrame(rows, schema={"a": pl.String, "b": pl.String}, orient="row")
    path = tmp_path / "x.csv"
    frame.write_csv(path, quote_style="always")
    got = [r for page in read_csv(path, 1 << 20) for r in page.frame.rows()]
    assert got == [tuple(v if v != "" else None for v in row) for row in rows]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=400))
def test_no_bytes_make_the_readers_raise_anything_but_a_source_error(tmp_path, content):
    from pipelines.sources.errors import SourceError

    for name, reader in (("x.csv", read_csv), ("x.jsonl", read_json_lines)):
        (tmp_path / name).write_bytes(content)
        try:
            pages = list(reader(tmp_path / name, 1000))
        except SourceError:
            continue
        assert all(isinstance(p.frame, pl.DataFrame) for p in pages)


def test_a_quote_never_closed_costs_its_own_record_and_the_one_that_closes_it_and_no_more(tmp_path):
    lines = ["a,b", *(f"{i},x" for i in range(1000))]
    lines[3], lines[500], lines[700] = '2,A 5" screen', '"499,never closed', '699,"two\nlines"'
    path = tmp_path / "q.csv"
    path.write_text("\n".join(lines) + "\n")
    pages = list(read_csv(path, 1 << 20))
    rows = [r for p in pages for r in p.frame.rows()]
    assert len(rows) == 998
    assert ("2", 'A 5" screen') in rows
    refused = [r for p in pages for r in p.refused]
    assert [r[1] for r in refused] == ['"499,never closed', '699,"two', 'lines"']


def test_a_rename_onto_a_column_that_is_there_costs_only_that_file(tmp_path):
    (tmp_path / "a.csv").write_text(GOOD)
    result, _ = _ingest(tmp_path, ("a.csv", "candles"), rename={"open": "close"})
    assert result.exit_code == 1
    assert result.missing[0][0] == "files:a.csv"


def test_an_address_is_the_same_with_and_without_tracking_and_differs_by_its_query():
    assert canonical_url("https://www.News.com/a/?utm_source=x#top") == canonical_url("http://news.com/a")
    for a, b in (("?id=1", "?id=2"), ("?123", "?124"), ("?feedid=1", "?feedid=2")):
        assert canonical_url(f"https://news.com/a{a}") != canonical_url(f"https://news.com/a{b}")


def test_documents_get_their_availability_from_the_precision_of_their_time(tmp_path):
    (tmp_path / "n.jsonl").write_text(
        '{"published_at": "2024-01-01T10:20:30Z", "source": "w", "title": "a", "ts_precision": "second", '
        '"assets": "BTC,eth"}\n'
        '{"published_at": "2024-01-01T10:20:30Z", "source": "w", "title": "b", "ts_precision": "minute"}\n'
        '{"published_at": "2024-01-01T10:20:30Z", "source": "w", "title": "c", "ts_precision": "day"}\n'
    )
    _, run = _ingest(tmp_path, ("n.jsonl", "documents"))
    got = _rows(
        run,
        "SELECT title, strftime(event_ts, '%d %H:%M:%S'), strftime(available_ts, '%d %H:%M:%S') "
        "FROM core.documents ORDER BY 1",
    )
    assert got == [
        ("a", "01 10:20:30", "01 10:20:31"),
        ("b", "01 10:20:00", "01 10:21:00"),
        ("c", "01 00:00:00", "02 00:00:00"),
    ]
    assert _rows(run, "SELECT asset FROM core.document_assets ORDER BY 1") == [("BTC",), ("ETH",)]


def test_an_asset_from_a_file_is_the_same_as_from_an_exchange(tmp_path):
    """Tickers are canonical wherever they come from: aliases, contracts on many units, lower case."""
    symbols = {"XBT/USD": "BTC", "XDG/USDT": "DOGE", "1000SHIB/USDT:USDT": "SHIB", "eth/usdt": "ETH"}
    rows = [ROW.format(1).replace("binance,BTC/USDT", f"kraken,{symbol}") for symbol in symbols]
    (tmp_path / "a.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    (tmp_path / "m.csv").write_text("asset,date,price_usd\nXBT,2024-01-01,42000\n")
    (tmp_path / "f.csv").write_text(
        "exchange,symbol,ts,funding_rate\nbinance,1000SHIB/USDT:USDT,2024-01-01T00:00:00Z,0.0001\n"
    )
    (tmp_path / "d.jsonl").write_text(
        '{"published_at": "2024-01-01T10:00:00Z", "source": "wire", "title": "A listing", "assets": "XBT,BTC"}\n'
    )
    shapes = ("candles", "asset_metrics", "funding", "documents")
    _, run = _ingest(tmp_path, *zip(("a.csv", "m.csv", "f.csv", "d.jsonl"), shapes, strict=True))
    assert dict(_rows(run, "SELECT symbol, asset FROM core.candles")) == symbols
    assert _rows(run, "SELECT asset FROM core.asset_metrics") == [("BTC",)]
    assert _rows(run, "SELECT asset FROM core.funding") == [("SHIB",)]
    assert _rows(run, "SELECT asset FROM core.document_assets") == [("BTC",)]


def test_supply_in_any_case_and_per_chain_is_one_coin_and_a_day_of_zero_is_refused(tmp_path):
    (tmp_path / "s.csv").write_text(
        'asset,date,supply,price_usd\nusdc,2024-01-01,"43,000,000,000.0",1\nUSDC,2024-01-02,0,1\n'
        "USDT_ETH,2024-01-01,39000000000,1\nusdt-trx,2024-01-01,49000000000,1\nDAI,2024-01-01,5e9,NA\n"
    )
    result, run = _ingest(tmp_path, ("s.csv", "supply"))
    assert (result.writes["supply"].new, result.writes["supply"].quarantined) == (4, 1)
    rows = _rows(run, "SELECT coin, chain, supply_units, price_usd FROM core.supply ORDER BY ALL")
    assert rows == [
        ("DAI", "all", 5e9, None),
        ("USDC", "all", 4.3e10, 1),
        ("USDT", "ETH", 3.9e10, 1),
        ("USDT", "TRX", 4.9e10, 1),
    ]
    assert _rows(run, "SELECT reason FROM ops.quarantine") == [("the supply of all chains is zero",)]


STAMPS = (
    "2024-01-01 01:00:00+00", "2024-01-01 00:00:00-01", "2024-01-01 01:00:00 UTC", "1704070800", "1704070800000",
    "1704070800000000", "Mon, 01 Jan 2024 01:00:00 GMT", "2024-01-01T02:00:00+01:00[Europe/Berlin]",
    "2024-01-01T01:00Z",
)  # fmt: skip


@pytest.mark.parametrize("stamp", STAMPS)
def test_the_stamps_of_any_program_are_the_same_moment(tmp_path, stamp):
    (tmp_path / "a.csv").write_text(HEADER + "\n" + ROW.format(1).replace("2024-01-01T01:00:00Z", f'"{stamp}"') + "\n")
    result, run = _ingest(tmp_path, ("a.csv", "candles"))
    assert (result.exit_code, result.writes["candles"].new) == (0, 1)
    assert _rows(run, "SELECT event_ts FROM core.candles") == [(datetime(2024, 1, 1, 1, tzinfo=UTC),)]


def test_a_date_that_is_two_days_is_none_and_a_file_of_them_is_missing(tmp_path):
    (tmp_path / "a.csv").write_text(GOOD.replace("2024-01-01T", "03/04/2024 "))
    result, _ = _ingest(tmp_path, ("a.csv", "candles"))
    assert result.exit_code == 1, "nothing was delivered"
    assert "holds no moment that can be read in one way (row 1: '03/04/2024 00:00:00Z')" in result.missing[0][1]


def test_assets_of_a_document_in_any_spelling_are_linked_and_unknown_ones_are_said(tmp_path):
    cells = ['"$BTC,$ETH"', '["BTC/USD", "ETH/USD"]', '["BTCUSD", "ETHUSD"]', '"BTC;ETH"', '["bitcoin", "Ethereum"]',
             '[{"code": "BTC"}, {"code": "ETH"}]', '"XBT and eth"', '"bitcon, zzz"', "[]"]  # fmt: skip
    lines = [
        f'{{"published_at": "2024-01-10T09:00:01Z", "source": "w", "title": "Bitcoin, Ether rose {i}", "assets": {c}}}'
        for i, c in enumerate(cells)
    ]
    (tmp_path / "n.jsonl").write_text("\n".join(lines))
    result, run = _ingest(tmp_path, ("n.jsonl", "documents"))
    assert result.exit_code == 0
    found = _rows(
        run,
        "SELECT title, string_agg(asset, ',' ORDER BY asset), any_value(method) FROM core.documents "
        "JOIN core.document_assets USING (doc_id) GROUP BY title ORDER BY title",
    )
    assert [assets for _, assets, _ in found] == ["BTC,ETH"] * 9
    assert [method for _, _, method in found][-2:] == ["entities-v1"] * 2, "what cannot be read is linked by the text"
    reasons = {reason for (reason,) in _rows(run, "SELECT reason FROM ops.quarantine")}
    assert reasons == {
        "assets: 'bitcon' is no asset that is known; did you mean Bitcoin?",
        "assets: 'zzz' is no asset that is known",
    }


def test_documents_of_one_page_are_told_apart_by_their_ids(tmp_path):
    (tmp_path / "d.csv").write_text(
        "id,published_at,source,title,url\n"
        "inc-1,2024-01-01T10:00:01Z,w,BTC paused,https://w.example/status\n"
        "inc-2,2024-01-01T11:00:01Z,w,ETH paused,https://w.example/status\n"
    )
    result, run = _ingest(tmp_path, ("d.csv", "documents"))
    assert (result.writes["documents"].new, result.writes["documents"].quarantined) == (2, 0)
    assert _rows(run, "SELECT count(DISTINCT doc_id) FROM core.documents") == [(2,)]


@pytest.mark.parametrize("assets", ["LUNA", ""])
def test_a_name_that_changed_hands_is_the_asset_that_it_was_when_the_text_came_out(tmp_path, assets):
    text = "Terra (LUNA) halts its chain"
    rows = "".join(f"{day}T10:00:01Z,wire,{text} {day},{assets}\n" for day in ("2022-05-09", "2023-05-09"))
    (tmp_path / "d.csv").write_text("published_at,source,title,assets\n" + rows)
    result, run = _ingest(tmp_path, ("d.csv", "documents"))
    assert result.exit_code == 0
    query = "SELECT year(event_ts), asset FROM core.document_assets WHERE asset IN ('LUNA', 'LUNC') ORDER BY 1"
    assert _rows(run, query) == [(2022, "LUNC"), (2023, "LUNA")]


EVENTS = "event_key,utc_time,time_precision,asset,title,channel,label,veracity,include_recommended\n"


@pytest.mark.slow
def test_a_curated_event_is_read_whatever_words_its_curator_uses(tmp_path):
    rows = [
        ("Bitcoin (BTC)", "Minute", "Machine-generated", "", "Yes"), ("btc", "min", "AI", "false", "TRUE"),
        ("$BTC; ETH", "exact", "none", "false", "no (not crypto)"), ("DJT (a Solana token)", "~5min", "", "", "1"),
        ("none named (BTC,ETH)", "day", "fabricated-release", "FALSE", "0"), ("Litecoin", "report-minute", "", "", ""),
    ]  # fmt: skip
    text = "".join(f"k{i},2024-01-0{i + 1}T10:00:01Z,{p},\"{a}\",T{i},wire,{label},{v},{r}\n"
                   for i, (a, p, label, v, r) in enumerate(rows))  # fmt: skip
    (tmp_path / "e.csv").write_text(EVENTS + text)
    result, run = _ingest(tmp_path, ("e.csv", "events"))
    assert (result.exit_code, result.writes["documents"].quarantined) == (0, 0)
    found = _rows(
        run, "SELECT doc_id, ts_precision, authorship, veracity, is_recommended FROM core.labelled_documents ORDER BY 1"
    )
    assert found == [
        ("k0", "minute", "machine", "unknown", True), ("k1", "minute", "machine", "false", True),
        ("k2", "minute", "human", "unknown", False), ("k3", "minute", "human", "unknown", True),
        ("k4", "day", "human", "false", False), ("k5", "minute", "human", "unknown", True),
    ]  # fmt: skip
    links = _rows(
        run, "SELECT doc_id, string_agg(asset, ',' ORDER BY asset) FROM core.document_assets GROUP BY 1 ORDER BY 1"
    )
    assert links == [("k0", "BTC"), ("k1", "BTC"), ("k2", "BTC,ETH"), ("k3", "DJT"), ("k5", "LTC")]


def test_labels_of_a_spreadsheet_are_labels_of_documents_and_others_are_shown_where_they_are_refused(tmp_path):
    head = "published_at,source,title,veracity,authorship,ts_precision\n"
    rows = "2024-01-01T10:00:01Z,w,A,TRUE,Human,Second\n2024-01-01T10:00:01Z,w,B,perhaps,human,minutes\n"
    (tmp_path / "d.csv").write_text(head + rows)
    _, run = _ingest(tmp_path, ("d.csv", "documents"))
    assert _rows(run, "SELECT title, veracity, authorship, ts_precision FROM core.documents") == [
        ("A", "true", "human", "second")
    ]
    reason, payload = _rows(run, "SELECT reason, payload FROM ops.quarantine WHERE entity = 'documents'")[0]
    assert "veracity is none of true, false, unknown" in reason
    assert "perhaps" in payload


def test_a_quote_that_is_never_closed_costs_its_own_line_alone(tmp_path):
    lines = [ROW.format(h) for h in range(20)]
    lines[5] = '"' + lines[5]
    (tmp_path / "a.csv").write_text("\n".join([HEADER, *lines]) + "\n")
    for limit in (1 << 20, 400):
        pages = list(read_csv(tmp_path / "a.csv", limit))
        assert sum(p.frame.height for p in pages) == 19
        assert sum(len(p.refused) for p in pages) == 1


@pytest.mark.parametrize(("content", "said"), [
    (b"a;b\n1;2\n", "separated by ';'"), (b"a\tb\n1\t2\n", "separated by"), (b"a,b\r1,2\r", "CR alone"),
    (b"a,\xe9\n1,2\n", "no header"), (b"a, a\n1,2\n", "names a column twice"),
])  # fmt: skip
def test_a_header_that_cannot_be_meant_is_refused_with_what_is_wrong(tmp_path, content, said):
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(SourceError, match=said):
        list(read_csv(tmp_path / "a.csv", 1 << 20))


def test_half_a_character_costs_its_own_record_alone(tmp_path):
    (tmp_path / "a.jsonl").write_text('{"t": "up \\ud83d"}\n{"t": "up \\ud83d\\ude80"}\n')
    page = next(read_json_lines(tmp_path / "a.jsonl", 1 << 20))
    assert (page.frame["t"].to_list(), len(page.refused)) == (["up 🚀"], 1)


def test_columns_of_categories_are_read_as_their_text(tmp_path):
    frame = pl.read_csv(GOOD.encode()).with_columns(pl.col("symbol", "timeframe").cast(pl.Categorical))
    frame.write_parquet(tmp_path / "a.parquet")
    result, _ = _ingest(tmp_path, ("a.parquet", "candles"))
    assert (result.writes["candles"].new, result.exit_code) == (10, 0)


def test_a_first_row_that_cannot_be_read_costs_itself_alone(tmp_path):
    bad = ROW.format(11).replace("2024-01-01T11:00:00Z", "soon")
    (tmp_path / "a.csv").write_text("\n".join([HEADER, bad, *GOOD.splitlines()[1:]]) + "\n")
    result, _ = _ingest(tmp_path, ("a.csv", "candles"))
    assert (result.writes["candles"].new, result.writes["candles"].quarantined) == (10, 1)


def test_a_date_that_could_be_two_is_shown_where_it_is_refused(tmp_path):
    rows = "USDT,03/04/2024,5\nUSDT,2024-01-02,5\n"
    (tmp_path / "s.csv").write_text("asset,date,supply\n" + rows)
    result, run = _ingest(tmp_path, ("s.csv", "supply"))
    assert (result.writes["supply"].new, result.writes["supply"].quarantined) == (1, 1)
    assert "03/04/2024" in _rows(run, "SELECT reason || payload FROM ops.quarantine")[0][0]


def test_markup_in_the_body_of_a_file_is_no_text_and_places_on_a_page_are_documents_of_their_own(tmp_path):
    head = "published_at,source,title,body,url\n"
    body = "<p>Bitcoin &amp; more</p><script>var DOGE = 1</script>"
    rows = "".join(f'2024-01-01T10:00:01Z,w,Item {i},"{body}",https://a.example/day#{i}\n' for i in range(3))
    (tmp_path / "d.csv").write_text(head + rows)
    _, run = _ingest(tmp_path, ("d.csv", "documents"))
    assert _rows(run, "SELECT DISTINCT body FROM core.documents") == [("Bitcoin & more",)]
    assert _rows(run, "SELECT count(*) FROM core.documents") == [(3,)]
    assert _rows(run, "SELECT DISTINCT asset FROM core.document_assets") == [("BTC",)]


@pytest.mark.parametrize("name", ["bitcoin", "BTC/USD", "XBT", "btc", "Bitcoin (BTC)"])
def test_figures_of_an_asset_are_its_own_under_any_name(tmp_path, name):
    (tmp_path / "m.csv").write_text(f"asset,date,price_usd\n{name},2024-01-01,42000\nUSDT_ETH,2024-01-01,1\n")
    _, run = _ingest(tmp_path, ("m.csv", "asset_metrics"))
    assert _rows(run, "SELECT DISTINCT asset FROM core.asset_metrics ORDER BY 1") == [("BTC",), ("USDT_ETH",)]


@pytest.mark.parametrize("coin", ["usdc", "Usdc", " USDC ", "uSDC"])
def test_a_coin_is_one_however_its_letters_are_written(tmp_path, coin):
    (tmp_path / "s.csv").write_text(f"asset,date,supply\nUSDT,2024-01-01,7\n{coin},2024-01-01,3\n")
    _, run = _ingest(tmp_path, ("s.csv", "supply"))
    assert _rows(run, "SELECT coin, supply_units FROM core.supply ORDER BY 1") == [("USDC", 3.0), ("USDT", 7.0)]


def test_a_file_of_a_fund_gives_its_premium_over_our_own_price(tmp_path):
    (tmp_path / "fund.csv").write_text(
        "date,close,per_share,note\n2024-01-08,11.0,0.001,x\n2024-01-09,-4,0.001,x\n2024-01-10,12.0,0.001,\n"
    )
    named = {"rename": {"close": "share_price_usd", "per_share": "units_per_share"}, "leave_out": ["note"],
             "constants": {"fund": "abc", "asset": "bitcoin"}, "lag_h": 0}  # fmt: skip
    result, run = _ingest(tmp_path, ("fund.csv", "funds"), **named)
    assert result.exit_code == 0
    shown = "SELECT fund, asset, share_price_usd, available_ts::VARCHAR FROM core.funds ORDER BY event_ts"
    assert _rows(run, shown) == [
        ("ABC", "BTC", 11.0, "2024-01-09 00:00:00+00"), ("ABC", "BTC", 12.0, "2024-01-11 00:00:00+00"),
    ]  # fmt: skip
    assert _rows(run, "SELECT reason FROM ops.quarantine") == [("share_price_usd is not a positive finite number",)]


def test_an_unknown_column_is_an_error_that_says_how_to_leave_it_out(tmp_path):
    (tmp_path / "fund.csv").write_text("fund,asset,date,share_price_usd,units_per_share,note\nF,BTC,2024-01-08,1,1,x\n")
    result, _ = _ingest(tmp_path, ("fund.csv", "funds"))
    assert "unknown column note" in str(result.missing)
    assert "leave_out" in str(result.missing)
