"""The Lightning module: pinball loss in units of the base's sigma, AdamW, warm-up then cosine decay."""

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytorch_lightning as lightning
import torch
from numpy.typing import NDArray
from pytorch_lightning.utilities.types import OptimizerLRSchedulerConfig
from torch import Tensor
from torch.utils.data import DataLoader, Dataset, Sampler

from models.forecast.network.config import TrainConfig
from models.forecast.network.net import Inputs, Net
from models.forecast.network.windows import WindowStore
from models.quantiles.quantiles import LEVELS


def pinball(quantiles: Tensor, target: Tensor, levels: Tensor) -> Tensor:
    """Mean pinball loss over levels, [B, H]; quantiles [B, H, Q], target [B, H]; NaN targets give NaN."""
    error = target[..., None] - quantiles
    return torch.maximum(levels * error, (levels - 1) * error).mean(-1)


class ForecastModule(lightning.LightningModule):
    """Trains a network on origins; losses are reported as ratios to the base's."""

    levels: Tensor

    def __init__(self, net: Net, config: TrainConfig, store: WindowStore, total_steps: int) -> None:
        super().__init__()
        self.net, self.config, self.total_steps = net, config, total_steps
        self.store = store
        self.trained_as: tuple[Callable[[Inputs], Tensor]] = (net,)  # in a tuple: what is compiled is no second module
        self.register_buffer("levels", torch.tensor(LEVELS), persistent=False)
        self.sums: dict[str, Tensor] = {}

    def on_fit_start(self) -> None:
        """The panel moves to the device once; on CUDA the network is compiled, with CUDA graphs."""
        self.store = self.store.to(self.device)
        if self.device.type == "cuda":
            self.trained_as = (torch.compile(self.net, mode="reduce-overhead"),)

    def on_train_epoch_start(self) -> None:
        """Chance starts anew in each epoch, so that a run resumed at its start is the run that was not disturbed."""
        torch.manual_seed(self.config.seed * 1_000_003 + 7919 * self.current_epoch + self.global_rank)

    def _losses(self, batch: Tensor, net: Callable[[Inputs], Tensor]) -> tuple[Tensor, Tensor]:
        """Loss of the network and of the base on the targets that are known."""
        inputs, target = self.store.gather(batch[:, 0], batch[:, 1])
        known = torch.isfinite(target)
        filled = torch.where(known, target, torch.zeros_like(target))
        weight = known / known.sum().clamp(min=1)
        mine = (pinball(net(inputs).float(), filled, self.levels) * weight).sum()
        with torch.no_grad():
            walk = (pinball(inputs.base, filled, self.levels) * weight).sum()
        return mine, walk

    def _add(self, part: str, mine: Tensor, walk: Tensor) -> None:
        both = torch.stack([mine.detach(), walk])
        self.sums[part] = both if part not in self.sums else self.sums[part] + both

    def ratio(self, part: str) -> float:
        """Loss ÷ the base's since the last call, over all processes; NaN where nothing was seen."""
        both = self.sums.pop(part, torch.full((2,), math.nan))
        if torch.distributed.is_available() and torch.distributed.is_initialized():
            torch.distributed.all_reduce(both)
        mine, walk = both.tolist()
        return mine / walk if walk else math.nan

    def training_step(self, batch: Tensor, _: int) -> Tensor:
        mine, walk = self._losses(batch, self.trained_as[0])
        self._add("train", mine, walk)
        return mine

    def validation_step(self, batch: Tensor, _: int) -> None:
        self._add("valid", *self._losses(batch, self.net))

    def on_validation_epoch_end(self) -> None:
        self.log("valid_ratio", self.ratio("valid"), prog_bar=True)

    def configure_gradient_clipping(
        self,
        optimizer: torch.optim.Optimizer,
        gradient_clip_val: float | None = None,
        gradient_clip_algorithm: str | None = None,
    ) -> None:
        """Clip the norm of all gradients. Lightning refuses to beside a fused optimizer in mixed precision, for fear of
        scaled gradients; bfloat16 has none.
        """
        if gradient_clip_val:
            torch.nn.utils.clip_grad_norm_(self.net.parameters(), gradient_clip_val)

    def configure_optimizers(self) -> OptimizerLRSchedulerConfig:
        c = self.config
        decayed = [p for p in self.net.parameters() if p.ndim > 1]
        plain = [p for p in self.net.parameters() if p.ndim <= 1]
        optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": c.weight_decay}, {"params": plain, "weight_decay": 0.0}],
            lr=c.learning_rate,
            fused=True,
        )
        warm = max(1, int(c.warm_up * self.total_steps))

        def factor(step: int) -> float:
            if step < warm:
                return (step + 1) / warm
            return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warm) / max(1, self.total_steps - warm))))

        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class BatchOrder(Sampler[Tensor]):
    """Which origins each batch holds: shuffled anew in each epoch from a seed, at most `limit` origins an epoch.

    A function of seed and epoch alone. Epoch e has batches of batch × growth^e; all but validation batches are full.
    Where several processes train together, each takes its share of every batch.
    """

    def __init__(self, n: int, batch: int, *, seed: int | None, limit: int | None = None, growth: int = 1) -> None:
        self.n, self.batch, self.seed, self.limit, self.growth = n, batch, seed, limit, growth
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Called by Lightning at the start of each epoch."""
        self.epoch = epoch

    def n_batches(self, epoch: int) -> int:
        """Batches in an epoch: full ones only while training."""
        n, size = min(self.limit or self.n, self.n), self.batch * self.growth**epoch
        return max(1, n // size) if self.seed is not None else -(-n // size)

    def __len__(self) -> int:
        return self.n_batches(self.epoch)

    def __iter__(self) -> Iterator[Tensor]:
        order = torch.arange(self.n)
        if self.seed is not None:
            generator = torch.Generator().manual_seed(self.seed * 1_000_003 + self.epoch)
            order = torch.randperm(self.n, generator=generator)
        rank, world = _place()
        size = self.batch * self.growth**self.epoch
        for i in range(len(self)):
            yield order[: self.limit][i * size : (i + 1) * size][rank::world]


def _place() -> tuple[int, int]:
    """Rank of this process and their number."""
    if torch.distributed.is_available() and torch.distributed.is_initialized():
        return torch.distributed.get_rank(), torch.distributed.get_world_size()
    return 0, 1


class Origins(Dataset[Tensor]):
    """Origins [N, 2] (asset, row), taken a batch at a time."""

    def __init__(self, pairs: NDArray[np.int64]) -> None:
        self.pairs = torch.from_numpy(pairs)

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, rows: Tensor) -> Tensor:
        return self.pairs[rows]


def loader(pairs: NDArray[np.int64], order: BatchOrder) -> DataLoader[Tensor]:
    """The batches as Lightning wants them: already batched, no workers, no copies.

    A generator of its own, so that making an iterator draws nothing from the chance that dropout lives on.
    """
    return DataLoader(Origins(pairs), sampler=order, batch_size=None, generator=torch.Generator())
