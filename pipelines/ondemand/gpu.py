"""Check a GPU: does it give the CPU's numbers, does training learn there as on the CPU, and how fast is it?

On a simulated store with a reversal planted in it, which says nothing about markets. Takes a minute or two.
"""

import copy
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from scipy.stats import norm
from torch import Tensor

from models.forecast.network.config import NetConfig, TrainConfig
from models.forecast.network.module import pinball
from models.forecast.network.net import Net, build_net
from models.forecast.network.spans import split
from models.forecast.network.train import Trained, train
from models.forecast.network.windows import MAX_DOCUMENTS, WindowStore
from models.quantiles.quantiles import HORIZONS_H, LEVELS

N_ASSETS, N_ROWS = 16, 4_000
REVERSAL = 0.3
SHIPPED, WIDE = NetConfig(), NetConfig(width=256, heads=8, layers=4, feed_forward=1024, dropout=0.1)
TRAINING = TrainConfig(epochs=3, windows_per_epoch=20_000, batch=512, stretch_days=14)
BATCH = {"cpu": 512, "cuda": 8192}
SECONDS = 5.0
MATRIX = {"cpu": 2048, "cuda": 8192}
LEAST_AGREEMENT = {torch.float32: 2e-4, torch.bfloat16: 5e-2}  # largest difference ÷ spread of the quantiles
LARGEST_GAP = 0.01  # between the validation ratios of two trainings


@dataclass(frozen=True)
class Found:
    """What was checked, whether it holds, and what was found."""

    name: str
    ok: bool
    detail: str


@dataclass(frozen=True)
class Rate:
    """Training steps of one network on one device: windows per second, and share of the measured matrix rate."""

    windows_per_s: float
    matrix_share: float


def simulated_store(config: NetConfig, n_assets: int = N_ASSETS, n_rows: int = N_ROWS, seed: int = 1) -> WindowStore:
    """Returns of independent walks of which a share of the past day's move comes back; no documents."""
    rng = np.random.default_rng(seed)
    shape = (n_assets, n_rows)
    tape = rng.standard_normal((*shape, config.channels + 1)).astype(np.float32)
    tape[..., -1] = 1
    day = np.apply_along_axis(lambda x: np.convolve(x, np.ones(24) / np.sqrt(24))[:n_rows], 1, tape[..., 0])
    target = rng.standard_normal((*shape, len(HORIZONS_H))) - REVERSAL * day[..., None]
    target[:, -max(HORIZONS_H) :] = np.nan
    base = np.tile(norm.ppf(LEVELS) * np.sqrt(1 + REVERSAL**2), (n_assets, len(HORIZONS_H), 1))
    n = n_assets * n_rows
    return WindowStore(
        tape=_tensor(tape.reshape(n, -1)), context=_tensor(rng.standard_normal((n, config.context))),
        document_row=torch.zeros(n, MAX_DOCUMENTS, dtype=torch.long), document_age=torch.zeros(n, MAX_DOCUMENTS),
        vectors=torch.zeros(1, config.embedding), calendar=_tensor(rng.standard_normal((n_rows, len(HORIZONS_H), 4))),
        target=_tensor(target.reshape(n, -1)), base=_tensor(base), n_rows=n_rows, lookback=config.lookback,
    )  # fmt: skip


def _tensor(x: np.ndarray) -> Tensor:
    return torch.from_numpy(np.asarray(x, dtype=np.float32))


def disagreement(config: NetConfig, store: WindowStore, device: str, precision: torch.dtype) -> tuple[float, float]:
    """How far quantiles and gradients on `device` lie from the CPU's in float32, relative to what they vary by."""
    torch.manual_seed(3)
    net = build_net(config).eval()
    for weight in net.parameters():
        weight.data += 0.05 * torch.randn_like(weight)  # an untrained network is the walk wherever it runs
    rows = torch.arange(256)
    found = [
        _quantiles_and_gradient(copy.deepcopy(net).to(where), store.to(where), rows, kind)
        for where, kind in (("cpu", torch.float32), (device, precision))
    ]
    (q, g), (other_q, other_g) = found
    return float((other_q - q).abs().max() / q.std()), float((other_g - g).norm() / g.norm())


def _quantiles_and_gradient(net: Net, store: WindowStore, rows: Tensor, kind: torch.dtype) -> tuple[Tensor, Tensor]:
    device = store.tape.device
    place = (rows % N_ASSETS).to(device), (store.lookback + rows).to(device)
    with torch.autocast(device.type, torch.bfloat16, enabled=kind == torch.bfloat16):
        inputs, target = store.gather(*place)
        quantiles = net(inputs)
    pinball(quantiles.float(), target, torch.tensor(LEVELS, device=device)).mean().backward()  # type: ignore[no-untyped-call]
    gradient = torch.cat([p.grad.flatten() for p in net.parameters() if p.grad is not None])
    return quantiles.detach().float().cpu(), gradient.float().cpu()


def training_rate(config: NetConfig, store: WindowStore, device: str, seconds: float = SECONDS) -> Rate:
    """Whole training steps as in a training (compiled on CUDA), after the first ones."""
    net = build_net(config).to(device)
    there = store.to(device)
    as_run: Callable[..., Tensor] = torch.compile(net, mode="reduce-overhead") if device == "cuda" else net
    optimizer = torch.optim.AdamW(net.parameters(), fused=True)
    levels = torch.tensor(LEVELS, device=device)
    n, mixed = BATCH[device], config.mixed(device)

    def step() -> None:
        asset = torch.randint(0, N_ASSETS, (n,), device=device)
        row = torch.randint(store.lookback, store.n_rows - max(HORIZONS_H) - 1, (n,), device=device)
        with torch.autocast(device, torch.bfloat16, enabled=mixed):
            inputs, target = there.gather(asset, row)
            loss = pinball(as_run(inputs).float(), target, levels).mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()

    rate = n * _per_second(step, device, seconds)
    return Rate(rate, rate * operations(config, store) / (matrix_rate(device, mixed=mixed)))


def operations(config: NetConfig, store: WindowStore) -> float:
    """Multiplications and additions of a training step per window, forwards and backwards."""
    from torch.utils.flop_counter import FlopCounterMode

    net = build_net(config)
    rows = torch.arange(64)
    inputs, _ = store.gather(rows % N_ASSETS, store.lookback + rows)
    with FlopCounterMode(display=False) as counted:
        net(inputs).sum().backward()
    return counted.get_total_flops() / len(rows)


def matrix_rate(device: str, *, mixed: bool) -> float:
    """Operations per second of a large matrix product."""
    n = MATRIX[device]
    a, b = (torch.randn(n, n, device=device, dtype=torch.bfloat16 if mixed else torch.float32) for _ in range(2))
    return 2 * n**3 * _per_second(lambda: a @ b, device, 1.0)


def _per_second(work: Callable[[], object], device: str, seconds: float) -> float:
    """How often `work` is done in a second, after three times to begin with."""
    wait: Callable[[], object] = torch.cuda.synchronize if device == "cuda" else lambda: None
    for _ in range(3):
        work()
    wait()
    began, n = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        work()
        n += 1
        if n % 8 == 0:
            wait()
    wait()
    return n / (time.perf_counter() - began)


def trained_on(
    accelerator: str, store: WindowStore, config: TrainConfig = TRAINING, threads: int = 2
) -> tuple[Trained, float]:
    """The shipped network trained on the simulated store, and how many seconds it took."""
    usable = np.ones((len(store.base), store.n_rows), dtype=bool)
    usable[:, : store.lookback] = False
    span = split(store.lookback, store.n_rows - 1, config.stretch_days * 24)
    began = time.perf_counter()
    made = train(SHIPPED, config, store, usable, span, threads=threads, accelerator=accelerator)
    return made, time.perf_counter() - began


def compare(device: str = "cuda", config: TrainConfig = TRAINING, seconds: float = SECONDS) -> Iterator[Found]:
    """Every check of `device` against the CPU, as soon as it is done."""
    store = simulated_store(SHIPPED)
    for kind, least in LEAST_AGREEMENT.items():
        apart, slope = disagreement(SHIPPED, store, device, kind)
        told = f"quantiles {apart:.1e} of their spread, gradients {slope:.1e} of their length away from the CPU's"
        yield Found(f"numbers in {str(kind).removeprefix('torch.')}", max(apart, slope) < least, told)
    for name, net in (("shipped", SHIPPED), ("wide", WIDE)):
        there, cpu = (training_rate(net, store, where, seconds) for where in (device, "cpu"))
        told = (
            f"{there.windows_per_s:,.0f} windows/s ({there.windows_per_s / cpu.windows_per_s:.0f} times the CPU's "
            f"{cpu.windows_per_s:,.0f}), {there.matrix_share:.1%} of its rate in matrix products "
            f"(CPU {cpu.matrix_share:.1%})"
        )
        yield Found(f"speed of the {name} network", there.windows_per_s > cpu.windows_per_s, told)
    (here, cpu_s), (other, device_s) = trained_on("cpu", store, config), trained_on(device, store, config)
    gap = abs(here.validation_ratio - other.validation_ratio)
    told = (
        f"{other.validation_ratio:.4f} of the base's loss in {device_s:.0f} s with compiling, on the CPU "
        f"{here.validation_ratio:.4f} in {cpu_s:.0f} s"
    )
    yield Found("training", gap < LARGEST_GAP and other.validation_ratio < 1, told)
