"""Texts of nearly the same words that say something else are stories of their own; copies are not."""

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text.contradiction import contradict, what_is_said
from models.text.stories import group_stories

START = datetime(2025, 1, 6, 8, tzinfo=UTC)
WIRE = (
    "Retailer {said} a major partnership with Litecoin. A statement distributed over the wire said that from October 1 "
    "all stores will have a pay with Litecoin option for all of their online shoppers, {end}."
)
BUY = (
    "Acme Planet today announced that it has purchased an additional {n} Bitcoin for {y} billion yen. As of today "
    "the company holds {h} Bitcoin. It will continue to use its income strategy to increase Bitcoin per share."
)
PAUSE = "The exchange has {said} withdrawals of SOL, {why} unusual activity. Trading goes on and funds are safe."
TWO = {
    "a denial": (
        ("Retailer and Litecoin announce partnership", WIRE.format(said="today announced", end="the company said")),
        ("Retailer did not announce partnership", WIRE.format(said="has not announced", end="which is false")),
    ),
    "a second purchase": (
        ("Acme Planet purchases additional 100 BTC", BUY.format(n=100, y="1.5", h="1,861")),
        ("Acme Planet purchases additional 330 BTC", BUY.format(n=330, y="5.2", h="2,191")),
    ),
    "another company": (
        ("Metaplanet adds Bitcoin", "Metaplanet has bought more Bitcoin for its treasury, it said on Monday."),
        ("Semler adds Bitcoin", "Semler has bought more Bitcoin for its treasury, it said on Monday."),
    ),
    "another coin by its name": (
        ("Exchange lists Cardano", "The exchange will list Cardano for trading. Deposits of Cardano are open now."),
        ("Exchange lists Solana", "The exchange will list Solana for trading. Deposits of Solana are open now."),
    ),
    "a denial in the text alone": (
        ("Regulator decides on the fund", "The regulator did approve the fund on Monday, its chair said there."),
        ("Regulator decides on the fund", "The regulator did not approve the fund on Monday, its chair said there."),
    ),
    "the opposite in the text alone": (
        ("Regulator decides on the fund", "The regulator has approved the fund on Monday, its chair said there."),
        ("Regulator decides on the fund", "The regulator has rejected the fund on Monday, its chair said there."),
    ),
    "figures in words": (
        ("Acme buys twelve bitcoin", "Acme bought twelve bitcoin on Monday and will buy more in the coming months."),
        ("Acme buys twenty bitcoin", "Acme bought twenty bitcoin on Monday and will buy more in the coming months."),
    ),
    "quarters": (("Acme reports Q3 results", "Acme said that revenue was in line with its plan for bitcoin mining."),
                 ("Acme reports Q4 results", "Acme said that revenue was in line with its plan for bitcoin mining.")),
    "days": (("Exchange halts withdrawals on March 4", "It upgrades its wallets, and funds are safe, it said."),
             ("Exchange halts withdrawals on March 25", "It upgrades its wallets, and funds are safe, it said.")),
    "a standing header": (
        ("LIVE MARKETS Second inning", "Welcome to the home for coverage of markets. Share your thoughts with us."),
        ("LIVE MARKETS Bund yields fall", "Welcome to the home for coverage of markets. Share your thoughts with us."),
    ),
    "a standing end": (
        ("Another Exchange Eyes Nasdaq + More News", "Get your daily, bite-sized digest of related news."),
        ("Ethereum Founder Raises USD 450M + More News", "Get your daily, bite-sized digest of related news."),
    ),
    "amounts of two headlines over one text": (
        ("BITCOIN FUTURES RISE; LAST AT $16,630", "VOLUME AT 192 CONTRACTS AFTER THE FIRST 15 MINUTES OF TRADING"),
        ("BITCOIN AT $16,250.01 ON ONE EXCHANGE", "VOLUME AT 192 CONTRACTS AFTER THE FIRST 15 MINUTES OF TRADING"),
    ),
    "the opposite": (
        ("Exchange pauses withdrawals of SOL", PAUSE.format(said="paused", why="while it investigates")),
        ("Exchange resumes withdrawals of SOL", PAUSE.format(said="resumed", why="after it investigated")),
    ),
    "figures of headlines alone": (("Treasury mints 1,000,000 USDT", ""), ("Treasury mints 2,000,000 USDT", "")),
    "listings of two coins": (
        ("Exchange lists FUN", "FUN/BTC trading pairs are now available. You can start depositing and trading now."),
        ("Exchange lists XVG", "XVG/BTC trading pairs are now available. You can start depositing and trading now."),
    ),
    "contracts on two coins": (
        ("Futures Will Launch AVAX USDT-Margined Contracts With Up to 50X Leverage", "Users can trade from 7:00 on."),
        ("Futures Will Launch FTM USDT-Margined Contracts With Up to 50X Leverage", "Users can trade from 7:00 on."),
    ),
    "prices of two days": (
        ("Bitcoin today", "Bitcoin trades at $60,120 after a gain of 3.1 % on the day, with a volume of $31 billion."),
        ("Bitcoin today", "Bitcoin trades at $64,500 after a gain of 7.2 % on the day, with a volume of $45 billion."),
    ),
}  # fmt: skip
ONE = {
    "an update's slug": (
        ("Miner to sell 40 rigs", BUY.format(n=100, y="1.5", h="1,861")),
        ("UPDATE 1-Miner to sell 40 rigs", BUY.format(n=100, y="1.5", h="1,861")),
    ),
    "units written in two ways": (
        ("Mine on sale for $2 mln in bitcoin", "The owner of a mine asks $2 mln for it, in bitcoin, he said."),
        ("Mine on sale for $2 million in bitcoin", "The owner of a mine asks $2 million for it, in bitcoin, he said."),
    ),
    "a number that counts copies": (("Bitcoin 17", BUY.format(n=100, y="1.5", h="1,861")),
                                    ("Bitcoin 18", BUY.format(n=100, y="1.5", h="1,861"))),
    "a remark that denies nothing": (
        ("Acme buys 100 Bitcoin", BUY.format(n=100, y="1.5", h="1,861")),
        ("Acme buys 100 Bitcoin", "This is not investment advice. " + BUY.format(n=100, y="1.5", h="1,861")),
    ),
    "a quotation before the headline": (
        ("Acme buys 100 Bitcoin", BUY.format(n=100, y="1.5", h="1,861")),
        ("'It is not too late': Acme buys 100 Bitcoin", BUY.format(n=100, y="1.5", h="1,861")),
    ),
    "a ticker for a name": (("Acme buys 100 BTC", BUY.format(n=100, y="1.5", h="1,861")),
                            ("Acme (ACME) buys 100 bitcoin", BUY.format(n=100, y="1.5", h="1,861"))),
    "other words in the middle of a headline": (
        ("Dollar inches lower as focus turns to data", "The dollar was weaker as investors saw data."),
        ("Dollar hovers near flat as focus turns to data", "The dollar was flat as investors saw data."),
    ),
    "a rounded figure": (("Acme buys 1,204 BTC", ""), ("Acme buys 1,204.2 BTC", "")),
}  # fmt: skip


def _stories(a: tuple[str, str], b: tuple[str, str]) -> int:
    rows = [("a", START, *a), ("b", START + timedelta(hours=1), *b)]
    frame = pl.DataFrame(rows, schema=["doc_id", "available_ts", "title", "body"], orient="row")
    return group_stories(frame)["story_id"].n_unique()


@pytest.mark.parametrize("case", TWO)
def test_what_says_something_else_is_a_story_of_its_own(case):
    assert _stories(*TWO[case]) == 2


@pytest.mark.parametrize("case", ONE)
def test_a_copy_stays_one(case):
    a, b = what_is_said(pl.DataFrame(ONE[case], schema=["title", "body"], orient="row"))
    assert not contradict(a, b, 0.95)
    assert not contradict(a, b, 0.6)


@given(st.text(max_size=300), st.text(max_size=600), st.floats(0, 1))
def test_no_text_contradicts_itself_and_contradiction_is_mutual(title, body, similarity):
    a, b = what_is_said(pl.DataFrame({"title": [title, body[:80]], "body": [body, title]}))
    assert not contradict(a, a, similarity)
    assert contradict(a, b, similarity) == contradict(b, a, similarity)
