"""Local servers are asked without the pauses that their providers want."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest import mock

from pipelines.sources.exchanges.client import Client
from pipelines.sources.vendors import onchain, stablecoins


@contextmanager
def without_pauses() -> Iterator[None]:
    """Vendors and exchanges are asked as fast as they answer. That pauses are kept is tried in test_net.py."""
    opened = Client._open

    async def _open(self: Client) -> Any:
        exchange = await opened(self)
        exchange.enableRateLimit = False
        return exchange

    with ExitStack() as stack:
        stack.enter_context(mock.patch.object(stablecoins, "INTERVAL_S", 0.0))
        stack.enter_context(mock.patch.object(onchain, "INTERVAL_S", 0.0))
        stack.enter_context(mock.patch.object(Client, "_open", _open))
        yield
