"""What each signal said, day by day, and whether that was high or low for it by then.

A signal is one number per subject (an asset, or the market as a whole) and UTC day, known at the end of the day: what
becomes available during a day counts from its end. High and low are the upper and lower fifth of its own past year.
"""

from dataclasses import dataclass

import polars as pl

MARKET = "market"
YEAR, YEAR_MIN = 365, 120
HIGH, LOW = 0.8, 0.2
WEEK = 7
MACHINE_MIN = 5  # texts of a week that were judged


@dataclass(frozen=True)
class Signal:
    """A signal: its name, what it says, its unit, and whether it is one of the market or of each asset."""

    name: str
    about: str
    unit: str
    of_market: bool = False


SIGNALS = {
    s.name: s
    for s in (
        Signal("momentum", "Return over 30 days", "share"),
        Signal("volatility_regime", "Volatility of 30 days", "per √year"),
        Signal("volume", "Volume ÷ its usual of 30 days", "ratio"),
        Signal("funding", "Funding that longs pay, mean of 7 days", "share per year"),
        Signal("news_intensity", "Stories of a day beside the usual: log(1 + stories) less its mean of 30 days", "log"),
        Signal("expected_range", "Width of the default forecast's 90 % band for 24 hours ÷ the walk's", "ratio"),
        Signal("ssr_oscillator", "Stablecoin Supply Ratio: (SSR − mean) ÷ deviation, 200 days", "z", of_market=True),
        Signal("supply_growth", "Growth of stablecoin supply over 30 days", "share", of_market=True),
        Signal("fund_premium", "Premium of listed funds: (premium − mean) ÷ deviation, 250 days", "z", of_market=True),
        Signal("machine_share", "Share of the week's texts that read as machine-written", "share", of_market=True),
    )
}


@dataclass(frozen=True)
class Inputs:
    """What signals are made of, in the columns of the tables of that name."""

    asset_daily: pl.DataFrame
    ssr_daily: pl.DataFrame
    fund_premium: pl.DataFrame
    funding_hourly: pl.DataFrame
    news_hourly: pl.DataFrame
    document_authorship: pl.DataFrame
    widths: pl.DataFrame  # asset, origin_ts, ratio: the default's band ÷ the walk's


def signal_values(given: Inputs) -> pl.DataFrame:
    """One row per signal, subject and day: signal, subject, event_ts (end of the day), value, percentile, state.

    `percentile` is the value's place in the signal's past year, today's included; `state` is high, low or usual, null
    before there are YEAR_MIN days. Row t uses what was available at t.
    """
    parts = [
        *_from_daily(given.asset_daily), _funding(given.funding_hourly, given.asset_daily),
        _news(given.news_hourly, given.asset_daily), _expected_range(given.widths), *_from_ssr(given.ssr_daily),
        _fund_premium(given.fund_premium), _machine_share(given.document_authorship),
    ]  # fmt: skip
    values = pl.concat(part.select("signal", "subject", "event_ts", pl.col("value").cast(pl.Float64)) for part in parts)
    known = values.filter(pl.col("value").is_finite()).sort("signal", "subject", "event_ts")
    return known.with_columns(percentile=_percentile()).with_columns(
        state=pl.when(pl.col("percentile") >= HIGH)
        .then(pl.lit("high"))
        .when(pl.col("percentile") <= LOW)
        .then(pl.lit("low"))
        .when(pl.col("percentile").is_not_null())
        .then(pl.lit("usual"))
    )


def _percentile() -> pl.Expr:
    """Place in the past year: middle of the ranks that a value shares, ÷ the number of values."""
    window = f"{YEAR}d"
    value, day = pl.col("value"), pl.col("event_ts")
    rank = value.rolling_rank_by("event_ts", window, method="average", min_samples=YEAR_MIN)
    count = day.is_not_null().cast(pl.Float64).rolling_sum_by("event_ts", window)
    return ((rank - 0.5) / count).over("signal", "subject", order_by="event_ts")


def _day_end(moment: str) -> pl.Expr:
    """End of the UTC day in which a moment lies; a midnight is its own."""
    return pl.col(moment).dt.offset_by("-1us").dt.truncate("1d").dt.offset_by("1d")


def _named(frame: pl.DataFrame, signal: str, subject: str | pl.Expr, value: str | pl.Expr) -> pl.DataFrame:
    who = pl.lit(subject) if isinstance(subject, str) else subject
    what = pl.col(value) if isinstance(value, str) else value
    return frame.select(signal=pl.lit(signal), subject=who, event_ts="event_ts", value=what)


def _last_of_day(frame: pl.DataFrame, by: list[str]) -> pl.DataFrame:
    """Rows by the end of the day on which they were available; the newest of a day where there are several."""
    placed = frame.sort("available_ts", "event_ts").with_columns(event_ts=_day_end("available_ts"))
    return placed.unique([*by, "event_ts"], keep="last", maintain_order=True)


def _from_daily(daily: pl.DataFrame) -> list[pl.DataFrame]:
    asset = pl.col("asset")
    return [
        _named(daily, "momentum", asset, "return_30d"),
        _named(daily, "volatility_regime", asset, "volatility_30d"),
        _named(daily, "volume", asset, "volume_ratio"),
    ]


def _from_ssr(ssr: pl.DataFrame) -> list[pl.DataFrame]:
    total = _last_of_day(ssr.filter(pl.col("coin") == "ALL"), [])
    return [
        _named(total, "ssr_oscillator", MARKET, "oscillator_z"),
        _named(total, "supply_growth", MARKET, "growth_30d"),
    ]


def _fund_premium(premium: pl.DataFrame) -> pl.DataFrame:
    """The mean over funds where there are several."""
    placed = _last_of_day(premium, ["fund"]).drop_nulls("premium_z")
    mean = placed.group_by("event_ts", maintain_order=True).agg(pl.col("premium_z").mean())
    return _named(mean, "fund_premium", MARKET, "premium_z")


def _funding(funding: pl.DataFrame, daily: pl.DataFrame) -> pl.DataFrame:
    """Mean over an asset's swaps of a day, then over the past week's days; null where the day has none."""
    known = funding.drop_nulls("funding_rate_per_hour").with_columns(event_ts=_day_end("available_ts"))
    of_day = known.group_by("asset", "event_ts").agg(rate=pl.col("funding_rate_per_hour").mean() * 24 * YEAR)
    week = pl.col("rate").rolling_mean_by("event_ts", f"{WEEK}d", min_samples=WEEK - 2)
    smooth = of_day.sort("asset", "event_ts").with_columns(value=week.over("asset", order_by="event_ts"))
    have = smooth.join(daily.select("asset", "event_ts"), on=["asset", "event_ts"], how="semi")
    return _named(have.sort("asset", "event_ts"), "funding", pl.col("asset"), "value")


def _news(news: pl.DataFrame, daily: pl.DataFrame) -> pl.DataFrame:
    """Days of an asset from its first story on; a day without a story counts 0."""
    of_day = news.with_columns(event_ts=_day_end("available_ts")).group_by("asset", "event_ts").agg(
        n=pl.col("documents_1h").sum()
    )  # fmt: skip
    first = of_day.group_by("asset").agg(first=pl.col("event_ts").min())
    days = daily.select("asset", "event_ts").join(first, on="asset").filter(pl.col("event_ts") >= pl.col("first"))
    counted = days.join(of_day, on=["asset", "event_ts"], how="left").with_columns(
        pl.col("n").fill_null(0).cast(pl.Float64).log1p()
    )
    usual = pl.col("n").shift(1).rolling_mean(30, min_samples=20).over("asset", order_by="event_ts")
    return _named(counted.sort("asset", "event_ts"), "news_intensity", pl.col("asset"), pl.col("n") - usual)


def _expected_range(widths: pl.DataFrame) -> pl.DataFrame:
    placed = widths.with_columns(event_ts="origin_ts", available_ts="origin_ts")
    return _named(_last_of_day(placed, ["asset"]), "expected_range", pl.col("asset"), "ratio")


def _machine_share(judged: pl.DataFrame) -> pl.DataFrame:
    """Flagged texts ÷ texts with a verdict, of the past week."""
    known = judged.filter(pl.col("verdict").is_in(["flagged", "not flagged"]))
    of_day = known.with_columns(event_ts=_day_end("available_ts")).group_by("event_ts").agg(
        flagged=(pl.col("verdict") == "flagged").sum().cast(pl.Float64), n=pl.len().cast(pl.Float64)
    ).sort("event_ts")  # fmt: skip
    week = [pl.col(c).rolling_sum_by("event_ts", f"{WEEK}d") for c in ("flagged", "n")]
    summed = of_day.with_columns(week).filter(pl.col("n") >= MACHINE_MIN)
    return _named(summed, "machine_share", MARKET, pl.col("flagged") / pl.col("n"))
