"""The market morning on top of the report: what moved, SSR beside bitcoin, every asset's fan, signals."""

from typing import Any

import polars as pl

from dashboards import questions
from dashboards.charts import forecasts as forecasts_charts
from dashboards.charts import market as market_charts
from dashboards.data import Published
from dashboards.report.figures import chart
from dashboards.report.tables import table_of
from dashboards.wording import P

MOST_FANS = 16
GLOSSARY = {
    "Reference walk": "A random walk without drift, with the volatility known at the time and the asset's own tails.",
    "CRPS": "A score of a whole forecast distribution; the mean distance to what came. Lower is better.",
    "Skill": "1 − CRPS ÷ that of the reference walk. Above zero only where the interval is, too.",
    "90 % band": "Between the 5 % and the 95 % quantile: nine outcomes in ten should fall inside.",
    "σ (sigma)": "The reference walk's standard deviation of the move over the same hours.",
    "Excess move": "Size of a move in σ, beyond the market, less that at matched times without a release (placebo).",
    "CAR": "Cumulative abnormal return: the log return beyond what a model of normal returns says.",
    "p and q": "p: how often chance alone shows as much. q: the share of false findings among all with a q so low.",
    "Detectable": "The smallest effect that four of five such studies would find: without it 'nothing' says little.",
    "SSR": "Stablecoin Supply Ratio: market capitalisation of bitcoin ÷ supply of stablecoins.",
    "Oscillator": "SSR in standard deviations from its mean of 200 days.",
    "Real, generated, fabricated": "By people and true; by a machine and true; false, whoever wrote it.",
}


def market_section(warehouse: Published) -> dict[str, Any]:
    """The values of the template's first section; None for what the warehouse lacks."""
    market = questions.overview(warehouse)
    return {
        "glossary": GLOSSARY,
        "market": None if market.is_empty() else _overview(market),
        "ssr_and_price": _ratio(warehouse),
        "all_fans": _fans(warehouse, market["asset"].to_list()),
        "signals": _signals(warehouse),
        "records_found": _records_found(warehouse),
    }


def _overview(market: pl.DataFrame) -> dict[str, Any]:
    names = {
        "asset": "Asset", "close_quote": "Price", "return_1d": "1 day", "return_7d": "7 days", "return_30d": "30 days",
        "volume_ratio": "Volume ÷", "volatility_30d": "Volatility", "volatility_percentile": "of year",
        "drawdown": "Fall", "beta_btc_90d": "Beta", "funding_rate_per_year": "Funding", "stories_24h": "Stories",
        "price_low_24h": "24 h, low", "price_high_24h": "high",
    }  # fmt: skip
    formats = {
        "close_quote": ",.5g", **{f"return_{n}d": "+.1%" for n in (1, 7, 30)}, "volume_ratio": ".2f",
        "volatility_30d": ".0%", "volatility_percentile": ".0%", "drawdown": ".0%", "beta_btc_90d": ".2f",
        "funding_rate_per_year": "+.1%", "stories_24h": ",", "price_low_24h": ",.5g", "price_high_24h": ",.5g",
    }  # fmt: skip
    moved = market.sort(pl.col("return_1d").abs(), descending=True, nulls_last=True)
    return table_of(moved, formats, names)


def _ratio(warehouse: Published) -> Any:
    start = questions.since(warehouse, 365)
    daily = questions.ssr(warehouse, start)
    if daily.is_empty():
        return None
    price = questions.days_of(warehouse, "BTC", start)
    return chart(market_charts.ssr_and_price(daily, price), "SSR and bitcoin's price over the past year")


def _fans(warehouse: Published, assets: list[str]) -> Any:
    forecast = warehouse.mart("forecast_latest")
    there = set(forecast["asset"])
    shown = [asset for asset in assets if asset in there][:MOST_FANS]
    if not shown:
        return None
    return chart(forecasts_charts.fans(questions.recent_closes(warehouse), forecast, shown), "Forecasts of all assets")


def _signals(warehouse: Published) -> dict[str, Any] | None:
    rows = questions.signals(warehouse).filter(pl.col("state").is_not_null() & (pl.col("state") != "usual"))
    if rows.is_empty():
        return None
    names = {
        "signal": "Signal", "subject": "Of", "state": "State", "value": "Value", "percentile": "Percentile",
        "verdict": "What followed in the past", "outcome": "Outcome", "horizon_d": "Days", "estimate": "Difference, σ",
        "low": "from", "high": "to", "q_value": "q",
    }  # fmt: skip
    formats = {"value": ",.3g", "percentile": ".0%", "horizon_d": "d", "estimate": "+.2f", "low": "+.2f",
               "high": "+.2f", "q_value": P}  # fmt: skip
    return table_of(rows.with_columns(pl.col("signal").str.replace_all("_", " ")), formats, names)


def _records_found(warehouse: Published) -> tuple[int, int]:
    """Records beyond chance, and those that were tested."""
    row = warehouse.query(
        "SELECT count(*) FILTER (verdict NOT IN ('no record beyond chance', 'too short a history')), count(p_value) "
        "FROM marts.signal_record"
    ).row(0)
    return int(row[0]), int(row[1])
