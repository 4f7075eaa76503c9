"""Settings of features, forecasts, texts, impact and backtests."""

import difflib
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from domain.names import MODELS
from models.forecast.network.config import NetConfig, TrainConfig
from models.forecast.recipe import BoostConfig
from pipelines.settings.section import Section

_NET, _TRAIN = NetConfig(), TrainConfig()


def _known_model(name: str) -> str:
    if name not in MODELS:
        near = difflib.get_close_matches(name, MODELS, n=1)
        raise ValueError(
            f"no such model; did you mean {near[0]!r}?" if near else f"expected one of {', '.join(MODELS)}"
        )
    return name


Model = Annotated[str, AfterValidator(_known_model)]


class FeatureSettings(Section):
    """Features."""

    coin_list: str = Field(default="majors-v2", description="versioned list of stablecoins (features/daily/ssr.py)")


class ForecastSettings(Section):
    """The network, its training, the models beside it and their walk-forward evaluation."""

    lookback_h: int = _NET.lookback
    patch_h: int = _NET.patch
    stride_h: int = _NET.stride
    width: int = _NET.width
    heads: int = _NET.heads
    layers: int = _NET.layers
    dropout: float = Field(default=_NET.dropout, ge=0, lt=1)
    members: int = Field(default=4, ge=1, description="networks trained from different seeds and averaged")
    epochs: int = Field(default=_TRAIN.epochs, ge=1, description="at most; training stops once patience is over")
    windows_per_epoch: int = Field(default=_TRAIN.windows_per_epoch, ge=256)
    batch: int = Field(default=_TRAIN.batch, ge=1)
    batch_growth: int = Field(default=_TRAIN.batch_growth, ge=1, description="factor on the batch with each epoch")
    learning_rate: float = Field(default=_TRAIN.learning_rate, gt=0)
    max_log_gap: float = Field(
        default=_NET.max_log_gap, gt=0, description="bound on the log factor of a gap between levels"
    )
    weight_decay: float = Field(default=_TRAIN.weight_decay, ge=0)
    patience: int = _TRAIN.patience
    stretch_days: int = Field(
        default=_TRAIN.stretch_days,
        ge=2,
        description="a member leaves out one stretch in eight, to end its training by",
    )
    devices: int = Field(default=1, ge=1, description="GPUs (or CPU processes) that train together")
    precision: Literal["auto", "fp32", "bf16"] = Field(
        default="auto", description="of the network's products: auto is bf16 on CUDA, and on CPUs where it pays"
    )
    blend: tuple[Model, ...] = Field(
        default=("patch_transformer", "mlp", "patch_linear", "lightgbm"),
        min_length=1,
        description="models whose average, calibrated, is the default forecast",
    )
    blend_weights: Literal["equal", "past_crps"] = Field(
        default="equal",
        description="past_crps: in the evaluation alone; the live forecast averages equally, and says so",
    )
    boost_rounds: int = Field(default=BoostConfig.rounds, ge=1, description="trees of each of LightGBM's boosters")
    conformal_rate: float = Field(default=0.02, ge=0, description="0 leaves the forecast as the models give it")
    conformal_own_rate: float = Field(default=0.005, ge=0)
    baselines: tuple[Model, ...] = ("walk_plain", "walk_drift", "volatility_walk", "har")
    test_days: int = 180
    n_folds: int = Field(default=2, ge=1)
    embargo_h: int = 24
    origin_hours: tuple[int, ...] = (0, 12)
    retrain_every_days: int = 7


class TextSettings(Section):
    """Who wrote the documents."""

    detect: bool = Field(default=True, description="judge new documents every night (needs the extra `text`)")
    max_documents: int = Field(default=500, ge=0, description="documents judged in a night; the rest wait for the next")


class ImpactSettings(Section):
    """The event study of releases."""

    kinds: tuple[str, ...] = ("press_release", "exchange_announcement", "event")
    windows_h: tuple[float, ...] = Field(
        default=(5 / 60, 0.25, 1, 4, 8, 24, 48, 72), description="those that candles can show are used"
    )
    min_confidence: float = 0.5


class BacktestSettings(Section):
    """The backtest of forecasts and releases: what is traded, on which terms.

    `fees`: (USD traded in the 30 days before, fee in basis points), the first from 0 on. `spread` and `impact` scale
    what is modelled from the asset's own volatility and volume; 0 switches it off. `least_change`: changes of a weight
    below it are not traded. `recovery`: what is left of a long position in an asset
    that never trades again, `delisted_after_days` after its last bar.
    """

    capital_usd: float = Field(default=100_000.0, gt=0)
    target_vol: float = Field(default=0.20, gt=0)
    max_weight: float = Field(default=0.25, gt=0)
    max_leverage: float = Field(default=1.0, gt=0)
    least_change: float = Field(default=0.005, ge=0)
    release_weight: float = Field(default=0.05, gt=0)
    fees: tuple[tuple[float, float], ...] = ((0.0, 10.0),)
    least_spread_bps: float = Field(default=0.5, ge=0)
    spread: float = Field(default=1.0, ge=0)
    impact: float = Field(default=1.0, ge=0)
    instrument: Literal["spot", "perpetual"] = "spot"
    borrow_per_year: float = Field(default=0.10, ge=0)
    latency_bars: int = Field(default=1, ge=1)
    delisted_after_days: float = Field(default=7.0, gt=0)
    recovery: float = Field(default=0.0, ge=0, le=1)
