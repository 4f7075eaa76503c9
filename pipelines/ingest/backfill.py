"""Settings of a backfill: the same sources, further back, and nothing but what was asked for."""

from datetime import UTC, datetime
from typing import Any

from pipelines.settings.settings import Settings, SettingsError
from pipelines.settings.sources import ArchiveSource, ExchangeSource

HISTORIES = ("prices", "supply")


def reaching_back(
    settings: Settings,
    since: datetime,
    *,
    exchange: str | None = None,
    symbols: tuple[str, ...] = (),
    timeframes: tuple[str, ...] = (),
    archive: bool = False,
) -> Settings:
    """`settings` with sources that begin at `since`, narrowed to an exchange and symbols, with other timeframes.

    With `archive`, candles come from the Binance public data archives instead of the exchanges; symbols are then those
    of Binance in the profile. SettingsError where the profile has no such exchange or symbol, or `since` lies ahead.
    """
    if since > datetime.now(UTC):
        raise SettingsError(f"--since {since:%Y-%m-%dT%H:%M:%SZ} lies in the future")
    change: dict[str, Any] = {"since": since} | ({"timeframes": timeframes} if timeframes else {})
    chosen = [_narrowed(e, symbols) for e in settings.exchanges if exchange in (None, e.id)]
    if exchange and not chosen:
        have = ", ".join(sorted({e.id for e in settings.exchanges})) or "none"
        raise SettingsError(f"the profile {settings.profile!r} has no exchange {exchange!r}; it has {have}")
    unknown = sorted(set(symbols) - {s for e in chosen for s in e.symbols})
    if unknown:
        raise SettingsError(f"no chosen exchange of profile {settings.profile!r} names {unknown[0]}")
    chosen = [e for e in chosen if e.symbols]
    onchain = settings.onchain.model_copy(update={"since": since})
    if not archive:
        exchanges = [ExchangeSource(**e.model_dump() | change) for e in chosen]
        return settings.model_copy(update={"exchanges": tuple(exchanges), "archives": (), "onchain": onchain})
    bulk = [
        ArchiveSource.model_validate({"symbols": e.symbols, "timeframes": e.timeframes, "funding": e.funding} | change)
        for e in chosen
        if e.id == "binance"
    ]
    if not bulk:
        raise SettingsError("the archive holds Binance only, and no chosen exchange is Binance")
    return settings.model_copy(update={"exchanges": (), "archives": tuple(bulk), "onchain": onchain})


def _narrowed(source: ExchangeSource, symbols: tuple[str, ...]) -> ExchangeSource:
    kept = tuple(s for s in source.symbols if not symbols or s in symbols)
    return source.model_copy(update={"symbols": kept})
