"""The Lightning module: pinball loss in units of the reference walk's sigma, AdamW, warm-up then cosine decay."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytorch_lightning as lightning
import torch
from numpy.typing import NDArray
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from models.forecast.net import PatchTransformer
from models.forecast.quantiles import LEVELS
from models.forecast.windows import WindowStore


@dataclass(frozen=True)
class TrainConfig:
    """How the network is trained; plain numbers, so that a checkpoint can hold them."""

    epochs: int = 8
    windows_per_epoch: int = 30_000
    batch: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    warm_up: float = 0.1
    gradient_clip: float = 1.0
    patience: int = 3
    seed: int = 7
    validation_days: int = 45
    origin_every_h: int = 1


def pinball(quantiles: Tensor, target: Tensor, levels: Tensor) -> Tensor:
    """Mean pinball loss over levels, [B, H]; quantiles [B, H, Q], target [B, H]; NaN targets give NaN."""
    error = target[..., None] - quantiles
    return torch.maximum(levels * error, (levels - 1) * error).mean(-1)


class ForecastModule(lightning.LightningModule):
    """Trains the network on origins; losses are reported as ratios to the reference walk's."""

    levels: Tensor

    def __init__(self, net: PatchTransformer, config: TrainConfig, store: WindowStore, total_steps: int) -> None:
        super().__init__()
        self.net, self.config, self.total_steps = net, config, total_steps
        self.store = store
        self.register_buffer("levels", torch.tensor(LEVELS), persistent=False)
        self.sums = {"train": [0.0, 0.0], "valid": [0.0, 0.0]}

    def on_fit_start(self) -> None:
        """The panel moves to the device once."""
        self.store = self.store.to(self.device)

    def _losses(self, batch: Tensor) -> tuple[Tensor, Tensor]:
        """Loss of the network and of the reference walk on the targets that are known."""
        inputs, target = self.store.gather(batch[:, 0], batch[:, 1])
        known = torch.isfinite(target)
        filled = torch.where(known, target, torch.zeros_like(target))
        mine = pinball(self.net(*inputs), filled, self.levels)
        walk = pinball(inputs[-1], filled, self.levels)
        weight = known / known.sum().clamp(min=1)
        return (mine * weight).sum(), (walk * weight).sum()

    def _add(self, part: str, mine: Tensor, walk: Tensor) -> None:
        self.sums[part][0] += mine.item()
        self.sums[part][1] += walk.item()

    def ratio(self, part: str) -> float:
        """Loss ÷ the reference walk's since the last call."""
        mine, walk = self.sums[part]
        self.sums[part] = [0.0, 0.0]
        return mine / walk if walk else math.nan

    def training_step(self, batch: Tensor, _: int) -> Tensor:
        mine, walk = self._losses(batch)
        self._add("train", mine.detach(), walk)
        return mine

    def validation_step(self, batch: Tensor, _: int) -> None:
        self._add("valid", *self._losses(batch))

    def on_validation_epoch_end(self) -> None:
        self.log("valid_ratio", self.ratio("valid"), prog_bar=True)

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        c = self.config
        decayed = [p for p in self.net.parameters() if p.ndim > 1]
        plain = [p for p in self.net.parameters() if p.ndim <= 1]
        optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": c.weight_decay}, {"params": plain, "weight_decay": 0.0}],
            lr=c.learning_rate,
        )
        warm = max(1, int(c.warm_up * self.total_steps))

        def factor(step: int) -> float:
            if step < warm:
                return (step + 1) / warm
            return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warm) / max(1, self.total_steps - warm))))

        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class OriginBatches(IterableDataset[Tensor]):
    """Batches of origins [B, 2]; shuffled anew in each epoch from a seed, at most `limit` origins an epoch."""

    def __init__(self, origins: NDArray[np.int64], batch: int, *, seed: int | None, limit: int | None = None) -> None:
        self.origins, self.batch, self.seed, self.limit = torch.from_numpy(origins), batch, seed, limit
        self.epoch = 0

    def __len__(self) -> int:
        n = len(self.origins) if self.limit is None else min(self.limit, len(self.origins))
        return (n + self.batch - 1) // self.batch

    def __iter__(self) -> Iterator[Tensor]:
        order = torch.arange(len(self.origins))
        if self.seed is not None:
            generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
            order = torch.randperm(len(self.origins), generator=generator)
            self.epoch += 1
        if self.limit is not None:
            order = order[: self.limit]
        for start in range(0, len(order), self.batch):
            yield self.origins[order[start : start + self.batch]]


def loader(batches: OriginBatches) -> DataLoader[Tensor]:
    """The batches as Lightning wants them: already batched, no workers, no copies."""
    return DataLoader(batches, batch_size=None)
