"""Reads of the published warehouse, for the report, the app and `tapewire sql`. Nothing here can write."""

from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import polars as pl

from warehouse.connect import open_reader

NETWORK = "patch_transformer"
REFERENCE = "reference_walk"


class Published:
    """An open published warehouse; a context manager. It stays on the version that it was opened on."""

    def __init__(self, path: Path, threads: int = 2) -> None:
        self.con = open_reader(path, threads=threads)

    def __enter__(self) -> "Published":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self.con.close()

    def query(self, text: str, limit: int | None = None, **params: Any) -> pl.DataFrame:
        """The rows of a query, at most `limit`; duckdb.Error where it is wrong or not a query."""
        relation = self.con.sql(text, params=params or None)
        if relation is None:
            return pl.DataFrame()
        return (relation.limit(limit) if limit else relation).pl()

    def mart(self, name: str) -> pl.DataFrame:
        """A whole mart."""
        return self.con.table(f"marts.{name}").pl()

    def last_run(self) -> dict[str, Any]:
        """The newest run: profile, moment, code, settings."""
        rows = self.query("FROM ops.runs ORDER BY started_ts DESC LIMIT 1").to_dicts()
        return rows[0] if rows else {}

    def is_simulated(self) -> bool:
        """Whether anything in the warehouse comes from the simulator."""
        return bool(self.query("SELECT coalesce(bool_or(is_simulated), false) AS s FROM ops.runs")["s"][0])

    def counts(self) -> dict[str, int]:
        """Rows of core, by entity."""
        names = ("candles", "supply", "asset_metrics", "funding", "documents", "document_assets")
        return {n: self.con.table(f"core.{n}").count("*").fetchall()[0][0] for n in names}

    def skill(self) -> pl.DataFrame:
        """Scores of all assets together, per model and horizon (0: all horizons)."""
        return self.query("FROM marts.forecast_skill WHERE asset = 'ALL' ORDER BY model_name, horizon_h, metric")

    def assets(self) -> list[str]:
        """Assets with a live forecast, by name."""
        return self.query("SELECT DISTINCT asset FROM marts.forecast_latest ORDER BY asset")["asset"].to_list()

    def fan(self, asset: str) -> pl.DataFrame:
        """The newest forecast of an asset."""
        return self.query(
            "FROM marts.forecast_latest WHERE asset = $asset ORDER BY model_name, horizon_h, level", asset=asset
        )

    def hourly_close(self, asset: str, since: datetime) -> pl.DataFrame:
        """Closes of an asset (`available_ts`, `close_quote`) from `since` on."""
        return self.query(
            "SELECT available_ts, close_quote FROM marts.candles "
            "WHERE asset = $asset AND timeframe = '1h' AND available_ts >= $since ORDER BY available_ts",
            asset=asset, since=since,
        )  # fmt: skip

    def releases(self) -> pl.DataFrame:
        """Releases whose impact was measured or scored, newest first, with their headline move."""
        return self.query(
            "SELECT r.doc_id, r.event_ts, r.title, r.release_group, r.assets, max(i.scaled_move) AS scaled_move, "
            "arg_max(i.asset, i.scaled_move) AS asset FROM marts.releases r JOIN marts.release_impact i USING (doc_id) "
            "WHERE i.benchmark = 'reference_walk' GROUP BY ALL ORDER BY r.event_ts DESC"
        )

    def release(self, doc_id: str) -> dict[str, Any]:
        """One release with its text. KeyError where there is none of that id."""
        rows = self.query("FROM marts.releases WHERE doc_id = $doc_id", doc_id=doc_id).to_dicts()
        if not rows:
            raise KeyError(f"no release {doc_id!r}")
        return rows[0]

    def candles_around(self, asset: str, moment: datetime, timeframe: str) -> pl.DataFrame:
        """Candles from a day before to three days after a moment."""
        return self.query(
            "FROM marts.candles WHERE asset = $asset AND timeframe = $timeframe "
            "AND event_ts BETWEEN $moment - INTERVAL 1 DAY AND $moment + INTERVAL 3 DAY ORDER BY event_ts",
            asset=asset, timeframe=timeframe, moment=moment,
        )  # fmt: skip
