"""A code means one asset, and so many of its units, wherever and whenever it is written."""

from datetime import UTC, datetime

import pytest

from domain.assets.codes import Coin, canonical, coin_of
from domain.assets.pairs import split_pair
from models.text.linking.catalogue import load_catalogue

CODES = {
    "1000SHIB": Coin("SHIB", 1e3), "SHIB1000": Coin("SHIB", 1e3), "1000000MOG": Coin("MOG", 1e6),
    "10000LADYS": Coin("LADYS", 1e4), "1MBABYDOGE": Coin("BABYDOGE", 1e6), "kPEPE": Coin("PEPE", 1e3),
    "KPEPE": Coin("PEPE", 1e3), "XBT": Coin("BTC"), "1INCH": Coin("1INCH"), "KAIA": Coin("KAIA"), "KAVA": Coin("KAVA"),
    "MATIC": Coin("POL"), "FTM": Coin("S"), "EOS": Coin("A"), "RNDR": Coin("RENDER"), "KLAY": Coin("KAIA"),
    "LEND": Coin("AAVE", 0.01), "eth": Coin("ETH"), "kBTC": Coin("KBTC"), "kFET": Coin("FET", 1e3),
    "GAL": Coin("G", 60), "LUNA2": Coin("LUNA"),
    "LUNA": Coin("LUNA"), "ERD": Coin("EGLD", 0.001),
}  # fmt: skip


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_an_asset_and_a_number_of_its_units(code):
    asset, units = CODES[code].asset, CODES[code].units
    assert coin_of(code).asset == asset
    assert coin_of(code).units == pytest.approx(units)


def test_a_code_that_was_given_to_another_asset_means_what_it_meant_at_the_time():
    before, after = datetime(2022, 5, 1, tzinfo=UTC), datetime(2022, 6, 1, tzinfo=UTC)
    assert (canonical("LUNA", at=before), canonical("LUNA", at=after)) == ("LUNC", "LUNA")
    assert coin_of("STRAX", at=datetime(2023, 1, 1, tzinfo=UTC)).units == pytest.approx(10)


def test_a_vendors_own_spelling_holds_for_it_alone():
    assert (canonical("BCC", "binance"), canonical("BCC", "bittrex")) == ("BCH", "BCC")
    assert canonical("USDT_ETH", "coinmetrics") == "USDT_ETH", "a part of a coin is not the coin"


PAIRS = {
    "BTC/USDT": ("BTC", "USDT"), "BTC/USDT:USDT": ("BTC", "USDT"), "BTC-USD": ("BTC", "USD"),
    "BTC_USDT": ("BTC", "USDT"), "BTCUSDT": ("BTC", "USDT"), "btc/usd": ("btc", "USD"), "ETH/BTC": ("ETH", "BTC"),
    "DOTUSD": ("DOT", "USD"), "BNBUSD": ("BNB", "USD"), "XBTUSD": ("XBT", "USD"), "USDTUSD": ("USDT", "USD"),
    "SHIBUSD": ("SHIB", "USD"), "BTCTUSD": ("BTC", "TUSD"), "BTCUSD_PERP": ("BTC", "USD"),
    "BTC-USDT-SWAP": ("BTC", "USDT"),
    "XXBTZUSD": ("XBT", "USD"), "tBTCUSD": ("BTC", "USD"), "BTC / USDT": ("BTC", "USDT"), "BTC/USDT.P": ("BTC", "USDT"),
    "BTCUSDT.P": ("BTC", "USDT"), "ETHBTC": ("ETH", "BTC"), "NOBODYKNOWSTUSD": None, "ARBUSD": None,
    "BTC/USD:BTC-241227-100000-C": None,
    "BTC/USDT:USDT-241227": None, "BTC-USD-241227": None, "BTC-27DEC24-100000-C": None,
    "BTC-PERP": ("BTC", "PERP"), "PYUSD": None, "STETH": None, "WBTC": None, "BTC": None, "USDT_TRX": None,
}  # fmt: skip


@pytest.mark.parametrize("symbol", PAIRS)
def test_a_pair_is_split_in_any_spelling(symbol):
    assert split_pair(symbol) == PAIRS[symbol]


def test_texts_and_exchanges_name_an_asset_alike():
    tickers = set(load_catalogue().tickers.values())
    assert {ticker for ticker in tickers if canonical(ticker) != ticker} == set()
