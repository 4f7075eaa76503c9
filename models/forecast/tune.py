"""A small search over the network's hyper-parameters by Optuna, on stretches that training leaves out.

What is chosen on some hours is flattered by them: a choice counts for something once `tapewire evaluate` has confirmed
it on later ones. One seed per trial, as many trials as are asked for.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from domain.names import NETWORK
from models.forecast.baselines.base import fit_base
from models.forecast.dataset import Dataset
from models.forecast.network.spans import split
from models.forecast.network.train import train
from models.forecast.recipe import WARM_UP_H, Recipe

if TYPE_CHECKING:
    from optuna import Trial

PATCHES = ((12, 12), (24, 24), (24, 12), (56, 56))


@dataclass(frozen=True)
class Tried:
    """One trial: what it was trained with, by the names of the settings, and its validation ratio to the base."""

    settings: dict[str, float | int]
    validation_ratio: float


def search(dataset: Dataset, recipe: Recipe, until: int, trials: int, *, done: Callable[[Tried], None]) -> list[Tried]:
    """Train `trials` networks up to row `until`; all of them, best first. `done` hears of each as it ends.

    Needs Optuna, an extra (`tune`).
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    lookback = recipe.net.lookback
    store, rows = dataset.store(fit_base(dataset, until).walk(dataset), lookback), dataset.usable(lookback)
    span = split(WARM_UP_H, until, recipe.train.stretch_days * 24)
    tried: list[Tried] = []

    def objective(trial: "Trial") -> float:
        settings = _suggest(trial, recipe.net.lookback)
        net = replace(
            recipe.net_for(NETWORK), width=settings["width"], feed_forward=2 * settings["width"],
            layers=settings["layers"], dropout=settings["dropout"], patch=settings["patch_h"],
            stride=settings["stride_h"],
        )  # fmt: skip
        how = replace(recipe.train, learning_rate=settings["learning_rate"], weight_decay=settings["weight_decay"])
        ratio = train(net, how, store, rows, span, threads=recipe.threads).validation_ratio
        tried.append(Tried(settings, ratio))
        done(tried[-1])
        return ratio

    sampler = optuna.samplers.TPESampler(seed=recipe.train.seed)
    optuna.create_study(sampler=sampler).optimize(objective, n_trials=trials)
    return sorted(tried, key=lambda t: t.validation_ratio)


def _suggest(trial: "Trial", lookback: int) -> dict[str, Any]:
    fits = [(p, s) for p, s in PATCHES if p <= lookback and (lookback - p) % s == 0]
    patch, stride = fits[trial.suggest_int("patches", 0, len(fits) - 1)]
    return {
        "width": trial.suggest_categorical("width", [16, 32, 64]),
        "layers": trial.suggest_int("layers", 1, 3),
        "dropout": trial.suggest_float("dropout", 0.0, 0.5, step=0.1),
        "patch_h": patch,
        "stride_h": stride,
        "learning_rate": trial.suggest_float("learning_rate", 1e-4, 3e-3, log=True),
        "weight_decay": trial.suggest_float("weight_decay", 0.01, 1.0, log=True),
    }
