"""Networks as forecasters: trained once per configuration, data and code, kept as checkpoints."""

import hashlib
import json
import logging
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from domain.types import Array
from models.forecast.baselines.base import Base, fit_base
from models.forecast.checkpoint import load, save
from models.forecast.dataset import Dataset
from models.forecast.network.config import NetConfig, TrainConfig
from models.forecast.network.net import Ensemble
from models.forecast.network.spans import Span, split
from models.forecast.network.train import Trained, forget_partial, predict, train
from models.forecast.recipe import WARM_UP_H, Recipe
from models.quantiles.quantiles import as_datetime

log = logging.getLogger("tapewire.forecast")


@dataclass(frozen=True)
class FittedNetwork:
    """Trained networks by their id, with the dataset and the base that they correct."""

    name: str
    model_id: str
    trained: Trained
    train_config: TrainConfig
    dataset: Dataset
    base: Base
    span: Span
    data_fingerprint: str

    @cached_property
    def net(self) -> Ensemble:
        """The average of the members."""
        return self.trained.net()

    def forecast(self, pairs: NDArray[np.int64]) -> Array:
        """Quantiles [N, H, Q] for pairs [N, 2] of (asset, row)."""
        walk = self.base.walk(self.dataset)
        return predict(self.net, self.dataset.store(walk, self.net.config.lookback), pairs, walk)

    def record(self) -> dict[str, object]:
        """A row of models.training_runs."""
        ts, first = self.dataset.bars.close_ts, self.trained.members[0].net
        settings = {**asdict(first.config), **asdict(self.train_config), "members": len(self.trained.members)}
        return {
            "model_id": self.model_id,
            "model_name": self.name,
            "train_start_ts": as_datetime(ts[self.span.first]),
            "train_end_ts": as_datetime(ts[self.span.end]),
            "epochs": max(len(m.curve) for m in self.trained.members),
            "best_epoch": self.trained.best_epoch,
            "validation_ratio": self.trained.validation_ratio,
            "learning_curve": json.dumps([m.curve for m in self.trained.members]),
            "n_parameters": sum(p.numel() for p in first.parameters()),
            "n_windows": self.trained.n_windows,
            "settings": json.dumps(settings),
            "data_fingerprint": self.data_fingerprint,
            "checkpoint": f"{self.model_id}.ckpt",
        }


@dataclass(frozen=True)
class NetworkForecaster:
    """One kind of network (net.NETS) with the recipe that it is trained by."""

    name: str
    recipe: Recipe

    def fit(self, dataset: Dataset, until: int) -> FittedNetwork:
        """Train on rows up to `until`, no target beyond it, or load the very same training from its checkpoint."""
        config, how = self.recipe.net_for(self.name), self.recipe.train
        end = as_datetime(dataset.bars.close_ts[until])
        data = dataset.panel.until(until).fingerprint()
        model_id = self._model_id(dataset, config, end, data)
        base = fit_base(dataset, until)
        span = split(WARM_UP_H, until, how.stretch_days * 24)
        trained = self._trained(dataset, config, base, span, model_id, end)
        return FittedNetwork(self.name, model_id, trained, how, dataset, base, span, data)

    def _model_id(self, dataset: Dataset, config: NetConfig, end: datetime, data: str) -> str:
        """Named after all that the training depends on: configuration, data, documents, threads, code."""
        r, seen = self.recipe, dataset.documents.fingerprint(int(end.timestamp()))
        depends_on = json.dumps([asdict(config), asdict(r.train), r.members, data, seen, r.threads, r.code])
        return f"{self.name}-{end:%Y%m%dT%H}-{hashlib.sha256(depends_on.encode()).hexdigest()[:8]}"

    def _trained(
        self, dataset: Dataset, config: NetConfig, base: Base, span: Span, model_id: str, end: datetime
    ) -> Trained:
        path, partial = self._paths(model_id)
        if partial and not self.recipe.resume:
            forget_partial(partial)
        if path and path.exists():
            trained, _, _ = load(path)
            log.info("%s: checkpoint found", model_id)
            return trained
        log.info("training %s on hours up to %s", model_id, end)
        r = self.recipe
        trained = train(
            config, r.train, dataset.store(base.walk(dataset), config.lookback), dataset.usable(config.lookback), span,
            seeds=r.members, threads=r.threads, progress=r.shows_progress, partial=partial,
        )  # fmt: skip
        if path and partial:
            save(path, trained, r.train, base, dataset.panel.assets)
            forget_partial(partial)
        return trained

    def _paths(self, model_id: str) -> tuple[Path | None, Path | None]:
        """The checkpoint, and the folder of a training at work."""
        folder = self.recipe.checkpoints
        return (folder / f"{model_id}.ckpt", folder / f"{model_id}.going") if folder else (None, None)
