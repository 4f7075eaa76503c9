"""The write path: idempotent, counting, quarantining, keeping history."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import NOW, candle_rows
from warehouse import read
from warehouse.conform import SchemaError, conform
from warehouse.connect import transaction
from warehouse.migrate import migrate
from warehouse.schema.features import SSR_DAILY
from warehouse.schema.market import CANDLES
from warehouse.write import Batch, write


def _without_wall_clock(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.drop("ingested_ts", "run_id").sort("symbol", "event_ts", "version")


def test_writing_the_same_frame_twice_changes_nothing_and_says_so(con, batch):
    first = write(con, CANDLES, candle_rows(50), batch)
    before = read.read(con, "core.candles_versions")
    second = write(con, CANDLES, candle_rows(50), replace(batch, run_id="run-2"))
    assert (first.new, first.changed, first.unchanged) == (50, 0, 0)
    assert (second.new, second.changed, second.unchanged) == (0, 0, 50)
    assert second.is_quiet
    assert read.read(con, "core.candles_versions").equals(before)


def test_a_revised_row_becomes_a_new_version_that_is_available_when_it_is_seen(con, batch):
    write(con, CANDLES, candle_rows(5), batch)
    revised = candle_rows(5).with_columns(close_quote=pl.col("close_quote") + 0.5)
    later = replace(batch, now=NOW + timedelta(days=1))
    result = write(con, CANDLES, revised, later)
    assert (result.new, result.changed) == (0, 5)
    latest = read.read(con, "core.candles").sort("event_ts")
    assert latest["version"].to_list() == [2] * 5
    assert latest["available_ts"].to_list() == [later.now] * 5
    assert latest["close_quote"].to_list() == revised["close_quote"].to_list()
    assert read.read(con, "core.candles_versions").height == 10


def test_as_of_returns_what_was_known_then_and_nothing_later(con, batch):
    write(con, CANDLES, candle_rows(5), batch)
    write(
        con,
        CANDLES,
        candle_rows(5).with_columns(close_quote="open_quote"),
        replace(batch, now=NOW + timedelta(days=1)),
    )
    third_close = candle_rows(5)["available_ts"][2]
    known = read.as_of(con, "candles", third_close).sort("event_ts")
    assert known["version"].to_list() == [1, 1, 1]
    assert known["close_quote"].to_list() == candle_rows(3)["close_quote"].to_list()
    newest = read.as_of(con, "candles", NOW + timedelta(days=2)).sort("event_ts")
    assert newest["close_quote"].to_list() == candle_rows(5)["open_quote"].to_list()


def test_a_bad_row_goes_to_quarantine_with_its_reason_and_payload_and_the_others_are_written(con, batch):
    frame = candle_rows(6).with_columns(
        close_quote=pl.when(pl.int_range(pl.len()) == 1).then(float("nan")).otherwise("close_quote"),
        low_quote=pl.when(pl.int_range(pl.len()) == 2).then(-1.0).otherwise("low_quote"),
        high_quote=pl.when(pl.int_range(pl.len()) == 3).then(1.0).otherwise("high_quote"),
    )
    result = write(con, CANDLES, frame, batch)
    assert (result.new, result.quarantined) == (3, 3)
    rows = con.execute("SELECT reason, payload FROM ops.quarantine ORDER BY reason").fetchall()
    assert [r[0] for r in rows] == [
        "close_quote is not a positive finite number",
        "high_quote is below low_quote",
        "low_quote is not a positive finite number",
    ]
    assert all("BTC/USDT" in r[1] for r in rows)
    write(con, CANDLES, frame, batch)
    assert con.execute("SELECT count(*) FROM ops.quarantine").fetchall()[0][0] == 3, "the same refusal is kept once"


def test_of_rows_that_contradict_each_other_the_last_stands_and_the_others_are_quarantined(con, batch):
    twice = pl.concat([candle_rows(3), candle_rows(3).with_columns(volume_base=pl.lit(9.0))])
    result = write(con, CANDLES, twice, batch)
    assert (result.new, result.quarantined) == (3, 3)
    assert read.read(con, "core.candles")["volume_base"].unique().to_list() == [9.0]


def test_equal_rows_within_a_batch_collapse_and_count_as_unchanged(con, batch):
    result = write(con, CANDLES, pl.concat([candle_rows(4), candle_rows(4)]), batch)
    assert (result.new, result.unchanged, result.quarantined) == (4, 4, 0)


def test_a_value_of_the_wrong_type_is_quarantined_with_the_value_in_the_reason(con, batch):
    frame = candle_rows(2).with_columns(volume_base=pl.Series(["5.0", "lots"]))
    assert write(con, CANDLES, frame, batch).quarantined == 1
    assert con.execute("SELECT reason FROM ops.quarantine").fetchall()[0][0] == "volume_base is not a DOUBLE: lots"


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (candle_rows(1).drop("close_quote"), "missing column close_quote"),
        (candle_rows(1).rename({"close_quote": "close_qoute"}), "did you mean 'close_quote'"),
        (candle_rows(1).with_columns(event_ts=pl.lit(datetime(2024, 1, 1))), "no time zone"),
    ],
)
def test_a_frame_that_cannot_be_rows_of_the_entity_is_refused_whole_with_help(con, batch, frame, message):
    with pytest.raises(SchemaError, match=message):
        write(con, CANDLES, frame, batch)
    assert con.execute("SELECT count(*) FROM core.candles").fetchall()[0][0] == 0


def test_a_transaction_that_fails_leaves_nothing_behind(con, batch):
    with pytest.raises(RuntimeError, match="half way"), transaction(con):
        write(con, CANDLES, candle_rows(5), batch)
        raise RuntimeError("half way")
    assert con.execute("SELECT count(*) FROM core.candles_versions").fetchall()[0][0] == 0
    assert con.execute("SELECT count(*) FROM ops.writes").fetchall()[0][0] == 0


def _ssr(days: range) -> pl.DataFrame:
    ts = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=d) for d in days]
    n = len(ts)
    return pl.DataFrame(
        {
            "coin": ["ALL"] * n, "event_ts": ts, "available_ts": ts, "coin_list": ["v1"] * n,
            "btc_market_cap_usd": [1e12] * n, "supply_par_usd": [1e11] * n, "ssr_par": [10.0 + d for d in days],
            "n_coins": [5] * n, "n_carried": [0] * n,
        },
        schema_overrides={"event_ts": pl.Datetime("us", "UTC"), "available_ts": pl.Datetime("us", "UTC")},
    )  # fmt: skip


def test_a_derived_table_is_replaced_and_vanished_rows_are_removed(con, batch):
    write(con, SSR_DAILY, _ssr(range(5)), batch, replace=True)
    changed = _ssr(range(2, 6)).with_columns(ssr_par=pl.when(pl.col("ssr_par") == 13).then(99.0).otherwise("ssr_par"))
    result = write(con, SSR_DAILY, changed, batch, replace=True)
    assert (result.new, result.changed, result.unchanged, result.removed) == (1, 1, 2, 2)
    assert read.read(con, "features.ssr_daily").height == 4
    assert write(con, SSR_DAILY, changed, batch, replace=True).is_quiet


@cache
def _in_memory() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    migrate(con)
    return con


def _emptied() -> duckdb.DuckDBPyConnection:
    """A warehouse without candles, the same for every example."""
    _in_memory().execute("DELETE FROM core.candles_versions")
    return _in_memory()


@pytest.mark.slow
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_whatever_order_overlap_and_repetition_pages_arrive_in_the_stored_candles_are_the_same(data):
    con = _emptied()
    whole = candle_rows(24)
    starts = data.draw(st.lists(st.integers(0, 23), min_size=1, max_size=6))
    pages = [whole.slice(s, data.draw(st.integers(1, 12))) for s in starts] + [whole]
    pages = [p.sample(fraction=1.0, shuffle=True, seed=1) for p in data.draw(st.permutations(pages))]
    for page in pages:
        write(con, CANDLES, page, Batch("r", NOW, "test", False))
    stored = _without_wall_clock(read.read(con, "core.candles_versions"))
    assert stored.height == 24
    assert stored["version"].unique().to_list() == [1]
    assert stored.select(whole.columns).equals(whole)


@settings(max_examples=60, deadline=None)
@given(
    prices=st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=4, max_size=4),
    volume=st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)),
)
def test_no_impossible_candle_ever_passes_validation(prices, volume):
    o, h, lo, c = prices
    frame = candle_rows(1).with_columns(
        open_quote=pl.lit(o), high_quote=pl.lit(h), low_quote=pl.lit(lo), close_quote=pl.lit(c),
        volume_base=pl.lit(volume, pl.Float64),
    )  # fmt: skip
    good, refused = conform(CANDLES, frame)
    assert good.height + refused.height == 1
    for row in good.to_dicts():
        assert 0 < row["low_quote"] <= min(row["open_quote"], row["close_quote"])
        assert max(row["open_quote"], row["close_quote"]) <= row["high_quote"] < float("inf")
        assert row["volume_base"] >= 0


def test_two_sources_that_disagree_never_overwrite_each_other_in_turn(con, batch):
    mine, theirs = candle_rows(4), candle_rows(6).with_columns(volume_base=pl.lit(7.0))
    other = replace(batch, source="other")
    for night in range(3):
        first, second = write(con, CANDLES, mine, batch), write(con, CANDLES, theirs, other)
        assert (second.quarantined, first.changed, second.changed) == (4, 0, 0)
        assert second.new == (2 if night == 0 else 0)
    assert read.read(con, "core.candles_versions").height == 6
    reasons = con.execute("SELECT DISTINCT reason, source FROM ops.quarantine").fetchall()
    assert reasons == [("another source holds this key with other values", "other")]


def test_a_revised_row_never_vanishes_from_what_was_known_before(con, batch):
    write(con, CANDLES, candle_rows(5), batch)
    revised = candle_rows(5).with_columns(volume_base=pl.lit(8.0)).head(2)
    write(con, CANDLES, revised, replace(batch, now=NOW + timedelta(days=1)))
    known = read.as_of(con, "candles", NOW).sort("event_ts")
    assert known["volume_base"].to_list() == [5.0] * 5
    con.execute("INSERT INTO ops.runs (run_id, as_of_ts, started_ts) VALUES ('r', $1, $1)", [NOW])
    assert con.execute("SELECT count(*), max(volume_base) FROM marts.candles").fetchall() == [(5, 5.0)]


def test_a_candle_that_does_not_start_at_a_bar_is_quarantined(con, batch):
    off = candle_rows(3).with_columns(pl.col("event_ts", "available_ts") + timedelta(minutes=30))
    assert write(con, CANDLES, pl.concat([candle_rows(3), off]), batch).quarantined == 3
