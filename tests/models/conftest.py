"""The reference values of forecast evaluation, read once."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray


@dataclass(frozen=True)
class Reference:
    folder: Path
    r: dict[str, Any]
    python: dict[str, Any]

    def columns(self, file: str) -> dict[str, NDArray[np.float64]]:
        return {c.name: c.to_numpy() for c in pl.read_csv(self.folder / file)}

    def matrix(self, file: str) -> NDArray[np.float64]:
        return pl.read_csv(self.folder / file).to_numpy()


@pytest.fixture(scope="session")
def published(reference: Path) -> Reference:
    """Expected values from R and Python, and their inputs; skipped where the reference folder is absent."""
    folder = reference / "forecast_eval"
    r, python = (json.loads((folder / f"expected_{x}.json").read_text()) for x in ("R", "python"))
    return Reference(folder, r, python)
