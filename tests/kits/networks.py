"""What tests of the forecasting models share: a tiny training that can be killed, and every model on any market."""

import json
import os
import signal
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import polars as pl
import torch
from numpy.typing import NDArray

from domain.errors import NotEnoughDataError
from domain.types import Array
from features.candles import Bars
from features.context import CONTEXT
from features.panel import build_panel
from features.volatility import volatility_scale
from models.forecast.baselines import boosting
from models.forecast.baselines.base import Base
from models.forecast.baselines.garch_har import HAR_MARKET, HAR_OWN, Har
from models.forecast.baselines.medians import Medians
from models.forecast.baselines.scaled import reference_walk
from models.forecast.baselines.walks import horizon_sigma, targets
from models.forecast.checkpoint import save
from models.forecast.combine import Conformal, average, calibrate, weighted_by_past
from models.forecast.dataset import Dataset
from models.forecast.forecaster import Fitted
from models.forecast.network import train as training
from models.forecast.network.config import NetConfig, TrainConfig
from models.forecast.network.module import ForecastModule
from models.forecast.network.net import NETS, Inputs, build_net
from models.forecast.network.spans import Span, split
from models.forecast.network.train import Member, Trained, predict
from models.forecast.network.windows import collect_documents, usable
from models.forecast.recipe import BoostConfig, Recipe
from models.forecast.roster import FORECASTERS, forecaster
from models.forecast.walk import Walk
from tests.conftest import random_bars

NO_LINKS = pl.DataFrame(schema={"doc_id": pl.String, "asset": pl.String, "available_ts": pl.Datetime("us", "UTC")})
NO_NEWS = pl.DataFrame(schema={"asset": pl.String})
DATA = Path(__file__).parents[1] / "data"
LOOKBACK_H = 48
FEW_LEVELS = (0.005, 0.05, 0.5, 0.95, 0.995)  # of LightGBM, so that it is quick
N_MEMBERS, EPOCHS, STEPS_PER_EPOCH = 2, 3, 4


def ground(bars: Bars) -> Dataset:
    """All that models are fitted on, from bars alone: no supply, no news, no funding, no documents."""
    level = volatility_scale(bars)
    panel = build_panel(bars, level, pl.DataFrame(), NO_NEWS)
    documents = collect_documents(NO_LINKS, pl.DataFrame(), bars.assets, 8)
    return Dataset(bars, level, panel, documents, targets(np.log(bars.close)), horizon_sigma(level))


def pairs_of(rows: NDArray[np.int64], asset: int | NDArray[np.int64] = 0) -> NDArray[np.int64]:
    """Pairs [N, 2] of (asset, row)."""
    return np.stack([np.broadcast_to(asset, rows.shape), rows], axis=1).astype(np.int64)


def fitted(name: str, g: Dataset, until: int) -> Fitted:
    """A model with the smallest of recipes, fitted up to a row."""
    return forecaster(name, Recipe(tiny_net(g), TrainConfig(), boost=BoostConfig(rounds=5), threads=1)).fit(g, until)


def tiny_net(g: Dataset, **changes: Any) -> NetConfig:
    """The smallest network that has every part."""
    whole = NetConfig(
        lookback=LOOKBACK_H, patch=12, stride=12, width=8, heads=2, feed_forward=16, dropout=0.2,
        channels=g.panel.tape.shape[2], context=g.panel.context.shape[2], embedding=8,
    )  # fmt: skip
    return replace(whole, **changes)


def tiny_training(partial: Path | None, dropout: float = 0.2, **changes: Any) -> Trained:
    """Two members of three epochs of four steps, unless `changes` to the TrainConfig say otherwise."""
    g = ground(random_bars(1600))
    how = TrainConfig(**{"epochs": EPOCHS, "windows_per_epoch": 512, "batch": 128, "seed": 3, "patience": 9, **changes})
    store = g.store(reference_walk(g, 1500), LOOKBACK_H)
    rows = usable(g.panel, g.sigma, LOOKBACK_H)
    net = tiny_net(g, dropout=dropout)
    span = split(300, 1500, 240)
    return training.train(net, how, store, rows, span, seeds=N_MEMBERS, threads=1, partial=partial)


def train_in_a_process(out: Path, partial: Path | None, kill: tuple[str, int] | None, changes: dict[str, Any]) -> None:
    """Train and write the networks into `out`, and beside them how many steps were taken; or die on the way by SIGKILL.

    `kill`: what is counted (training_step, validation_step, save, end), and at which of them death comes; with `slowly`
    nothing dies by itself, but each step takes that many milliseconds, so that there is time to kill from outside.
    """
    what, when = kill or ("nothing", 0)
    steps = _counted(ForecastModule, "training_step", when if what == "training_step" else 0)
    _counted(ForecastModule, "validation_step", when if what == "validation_step" else 0)
    _counted(torch, "save", when if what == "save" else 0)
    if what == "slowly":
        _slowed(when / 1000)
    trained = tiny_training(partial, **changes)
    if what == "end":
        os.kill(os.getpid(), signal.SIGKILL)
    save(out, trained, TrainConfig(), plain_base(np.zeros((3, 4, 25))), ("AAA", "BTC", "CCC"))
    out.with_suffix(".json").write_text(json.dumps({"steps": len(steps)}))


def _counted(owner: Any, name: str, die_at: int) -> list[None]:
    """Have each call of `owner.name` counted in the list that is returned, and kill the process at the `die_at`-th."""
    calls: list[None] = []
    whole = getattr(owner, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        calls.append(None)
        if len(calls) == die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return whole(*args, **kwargs)

    setattr(owner, name, call)
    return calls


def _slowed(seconds: float) -> None:
    whole = ForecastModule.training_step

    def call(module: ForecastModule, batch: torch.Tensor, number: int) -> torch.Tensor:
        time.sleep(seconds)
        return whole(module, batch, number)

    ForecastModule.training_step = call  # type: ignore[method-assign]


@dataclass
class Run:
    """Quantiles [N, H, Q] of every model for origins `pairs` [N, 2], or the reason why there are none, and warnings."""

    ground: Dataset
    pairs: NDArray[np.int64]
    walk: Walk
    made: dict[str, Array] = field(default_factory=dict)
    refused: dict[str, NotEnoughDataError] = field(default_factory=dict)
    warned: list[str] = field(default_factory=list)

    def of(self, name: str, asset: str) -> Array:
        """A model's forecasts for one asset, [n, H, Q]."""
        return self.made[name][self.pairs[:, 0] == self.ground.bars.assets.index(asset)]


def every_model(bars: Bars, train_end: int, rows: slice, *, first: int = 300) -> Run:
    """Fit every model up to `train_end`, forecast from each usable origin in `rows`, blend and calibrate.

    A model may refuse with NotEnoughDataError; whatever else it raises is raised. RuntimeWarnings that come out of our
    own modules are kept.
    """
    with warnings.catch_warnings(record=True) as caught, mock.patch.object(boosting, "FITTED", FEW_LEVELS):
        warnings.simplefilter("always")
        run = _every_model(bars, train_end, rows, first)
    own = (f"{w.filename}:{w.lineno} {w.message}" for w in caught if issubclass(w.category, RuntimeWarning))
    run.warned = [w for w in own if "/site-packages/" not in w]
    return run


def _every_model(bars: Bars, train_end: int, rows: slice, first: int) -> Run:
    g = ground(bars)
    walk = reference_walk(g, train_end)
    usable_rows = usable(g.panel, g.sigma, LOOKBACK_H)
    at = np.zeros(usable_rows.shape[1], dtype=bool)
    at[rows] = True
    pairs = np.argwhere(usable_rows & at)
    pairs = pairs[np.lexsort((pairs[:, 0], pairs[:, 1]))]
    run = Run(g, pairs, walk)
    span = split(first, train_end, 14 * 24)
    recipe = Recipe(tiny_net(g), TrainConfig(epochs=1, windows_per_epoch=512, batch=128, seed=3), members=1,
                    boost=BoostConfig(rounds=5), threads=1)  # fmt: skip

    def keep(name: str, forecast: Callable[[], Array]) -> None:
        try:
            run.made[name] = forecast()
        except NotEnoughDataError as reason:
            run.refused[name] = reason

    for name in (name for name in FORECASTERS if name not in NETS):
        keep(name, lambda name=name: forecaster(name, recipe).fit(g, train_end).forecast(pairs))
    for kind in NETS:
        keep(kind, lambda kind=kind: _network(g, recipe, kind, walk, span, pairs))
    outcome = g.y[pairs[:, 1], pairs[:, 0]]
    parts = list(run.made.values())
    run.made["blend"] = average(parts)
    run.made["weighted"] = weighted_by_past(parts, outcome, pairs[:, 1])
    fresh = Conformal.fresh(len(bars.assets))
    run.made["calibrated"] = calibrate(run.made["blend"], outcome, pairs[:, 1], pairs[:, 0], fresh)
    return run


def _network(g: Dataset, recipe: Recipe, kind: str, walk: Walk, span: Span, pairs: NDArray[np.int64]) -> Array:
    config = recipe.net_for(kind)
    store, rows = g.store(walk, config.lookback), usable(g.panel, g.sigma, config.lookback)
    trained = training.train(config, recipe.train, store, rows, span, threads=1)
    return predict(trained.net(), store, pairs, walk)


def plain_base(quantiles: Array) -> Base:
    """A base of these quantiles [A, H, Q] whose scale is the reference walk's and whose median is zero."""
    har = Har(np.zeros((4, 1 + len(HAR_OWN) + len(HAR_MARKET))), np.zeros((4, len(HAR_OWN) + len(HAR_MARKET))))
    n = sum("return_" in name for name in CONTEXT)
    return Base(har, Medians(np.zeros((4, n)), np.ones(n)), quantiles)


def tiny_inputs(config: NetConfig, b: int = 5) -> Inputs:
    """Inputs with everything in them: gaps, unknown channels, documents that are known and others that are not."""
    g = torch.Generator().manual_seed(11)
    past = torch.cat(
        [torch.randn(b, config.lookback, config.channels, generator=g), torch.ones(b, config.lookback, 1)], -1
    )
    past[1, : config.patch] = 0
    context = torch.randn(b, config.context, generator=g)
    context[2, 0] = torch.nan
    known = torch.tensor([True, True, False, False]).expand(b, 4).clone()
    known[3] = False
    return Inputs(
        past, context, torch.randn(b, 4, 4, generator=g), torch.randn(b, 4, config.embedding, generator=g),
        torch.rand(b, 4, generator=g) * 30, known, torch.randn(b, 4, 25, generator=g).sort(-1).values,
    )  # fmt: skip


def write_tiny_checkpoint(folder: Path = DATA) -> None:
    """Write the committed checkpoint, and the forecasts that it has to give for ever.

    `python -c "from tests.kits.networks import write_tiny_checkpoint as w; w()"`, once per format of checkpoints.
    """
    config = NetConfig(
        lookback=24, patch=12, stride=12, width=8, heads=2, feed_forward=16, channels=2, context=5, embedding=4
    )
    members = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        net = build_net(config).eval()
        net.context.fit(torch.randn(50, 5) * 3 + 1)
        torch.nn.init.normal_(net.head.out.weight, std=0.5)
        members.append(Member(net, ((1, 0.99, 0.98 + seed / 1000), (2, 0.97, 0.99)), seed, 0.98 + seed / 1000))
    trained, base = Trained(tuple(members), 1234, 0.75), plain_base(np.linspace(-2, 2, 200).reshape(2, 4, 25))
    inputs = tiny_inputs(config)
    folder.mkdir(exist_ok=True)
    save(folder / "tiny-v3.ckpt", trained, TrainConfig(), base, ("BTC", "ETH"))
    with torch.no_grad():
        forecast = trained.net()(inputs)
    np.savez_compressed(folder / "tiny-v3.npz", forecast=forecast, **inputs._asdict())


if __name__ == "__main__":
    import sys

    out, partial, changes = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
    rank = os.environ.get("LOCAL_RANK", "0")
    train_in_a_process(out.with_name(f"{out.stem}-{rank}.ckpt"), partial, None, changes)
