"""Quality checks find what is planted and are silent where all is well."""

from datetime import UTC, datetime, timedelta

import polars as pl

from tests.conftest import NOW, candle_rows
from warehouse.checks.quality import checks, errors, run_checks
from warehouse.schema.documents import DOCUMENTS
from warehouse.schema.market import CANDLES, SUPPLY
from warehouse.write import write


def _found(con, as_of=NOW):
    return {(f.check.name, f.subject): f for f in run_checks(con, run_id="r", as_of=as_of, now=NOW)}


def test_every_check_declares_entity_severity_and_meaning_and_runs_on_an_empty_warehouse(con):
    assert len(checks()) >= 25
    assert run_checks(con, run_id="r", as_of=NOW, now=NOW) == []
    silent = con.execute("SELECT count(*) FROM ops.checks WHERE n_rows = 0 AND subject IS NULL").fetchall()[0][0]
    assert silent == len(checks()), "a check that found nothing says so"


def test_missing_bars_are_counted_with_the_longest_hole(con, batch):
    frame = candle_rows(20).filter(~pl.int_range(pl.len()).is_in([5, 9, 10, 11]))
    write(con, CANDLES, frame, batch)
    finding = _found(con, frame["available_ts"].max())[("candles_missing_bars", "binance BTC/USDT 1h")]
    assert finding.n_rows == 4
    assert "longest hole 3 bars after 2024-01-01 08:00" in finding.detail


def test_two_latest_versions_of_one_key_are_an_error_that_forbids_publishing(con, batch):
    write(con, CANDLES, candle_rows(3), batch)
    con.execute("INSERT INTO core.candles_versions SELECT * FROM core.candles_versions")
    broken = errors(run_checks(con, run_id="r", as_of=NOW, now=NOW))
    assert [f.check.name for f in broken] == ["candles_one_latest_per_key"]


def _supply(values: list[float], prices: list[float], chain: str = "all", coin: str = "XUSD") -> pl.DataFrame:
    ts = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=i) for i in range(len(values))]
    return pl.DataFrame(
        {
            "coin": coin,
            "chain": chain,
            "event_ts": ts,
            "available_ts": ts,
            "supply_units": values,
            "price_usd": prices,
        },
        schema_overrides={"event_ts": pl.Datetime("us", "UTC"), "available_ts": pl.Datetime("us", "UTC")},
    )


def test_a_supply_jump_a_depeg_and_a_stale_vendor_are_found(con, batch):
    values = [1e9, 1.01e9, 1.5e9, *([1.51e9] * 20)]
    prices = [1.0] * 10 + [0.8] + [1.0] * 12
    write(con, SUPPLY, _supply(values, prices), batch)
    found = _found(con, datetime(2024, 1, 25, tzinfo=UTC))
    assert found[("supply_jump", "XUSD")].detail == "days; largest +48.5 % on 2024-01-02"
    assert found[("supply_depeg", "XUSD")].detail == "furthest 0.800 USD on 2024-01-10"
    assert found[("supply_unchanged", "XUSD")].n_rows == 20


def test_checks_look_only_at_what_was_available_then(con, batch):
    write(con, CANDLES, candle_rows(20).filter(pl.int_range(pl.len()) != 15), batch)
    early = candle_rows(20)["available_ts"][10]
    assert ("candles_missing_bars", "binance BTC/USDT 1h") not in _found(con, early)


def test_two_venues_that_disagree_are_reported_and_two_that_agree_are_not(con, batch):
    bars = candle_rows(20)
    dear = pl.int_range(pl.len()) == 7
    raised = [
        pl.when(dear).then(pl.col(c) * 1.1).otherwise(c).alias(c)
        for c in ("open_quote", "high_quote", "low_quote", "close_quote")
    ]
    write(con, CANDLES, bars, batch)
    write(con, CANDLES, bars.with_columns(exchange=pl.lit("coinbase"), symbol=pl.lit("BTC/USD")), batch)
    assert not [k for k in _found(con) if k[0] == "candles_across_venues"]
    write(con, CANDLES, bars.with_columns(pl.lit("kraken").alias("exchange"), *raised), batch)
    found = _found(con)[("candles_across_venues", "binance BTC/USDT and kraken BTC/USDT")]
    assert (found.n_rows, found.detail) == (1, "hours, largest 9.1 % at 2024-01-01 08:00")


def test_a_market_without_trades_at_its_end_or_in_a_fifth_of_its_bars_is_stale(con, batch):
    bars = candle_rows(100)
    place = pl.int_range(pl.len())
    for symbol, idle in (
        ("AAA/USDT", place >= 76), ("BBB/USDT", place % 5 == 0), ("CCC/USDT", (place >= 77) & (place < 90)),
    ):  # fmt: skip
        volume = pl.when(idle).then(0.0).otherwise("volume_base")
        write(con, CANDLES, bars.with_columns(symbol=pl.lit(symbol), volume_base=volume), batch)
    found = {k[1]: f for k, f in _found(con, bars["available_ts"].max()).items() if k[0] == "candles_stale"}
    assert set(found) == {"binance AAA/USDT 1h", "binance BBB/USDT 1h"}
    assert found["binance AAA/USDT 1h"].n_rows == 24
    assert found["binance AAA/USDT 1h"].detail.endswith("last trade in the bar of 2024-01-04 03:00")


def test_texts_that_were_read_in_a_wrong_encoding_are_found_and_others_are_not(con, batch):
    titles = ["Cr\u00e9dit lists \u201cBTC\u201d", "S\u00c3O PAULO", "Cr\u00c3\u00a9dit", "lost \ufffd here",
              "It\u00e2\u20ac\u2122s up"]  # fmt: skip
    ts = datetime(2024, 1, 1, tzinfo=UTC)
    frame = pl.DataFrame({
        "doc_id": [str(i) for i in range(5)], "event_ts": ts, "available_ts": ts, "ts_precision": "second",
        "is_late_stamp": False, "availability_assumed": True, "publisher": [f"p{i}" for i in range(5)], "kind": "news",
        "title": titles, "body": "", "authorship": "unknown", "authorship_evidence": "none", "veracity": "unknown",
        "veracity_evidence": "none",
    })  # fmt: skip
    write(con, DOCUMENTS, frame, batch)
    assert {k[1] for k in _found(con) if k[0] == "documents_spoilt_characters"} == {"p2", "p3", "p4"}


def test_a_sum_of_chains_that_jumps_begins_or_ends_is_found_and_one_with_a_total_is_not(con, batch):
    par = [1.0] * 20
    write(con, SUPPLY, _supply([4e10] * 20, par, chain="ETH"), batch)
    write(con, SUPPLY, _supply([4.5e10] * 10 + [1e9] + [4.5e10] * 4, par[:15], chain="TRX"), batch)
    late = _supply([5e9] * 20, par, chain="SOL").filter(pl.int_range(pl.len()) >= 8)
    write(con, SUPPLY, late, batch)
    found = _found(con, datetime(2024, 1, 21, tzinfo=UTC))
    assert {k[1] for k in found if k[0] == "supply_chains"} == {"XUSD on TRX", "XUSD on SOL"}
    assert "ends on 2024-01-14 at 4.5e+10" in found[("supply_chains", "XUSD on TRX")].detail
    assert {k[1] for k in found if k[0] == "supply_jump"} == {"XUSD on TRX"}
    write(con, SUPPLY, _supply([9e10] * 20, par), batch)
    found = _found(con, datetime(2024, 1, 21, tzinfo=UTC))
    assert not [k for k in found if k[0] in ("supply_chains", "supply_jump")]


def test_a_supply_in_millions_and_a_stamp_of_the_future_are_found(con, batch):
    write(con, SUPPLY, _supply([70_000.0] * 5, [1.0] * 5, coin="USDT"), batch)
    ahead = candle_rows(2, start=datetime(2044, 1, 1, tzinfo=UTC))
    write(con, CANDLES, ahead, batch)
    found = {k for k in _found(con) if k[0] in ("supply_magnitude", "rows_of_the_future")}
    assert found == {("supply_magnitude", "USDT"), ("rows_of_the_future", "candles binance BTC/USDT")}


def test_what_lies_before_there_were_crypto_assets_is_quarantined(con, batch):
    early = candle_rows(2, start=datetime(1900, 1, 1, tzinfo=UTC))
    assert write(con, CANDLES, early, batch).quarantined == 2
