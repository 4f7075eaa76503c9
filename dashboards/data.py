"""Reads of the published warehouse, for the report, the app and `tapewire sql`. Nothing here can write."""

from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from dashboards.open import OpenWarehouse

MAX_RELEASES = 300
CANDLE_SPANS = {
    "1m": (timedelta(hours=2), timedelta(hours=6)),
    "5m": (timedelta(hours=8), timedelta(hours=24)),
    "15m": (timedelta(hours=24), timedelta(hours=48)),
    "1h": (timedelta(days=2), timedelta(days=4)),
    "1d": (timedelta(days=30), timedelta(days=30)),
}  # how much to show before and after a release, by timeframe, finest first


class Published(OpenWarehouse):
    """The queries of the pages, on an open published warehouse; a context manager."""

    def last_run(self) -> dict[str, Any]:
        """The newest run: profile, moment, code, settings."""
        rows = self.query("FROM ops.runs ORDER BY started_ts DESC LIMIT 1").to_dicts()
        return rows[0] if rows else {}

    def is_simulated(self) -> bool:
        """Whether anything in the warehouse comes from the simulator."""
        return bool(self.query("SELECT coalesce(bool_or(is_simulated), false) AS s FROM ops.runs")["s"][0])

    def counts(self) -> dict[str, int]:
        """Number of rows of core, by entity."""
        names = ("candles", "supply", "asset_metrics", "funding", "documents", "document_assets")
        return {n: self.con.table(f"core.{n}").count("*").fetchall()[0][0] for n in names}

    def skill(self) -> pl.DataFrame:
        """Scores of all assets together, per model and horizon (0: all horizons)."""
        return self.query("FROM marts.forecast_skill WHERE asset = 'ALL' ORDER BY model_name, horizon_h, metric")

    def league(self) -> pl.DataFrame:
        """One row per model, best first: CRPS ÷ the volatility-scaled walk's, its test, coverage, confidence set."""
        return self.query(
            "SELECT model_name, max(value) FILTER (metric = 'crps' AND horizon_h = 0) AS crps, "
            "max(value) FILTER (metric = 'ratio_to_volatility_walk' AND horizon_h = 0) AS ratio, "
            "max(low) FILTER (metric = 'ratio_to_volatility_walk' AND horizon_h = 0) AS ratio_low, "
            "max(high) FILTER (metric = 'ratio_to_volatility_walk' AND horizon_h = 0) AS ratio_high, "
            "max(p_value) FILTER (metric = 'ratio_to_volatility_walk' AND horizon_h = 0) AS ratio_p, "
            "min(value) FILTER (metric = 'coverage_90' AND horizon_h > 0) AS cover_low, "
            "max(value) FILTER (metric = 'coverage_90' AND horizon_h > 0) AS cover_high, "
            "max(p_value) FILTER (metric = 'confidence_set' AND horizon_h = 0) AS set_p "
            "FROM marts.forecast_skill WHERE asset = 'ALL' GROUP BY model_name ORDER BY crps, model_name"
        )

    def regimes(self) -> pl.DataFrame:
        """Skill over the reference walk of all horizons together, by the state of the market, best models first."""
        return self.query(
            "PIVOT (SELECT model_name, regime, value FROM marts.forecast_regimes "
            "WHERE metric = 'crps_skill' AND horizon_h = 0) ON regime IN ('calm', 'normal', 'turbulent') "
            "USING first(value) GROUP BY model_name ORDER BY model_name"
        )

    def explanations(self, asset: str = "ALL") -> pl.DataFrame:
        """What forecasts attended to: mean size of its effect on the band's width and on the median over horizons."""
        return self.query(
            "SELECT kind, subject, title, avg(attention) AS attention, avg(abs(width_change)) AS width_change, "
            "avg(abs(median_change)) AS median_change FROM marts.forecast_explanations WHERE asset = $asset "
            "GROUP BY ALL ORDER BY width_change DESC, subject",
            asset=asset,
        )

    def assets(self) -> list[str]:
        """Assets with a live forecast, by name."""
        return self.query("SELECT DISTINCT asset FROM marts.forecast_latest ORDER BY asset")["asset"].to_list()

    def fan(self, asset: str) -> pl.DataFrame:
        """The newest forecast of an asset."""
        return self.query(
            "FROM marts.forecast_latest WHERE asset = $asset ORDER BY model_name, horizon_h, level", asset=asset
        )

    def hourly_close(self, asset: str, until: datetime, days: int = 5) -> pl.DataFrame:
        """Hourly closes of an asset (`available_ts`, `close_quote`) over the days up to a moment, on one market."""
        return self.query(
            "WITH part AS (FROM marts.candles WHERE asset = $asset AND timeframe = '1h' "
            "AND available_ts BETWEEN $until - to_days($days::INTEGER) AND $until), "
            "market AS (SELECT exchange, symbol FROM part GROUP BY ALL "
            "ORDER BY count(*) DESC, exchange, symbol LIMIT 1) "
            "SELECT available_ts, close_quote FROM part SEMI JOIN market USING (exchange, symbol) "
            "ORDER BY available_ts",
            asset=asset,
            until=until,
            days=days,
        )

    def concentration(self, window_h: float) -> pl.DataFrame:
        """Share of the largest release in a group's excess move, and the number of releases dated to the day only."""
        return self.query(
            "SELECT i.release_group, count(*) AS n_releases, max(i.excess_move) AS largest, "
            "sum(i.excess_move) AS total, max(i.excess_move) / nullif(sum(i.excess_move), 0) AS largest_share, "
            "count(*) FILTER (r.ts_precision = 'day') AS n_day_only "
            "FROM marts.release_impact i JOIN marts.releases r USING (doc_id) "
            "WHERE i.study_id = '1h' AND i.benchmark = 'residual' AND i.window_h = $window_h "
            "AND i.excess_move IS NOT NULL AND NOT i.is_late_stamp AND r.is_recommended "
            "GROUP BY ALL HAVING count(*) >= 5 ORDER BY ALL",
            window_h=window_h,
        )

    def compared(self) -> pl.DataFrame:
        """Groups compared over all releases of the hourly study: realised excess moves, and widths expected."""
        return self.query(
            "FROM marts.generated_against_real WHERE slice_by = 'all' AND method = 'permutation' AND "
            "((study_id = '1h' AND quantity = 'excess_move') OR "
            "(answer = 'scored' AND quantity = 'expected_width_change')) ORDER BY answer, group_a, group_b, window_h"
        )

    def responses(self) -> pl.DataFrame:
        """The response of each group on every timeframe: when it begins, is largest and ends, what comes back."""
        return self.query(
            "FROM marts.impact_response WHERE slice_by = 'all' ORDER BY study_id <> '1h', study_id, "
            "list_position(['real', 'generated', 'fabricated', 'unlabelled', 'late_stamp', 'all'], release_group), "
            "release_group"
        )

    def conclusions(self, study_id: str = "1h") -> list[str]:
        """What the numbers of a study support, in sentences."""
        return self.query(
            "SELECT sentence FROM marts.impact_conclusions WHERE study_id = $study_id ORDER BY place",
            study_id=study_id,
        )["sentence"].to_list()

    def known_cases(self) -> pl.DataFrame:
        """The curated false releases, each on the finest candles available, in order of time."""
        return self.query(
            "FROM marts.known_cases QUALIFY row_number() OVER (PARTITION BY case_id ORDER BY "
            "CASE timeframe WHEN '1m' THEN 1 WHEN '5m' THEN 5 WHEN '15m' THEN 15 ELSE 60 END) = 1 ORDER BY event_ts"
        )

    def alert(self, doc_id: str, asset: str) -> pl.DataFrame:
        """What was expected of a release when it arrived, per horizon; empty for old releases."""
        return self.query(
            "FROM marts.release_alerts WHERE doc_id = $doc_id AND asset = $asset ORDER BY horizon_h",
            doc_id=doc_id,
            asset=asset,
        )

    def similar(self, doc_id: str, asset: str) -> pl.DataFrame:
        """Earlier releases most similar to one, and the moves that followed them."""
        return self.query(
            "FROM marts.similar_releases WHERE doc_id = $doc_id AND asset = $asset ORDER BY place",
            doc_id=doc_id,
            asset=asset,
        )

    def release_groups(self) -> list[str]:
        """Groups that releases fall into."""
        return self.query("SELECT DISTINCT release_group FROM marts.releases ORDER BY ALL")["release_group"].to_list()

    def releases(
        self, search: str = "", group: str = "", order: str = "move", limit: int = MAX_RELEASES, *,
        asset: str = "", kind: str = "", since: date | None = None,
    ) -> pl.DataFrame:  # fmt: skip
        """Releases whose title or text contains `search`, with their largest move of any window (null: not measured).
        `order` is 'move' (largest first, unmeasured last) or 'time' (newest first); `n_found` counts before the limit.
        """
        return self.query(
            "WITH moves AS (SELECT doc_id, max(scaled_move) AS scaled_move, arg_max(asset, scaled_move) AS asset "
            "FROM marts.release_impact WHERE benchmark = 'reference_walk' AND window_h > 0 GROUP BY doc_id) "
            "SELECT r.doc_id, r.event_ts, r.title, r.release_group, r.assets, m.scaled_move, m.asset, "
            "count(*) OVER () AS n_found FROM marts.releases r LEFT JOIN moves m USING (doc_id) "
            "WHERE (contains(lower(r.title), lower($search)) OR contains(lower(r.body), lower($search))) "
            "AND ($group = '' OR r.release_group = $group) AND ($kind = '' OR r.kind = $kind) "
            "AND ($asset = '' OR r.doc_id IN (SELECT doc_id FROM core.document_assets WHERE asset = $asset)) "
            "AND ($since IS NULL OR r.event_ts >= $since) "
            "ORDER BY CASE WHEN $order = 'move' THEN m.scaled_move END DESC NULLS LAST, r.event_ts DESC, r.doc_id "
            "LIMIT $most",
            search=search,
            group=group,
            order=order,
            most=limit,
            asset=asset,
            kind=kind,
            since=since,
        )

    def release_kinds(self) -> list[str]:
        """Kinds of releases that there are."""
        return self.query("SELECT DISTINCT kind FROM marts.releases WHERE kind IS NOT NULL ORDER BY 1")[
            "kind"
        ].to_list()

    def released_assets(self) -> list[str]:
        """Assets that releases mention, the most mentioned first."""
        return self.query(
            "SELECT asset FROM core.document_assets SEMI JOIN marts.releases USING (doc_id) "
            "GROUP BY asset ORDER BY count(*) DESC, asset"
        )["asset"].to_list()

    def release(self, doc_id: str) -> dict[str, Any]:
        """One release with its text. KeyError where there is none of that id."""
        rows = self.query("FROM marts.releases WHERE doc_id = $doc_id", doc_id=doc_id).to_dicts()
        if not rows:
            raise KeyError(f"no release {doc_id!r}")
        return rows[0]

    def release_assets(self, doc_id: str) -> list[str]:
        """Assets that a release was measured on (largest move first), then the others it mentions."""
        return self.query(
            "SELECT a.asset FROM (SELECT asset FROM core.document_assets WHERE doc_id = $doc_id "
            "UNION SELECT asset FROM marts.release_impact WHERE doc_id = $doc_id) a "
            "LEFT JOIN marts.release_impact i ON i.doc_id = $doc_id AND i.asset = a.asset "
            "AND i.benchmark = 'reference_walk' "
            "GROUP BY ALL ORDER BY max(i.scaled_move) DESC NULLS LAST, a.asset",
            doc_id=doc_id,
        )["asset"].to_list()

    def impact(self, doc_id: str, asset: str) -> pl.DataFrame:
        """What prices of an asset did after a release, per study, window and benchmark."""
        return self.query(
            "FROM marts.release_impact WHERE doc_id = $doc_id AND asset = $asset "
            "ORDER BY study_id, window_h, benchmark <> 'reference_walk', benchmark",
            doc_id=doc_id,
            asset=asset,
        )

    def expected(self, doc_id: str, asset: str) -> pl.DataFrame:
        """What the network expected after a release, per horizon."""
        return self.query(
            "FROM marts.release_scored WHERE doc_id = $doc_id AND asset = $asset ORDER BY horizon_h",
            doc_id=doc_id,
            asset=asset,
        )

    def candles_around(self, asset: str, moment: datetime) -> pl.DataFrame:
        """Candles around a moment, of the finest timeframe and the market with most candles there."""
        for timeframe, (before, after) in CANDLE_SPANS.items():
            rows = self.query(
                "WITH part AS (FROM marts.candles WHERE asset = $asset AND timeframe = $timeframe "
                "AND event_ts BETWEEN $start AND $stop), "
                "market AS (SELECT exchange, symbol FROM part GROUP BY ALL "
                "ORDER BY count(*) DESC, exchange, symbol LIMIT 1) "
                "FROM part SEMI JOIN market USING (exchange, symbol) ORDER BY event_ts",
                asset=asset,
                timeframe=timeframe,
                start=moment - before,
                stop=moment + after,
            )
            if not rows.filter(pl.col("event_ts") <= moment).is_empty() and rows.height > 1:
                return rows
        return rows
