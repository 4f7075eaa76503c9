"""Fixtures of the flows' tests."""

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kits.live import Desk
from tests.kits.pauses import without_pauses


@pytest.fixture
def desk(tmp_path: Path, empty_warehouse: Path) -> Desk:
    desk = Desk(tmp_path / "home")
    desk.settings().warehouse.parent.mkdir(parents=True)
    shutil.copy(empty_warehouse, desk.settings().warehouse)
    return desk


@pytest.fixture(autouse=True)
def no_proxy_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Local servers are reached directly, and what cannot be reached stays out of reach."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture(autouse=True)
def no_pauses() -> Iterator[None]:
    with without_pauses():
        yield


@pytest.fixture
def black_hole() -> Iterator[str]:
    """An address where connections are neither made nor refused: a listener whose queue is full."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = [socket.socket() for _ in range(4)]
        for one in waiting:
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        for one in waiting:
            one.close()
