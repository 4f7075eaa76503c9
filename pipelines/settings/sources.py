"""Settings of the sources and of the network."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field

from domain.timeframes import Timeframe
from pipelines.settings.section import Section

Shape = Literal["candles", "supply", "asset_metrics", "funding", "funds", "documents", "events"]


class SimulatedSource(Section):
    """The market simulator."""

    enabled: bool = True
    seed: int = 7


class FileTable(Section):
    """One file on disk and what its rows are."""

    path: Path
    shape: Shape
    rename: dict[str, str] = Field(default={}, description="file column -> documented column")
    leave_out: tuple[str, ...] = Field(default=(), description="file columns that are not read")
    constants: dict[str, str] = Field(default={}, description="documented column -> value of every row")
    lag_h: float = Field(default=6.0, ge=0, description="hours between the end of a day and its daily figure")
    encoding: str | None = Field(default=None, description="of a text file; UTF-8, else detected and said, where unset")


class FilesSource(Section):
    """Files on disk: CSV, Parquet, JSON lines."""

    root: Path = Path()
    tables: tuple[FileTable, ...] = ()
    max_line_mb: float = Field(default=8.0, gt=0)


class Network(Section):
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


class ExchangeSource(Section):
    """Candles and funding of one exchange, through ccxt."""

    id: str = Field(description="ccxt id")
    symbols: tuple[str, ...] = Field(description="ccxt unified symbols; BTC/USDT:USDT is a perpetual swap")
    timeframes: tuple[Timeframe, ...] = ("1h",)
    since: AwareDatetime
    funding: bool = Field(default=False, description="funding settlements of the swaps among the symbols")
    overlap_bars: int = Field(default=24, ge=0, description="stored bars that are asked for again, to see revisions")
    base_url: str | None = Field(default=None, description="a mirror: scheme and host that replace the exchange's own")
    options: dict[str, Any] = Field(default={}, description="ccxt options")


class ArchiveSource(Section):
    """Bulk history from the Binance public data archives: a folder, or their address."""

    location: str = Field(default="https://data.binance.vision", description="URL, or a folder with the same layout")
    symbols: tuple[str, ...] = Field(description="ccxt unified symbols; BTC/USDT:USDT is a perpetual swap")
    timeframes: tuple[Timeframe, ...] = ("1h",)
    since: AwareDatetime
    funding: bool = False


class StablecoinsSource(Section):
    """Circulating supply and price of stablecoins: DefiLlama."""

    enabled: bool = False
    url: str = "https://stablecoins.llama.fi"
    chains: bool = Field(default=True, description="also per chain")
    lag_h: float = Field(default=6.0, ge=0, description="hours between the end of a day and its figure")


class OnchainSource(Section):
    """Daily market capitalisation, supply and price per asset: Coin Metrics, its API or its CSV files."""

    enabled: bool = False
    url: str = "https://community-api.coinmetrics.io/v4"
    csv: str | None = Field(default=None, description="URL or folder of NAME.csv files, instead of the API")
    assets: tuple[str, ...] = ("BTC",)
    since: AwareDatetime = datetime(2020, 1, 1, tzinfo=UTC)
    lag_h: float = Field(default=12.0, ge=0, description="hours between the end of a day and its figure")


class FeedsSource(Section):
    """Newsrooms and wires: RSS, Atom, RDF."""

    enabled: bool = False
    list_file: Path | None = Field(default=None, description="TOML of feeds; the list that tapewire ships where unset")
    only: tuple[str, ...] = Field(default=(), description="names of feeds; all where empty")
    full_text: bool = Field(default=True, description="read article pages where robots.txt allows it")
    max_articles: int = Field(default=50, ge=0, description="article pages read per feed and run")
    page_interval_s: float = Field(default=1.0, ge=0, description="pause between pages of a host")


class SourceSettings(BaseModel):
    """Every source, and the network that they share: part of the settings."""

    simulated: SimulatedSource = SimulatedSource(enabled=False)
    files: FilesSource = FilesSource()
    network: Network = Network()
    exchanges: tuple[ExchangeSource, ...] = ()
    archives: tuple[ArchiveSource, ...] = ()
    stablecoins: StablecoinsSource = StablecoinsSource()
    onchain: OnchainSource = OnchainSource()
    feeds: FeedsSource = FeedsSource()
