"""The market: an asset's bars, stablecoins and their ratio, pegs, funding, premium of funds."""

from datetime import date

import polars as pl
import streamlit as st

from dashboards import questions
from dashboards.charts import market as market_charts
from dashboards.data import Published
from dashboards.shell import asset_choice, chart, downloads, filters, published, section, span_choice, table
from dashboards.wording import bare, number

CHAINS = {
    "coin": ("Coin", ""), "chain": ("Chain", ""), "day": ("Day", ""), "supply_usd": ("Supply, USD", "compact"),
    "growth_7d": ("7 d, %", "%+.1f"), "growth_30d": ("30 d, %", "%+.1f"),
}  # fmt: skip


def bars(warehouse: Published, asset: str, start: date) -> None:
    """Candles, volume, scheduled announcements; the asset's figures of the newest day."""
    days = questions.days_of(warehouse, asset, start)
    if days.is_empty():
        st.info("This asset has no day in the span: choose a longer one.")
        return
    chart(market_charts.candles(days, questions.announcements(warehouse, start)), "candles")
    row = questions.overview(warehouse).filter(pl.col("asset") == asset).to_dicts()[0]
    beta = "" if row["beta_btc_90d"] is None else f", beta to BTC {number(row['beta_btc_90d'], '.2f')}"
    st.text(
        f"{row['day']:%-d %B %Y}: {number(row['close_quote'], ',.6g')}, {number(row['return_1d'], '+.1%')} in a day, "
        f"{number(row['return_7d'], '+.1%')} in 7, {number(row['return_30d'], '+.1%')} in 30 and "
        f"{number(row['return_90d'], '+.1%')} in 90 days. Volatility {number(row['volatility_30d'], '.0%')} a year "
        f"(higher than on {number(row['volatility_percentile'], '.0%')} of the past year's days), "
        f"{number(row['drawdown'], '.0%')} from the highest close known{beta}."
    )
    st.caption("Dotted lines: scheduled US announcements (Federal Reserve, consumer prices, payrolls).")
    downloads(days, f"candles_daily_{asset}")


def ratio(warehouse: Published, start: date) -> None:
    """SSR with bitcoin's price, and its oscillator."""
    daily = questions.ssr(warehouse, start)
    if daily.is_empty():
        st.info("No stablecoin supply, or no BTC capitalisation.")
        return
    chart(market_charts.ssr_and_price(daily, questions.days_of(warehouse, "BTC", start)), "ssr")
    chart(market_charts.ssr_oscillator(daily), "oscillator")
    st.caption(
        "BTC market capitalisation ÷ stablecoin supply. Low means much stablecoin buying power per bitcoin. "
        "The oscillator counts standard deviations from the mean of 200 days."
    )
    downloads(daily, "ssr_daily")


def stablecoins(warehouse: Published, start: date) -> None:
    """Supply by coin, pegs, supply by chain."""
    coins = questions.coins(warehouse, start)
    if coins.is_empty():
        st.info("No source of stablecoin supply in the span.")
        return
    left, right = st.columns(2)
    with left:
        chart(market_charts.supply(coins), "supply")
        st.caption("Supply over all chains, the ten largest coins.")
    with right:
        chart(market_charts.pegs(coins), "pegs")
        st.caption("How far a coin's price is from a dollar.")
    downloads(coins, "stablecoins")
    chains = questions.chains(warehouse)
    if not chains.is_empty():
        table(chains.with_columns(pl.col("growth_7d", "growth_30d") * 100), CHAINS, key="chains", height=360)


def funding(warehouse: Published, asset: str, start: date) -> None:
    """Funding of the asset's swaps."""
    rates = questions.funding(warehouse, asset, start)
    if rates.is_empty():
        st.info(f"No funding of swaps on {asset} is known in the span.")
        return
    chart(market_charts.funding(rates), "funding")
    st.caption("What longs pay to shorts, over a year at the newest rate; negative: shorts pay.")
    downloads(rates, f"funding_{asset}")


def premium(warehouse: Published, start: date) -> None:
    """Premium of listed funds."""
    funds = questions.fund_premium(warehouse, start)
    if funds.is_empty():
        st.info("No listed fund is known in the span; docs/operation.md says how to give a file of one.")
        return
    chart(market_charts.premium(funds), "premium")
    st.caption("Share price ÷ (coins per share × our price at the session's end in New York) − 1.")
    downloads(funds, "fund_premium")


def draw(warehouse: Published) -> None:
    """The whole page."""
    st.title("Market")
    assets = questions.traded_assets(warehouse)
    if not assets:
        st.info("There are no prices yet. Run `tapewire nightly` with a source of candles.")
        return
    with filters():
        asset, start = asset_choice(assets), span_choice(warehouse)
    simulated = warehouse.is_simulated()
    with section(bare(asset), simulated=simulated):
        bars(warehouse, asset, start)
    with section("Stablecoin Supply Ratio", simulated=simulated):
        ratio(warehouse, start)
    with section("Stablecoins", simulated=simulated):
        stablecoins(warehouse, start)
    with section("Funding", simulated=simulated):
        funding(warehouse, asset, start)
    with section("Premium of funds", simulated=simulated):
        premium(warehouse, start)


with published() as opened:
    draw(opened)
