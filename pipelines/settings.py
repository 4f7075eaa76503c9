"""One typed, frozen settings object: defaults < tapewire.toml < profile file < TAPEWIRE_* variables < flags."""

import difflib
import os
import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic_settings import BaseSettings, EnvSettingsSource, SettingsConfigDict

from models.backtest.engine import Costs, Rule

PREFIX = "TAPEWIRE_"
SIMULATED = "simulated"
LIVE = "live"
SHIPPED = Path(__file__).parent.parent / "profiles"
Model = Literal[
    "reference_walk", "walk_plain", "walk_drift", "volatility_walk", "garch", "har", "lightgbm", "lstm", "patch_linear",
    "patch_transformer",
]  # fmt: skip
Shape = Literal["candles", "supply", "asset_metrics", "funding", "documents", "events"]


_PASSWORD = re.compile(r"://[^/@\s\"]+@")
_SECRET = re.compile(r'("[^"]*(?:key|secret|password|token)[^"]*":\s*)"[^"]*"', re.IGNORECASE)


class SettingsError(ValueError):
    """A setting is unknown or has a value that it cannot have."""


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SimulatedSource(_Section):
    """The market simulator."""

    enabled: bool = True
    seed: int = 7


class FileTable(_Section):
    """One file on disk and what its rows are."""

    path: Path
    shape: Shape
    rename: dict[str, str] = Field(default={}, description="file column -> documented column")
    constants: dict[str, str] = Field(default={}, description="documented column -> value of every row")
    lag_h: float = Field(default=6.0, ge=0, description="hours between the end of a day and its daily figure")


class FilesSource(_Section):
    """Files on disk: CSV, Parquet, JSON lines."""

    root: Path = Path()
    tables: tuple[FileTable, ...] = ()
    max_line_mb: float = Field(default=8.0, gt=0)


class Network(_Section):
    """How we behave towards other people's servers."""

    contact: str = Field(default="", description="address or mail that the user agent names")
    workers: int = Field(default=6, ge=1, description="parts fetched side by side")
    connect_s: float = Field(default=6.0, gt=0, description="for a connection")
    timeout_s: float = Field(default=60.0, gt=0, description="for one attempt, body included")
    max_mb: float = Field(default=64.0, gt=0, description="largest answer, decompressed")
    tries: int = Field(default=5, ge=1, description="attempts after 429, 418, 5xx, a broken answer")
    tries_unreachable: int = Field(default=2, ge=1, description="attempts where a host does not answer at all")
    backoff_s: float = Field(default=1.0, ge=0, description="first wait; doubles, with jitter")
    max_wait_s: float = Field(default=120.0, gt=0, description="longest Retry-After that is waited for")
    breaker_after: int = Field(default=3, ge=1, description="failures in a row that open a host's circuit")
    breaker_s: float = Field(default=120.0, ge=0, description="how long it stays open")


class ExchangeSource(_Section):
    """Candles and funding of one exchange, through ccxt."""

    id: str = Field(description="ccxt id")
    symbols: tuple[str, ...] = Field(description="ccxt unified symbols; BTC/USDT:USDT is a perpetual swap")
    timeframes: tuple[Literal["1m", "5m", "15m", "1h", "1d"], ...] = ("1h",)
    since: AwareDatetime
    funding: bool = Field(default=False, description="funding settlements of the swaps among the symbols")
    overlap_bars: int = Field(default=24, ge=0, description="stored bars that are asked for again, to see revisions")
    base_url: str | None = Field(default=None, description="a mirror: scheme and host that replace the exchange's own")
    options: dict[str, Any] = Field(default={}, description="ccxt options")


class ArchiveSource(_Section):
    """Bulk history from the Binance public data archives: a folder, or their address."""

    location: str = Field(default="https://data.binance.vision", description="URL, or a folder with the same layout")
    symbols: tuple[str, ...] = Field(description="ccxt unified symbols; BTC/USDT:USDT is a perpetual swap")
    timeframes: tuple[Literal["1m", "5m", "15m", "1h", "1d"], ...] = ("1h",)
    since: AwareDatetime
    funding: bool = False


class StablecoinsSource(_Section):
    """Circulating supply and price of stablecoins: DefiLlama."""

    enabled: bool = False
    url: str = "https://stablecoins.llama.fi"
    coin_list: str = Field(default="majors-v2", description="versioned list of coins (features/ssr.py)")
    chains: bool = Field(default=True, description="also per chain")
    lag_h: float = Field(default=6.0, ge=0, description="hours between the end of a day and its figure")


class OnchainSource(_Section):
    """Daily market capitalisation, supply and price per asset: Coin Metrics, its API or its CSV files."""

    enabled: bool = False
    url: str = "https://community-api.coinmetrics.io/v4"
    csv: str | None = Field(default=None, description="URL or folder of NAME.csv files, instead of the API")
    assets: tuple[str, ...] = ("BTC",)
    since: AwareDatetime = datetime(2020, 1, 1, tzinfo=UTC)
    lag_h: float = Field(default=12.0, ge=0, description="hours between the end of a day and its figure")


class FeedsSource(_Section):
    """Newsrooms and wires: RSS, Atom, RDF."""

    enabled: bool = False
    list_file: Path | None = Field(default=None, description="TOML of feeds; the list that tapewire ships where unset")
    only: tuple[str, ...] = Field(default=(), description="names of feeds; all where empty")
    full_text: bool = Field(default=True, description="read article pages where robots.txt allows it")
    max_articles: int = Field(default=50, ge=0, description="article pages read per feed and run")
    page_interval_s: float = Field(default=1.0, ge=0, description="pause between pages of a host")


class FeatureSettings(_Section):
    """Features."""

    coin_list: str = "majors-v1"


class ForecastSettings(_Section):
    """The network, its training, the models beside it and their walk-forward evaluation."""

    lookback_h: int = 168
    patch_h: int = 24
    stride_h: int = 24
    width: int = 32
    heads: int = 4
    layers: int = 1
    dropout: float = Field(default=0.2, ge=0, lt=1)
    members: int = Field(default=4, ge=1, description="networks trained from different seeds and averaged")
    epochs: int = Field(default=8, ge=1, description="at most; training stops once patience is over")
    windows_per_epoch: int = Field(default=50_000, ge=256)
    batch: int = Field(default=512, ge=1)
    batch_growth: int = Field(default=1, ge=1, description="factor on the batch with each epoch")
    learning_rate: float = Field(default=2e-3, gt=0)
    max_log_gap: float = Field(default=3.0, gt=0, description="bound on the log factor of a gap between levels")
    weight_decay: float = Field(default=0.05, ge=0)
    patience: int = 2
    validation_days: int = 45
    devices: int = Field(default=1, ge=1, description="GPUs (or CPU processes) that train together")
    precision: Literal["auto", "fp32", "bf16"] = Field(
        default="auto", description="of the network's products: auto is bf16 on CUDA, and on CPUs where it pays"
    )
    blend: tuple[Model, ...] = Field(
        default=("patch_transformer", "patch_linear", "lightgbm"), min_length=1,
        description="models whose average, calibrated, is the default forecast",
    )  # fmt: skip
    blend_weights: Literal["equal", "past_crps"] = "equal"
    conformal_rate: float = Field(default=0.02, ge=0, description="0 leaves the forecast as the models give it")
    conformal_own_rate: float = Field(default=0.005, ge=0)
    baselines: tuple[Model, ...] = ("walk_plain", "walk_drift", "volatility_walk", "har")
    test_days: int = 180
    n_folds: int = Field(default=2, ge=1)
    embargo_h: int = 24
    origin_hours: tuple[int, ...] = (0, 12)
    retrain_every_days: int = 7


class TextSettings(_Section):
    """Who wrote the documents."""

    detect: bool = Field(default=True, description="judge new documents every night (needs the extra `text`)")
    max_documents: int = Field(default=500, ge=0, description="documents judged in a night; the rest wait for the next")


class ImpactSettings(_Section):
    """The event study of releases."""

    kinds: tuple[str, ...] = ("press_release", "exchange_announcement", "event")
    windows_h: tuple[float, ...] = Field(
        default=(5 / 60, 0.25, 1, 4, 24, 72), description="those that candles can show are used"
    )
    min_confidence: float = 0.5


class BacktestSettings(_Section):
    """The backtest of the forecasts."""

    target_vol: float = 0.20
    max_weight: float = 0.25
    fee_bps: float = 10.0
    spread_bps: float = 2.0
    latency_bars: int = Field(default=1, ge=1)

    def rule(self) -> Rule:
        """As the engine wants it."""
        return Rule(target_vol=self.target_vol, max_weight=self.max_weight)

    def costs(self) -> Costs:
        """As the engine wants it."""
        return Costs(self.fee_bps, self.spread_bps, self.latency_bars)


class Settings(BaseSettings):
    """Everything a run can be told."""

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
    wait_for_writer_s: float = Field(default=300.0, ge=0, description="how long to wait for another run to end")
    simulated: SimulatedSource = SimulatedSource(enabled=False)
    files: FilesSource = FilesSource()
    network: Network = Network()
    exchanges: tuple[ExchangeSource, ...] = ()
    archives: tuple[ArchiveSource, ...] = ()
    stablecoins: StablecoinsSource = StablecoinsSource()
    onchain: OnchainSource = OnchainSource()
    feeds: FeedsSource = FeedsSource()
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

    def shown(self) -> str:
        """All settings as JSON, with passwords in addresses and values of keys and secrets masked."""
        masked = _PASSWORD.sub("://***@", self.model_dump_json())
        return _SECRET.sub(r'\1"***"', masked)

    def moment(self) -> datetime:
        """The moment that the run looks from: as_of, else the simulator's fixed end, else now."""
        if self.as_of is not None:
            return self.as_of.astimezone(UTC)
        if self.simulated.enabled:
            from models.market.simulator import DEFAULT_END

            return DEFAULT_END
        return datetime.now(UTC).replace(microsecond=0)

    @classmethod
    def settings_customise_sources(cls, settings_cls: Any, **sources: Any) -> tuple[Any, ...]:  # type: ignore[override]
        """Flags, then variables; files come in through `load_settings` below both."""
        return (sources["init_settings"],)


def load_settings(profile: str | None = None, *, folder: Path | None = None, **flags: Any) -> Settings:
    """The settings of a run. `profile` is simulated, live or the path of a TOML file; flags that are None are left out.

    SettingsError for a file that is not there or not TOML, an unknown key (the nearest known one is named), or a
    value that a setting cannot have.
    """
    base = (folder or Path.cwd()) / "tapewire.toml"
    merged = _read(base) if base.exists() else {}
    env = _environment()
    name = profile or env.get("profile") or merged.get("profile") or SIMULATED
    if name in (SIMULATED, LIVE):
        merged = _merge(_read(SHIPPED / f"{name}.toml"), merged) | {"profile": name}
    else:
        path = Path(str(name))
        if path.name.removesuffix(".toml") in (SIMULATED, LIVE):
            raise SettingsError(
                f"{path}: the names {SIMULATED!r} and {LIVE!r} belong to the profiles that tapewire ships; "
                "name the file otherwise"
            )
        merged = _merge(merged, {"profile": path.name.removesuffix(".toml").replace(".", "-")})
        merged = _merge(merged, _read(path))
    env.pop("profile", None)
    merged = _merge(_merge(merged, env), {k: v for k, v in flags.items() if v is not None})
    try:
        return Settings(**merged)
    except ValidationError as error:
        raise SettingsError(_explain(error)) from error


def _read(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise SettingsError(f"no profile {str(path)!r}: give 'simulated', 'live' or the path of a TOML file")
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from error


def _environment() -> dict[str, Any]:
    """The TAPEWIRE_* variables as nested values. SettingsError for one that names no setting."""
    known = {f"{PREFIX}{name}".upper() for name in Settings.model_fields}
    for variable in os.environ:
        head = variable.upper().split("__")[0]
        if head.startswith(PREFIX) and head not in known:
            near = difflib.get_close_matches(head, known, n=1)
            raise SettingsError(
                f"variable {variable} names no setting" + (f"; did you mean {near[0]}?" if near else "")
            )
    return dict(EnvSettingsSource(Settings)())


def _merge(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    out = dict(below)
    for key, value in above.items():
        nested = isinstance(value, dict) and isinstance(out.get(key), dict)
        out[key] = _merge(out[key], value) if nested else value
    return out


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        where = ".".join(str(p) for p in problem["loc"])
        if problem["type"] == "extra_forbidden":
            near = difflib.get_close_matches(str(problem["loc"][-1]), _known(problem["loc"][:-1]), n=1)
            lines.append(f"unknown setting {where!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
        else:
            lines.append(f"{where} = {problem['input']!r}: {problem['msg']}")
    return "; ".join(lines)


def _known(path: tuple[int | str, ...]) -> list[str]:
    model: Any = Settings
    for part in path:
        if isinstance(part, int):
            model = get_args(model)[0]
        elif part in getattr(model, "model_fields", {}):
            model = model.model_fields[part].annotation
    return list(getattr(model, "model_fields", {}))
