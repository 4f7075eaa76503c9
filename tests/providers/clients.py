"""Unmodified client libraries pointed at a local server."""

from typing import Any
from urllib.parse import urlsplit


def point_at(exchange: Any, url: str) -> Any:
    """Send a ccxt exchange's public and private calls to `url`, paths kept. Returns the exchange."""

    def moved(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: moved(inner) for key, inner in value.items()}
        return url + urlsplit(value).path if isinstance(value, str) else value

    exchange.urls["api"] = moved(exchange.urls["api"])
    return exchange
