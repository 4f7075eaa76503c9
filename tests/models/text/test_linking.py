"""Links of documents to assets: traps in both senses, forms, places, and what a person labelled."""

import re
import string

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.texts.entities import LABELS, documents, judge, read_labels
from models.text.linking.catalogue import build_catalogue, load_catalogue
from models.text.linking.link import METHOD, MIN_CONFIDENCE, confidences, link_assets
from models.text.linking.mention import MAX_CHARACTERS

PRECISION_FLOOR = 0.93
RECALL_FLOOR = 0.78
THRESHOLD = 0.5
CRYPTO = "The crypto market was quiet and few tokens changed hands."

ORDINARY = {
    "LINK": "Click the link below to link your wallet to the exchange",
    "NEAR": "Near record highs, traders see near-term risks as supports lie near",
    "SAND": "Regulators bury heads in the sand, lines in the Sand are drawn",
    "ONE": "One in five adults owns a coin, and no one sells one",
    "GAS": "Gas prices and natural gas weigh on miners who burn gas",
    "DASH": "Investors dash for cash as the Dash to exits begins",
    "MASK": "Averages mask the losses of those behind the mask",
    "FLOW": "Fund flow slows and cash flow turns as orders flow back",
    "CORE": "Core inflation eases while the core team leaves",
    "SUN": "Analysts say under the sun of Lisbon, The Sun reports",
    "HOT": "Hot weather halts rigs as the market runs hot",
    "APE": "Retail traders ape into a Bored Ape sale",
    "ATOM": "An atom of doubt: philosophers ask what the cosmos holds",
    "AVAX": "An avalanche of lawsuits follows, Avalanche of claims expected",
    "XLM": "A stellar quarter for exchanges after Stellar Performance in spring",
    "COMP": "Savers compound their gains with compound interest",
    "MKR": "A market maker and a policy maker disagree on maker fees",
    "OP": "Optimism grows among brokers as an op-ed praises crypto optimism",
    "GRT": "The graph shows that the curve is flat",
    "ONE harmony": "Regulators act in harmony, Harmony at last among agencies",
    "WAVES": "The ruling makes waves as new waves of sellers arrive",
    "STX": "The case stacks up, stacks of paper fill the court",
    "POL": "A polygon drawn on the chart marks support",
    "TRX": "Fans of the film tron meet",
    "XRP": "Losses ripple through lenders, a Ripple Effect across banks",
    "LUNA": "On terra firma again, savers breathe",
    "USDT": "A county defends its tether program for offenders",
    "MAGIC": "There is magic in numbers, said the Magic Eden founder",
    "BAND": "A band of hackers moves coins",
    "RUNE": "A carved rune was sold as a picture",
    "THETA": "Options lose theta daily",
    "USDC": "Regulators circle lenders as the Circle of trust shrinks",
    "SHIB": "A shop sells portraits of dogs for coins",
    "XVG": "Lenders are on the verge of collapse",
    "NOT": "Coins are NOT insured and AR glasses are NOT money",
}

FORMS = {
    "LINK": "Chainlink (LINK) rallies",
    "NEAR": "NEAR Protocol raises $150 million",
    "SAND": "The Sandbox (SAND) opens its land sale",
    "ONE": "Harmony (ONE) bridge is drained",
    "GAS": "Holders receive $GAS rewards",
    "DASH": "DASH/USDT trading opens",
    "MASK": "Mask Network unveils a wallet",
    "FLOW": "FLOW token jumps after listing",
    "SUN": "TRON burns 20,000 SUN tokens",
    "APE": "ApeCoin falls",
    "ATOM": "Cosmos (ATOM) upgrade passes",
    "AVAX": "Avalanche blockchain adds a subnet",
    "XLM": "Stellar Lumens listed",
    "COMP": "Compound (COMP) vote fails",
    "MKR": "MakerDAO votes on reserves",
    "OP": "Optimism (OP) airdrop begins",
    "GRT": "The Graph (GRT) indexers vote",
    "WAVES": "Waves (WAVES) doubles",
    "STX": "Stacks (STX) unlocks",
    "POL": "Polygon raises $450 million for its blockchain",
    "TRX": "TRON network burns tokens",
    "XRP": "SEC v. Ripple goes to trial",
    "LUNA": "Terra (LUNA) collapses",
    "USDT": "Tether publishes its reserves",
    "USDC": "Circle and USDC holders breathe again",
    "SHIB": "Shiba Inu coin surges as 1000SHIB futures open",
    "DOGE": "Dogecoin jumps",
    "WBTC": "Wrapped Bitcoin (WBTC) supply shrinks",
    "PEPE": "1000PEPE futures launched",
    "ETH": "WETH loses its peg in jest",
    "BNB": "BNB Chain halts after an exploit",
    "USTC": "TerraUSD loses its peg",
    "STETH": "stETH trades at a discount",
}


def _linked(title: str, body: str = "") -> dict[str, float]:
    return {asset: p for asset, p in confidences(title, body).items() if p >= THRESHOLD}


def _frame(*texts: tuple[str | None, str | None]) -> pl.DataFrame:
    rows = [(f"doc-{i}", *text) for i, text in enumerate(texts)]
    return pl.DataFrame(rows, schema=dict.fromkeys(("doc_id", "title", "body"), pl.String), orient="row")


@pytest.mark.parametrize("trap", ORDINARY)
def test_a_trap_word_in_ordinary_use_gives_nothing_even_in_a_document_about_crypto(trap):
    sentence = ORDINARY[trap]
    assert confidences(sentence, CRYPTO) == {}
    assert confidences("Crypto week", f"{CRYPTO} {sentence}.") == {}


@pytest.mark.parametrize("asset", FORMS)
def test_the_same_word_in_the_form_of_an_asset_gives_the_asset(asset):
    assert asset in _linked(FORMS[asset], CRYPTO)


@pytest.mark.parametrize("ticker", ["LINK", "NEAR", "ONE", "GAS", "OP", "HOT", "SOL", "BTC", "1INCH"])
def test_a_cashtag_is_its_asset_whatever_the_word(ticker):
    assert list(_linked(f"Traders like ${ticker} this week")) == [ticker]


def test_a_ticker_in_brackets_counts_after_its_own_name_and_not_after_that_of_a_share():
    assert "OP" in _linked("Optimism (OP) falls")
    assert _linked("Newmont (NEM) gains as gold rises") == {}
    assert _linked("HIVE Digital (NASDAQ: HIVE) mines on") == {}
    assert _linked("beta finance (beta) trading down", CRYPTO) == {"BETA": pytest.approx(0.95, abs=0.05)}


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Ethereum Classic forks", {"ETC"}),
        ("Bitcoin Cash splits", {"BCH"}),
        ("Bitcoin SV is delisted", {"BSV"}),
        ("Bitcoin Gold attacked", {"BTG"}),
        ("Terra Classic burns", {"LUNC"}),
        ("Wrapped Bitcoin shrinks", {"WBTC"}),
        ("USD Coin grows", {"USDC"}),
        ("Binance USD shrinks", {"BUSD"}),
        ("Ethereum Name Service votes", {"ENS"}),
        ("Ethereum Classic and Ethereum part ways", {"ETC", "ETH"}),
        ("Bitcoin Magazine hires, Bitcoin Depot reports", set()),
        ("Binance and Coinbase are sued", set()),
        ("Shiba-Inu-inspired Dogecoin jumps", {"DOGE"}),
    ],
)
def test_a_longer_name_is_not_the_asset_whose_name_it_contains(title, expected):
    assert set(_linked(title, CRYPTO)) == expected


def test_the_quote_of_a_pair_is_not_what_a_listing_is_about():
    body = "Fellow Binancians, Binance will open trading for LTO/BNB, LTO/BTC and LTOUSDT trading pairs."
    assert set(_linked("Binance Will List LTO Network (LTO)", body)) == {"LTO"}
    assert set(_linked("Binance Adds BUSD Trading Pairs for HBAR, WRX and ZIL")) == {"HBAR", "WRX", "ZIL"}
    removed = ["AMB", "AST", "BAT", "NEO", "QTUM", "STRAT", "SYS", "WAVES"]
    body = f"We will cease trading on these trading pairs: {', '.join(f'{t}/BNB' for t in removed)}"
    assert set(_linked("Notice of Removal of Trading Pairs", body)) == {load_catalogue().tickers[t] for t in removed}


def test_the_title_counts_more_than_the_summary_and_that_more_than_a_late_sentence():
    late = "The weather was fine. " * 60
    title, lead, body = (
        confidences("Solana slows", CRYPTO)["SOL"],
        confidences("Week in crypto", "Engineers met to discuss how Solana slows.")["SOL"],
        confidences("Week in crypto", f"{late}Engineers met to discuss how Solana slows.")["SOL"],
    )
    assert title > lead > body > 0
    again = late + "Engineers met to discuss how Solana slows. " * 4
    assert confidences("Week in crypto", again)["SOL"] > body


def test_lists_passing_mentions_and_boilerplate_count_little():
    strip = "Coins: Bitcoin, Ethereum, Litecoin, Monero, Cardano, Polkadot, Dogecoin, Solana."
    assert _linked("Markets", strip) == {}
    assert _linked("A bank opens accounts", "It will hold cryptocurrencies such as Litecoin.") == {}
    assert set(_linked("Beware, bitcoin rival Cardano grows")) == {"ADA"}
    late = "The weather was fine. " * 60
    about = f"{late}\nAbout Acme\nAcme is a Litecoin firm. Litecoin is its trade. Litecoin is what it sells."
    assert _linked("Acme hires", about) == {}
    assert "LTC" in _linked("Acme hires", about.replace("About Acme", "More"))


def test_addresses_and_handles_name_nothing():
    assert (
        confidences("Read on", "See https://bitcoin.org/ethereum or www.solana.com and ask @dogecoin, litecoin.org")
        == {}
    )


def test_titles_without_capitals_are_read_too():
    assert set(_linked("btc sinks lower")) == {"BTC"}
    assert set(_linked("polygon and ripple settle on a blockchain")) == {"POL", "XRP"}
    assert _linked("prices near the one low that sand and gas link", CRYPTO) == {}


def test_a_document_has_the_same_links_alone_and_in_a_frame():
    texts = [(t, CRYPTO) for t in (*FORMS.values(), *ORDINARY.values())]
    together = link_assets(_frame(*texts))
    alone = [link_assets(_frame(*texts).filter(pl.col("doc_id") == f"doc-{i}")) for i in range(len(texts))]
    assert together.equals(pl.concat(alone))
    assert together.equals(link_assets(pl.concat([_frame(*texts), _frame(*texts)])))
    assert set(together["method"]) == {METHOD}


def test_null_and_empty_texts_and_empty_frames_have_no_links():
    found = link_assets(_frame((None, None), ("", ""), (None, "Bitcoin is money."), ("Bitcoin", None)))
    assert found.select("doc_id", "asset").rows() == [("doc-2", "BTC"), ("doc-3", "BTC")]
    assert link_assets(_frame()).schema == found.schema


_pieces = st.sampled_from(
    [
        *FORMS.values(),
        *ORDINARY.values(),
        "$",
        "(",
        ")",
        "/USDT",
        "\n",
        "\nAbout A",
        ". ",
        "https://",
        "İ",
        "ſ",
        "\xa0",
        "such as ",
    ]
)
_texts = st.one_of(st.text(max_size=300), st.lists(_pieces, max_size=12).map("".join))


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(_texts, _texts)
def test_whatever_the_text_assets_are_known_and_confidences_lie_between_0_and_1(title, body):
    found = link_assets(_frame((title, body)))
    assert set(found["asset"]) <= set(load_catalogue().tickers.values())
    assert found["confidence"].is_between(MIN_CONFIDENCE, 1).all()
    assert all(0 <= p <= 1 for p in confidences(title, body).values())


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit",
    ["BTC ", "https://a.b/", "(", "\n", "such as a, b, c, ", "Bitcoin (BTC) ", "0.1 ", "a" * 60 + " ", "LINK/",
     "\nabout ", "$NEAR, ", "Related: ", string.printable],
)  # fmt: skip
def test_a_megabyte_of_anything_is_read_in_part(unit):
    """An expression that backtracks would not come back from these."""
    title, body = unit * 1000, unit * (1_000_000 // len(unit))
    assert link_assets(_frame((title, body))).equals(
        link_assets(_frame((title[: MAX_CHARACTERS["title"]], body[: MAX_CHARACTERS["body"]])))
    )


def test_a_ticker_or_a_spelling_that_stands_twice_is_refused_by_name():
    table = {k: [] for k in ("context", "listing", "lookalikes", "tails")}
    table |= {k: ["x"] for k in ("nouns", "markets", "verbs", "modified", "compared", "passing")}
    one, two = {"ticker": "AAA", "names": ["Alpha"]}, {"ticker": "BBB", "names": ["Beta"]}
    assert set(build_catalogue(table | {"asset": [one, two]}).tickers) == {"AAA", "BBB"}
    with pytest.raises(ValueError, match="ticker 'AAA' appears twice"):
        build_catalogue(table | {"asset": [one, one]})
    with pytest.raises(ValueError, match=re.escape("'alpha' appears under AAA (names) and BBB (confirmed)")):
        build_catalogue(table | {"asset": [one, two | {"confirmed": ["alpha"]}]})
    with pytest.raises(ValueError, match="BBB has nmaes"):
        build_catalogue(table | {"asset": [one, {"ticker": "BBB", "nmaes": ["Beta"]}]})
    with pytest.raises(ValueError, match="'beta' in lookalikes"):
        build_catalogue(table | {"asset": [two], "lookalikes": ["beta"]})


def test_precision_and_recall_on_what_a_person_labelled_stay_above_their_floors_in_every_stratum(data):
    if not LABELS.exists():
        pytest.skip("no labelled documents: tests/data/entity_labels.csv is absent")
    labels = read_labels(LABELS)
    texts = documents(data / "news.parquet").join(labels, on="doc_id", how="semi")
    judged = judge(labels.join(texts, on="doc_id", how="semi"), link_assets(texts), THRESHOLD)
    both = (pl.col("is_linked") & pl.col("is_labelled")).sum()
    figures = judged.group_by("stratum").agg(
        precision=(both / pl.col("is_linked").sum()).fill_nan(1.0),  # nothing linked: nothing wrong
        recall=(both / pl.col("is_labelled").sum()).fill_nan(1.0),
    )
    for stratum, precision, recall in figures.rows():
        assert precision >= PRECISION_FLOOR, f"{stratum}: precision {precision:.3f}"
        assert recall >= RECALL_FLOOR, f"{stratum}: recall {recall:.3f}"
