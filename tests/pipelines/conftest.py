"""Fixtures of the flows' tests."""

from pathlib import Path

import pytest

from tests.pipelines.live import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "home")
