"""What the pages ask of the market's marts, on an open published warehouse."""

from datetime import date, timedelta

import polars as pl

from dashboards.open import OpenWarehouse

SPANS = {"30 days": 30, "90 days": 90, "1 year": 365, "all": 36500}


def overview(warehouse: OpenWarehouse) -> pl.DataFrame:
    """Each asset's market this morning, the largest turnover first."""
    return warehouse.query("FROM marts.market_overview ORDER BY volume_quote DESC NULLS LAST, asset")


def traded_assets(warehouse: OpenWarehouse) -> list[str]:
    """Assets that have prices, the largest turnover first."""
    return overview(warehouse)["asset"].to_list()


def newest_day(warehouse: OpenWarehouse) -> date | None:
    """The newest day that has prices."""
    return warehouse.query("SELECT max(day) AS day FROM marts.market_overview")["day"][0]


def since(warehouse: OpenWarehouse, days: int) -> date:
    """The first day of a span that ends with the newest prices."""
    newest = newest_day(warehouse)
    return date(2009, 1, 3) if newest is None or days > 5000 else newest - timedelta(days=days)


def days_of(warehouse: OpenWarehouse, asset: str, start: date) -> pl.DataFrame:
    """Daily bars of an asset from a day on."""
    return warehouse.query(
        "FROM marts.candles_daily WHERE asset = $asset AND day >= $start ORDER BY day", asset=asset, start=start
    )


def announcements(warehouse: OpenWarehouse, start: date) -> pl.DataFrame:
    """Scheduled announcements from a day on, up to the newest prices."""
    return warehouse.query(
        "FROM marts.macro_calendar WHERE event_ts >= $start "
        "AND event_ts <= (SELECT max(available_ts) FROM marts.market_overview) ORDER BY event_ts",
        start=start,
    )


def ssr(warehouse: OpenWarehouse, start: date) -> pl.DataFrame:
    """The ratio in total from a day on."""
    return warehouse.query(
        "FROM marts.ssr_daily WHERE coin = 'ALL' AND day >= $start ORDER BY day", start=start
    )  # fmt: skip


def coins(warehouse: OpenWarehouse, start: date) -> pl.DataFrame:
    """Supply and price of each stablecoin over all chains from a day on, by the source that has most of its days."""
    return warehouse.query(
        "WITH span AS (FROM marts.stablecoins WHERE chain = 'all' AND coin <> 'ALL_STABLES' AND day >= $start), "
        "longest AS (SELECT coin, source FROM span GROUP BY coin, source "
        "QUALIFY row_number() OVER (PARTITION BY coin ORDER BY count(*) DESC, source) = 1) "
        "FROM span SEMI JOIN longest USING (coin, source) ORDER BY coin, day",
        start=start,
    )


def chains(warehouse: OpenWarehouse) -> pl.DataFrame:
    """Newest supply by coin and chain, the largest first."""
    return warehouse.query(
        "FROM marts.stablecoins WHERE chain <> 'all' QUALIFY day = max(day) OVER (PARTITION BY coin, chain, source) "
        "ORDER BY supply_usd DESC NULLS LAST LIMIT 100"
    )


def funding(warehouse: OpenWarehouse, asset: str, start: date) -> pl.DataFrame:
    """Funding of an asset's swaps from a day on."""
    return warehouse.query(
        "FROM marts.funding WHERE asset = $asset AND event_ts >= $start ORDER BY exchange, symbol, event_ts",
        asset=asset,
        start=start,
    )


def fund_premium(warehouse: OpenWarehouse, start: date) -> pl.DataFrame:
    """Premium of every fund from a day on."""
    return warehouse.query("FROM marts.fund_premium WHERE day >= $start ORDER BY fund, day", start=start)


def recent_closes(warehouse: OpenWarehouse, days: int = 4) -> pl.DataFrame:
    """Hourly closes of all assets that have a live forecast, over the days before it, each on its own market."""
    return warehouse.query(
        "WITH made AS (SELECT asset, max(origin_ts) AS origin_ts FROM marts.forecast_latest GROUP BY asset) "
        "SELECT c.asset, c.available_ts, c.close_quote FROM marts.candles c JOIN made m ON m.asset = c.asset "
        "AND c.available_ts BETWEEN m.origin_ts - to_days($days::INTEGER) AND m.origin_ts "
        "SEMI JOIN marts.market_series s ON s.asset = c.asset AND s.timeframe = c.timeframe "
        "AND s.exchange = c.exchange AND s.symbol = c.symbol AND c.event_ts BETWEEN s.event_ts AND s.last_ts "
        "WHERE c.timeframe = '1h' ORDER BY c.asset, c.available_ts",
        days=days,
    )


def signals(warehouse: OpenWarehouse, subject: str = "") -> pl.DataFrame:
    """What signals say now, those with a finding first; of one subject and the market where one is named."""
    return warehouse.query(
        "FROM marts.signals WHERE $subject = '' OR subject IN ($subject, 'market') "
        "ORDER BY coalesce(q_value, 2), state = 'usual', signal, subject",
        subject=subject,
    )


def live_record(warehouse: OpenWarehouse, asset: str, horizon_h: int) -> pl.DataFrame:
    """The default's live forecasts of an asset and horizon, with what came."""
    return warehouse.query(
        "FROM marts.live_track_record WHERE model_name = 'tapewire' AND asset = $asset AND horizon_h = $horizon_h "
        "ORDER BY origin_ts",
        asset=asset,
        horizon_h=horizon_h,
    )


def runs(warehouse: OpenWarehouse) -> pl.DataFrame:
    """The newest runs, with how long they took."""
    return warehouse.query(
        "SELECT run_id, flow, profile, as_of_ts, started_ts, date_diff('second', started_ts, finished_ts) AS seconds, "
        "status, exit_code FROM ops.runs ORDER BY started_ts DESC LIMIT 30"
    )


def newest_releases(warehouse: OpenWarehouse, limit: int = 8) -> pl.DataFrame:
    """The newest releases, with their group and assets."""
    return warehouse.query(
        "SELECT doc_id, event_ts, title, release_group, assets FROM marts.releases ORDER BY event_ts DESC, doc_id "
        "LIMIT $most",
        most=limit,
    )
