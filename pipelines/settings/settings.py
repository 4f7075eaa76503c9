"""One typed, frozen settings object: defaults < tapewire.toml < profile file < TAPEWIRE_* variables < flags."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipelines.settings.models import BacktestSettings, FeatureSettings, ForecastSettings, ImpactSettings, TextSettings
from pipelines.settings.sources import SourceSettings

PREFIX = "TAPEWIRE_"
SIMULATED = "simulated"
LIVE = "live"


_PASSWORD = re.compile(r"://[^/@\s\"]+@")
_SECRET = re.compile(r'("[^"]*(?:key|secret|password|token)[^"]*":\s*)"[^"]*"', re.IGNORECASE)


class SettingsError(ValueError):
    """A setting is unknown or has a value that it cannot have."""


class Settings(SourceSettings, BaseSettings):
    """All settings of a run."""

    model_config = SettingsConfigDict(
        frozen=True, extra="forbid", env_prefix=PREFIX, env_nested_delimiter="__", env_parse_none_str="none"
    )

    profile: str = SIMULATED
    home: Path = Path("var")
    as_of: AwareDatetime | None = None
    threads: int = Field(default=2, ge=1)
    memory_gb: float = Field(default=2.0, gt=0)
    seed: int = 7
    keep_published: int = Field(default=3, ge=1)
    publish_parquet: bool = Field(default=True, description="each mart as Parquet beside the published file")
    wait_for_writer_s: float = Field(default=300.0, ge=0, description="how long to wait for another run to end")
    features: FeatureSettings = FeatureSettings()
    forecast: ForecastSettings = ForecastSettings()
    text: TextSettings = TextSettings()
    impact: ImpactSettings = ImpactSettings()
    backtest: BacktestSettings = BacktestSettings()

    @property
    def folder(self) -> Path:
        """Where this profile keeps everything: one folder a profile, so that simulated and real never mix."""
        return self.home / self.profile

    @property
    def warehouse(self) -> Path:
        """The night's own warehouse file."""
        return self.folder / "warehouse.duckdb"

    @property
    def published(self) -> Path:
        """The stable path that readers open."""
        return self.folder / "published" / "tapewire.duckdb"

    @property
    def report(self) -> Path:
        """The stable path of the newest report."""
        return self.folder / "reports" / "report.html"

    @property
    def checkpoints(self) -> Path:
        """Where checkpoints lie."""
        return self.folder / "checkpoints"

    def redacted(self) -> str:
        """All settings as JSON, with passwords in addresses and values of keys and secrets masked."""
        masked = _PASSWORD.sub("://***@", self.model_dump_json())
        return _SECRET.sub(r'\1"***"', masked)

    def moment(self) -> datetime:
        """The moment that the run looks from: as_of, else the simulator's fixed end, else now."""
        if self.as_of is not None:
            return self.as_of.astimezone(UTC)
        if self.simulated.enabled:
            from models.simulation.market import DEFAULT_END

            return DEFAULT_END
        return datetime.now(UTC).replace(microsecond=0)

    @classmethod
    def settings_customise_sources(cls, settings_cls: Any, **sources: Any) -> tuple[Any, ...]:  # type: ignore[override]
        """Flags, then variables; files come in through `load_settings` below both."""
        return (sources["init_settings"],)
