"""The market and the night in one screen."""

import polars as pl
import streamlit as st

from dashboards import questions
from dashboards.charts import forecasts as forecasts_charts
from dashboards.charts import market as market_charts
from dashboards.data import Published
from dashboards.headline import headlines
from dashboards.shell import chart, published, section, table
from dashboards.wording import bare, group_name, number, one_line, unbroken_units

MOVERS = {
    "asset": ("Asset", ""), "close_quote": ("Price", "%.6g"), "return_1d": ("1 d, %", "%+.1f"),
    "return_7d": ("7 d, %", "%+.1f"), "return_30d": ("30 d, %", "%+.1f"), "drawdown": ("Fall, %", "%.0f"),
    "volatility_30d": ("Vol., %", "%.0f"), "volatility_percentile": ("of year", "%.0f"),
    "volume_quote": ("Volume", "compact"), "volume_ratio": ("÷ usual", "%.2f"), "beta_btc_90d": ("Beta", "%.2f"),
    "funding_rate_per_year": ("Fund., %", "%+.1f"), "stories_24h": ("Stories", "%d"),
    "price_low_24h": ("24 h, low", "%.5g"), "price_high_24h": ("high", "%.5g"),
}  # fmt: skip
PERCENT = ("return_1d", "return_7d", "return_30d", "drawdown", "volatility_30d", "volatility_percentile",
           "funding_rate_per_year")  # fmt: skip
SAID = {
    "signal": ("Signal", ""), "subject": ("Of", ""), "value": ("Value", "%.3g"), "percentile": ("Percentile", "%.0f"),
    "state": ("State", ""), "verdict": ("What followed in the past", ""), "q_value": ("q", "%.3f"),
}  # fmt: skip


def tiles(warehouse: Published, market: pl.DataFrame) -> None:
    """Price of bitcoin, stablecoins, premium of funds, the market's breadth."""
    found: list[tuple[str, str, str | None, str]] = []
    btc = market.filter(pl.col("asset") == "BTC").to_dicts()
    if btc:
        month, week = (number(btc[0][f"return_{n}d"], "+.1%") for n in (30, 7))
        found.append(("Bitcoin", number(btc[0]["close_quote"], ",.6g"), number(btc[0]["return_1d"], "+.1%"),
                      f"{week} in 7 days, {month} in 30"))  # fmt: skip
    up = market.filter(pl.col("return_1d") > 0).height
    found.append(("Assets up", f"{up} of {market.height}", None, f"median {_median(market, 'return_1d')} in a day"))
    ssr = warehouse.query("FROM marts.ssr_daily WHERE coin = 'ALL' ORDER BY day DESC LIMIT 1").to_dicts()
    if ssr:
        told = f"oscillator {number(ssr[0]['oscillator_z'], '+.1f')} standard deviations"
        found.append(("Stablecoin Supply Ratio", number(ssr[0]["ssr_par"], ".3g"), None, told))
        growth = f"{number(ssr[0]['growth_30d'], '+.1%')} in 30 days"
        found.append(("Stablecoin supply", f"{number(ssr[0]['supply_par_usd'] / 1e9, ',.1f')} bn", None, growth))
    fund = warehouse.query(
        "FROM marts.fund_premium WHERE premium IS NOT NULL ORDER BY day DESC, fund LIMIT 1"
    ).to_dicts()
    if fund:
        told = f"over its {fund[0]['asset']}, {fund[0]['day']:%-d %b %Y}"
        found.append((f"Premium of {bare(fund[0]['fund'], 12)}", number(fund[0]["premium"], "+.1%"), None, told))
    for column, (name, value, delta, reading) in zip(st.columns(len(found)), found, strict=True):
        with column, st.container(border=True, height="stretch", key=f"reading-{name}"):
            st.metric(name, unbroken_units(value), delta)
            st.text(unbroken_units(reading))


def _median(frame: pl.DataFrame, column: str) -> str:
    return number(frame.select(pl.col(column).median()).item(), "+.1%")


def movers(warehouse: Published, market: pl.DataFrame) -> None:
    """Every asset in a row."""
    table(market.with_columns(pl.col(*PERCENT) * 100), MOVERS, key="market_overview", height=420)
    st.caption(
        "At the end of the newest UTC day. Fall: from the highest close known. Volatility of 30 days, per year, and "
        "its place among the past year's days. Beta to BTC. Funding that longs pay, per year. The last two columns are "
        "the default forecast's 90 % range of the price in 24 hours: nobody knows the direction, the range is what can "
        "be said."
    )


def expected(warehouse: Published, market: pl.DataFrame) -> None:
    """Every asset's newest forecast as a small fan."""
    forecast = warehouse.mart("forecast_latest")
    assets = [a for a in market["asset"].to_list() if a in set(forecast["asset"])][:16]
    if not assets:
        st.info("No forecast was made.")
        return
    chart(forecasts_charts.fans(questions.recent_closes(warehouse), forecast, assets), "fans")
    st.caption("Four days of prices and the next 24 hours: median, 50 % and 90 % bands.")


def signs(warehouse: Published, _: pl.DataFrame) -> None:
    """Signals that are high or low, those with a record first."""
    rows = questions.signals(warehouse).filter(pl.col("state") != "usual").head(12)
    if rows.is_empty():
        st.info("No signal is high or low.")
        return
    table(rows.with_columns(pl.col("percentile") * 100), SAID, key="signals_now")
    st.page_link("screens/signals.py", label="All signals with their records", icon=":material/arrow_forward:")


def ratio(warehouse: Published, _: pl.DataFrame) -> None:
    """SSR with bitcoin's price beside it, a year."""
    start = questions.since(warehouse, 365)
    daily = questions.ssr(warehouse, start)
    if daily.is_empty():
        st.info("No stablecoin supply, or no BTC capitalisation.")
        return
    chart(market_charts.ssr_and_price(daily, questions.days_of(warehouse, "BTC", start)), "ssr")


def words(warehouse: Published, _: pl.DataFrame) -> None:
    """The newest releases, each a link."""
    rows = questions.newest_releases(warehouse).to_dicts()
    if not rows:
        st.info("No release is known.")
    for row in rows:
        title = one_line(row["title"], 110).replace("[", "(").replace("]", ")") or "(no title)"
        label = f"{row['event_ts']:%-d %b} · {group_name(row['release_group'])}"
        with st.container(horizontal=True, vertical_alignment="center", key=f"newest-{row['doc_id']}"):
            st.page_link("screens/release.py", label=label, query_params={"release": row["doc_id"]})
            st.text(title)


def night(warehouse: Published, _: pl.DataFrame) -> None:
    """The night's headline figures."""
    found = headlines(warehouse)
    for start in range(0, len(found), 3):
        for i, (column, figure) in enumerate(zip(st.columns(3), found[start : start + 3], strict=False), start):
            with column, st.container(border=True, height="stretch", key=f"reading{i}"):
                st.metric(figure.name, unbroken_units(figure.value))
                st.text(unbroken_units(figure.reading))


def draw(warehouse: Published) -> None:
    """The whole page."""
    run, simulated = warehouse.last_run(), warehouse.is_simulated()
    st.title(f"The morning after {run['as_of_ts']:%-d %B %Y}" if run else "No night yet")
    if run:
        st.text(
            f"Profile {one_line(run['profile'], 80)}, as of {run['as_of_ts']:%Y-%m-%d %H:%M} UTC; the run is "
            f"{run['status']}. Everything is held against a random walk."
        )
    market = questions.overview(warehouse)
    if market.is_empty():
        st.info("There are no prices yet. Run `tapewire nightly` with a source of candles.")
        return
    with section("The market", simulated=simulated):
        tiles(warehouse, market)
        movers(warehouse, market)
    for title, part in (
        ("The next 24 hours", expected), ("Signals that stand out", signs), ("SSR and bitcoin", ratio),
        ("Newest releases", words), ("The night's figures", night),
    ):  # fmt: skip
        with section(title, simulated=simulated):
            part(warehouse, market)


with published() as opened:
    draw(opened)
