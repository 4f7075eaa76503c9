"""Train a network up to a moment, keep the best epoch, save and load it."""

import json
import logging
import warnings
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pytorch_lightning as lightning
import torch
from numpy.typing import NDArray
from pytorch_lightning.callbacks import Callback

from features.candles import Array, NotEnoughDataError
from models.forecast.module import ForecastModule, OriginBatches, TrainConfig, loader
from models.forecast.net import NetConfig, PatchTransformer
from models.forecast.quantiles import HORIZONS_H
from models.forecast.windows import WindowStore, origins

log = logging.getLogger("tapewire.train")
logging.getLogger("pytorch_lightning.utilities.rank_zero").setLevel(logging.WARNING)
logging.getLogger("lightning.pytorch.utilities.rank_zero").setLevel(logging.WARNING)
warnings.filterwarnings("ignore", module="pytorch_lightning", message=".*(LeafSpec|IterableDataset|num_workers).*")
FORMAT = 1


class CheckpointError(RuntimeError):
    """A file is no checkpoint of this network."""


@dataclass(frozen=True)
class Trained:
    """A trained network with its learning curve: (epoch, training ratio, validation ratio) to the reference walk."""

    net: PatchTransformer
    curve: tuple[tuple[int, float, float], ...]
    best_epoch: int
    validation_ratio: float
    n_windows: int


@dataclass(frozen=True)
class Span:
    """Rows that training may use: origins in [first, validation) learn, those in [validation + purge, end] validate.

    No target reaches beyond row `end`.
    """

    first: int
    validation: int
    end: int


def split(first: int, end: int, validation_rows: int) -> Span:
    """Training and validation rows up to `end`. NotEnoughDataError where less than three of the latter are there."""
    purge = max(HORIZONS_H)
    if end - first < 3 * validation_rows + 2 * purge:
        raise NotEnoughDataError(
            f"{end - first} hours up to the end of training are too few: {3 * validation_rows + 2 * purge} are needed "
            f"for a validation span of {validation_rows} hours; start earlier or shorten validation_days"
        )
    return Span(first, end - validation_rows, end)


class _BestEpoch(Callback):
    """Keeps the weights of the best epoch, counts patience, records the curve; epoch 0 is the untrained network."""

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.curve: list[tuple[int, float, float]] = []
        self.best_epoch, self.best = 0, 1.0
        self.weights: dict[str, torch.Tensor] = {}

    def on_fit_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        self.weights = _copy(pl_module)

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        assert isinstance(pl_module, ForecastModule)
        valid = float(trainer.callback_metrics["valid_ratio"])
        epoch = trainer.current_epoch + 1
        self.curve.append((epoch, pl_module.ratio("train"), valid))
        log.info("epoch %d: training %.4f, validation %.4f of the reference walk's loss", *self.curve[-1])
        if valid < self.best:
            self.best, self.best_epoch, self.weights = valid, epoch, _copy(pl_module)
        elif epoch - self.best_epoch >= self.patience:
            trainer.should_stop = True


def _copy(module: lightning.LightningModule) -> dict[str, torch.Tensor]:
    assert isinstance(module, ForecastModule)
    return {k: v.detach().cpu().clone() for k, v in module.net.state_dict().items()}


def train(
    net_config: NetConfig,
    config: TrainConfig,
    store: WindowStore,
    usable_rows: NDArray[np.bool_],
    span: Span,
    *,
    threads: int = 2,
    progress: bool = False,
) -> Trained:
    """Train from `config.seed`; the same seed, data, machine and thread count give the same weights on a CPU.

    Where no epoch beats the untrained network on the validation span, the untrained network, which is the reference
    walk, is what is returned: it claims nothing.
    """
    torch.set_num_threads(threads)
    lightning.seed_everything(config.seed, workers=True, verbose=False)
    purge = max(HORIZONS_H)
    learn = origins(usable_rows, span.first, span.validation - purge + 1, config.origin_every_h)
    check = origins(usable_rows, span.validation + purge, span.end - purge + 1, 3)
    if len(learn) < config.batch or len(check) == 0:
        raise NotEnoughDataError(f"{len(learn)} training and {len(check)} validation origins are too few to train on")
    batches = OriginBatches(learn, config.batch, seed=config.seed, limit=config.windows_per_epoch)
    net = PatchTransformer(net_config)
    module = ForecastModule(net, config, store, total_steps=config.epochs * len(batches))
    keeper = _BestEpoch(config.patience)
    gpu = torch.cuda.is_available()
    trainer = lightning.Trainer(
        max_epochs=config.epochs, accelerator="gpu" if gpu else "cpu", devices=1, deterministic=not gpu,
        precision="bf16-mixed" if gpu else "32-true", gradient_clip_val=config.gradient_clip, logger=False,
        enable_checkpointing=False, enable_model_summary=False, enable_progress_bar=progress,
        num_sanity_val_steps=0, callbacks=[keeper],
    )  # fmt: skip
    trainer.fit(module, loader(batches), loader(OriginBatches(check, 2048, seed=None)))
    net.load_state_dict(keeper.weights)
    net.eval()
    n_windows = min(len(learn), config.windows_per_epoch)
    return Trained(net.cpu(), tuple(keeper.curve), keeper.best_epoch, keeper.best, n_windows)


@torch.no_grad()
def predict(net: PatchTransformer, store: WindowStore, pairs: NDArray[np.int64], sigma: Array) -> Array:
    """Quantiles of the log return for origins `pairs` [N, 2], [N, H, Q]; `sigma` [T, A, H]."""
    net.eval()
    parts = []
    for start in range(0, len(pairs), 4096):
        batch = torch.from_numpy(pairs[start : start + 4096])
        inputs, _ = store.gather(batch[:, 0], batch[:, 1])
        parts.append(net(*inputs).double().numpy())
    scaled = np.concatenate(parts) if parts else np.zeros((0, len(HORIZONS_H), net.config.levels))
    return scaled * sigma[pairs[:, 1], pairs[:, 0]][:, :, None]


def save(path: Path, trained: Trained, config: TrainConfig, base: Array, assets: tuple[str, ...]) -> None:
    """Write a checkpoint of plain types and tensors; it appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = {
        "format": FORMAT, "net": asdict(trained.net.config), "train": asdict(config), "assets": list(assets),
        "weights": trained.net.state_dict(), "base": torch.from_numpy(base), "curve": json.dumps(trained.curve),
        "best_epoch": trained.best_epoch, "validation_ratio": trained.validation_ratio,
        "n_windows": trained.n_windows,
    }  # fmt: skip
    partial = path.with_suffix(".partial")
    torch.save(content, partial)
    partial.replace(path)


def load(path: Path) -> tuple[Trained, Array, tuple[str, ...]]:
    """A checkpoint's network, base quantiles and assets. CheckpointError for anything else; never unpickles code."""
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
        if content["format"] != FORMAT:
            raise CheckpointError(f"{path.name} has format {content['format']}, this version reads {FORMAT}")
        net = PatchTransformer(NetConfig(**content["net"]))
        net.load_state_dict(content["weights"])
        curve = tuple((int(e), float(t), float(v)) for e, t, v in json.loads(content["curve"]))
        trained = Trained(net.eval(), curve, content["best_epoch"], content["validation_ratio"], content["n_windows"])
        return trained, content["base"].numpy(), tuple(content["assets"])
    except CheckpointError:
        raise
    except Exception as error:
        raise CheckpointError(
            f"{path} is no checkpoint of tapewire's network ({type(error).__name__}: {error}); train again"
        ) from error
