"""Lengths of bars."""

from typing import Literal

Timeframe = Literal["1m", "5m", "15m", "1h", "1d"]
SECONDS: dict[str, int] = {"1m": 60, "5m": 300, "15m": 900, "1h": 3600, "1d": 86400}
