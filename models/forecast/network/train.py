"""Train networks up to a moment, keep the best epoch of each; a killed training goes on where it stood."""

import logging
import shutil
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as lightning
import torch
from numpy.typing import NDArray
from pytorch_lightning.callbacks import Callback, ModelCheckpoint
from torch import Tensor
from torch.utils.data import DataLoader

from domain.errors import NotEnoughDataError
from domain.types import Array
from models.forecast.network.config import NetConfig, TrainConfig
from models.forecast.network.module import BatchOrder, ForecastModule, loader
from models.forecast.network.net import Ensemble, Net, build_net
from models.forecast.network.spans import Span
from models.forecast.network.windows import WindowStore, origins
from models.forecast.walk import Walk

log = logging.getLogger("tapewire.train")
for name in ("pytorch_lightning", "lightning.pytorch"):
    logging.getLogger(f"{name}.utilities.rank_zero").setLevel(logging.WARNING)
warnings.filterwarnings(
    "ignore", module="pytorch_lightning", message=".*(LeafSpec|IterableDataset|num_workers|exists and is not empty).*"
)
VALIDATION_BATCH = 512
PREDICTION_BATCH = 256
VALIDATION_EVERY_H = 3
Curve = tuple[tuple[int, float, float], ...]


@dataclass(frozen=True)
class Member:
    """One trained network: its learning curve (epoch, training ratio, validation ratio to the base)."""

    net: Net
    curve: Curve
    best_epoch: int
    validation_ratio: float


@dataclass(frozen=True)
class Trained:
    """Networks trained on the same data from several seeds, how many windows each saw in an epoch, and their share."""

    members: tuple[Member, ...]
    n_windows: int
    trust: float = 1.0

    def net(self) -> Ensemble:
        """The average of the members, mixed with their base by how much they are to be trusted."""
        return Ensemble([m.net for m in self.members], self.trust).eval()

    @property
    def validation_ratio(self) -> float:
        """Mean over members."""
        return float(np.mean([m.validation_ratio for m in self.members]))

    @property
    def best_epoch(self) -> int:
        """The highest among members; 0 where no member learned anything."""
        return max(m.best_epoch for m in self.members)


class _BestEpoch(Callback):
    """Keeps the weights of the best epoch, counts patience, records the curve; epoch 0 is the untrained network."""

    def __init__(self, patience: int) -> None:
        self.patience = patience
        self.curve: list[tuple[int, float, float]] = []
        self.best_epoch, self.best = 0, 1.0
        self.weights: dict[str, Tensor] = {}

    def _patience_is_over(self) -> bool:
        return bool(self.curve) and self.curve[-1][0] - self.best_epoch >= self.patience

    def on_fit_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        if not self.weights:
            self.weights = _copy(pl_module)
        trainer.should_stop = self._patience_is_over()

    def on_train_epoch_start(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        """Growing batches make later epochs shorter; Lightning would wait for as many batches as the first one had."""
        assert isinstance(trainer.train_dataloader, DataLoader)
        trainer.val_check_batch = len(trainer.train_dataloader)

    def on_train_epoch_end(self, trainer: lightning.Trainer, pl_module: lightning.LightningModule) -> None:
        assert isinstance(pl_module, ForecastModule)
        valid = float(trainer.callback_metrics["valid_ratio"])
        epoch = trainer.current_epoch + 1
        self.curve.append((epoch, pl_module.ratio("train"), valid))
        log.info("epoch %d: training %.4f, validation %.4f of the base's loss", *self.curve[-1])
        if valid < self.best:
            self.best, self.best_epoch, self.weights = valid, epoch, _copy(pl_module)
        trainer.should_stop = self._patience_is_over()

    def state_dict(self) -> dict[str, Any]:
        return {"curve": self.curve, "best_epoch": self.best_epoch, "best": self.best, "weights": self.weights}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.curve = [tuple(point) for point in state_dict["curve"]]
        self.best_epoch, self.best = state_dict["best_epoch"], state_dict["best"]
        self.weights = state_dict["weights"]


def _copy(module: lightning.LightningModule) -> dict[str, Tensor]:
    assert isinstance(module, ForecastModule)
    return {k: v.detach().cpu().clone() for k, v in module.net.state_dict().items()}


def train(
    net_config: NetConfig,
    config: TrainConfig,
    store: WindowStore,
    usable_rows: NDArray[np.bool_],
    span: Span,
    *,
    seeds: int = 1,
    threads: int = 2,
    progress: bool = False,
    partial: Path | None = None,
    accelerator: str = "auto",
) -> Trained:
    """Train `seeds` networks from `config.seed` on, as a function of seed, data, machine and threads on a CPU.

    Where no epoch beats the untrained network on the stretches that a member leaves out, the untrained network, which
    is the base, is what is returned: it adds nothing. `accelerator`: cpu, or auto for a GPU where there is one. With a
    folder `partial`, the state is kept there after every epoch; a killed training called again with the same arguments
    goes on from it to the very same weights.
    """
    torch.set_num_threads(threads)
    members, n_windows = [], 0
    for n in range(seeds):
        learns, decides = (usable_rows[:, : span.end] & rows for rows in span.parts(n))
        learn = _with_targets(store, origins(learns, span.first, span.end, config.origin_every_h))
        check = _with_targets(store, origins(decides, span.first, span.end, VALIDATION_EVERY_H))
        if len(learn) < config.batch or len(check) == 0:
            found = f"{len(learn)} training and {len(check)} validation origins"
            raise NotEnoughDataError(f"{found} are too few to train on")
        n_windows = max(n_windows, min(len(learn), config.windows_per_epoch))
        how, folder = replace(config, seed=config.seed + n), partial / f"member-{n}" if partial else None
        members.append(_train_member(net_config, how, store, learn, check, progress, folder, accelerator))
    return Trained(tuple(members), n_windows, span.trust)


def _with_targets(store: WindowStore, pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Origins with at least one known target."""
    known = torch.isfinite(store.target[torch.from_numpy(pairs[:, 0] * store.n_rows + pairs[:, 1])]).any(1)
    return pairs[known.numpy()]


def _train_member(
    net_config: NetConfig,
    config: TrainConfig,
    store: WindowStore,
    learn: NDArray[np.int64],
    check: NDArray[np.int64],
    progress: bool,
    partial: Path | None,
    accelerator: str,
) -> Member:
    lightning.seed_everything(config.seed, workers=True, verbose=False)
    limit = config.windows_per_epoch
    order = BatchOrder(len(learn), config.batch, seed=config.seed, limit=limit, growth=config.batch_growth)
    net = build_net(net_config)
    rows = torch.from_numpy(learn[:, 0] * store.n_rows + learn[:, 1])
    net.context.fit(store.context[rows])
    total = sum(order.n_batches(epoch) for epoch in range(config.epochs))
    module = ForecastModule(net, config, store, total_steps=total)
    keeper = _BestEpoch(config.patience)
    gpu = accelerator != "cpu" and torch.cuda.is_available()
    precision: Any = "bf16-mixed" if net_config.mixed("cuda" if gpu else "cpu") else "32-true"
    callbacks: list[Callback] = [keeper]
    if partial:
        callbacks.append(ModelCheckpoint(partial, filename="epoch", save_last=True, save_on_train_epoch_end=True))
    trainer = lightning.Trainer(
        max_epochs=config.epochs, accelerator="gpu" if gpu else "cpu", devices=config.devices, deterministic=not gpu,
        strategy="ddp" if config.devices > 1 else "auto", use_distributed_sampler=False,
        precision=precision, gradient_clip_val=config.gradient_clip, logger=False,
        enable_checkpointing=partial is not None, enable_model_summary=False, enable_progress_bar=progress,
        num_sanity_val_steps=0, callbacks=callbacks,
    )  # fmt: skip
    checks = loader(check, BatchOrder(len(check), VALIDATION_BATCH, seed=None))
    found = _readable(partial / "last.ckpt", net) if partial else None
    if found:
        log.info("seed %d: going on from the last whole epoch", config.seed)
    trainer.fit(module, loader(learn, order), checks, ckpt_path=found, weights_only=True)
    net.load_state_dict(keeper.weights)
    return Member(net.cpu().eval(), tuple(keeper.curve), keeper.best_epoch, keeper.best)


def _readable(state: Path, net: Net) -> Path | None:
    """The state of a killed training, if it is there and this network's; else None, and what is there is dropped."""
    if not state.exists():
        return None
    try:
        content = torch.load(state, map_location="cpu", weights_only=True)
        weights = {k.removeprefix("net."): v for k, v in content["state_dict"].items() if k.startswith("net.")}
        if {k: v.shape for k, v in weights.items()} != {k: v.shape for k, v in net.state_dict().items()}:
            raise ValueError("it holds another network")
    except Exception as error:
        log.warning("%s cannot be read (%s: %s): this member is trained anew", state, type(error).__name__, error)
        shutil.rmtree(state.parent)
        return None
    return state


def forget_partial(partial: Path) -> None:
    """Drop what a killed training left behind."""
    shutil.rmtree(partial, ignore_errors=True)


@torch.no_grad()
def predict(net: Net | Ensemble, store: WindowStore, pairs: NDArray[np.int64], base: Walk) -> Array:
    """Quantiles of the log return for origins `pairs` [N, 2], [N, H, Q]; `base`: what the store's targets stand on."""
    net.eval()
    parts = [np.zeros((0, *store.base.shape[1:]))]
    device = store.tape.device.type
    with torch.autocast(device, torch.bfloat16, enabled=net.config.mixed(device)):
        for start in range(0, len(pairs), PREDICTION_BATCH):
            batch = torch.from_numpy(pairs[start : start + PREDICTION_BATCH])
            parts.append(net(store.gather(batch[:, 0], batch[:, 1])[0]).double().numpy())
    return base.scaled(np.concatenate(parts), pairs)
