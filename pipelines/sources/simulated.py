"""The simulated market as a source. All of its rows are marked simulated; its truth has a table of its own."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from models.simulation.market import simulate_market
from models.simulation.releases import Release
from pipelines.sources.source import Page, Part, Source, SourceContext, digest
from warehouse.schema.documents import DOCUMENT_ASSETS, DOCUMENTS, SIMULATED_TRUTH, SOURCE_LABELS
from warehouse.schema.market import ASSET_METRICS, CANDLES, FUNDS, SUPPLY

NAME = "simulated"


@dataclass(frozen=True)
class SimulatedMarket:
    """The market of one seed up to `end`."""

    seed: int
    end: datetime
    name: str = NAME
    is_simulated: bool = True
    is_remote: bool = False
    commits_by_page: bool = False

    def pages(self) -> Iterator[Page]:
        """Candles, supply, asset figures, a fund, releases, their assets, and the truth about them."""
        market = simulate_market(self.seed, self.end)
        links = _links(market.releases)
        frames = (
            (CANDLES, pl.concat([market.candles, market.bad_candles.select(market.candles.columns)])),
            (SUPPLY, market.supply),
            (ASSET_METRICS, market.metrics),
            (FUNDS, market.funds),
            (DOCUMENTS, _documents(market.releases)),
            (DOCUMENT_ASSETS, links.with_columns(confidence=pl.lit(1.0), method=pl.lit("simulated"))),
            (SOURCE_LABELS, _labels(market.releases)),
            (SIMULATED_TRUTH, _truth(market.releases, links)),
        )
        for entity, frame in frames:
            key = digest(self.seed, self.end, entity.name)
            yield Page(entity, frame, NAME, f"seed {self.seed}, {entity.name}", key)


def _moments(releases: list[Release]) -> pl.DataFrame:
    return pl.DataFrame(
        {"doc_id": [r.guid for r in releases], "event_ts": [r.published for r in releases]},
        schema_overrides={"event_ts": pl.Datetime("us", "UTC")},
    ).with_columns(available_ts=pl.col("event_ts") + pl.duration(seconds=1))


def _documents(releases: list[Release]) -> pl.DataFrame:
    machine = [r.group == "generated" for r in releases]
    return _moments(releases).with_columns(
        ts_precision=pl.lit("second"),
        is_late_stamp=pl.lit(False),
        availability_assumed=pl.lit(False),
        publisher=pl.lit("Simulated Wire"),
        kind=pl.lit("press_release"),
        title=pl.Series([r.title for r in releases]),
        body=pl.Series([r.body for r in releases]),
        authorship=pl.Series(["machine" if m else "human" for m in machine]),
        authorship_evidence=pl.lit("provenance"),
        veracity=pl.Series(["false" if r.group == "fabricated" else "true" for r in releases]),
        veracity_evidence=pl.lit("provenance"),
    )


def _labels(releases: list[Release]) -> pl.DataFrame:
    retracted = pl.Series([r.retracted for r in releases], dtype=pl.Datetime("us", "UTC"))
    return _moments(releases).with_columns(
        pl.max_horizontal("available_ts", retracted).alias("available_ts"),
        event_label=pl.Series([r.kind for r in releases]),
        is_recommended=pl.lit(True),
        retracted_ts=retracted,
    )


def _links(releases: list[Release]) -> pl.DataFrame:
    return _moments(releases).with_columns(asset=pl.Series([r.asset for r in releases]))


def _truth(releases: list[Release], links: pl.DataFrame) -> pl.DataFrame:
    return links.with_columns(
        release_group=pl.Series([r.group for r in releases]),
        kind=pl.Series([r.kind for r in releases]),
        strength=pl.Series([r.strength for r in releases]),
        delay_h=pl.Series([r.delay_h for r in releases]),
        half_life_h=pl.Series([r.half_life_h for r in releases]),
        peak_log_return=pl.Series([r.peak_log_return for r in releases]),
        permanent_log_return=pl.Series([r.permanent_log_return for r in releases]),
    )


def _parts(context: SourceContext) -> list[Part]:
    settings = context.settings.simulated
    return [SimulatedMarket(settings.seed, context.as_of)] if settings.enabled else []


SOURCE = Source("simulated", frozenset({"candles", "supply", "asset_metrics", "funds", "documents"}), _parts)
