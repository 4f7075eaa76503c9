"""Volume is in coins whatever the venue counts in, or it is not there."""

import polars as pl
import pytest

from pipelines.sources.exchanges.volume import is_known, volume_in_coins

LINEAR = {"contract": True, "inverse": False}
INVERSE = {"contract": True, "inverse": True, "contractSize": 1.0}
CASES = [
    ("gate", LINEAR | {"contractSize": 0.0001}, 5_000_000, 40_000, 500),
    ("gate", LINEAR | {"contractSize": 10.0}, 2_000_000, 0.08, 20_000_000),
    ("mexc", LINEAR | {"contractSize": 0.0001}, 10_000, 40_000, 1),
    ("kucoinfutures", LINEAR | {"contractSize": 0.001}, 1_000, 40_000, 1),
    ("gate", INVERSE, 40_000, 40_000, 1),
    ("binanceusdm", LINEAR | {"contractSize": 1.0}, 7, 40_000, 7),
    ("binance", {"spot": True}, 7, 40_000, 7),
    ("gate", LINEAR | {"contractSize": None}, 7, 40_000, None),
    ("bitmex", LINEAR | {"contractSize": 0.000001}, 20_000_000, 40_000, 20),
    ("bitmex", INVERSE, 20_000_000, 40_000, None),
    ("somewhere", LINEAR | {"contractSize": 0.1}, 7, 40_000, None),
]


@pytest.mark.parametrize(("exchange", "market", "volume", "close", "coins"), CASES)
def test_volume_is_in_coins_or_missing(exchange, market, volume, close, coins):
    frame = pl.DataFrame({"v": [float(volume)], "c": [float(close)]})
    found = frame.select(volume_in_coins(exchange, market, "v", "c").alias("coins"))["coins"][0]
    assert found == (None if coins is None else pytest.approx(coins))


def test_a_venue_that_nobody_looked_at_is_said_to_be_unknown():
    assert not is_known("somewhere", LINEAR)
    assert is_known("somewhere", {"spot": True})
