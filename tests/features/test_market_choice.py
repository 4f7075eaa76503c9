"""Which market is an asset's series: what the week before told, whatever came later."""

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from features.market_choice import SILENT, choose_markets, market_stats

QUOTES = ("USDT", "USD")
FIRST = datetime(2024, 1, 3, tzinfo=UTC)


def bars_of(symbol: str, first_h: int, hours: int, volume: float = 1.0, every: int = 1) -> pl.DataFrame:
    """Hourly bars of a market of BTC from so many hours after FIRST on."""
    moments = [FIRST + timedelta(hours=first_h + i) for i in range(0, hours, every)]
    quote = symbol.split("/")[1].split(":", maxsplit=1)[0]
    return pl.DataFrame({"event_ts": moments}, schema={"event_ts": pl.Datetime("us", "UTC")}).with_columns(
        asset=pl.lit("BTC"), exchange=pl.lit("x"), symbol=pl.lit(symbol), quote=pl.lit(quote),
        volume_base=pl.lit(volume), close_quote=pl.lit(100.0),
    )  # fmt: skip


def chosen(*markets: pl.DataFrame) -> pl.DataFrame:
    return choose_markets(market_stats(pl.concat(markets)), QUOTES)


def series(*markets: pl.DataFrame) -> pl.DataFrame:
    """Moment and symbol of every bar of the series."""
    rows = pl.concat(markets).join(chosen(*markets), on=["asset", "exchange", "symbol"])
    inside = rows.filter(pl.col("event_ts").is_between("first_ts", "last_ts"))
    return inside.select("event_ts", "symbol").sort("event_ts")


def test_a_better_market_that_begins_later_takes_over_once_it_has_a_past_and_not_before():
    old, better = bars_of("BTC/USD", 0, 24 * 200), bars_of("BTC/USDT", 24 * 60, 24 * 140)
    found = series(old, better)
    first = found.filter(pl.col("symbol") == "BTC/USDT")["event_ts"].min()
    assert timedelta(days=60 + 21) < first - FIRST < timedelta(days=60 + 63), "half as many bars as the old one"
    assert found["event_ts"].is_unique().all()
    assert len(found) == 24 * 200


def test_a_market_that_had_most_bars_in_the_end_does_not_count_in_the_beginning():
    early, late = bars_of("BTC/USDT", 0, 24 * 30), bars_of("BTC/USD", 24 * 20, 24 * 300)
    found = series(early, late)
    assert set(found.filter(pl.col("event_ts") < FIRST + timedelta(days=30))["symbol"]) == {"BTC/USDT"}
    assert set(found.filter(pl.col("event_ts") > FIRST + timedelta(days=34))["symbol"]) == {"BTC/USD"}


def test_a_hole_of_weeks_is_filled_from_another_market_after_three_days_of_silence():
    main = pl.concat([bars_of("BTC/USDT", 0, 24 * 40), bars_of("BTC/USDT", 24 * 70, 24 * 100)])
    found = series(main, bars_of("BTC/USD", 0, 24 * 170))
    filled = found.filter(pl.col("symbol") == "BTC/USD")["event_ts"]
    last = FIRST + timedelta(hours=24 * 40 - 1)
    assert filled.min() == last + SILENT
    assert FIRST + timedelta(days=70) < filled.max() < FIRST + timedelta(days=70 + 28), "back once it is itself again"


def test_of_two_alike_the_series_stays_in_the_one_that_it_is_in():
    one, other = bars_of("BTC/USDT", 0, 24 * 90, volume=5.0), bars_of("BTC/USDT:USDT", 0, 24 * 90, volume=9.0)
    assert set(series(one, other)["symbol"]) == {"BTC/USDT"}


markets = st.lists(
    st.tuples(
        st.sampled_from(["BTC/USDT", "BTC/USD", "BTC/USDT:USDT", "BTC/USD:USD"]), st.integers(0, 24 * 60),
        st.integers(1, 24 * 120), st.floats(0, 100), st.integers(1, 6),
    ), min_size=1, max_size=4, unique_by=lambda m: m[0],
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(markets, st.integers(8, 170))
def test_cutting_off_the_future_changes_no_choice_of_the_past(drawn, days):
    made = [bars_of(*m) for m in drawn]
    first = min(m["event_ts"].min() for m in made)
    monday = (first + timedelta(days=days)).replace(hour=0)
    monday -= timedelta(days=monday.weekday())
    before = [m.filter(pl.col("event_ts") < monday) for m in made]
    known = [m for m in before if len(m)]
    if not known or monday - first < timedelta(days=7):
        return
    whole = series(*made).filter(pl.col("event_ts") < monday)
    assert whole.equals(series(*known))


@settings(max_examples=60, deadline=None)
@given(markets)
def test_no_moment_is_taken_twice_and_spans_ascend(drawn):
    spans = chosen(*[bars_of(*m) for m in drawn])
    assert (spans["first_ts"] <= spans["last_ts"]).all()
    assert np.all(spans["first_ts"][1:].to_numpy() > spans["last_ts"][:-1].to_numpy())
