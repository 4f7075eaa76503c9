"""neuralforecast's PatchTST of the same size on the same series; runs in an environment that has it, not tapewire."""

import argparse
import logging
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytorch_lightning as lightning
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
from neuralforecast.losses.pytorch import MQLoss
from neuralforecast.models import PatchTST
from neuralforecast.tsdataset import TimeSeriesDataset

AFTER_IMPORTS_MB = peak_mb()
warnings.filterwarnings("ignore")
for name in ("pytorch_lightning", "lightning.pytorch", "lightning_fabric"):
    logging.getLogger(name).setLevel(logging.ERROR)


class Listener(lightning.Callback):
    """Tells the clock of each step."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock

    def on_train_batch_end(self, *_: Any) -> None:
        self.clock.tick()


def dataset(returns: np.ndarray) -> TimeSeriesDataset:
    """Series [A, T] as neuralforecast wants them."""
    n, t = returns.shape
    hours = pd.date_range("2023-07-03T01:00:00", periods=t, freq="h")
    names = np.repeat([f"SIM{i:02d}" for i in range(n)], t)
    frame = pd.DataFrame({"unique_id": names, "ds": np.tile(hours, n), "y": returns.reshape(-1)})
    return TimeSeriesDataset.from_df(frame)[0]


def build(
    levels: list[float], series: int, steps: int, callbacks: list[Any], residual_attention: bool, precision: str
) -> PatchTST:
    """The model, with everything switched off that only costs time."""
    return PatchTST(
        h=LONGEST_H, input_size=LOOKBACK, hidden_size=WIDTH, linear_hidden_size=FEED_FORWARD, encoder_layers=LAYERS,
        n_heads=HEADS, patch_len=PATCH, stride=STRIDE, dropout=DROPOUT, fc_dropout=DROPOUT,
        res_attention=residual_attention, loss=MQLoss(quantiles=levels), max_steps=steps, val_check_steps=steps,
        batch_size=series, windows_batch_size=BATCH, inference_windows_batch_size=BATCH, scaler_type="identity",
        start_padding_enabled=False, learning_rate=1e-3, callbacks=callbacks, accelerator="cpu", precision=precision,
        logger=False, enable_progress_bar=False, enable_model_summary=False, enable_checkpointing=False,
    )  # fmt: skip


def measure_prediction(model: PatchTST, returns: np.ndarray, windows: int) -> dict[str, float]:
    """Its own `predict`, and what favours it more: its network alone on windows cut and stacked beforehand."""
    data, per_series = dataset(returns), windows // len(returns)
    model.set_test_size(LONGEST_H + per_series - 1)
    own = passes("predict", lambda: model.predict(data, step_size=1), per_series * len(returns))
    model.eval()
    cut = np.lib.stride_tricks.sliding_window_view(returns, LOOKBACK, axis=1)[:, -per_series:]
    x = torch.from_numpy(np.ascontiguousarray(cut.reshape(-1, LOOKBACK, 1)))
    batches = [
        {"insample_y": part, "insample_mask": torch.ones_like(part), "futr_exog": None, "hist_exog": None,
         "stat_exog": None}
        for part in x.split(BATCH)
    ]  # fmt: skip

    @torch.no_grad()
    def forward() -> None:
        for batch in batches:
            model(batch)

    return own | passes("forward", forward, len(x))


def main() -> None:
    """Train or predict once and print the figures as the last line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["train", "predict"])
    parser.add_argument("--series", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--warm-up", type=int, default=10)
    parser.add_argument("--windows", type=int, default=8192)
    parser.add_argument("--per-batch", type=int, help="series a batch; all where left out")
    parser.add_argument("--plain-attention", action="store_true", help="res_attention=False")
    parser.add_argument("--bf16", action="store_true", help="Lightning's bf16-mixed")
    args = parser.parse_args()
    torch.set_num_threads(THREADS)
    with np.load(args.series) as file:
        returns, levels = file["returns"].astype(np.float32), file["levels"].tolist()
    clock = Clock(args.warm_up)
    steps = args.steps if args.what == "train" else 1
    series = args.per_batch or len(returns)
    precision = "bf16-mixed" if args.bf16 else "32-true"
    model = build(levels, series, steps, [Listener(clock)], not args.plain_attention, precision)
    if args.what == "train":
        data = dataset(returns)
        ready = peak_mb()
        model.fit(data)
        found = clock.speed()
    else:
        ready = peak_mb()
        found = measure_prediction(model, returns, args.windows)
    report(imports_mb=AFTER_IMPORTS_MB, data_mb=ready, peak_mb=peak_mb(), **found)


if __name__ == "__main__":
    main()
