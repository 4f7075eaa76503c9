"""Premium of listed funds: at the session's end, with our own prices, against stated figures."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from features.daily.funds import fund_premium

DAY = timedelta(days=1)
NO_HOURS = pl.DataFrame(
    schema={"asset": pl.String, "available_ts": pl.Datetime("us", "UTC"), "close_quote": pl.Float64}
)
NO_DAYS = pl.DataFrame(
    schema={
        "asset": pl.String, "event_ts": pl.Datetime("us", "UTC"), "available_ts": pl.Datetime("us", "UTC"),
        "price_usd": pl.Float64,
    }
)  # fmt: skip


def _funds(*days: datetime, source: str = "a", price: float = 11.0) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "fund": "F", "asset": "BTC", "source": source, "event_ts": [d + DAY for d in days],
            "available_ts": [d + DAY + timedelta(hours=6) for d in days], "share_price_usd": price,
            "units_per_share": 0.001, "premium_stated": pl.Series([None] * len(days), dtype=pl.Float64),
        }
    )  # fmt: skip


def _hours(*rows: tuple[datetime, float]) -> pl.DataFrame:
    return pl.DataFrame([("BTC", ts, p) for ts, p in rows], schema=NO_HOURS.schema, orient="row")


@pytest.mark.parametrize(
    ("day", "hour"), [(datetime(2024, 1, 9, tzinfo=UTC), 21), (datetime(2024, 7, 9, tzinfo=UTC), 20)]
)
def test_both_prices_are_of_the_end_of_the_session_summer_and_winter(day, hour):
    close = day + timedelta(hours=hour)
    hours = _hours((close - timedelta(hours=1), 5000.0), (close, 10000.0), (close + timedelta(hours=1), 20000.0))
    row = fund_premium(_funds(day), hours, NO_DAYS).row(0, named=True)
    assert row["session_end_ts"] == close
    assert (row["asset_price_usd"], row["price_at"]) == (10000.0, "session end")
    assert row["premium"] == pytest.approx(0.1)


def test_without_an_hourly_close_of_then_the_daily_price_counts_and_so_does_its_availability():
    day = datetime(2024, 1, 9, tzinfo=UTC)
    late = day + 2 * DAY
    days = pl.DataFrame([("BTC", day + DAY, late, 8000.0)], schema=NO_DAYS.schema, orient="row")
    row = fund_premium(_funds(day), _hours((day + timedelta(hours=18), 1.0)), days).row(0, named=True)
    assert (row["asset_price_usd"], row["price_at"], row["available_ts"]) == (8000.0, "end of the UTC day", late)


def test_without_a_price_of_the_coin_there_is_no_premium():
    row = fund_premium(_funds(datetime(2024, 1, 9, tzinfo=UTC)), NO_HOURS, NO_DAYS).row(0, named=True)
    assert (row["premium"], row["price_at"], row["net_asset_value_usd"]) == (None, None, None)


def test_of_two_sources_of_a_fund_the_first_by_name_counts():
    day = datetime(2024, 1, 9, tzinfo=UTC)
    both = pl.concat([_funds(day, source="b", price=99.0), _funds(day, source="a", price=11.0)])
    assert fund_premium(both, NO_HOURS, NO_DAYS)["share_price_usd"].to_list() == [11.0]


def test_later_days_change_no_earlier_one():
    days = [datetime(2023, 1, 2, tzinfo=UTC) + i * DAY for i in range(300)]
    hours = _hours(*((d + timedelta(hours=h), 9000.0 + 10 * i) for i, d in enumerate(days) for h in (20, 21)))
    whole = fund_premium(_funds(*days), hours, NO_DAYS)
    assert whole["premium_z"].null_count() < 160
    assert fund_premium(_funds(*days[:200]), hours, NO_DAYS).equals(whole.head(200))


def test_the_real_funds_premium_is_what_its_source_states(data):
    stated = pl.read_parquet(data / "gbtc_premium_daily.parquet")
    end = (pl.col("date").cast(pl.Datetime("us")) + DAY).dt.replace_time_zone("UTC")
    funds = stated.select(
        fund=pl.lit("GBTC"), asset=pl.lit("BTC"), source=pl.lit("s"), event_ts=end, available_ts=end,
        share_price_usd="gbtc_close", units_per_share="btc_per_share", premium_stated="premium",
    )  # fmt: skip
    candles = pl.scan_parquet(data / "candles_1h.parquet").filter(pl.col("symbol") == "BTC/USDT")
    hours = candles.select(
        asset=pl.lit("BTC"), available_ts=(pl.col("ts") + timedelta(hours=1)).cast(pl.Datetime("us", "UTC")),
        close_quote="close",
    ).collect()  # fmt: skip
    ours = fund_premium(funds, hours, NO_DAYS).filter(pl.col("premium").is_not_null())
    assert ours.height > 1000
    assert (ours["premium"] - ours["premium_stated"]).abs().max() < 1e-9
    deepest = ours.sort("premium").row(0, named=True)
    assert deepest["event_ts"] == datetime(2022, 12, 14, tzinfo=UTC)
    assert deepest["premium"] == pytest.approx(-0.489, abs=0.001)
