"""tapewire's side, one contestant a process: `ours`, `loop` (no Lightning), `encoder` (a bare PatchTST), `predict`."""

import argparse
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from common import (
    BATCH,
    DROPOUT,
    FEED_FORWARD,
    HEADS,
    LAYERS,
    LONGEST_H,
    LOOKBACK,
    PATCH,
    STRIDE,
    THREADS,
    WIDTH,
    Clock,
    passes,
    peak_mb,
    report,
)
from numpy.typing import NDArray
from torch import Tensor, nn

from features.candles import Bars
from features.panel import build_panel
from features.volatility import volatility_scale
from models.forecast.baselines.walks import fit_walk, horizon_sigma, targets
from models.forecast.network import train as training
from models.forecast.network.config import PRECISIONS, NetConfig, TrainConfig
from models.forecast.network.layers import EncoderLayer, sinusoids
from models.forecast.network.module import ForecastModule, pinball
from models.forecast.network.net import Ensemble, build_net
from models.forecast.network.spans import Span, split
from models.forecast.network.windows import WindowStore, build_store, collect_documents, origins, usable
from models.forecast.walk import Walk
from models.quantiles.quantiles import HORIZONS_H, LEVELS
from models.simulation.prices import Asset, make_bars, simulate_paths
from models.text.embed import WIDTH as EMBEDDING

AFTER_IMPORTS_MB = peak_mb()
N_ASSETS, WARM_UP_H, STRETCH_H = 22, 720, 336
NO_LINKS = pl.DataFrame(schema={"doc_id": pl.String, "asset": pl.String, "available_ts": pl.Datetime("us", "UTC")})
NO_NEWS = pl.DataFrame(schema={"asset": pl.String})
logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Ground:
    """Windows of a simulated market, and the origins that training may use."""

    store: WindowStore
    walk: Walk
    usable: NDArray[np.bool_]
    span: Span
    config: NetConfig

    def pairs(self) -> Tensor:
        """Origins of the training span, [N, 2]."""
        return torch.from_numpy(origins(self.usable, self.span.first, self.span.end - LONGEST_H))


def simulated_bars(hours: int) -> Bars:
    """Bars of N_ASSETS simulated assets: a function of `hours` alone."""
    assets = tuple(Asset(f"SIM{i:02d}", f"Simulated {i}", 1e9, 10.0, 1.0, 0.8) for i in range(N_ASSETS))
    made = make_bars(simulate_paths(7, hours, assets), np.zeros((hours, N_ASSETS)), assets)
    close_ts = np.datetime64("2023-07-03T01:00:00", "s") + np.arange(hours) * np.timedelta64(3600, "s")
    return Bars(
        tuple(a.ticker for a in assets), "1h", close_ts, made.open, made.high, made.low, made.close, made.volume
    )


def ground(hours: int, precision: str) -> Ground:
    """From bars to windows, as the nightly run does it."""
    bars = simulated_bars(hours)
    level = volatility_scale(bars)
    panel = build_panel(bars, level, pl.DataFrame(), NO_NEWS)
    y, sigma = targets(np.log(bars.close)), horizon_sigma(level)
    walk = fit_walk("reference", y, sigma, hours - 1)
    documents = collect_documents(NO_LINKS, pl.DataFrame(), bars.assets, EMBEDDING)
    config = NetConfig(
        lookback=LOOKBACK, patch=PATCH, stride=STRIDE, width=WIDTH, heads=HEADS, layers=LAYERS,
        feed_forward=FEED_FORWARD, dropout=DROPOUT, channels=panel.tape.shape[2], context=panel.context.shape[2],
        embedding=EMBEDDING, precision=precision,
    )  # fmt: skip
    return Ground(
        build_store(panel, documents, y, walk, LOOKBACK), walk, usable(panel, sigma, LOOKBACK),
        split(WARM_UP_H, hours - 1, STRETCH_H), config,
    )  # fmt: skip


def train_ours(g: Ground, steps: int, clock: Clock) -> None:
    """One epoch of `train` as shipped; the clock listens in."""

    class Timed(ForecastModule):
        def on_train_batch_end(self, *_: Any) -> None:
            clock.tick()

    training.ForecastModule = Timed  # type: ignore[misc]
    how = TrainConfig(epochs=1, windows_per_epoch=steps * BATCH, batch=BATCH)
    training.train(g.config, how, g.store, g.usable, g.span, threads=THREADS)


def batches(g: Ground, steps: int) -> Iterator[Tensor]:
    """Shuffled origins, BATCH at a time."""
    pairs = g.pairs()
    order = torch.randperm(len(pairs), generator=torch.Generator().manual_seed(7))
    yield from (pairs[order[i * BATCH : (i + 1) * BATCH]] for i in range(steps))


def products(g: Ground) -> torch.autocast:
    """The precision of products as tapewire chooses it for this network on this processor."""
    return torch.autocast("cpu", torch.bfloat16, enabled=g.config.mixed("cpu"))


def fit_plainly(
    net: nn.Module, g: Ground, steps: int, clock: Clock, see: Callable[[Tensor], tuple[Any, Tensor]]
) -> None:
    """The least that a training can do: no framework, no schedule, no record. `see` gathers inputs and targets."""
    optimizer = torch.optim.AdamW(net.parameters(), lr=1e-3, weight_decay=0.05)
    levels = torch.tensor(LEVELS)
    for batch in batches(g, steps):
        inputs, target = see(batch)
        optimizer.zero_grad()
        with products(g):
            quantiles = net(inputs)
        pinball(quantiles.float(), target, levels).mean().backward()
        nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        clock.tick()


def train_loop(g: Ground, steps: int, clock: Clock) -> None:
    """Our network over our windows in a plain loop."""
    net = build_net(g.config)
    net.context.fit(g.store.context)
    fit_plainly(net, g, steps, clock, lambda batch: g.store.gather(batch[:, 0], batch[:, 1]))


class BareEncoder(nn.Module):
    """Patches of one series, the same encoder, one linear head over all of them: PatchTST at its simplest."""

    positions: Tensor

    def __init__(self, c: NetConfig) -> None:
        super().__init__()
        self.config = c
        self.embed = nn.Linear(c.patch, c.width)
        self.layers = nn.ModuleList(EncoderLayer(c) for _ in range(c.layers))
        self.head = nn.Linear(c.patches * c.width, c.horizons * c.levels)
        self.register_buffer("positions", sinusoids(c.patches, c.width), persistent=False)

    def forward(self, past: Tensor) -> Tensor:  # [B, L] to [B, H, Q]
        x = self.embed(past.unfold(1, self.config.patch, self.config.stride)) + self.positions
        for layer in self.layers:
            x = layer(x, None)
        return self.head(x.flatten(1)).view(len(past), self.config.horizons, self.config.levels)


def train_encoder(g: Ground, steps: int, clock: Clock) -> None:
    """The bare encoder over windows of returns in a plain loop."""
    windows = g.store.tape[:, 0].contiguous().unfold(0, LOOKBACK, 1)

    def see(batch: Tensor) -> tuple[Tensor, Tensor]:
        at = batch[:, 0] * g.store.n_rows + batch[:, 1]
        return windows[at - LOOKBACK + 1], g.store.target[at]

    fit_plainly(BareEncoder(g.config), g, steps, clock, see)


def measure_prediction(g: Ground, windows: int) -> dict[str, float]:
    """`predict` from origins to quantiles, and for comparison the network alone on windows gathered beforehand."""
    net = Ensemble([build_net(g.config)]).eval()
    pairs = g.pairs()[:windows]
    inputs = [g.store.gather(part[:, 0], part[:, 1])[0] for part in pairs.split(BATCH)]

    @torch.no_grad()
    def forward() -> None:
        with products(g):
            for part in inputs:
                net(part)

    found = passes("predict", lambda: training.predict(net, g.store, pairs.numpy(), g.walk), len(pairs))
    return found | passes("forward", forward, len(pairs))


def write_series(g: Ground, path: Path) -> None:
    """What the peer reads: scaled returns [A, T], and the levels and horizons that it is to forecast."""
    returns = g.store.tape[:, 0].view(N_ASSETS, -1).numpy()
    np.savez(path, returns=returns, levels=np.array(LEVELS), horizons=np.array(HORIZONS_H))


TRAINING = {"ours": train_ours, "loop": train_loop, "encoder": train_encoder}


def main() -> None:
    """Run one contestant and print its figures as the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=[*TRAINING, "predict", "series"])
    parser.add_argument("--hours", type=int, required=True)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--warm-up", type=int, default=10)
    parser.add_argument("--windows", type=int, default=8192)
    parser.add_argument("--series", type=Path)
    parser.add_argument("--precision", choices=PRECISIONS, default="auto")
    args = parser.parse_args()
    torch.set_num_threads(THREADS)
    torch.manual_seed(7)
    g = ground(args.hours, args.precision)
    ready = peak_mb()
    found: dict[str, float] = {}
    if args.what == "series":
        write_series(g, args.series)
    elif args.what == "predict":
        found = measure_prediction(g, args.windows)
    else:
        clock = Clock(args.warm_up)
        TRAINING[args.what](g, args.steps, clock)
        found = clock.speed()
    report(imports_mb=AFTER_IMPORTS_MB, data_mb=ready, peak_mb=peak_mb(), **found)


if __name__ == "__main__":
    main()
