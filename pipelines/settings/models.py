"""Settings of features, forecasts, texts, impact and backtests."""

from typing import Literal

from pydantic import Field

from pipelines.settings.sources import _Section

Model = Literal[
    "reference_walk", "walk_plain", "walk_drift", "volatility_walk", "garch", "har", "lightgbm", "lstm", "patch_linear",
    "patch_transformer",
]  # fmt: skip


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
        default=("patch_transformer", "patch_linear", "lightgbm"),
        min_length=1,
        description="models whose average, calibrated, is the default forecast",
    )
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
