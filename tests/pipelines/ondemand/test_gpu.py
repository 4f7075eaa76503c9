"""The check of a GPU, run with the CPU in its place, and told by what it must find when numbers are wrong."""

from dataclasses import replace

import pytest
import torch

from models.forecast.network.config import NetConfig
from models.forecast.network.net import PatchTransformer
from pipelines.ondemand import gpu
from pipelines.ondemand.doctor import diagnose_gpu, exit_code

QUICK = replace(gpu.TRAINING, epochs=1, windows_per_epoch=2_048)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(gpu, "N_ROWS", 3_000)
    monkeypatch.setattr(gpu, "MATRIX", {"cpu": 64})
    monkeypatch.setattr(gpu, "BATCH", {"cpu": 64})
    monkeypatch.setattr(gpu, "WIDE", gpu.SHIPPED)


@pytest.mark.slow
def test_the_cpu_in_place_of_a_gpu_gives_its_own_numbers_and_trains_alike(small):
    found = {f.name: f for f in gpu.compare("cpu", QUICK, seconds=0.1)}
    assert list(found) == [
        "numbers in float32", "numbers in bfloat16", "speed of the shipped network", "speed of the wide network",
        "training",
    ]  # fmt: skip
    assert found["numbers in float32"].ok
    assert found["numbers in float32"].detail.startswith("quantiles 0.0e+00")
    assert found["numbers in bfloat16"].ok
    assert "windows/s" in found["speed of the shipped network"].detail


@pytest.mark.slow
def test_training_learns_the_reversal_that_is_planted():
    quick = replace(gpu.TRAINING, epochs=3, windows_per_epoch=8_000, batch=256)
    made, _ = gpu.trained_on("cpu", gpu.simulated_store(gpu.SHIPPED, n_rows=2_600), quick)
    assert made.validation_ratio < 0.99


def test_a_device_whose_numbers_differ_is_told(monkeypatch):
    original = PatchTransformer.forward
    store = gpu.simulated_store(gpu.SHIPPED, n_rows=600)
    calls = []

    def wrong(self, inputs):
        calls.append(1)
        return original(self, inputs) * (1.01 if len(calls) > 1 else 1.0)

    assert gpu.disagreement(gpu.SHIPPED, store, "cpu", torch.float32) == (0.0, 0.0)
    monkeypatch.setattr(PatchTransformer, "forward", wrong)
    apart, slope = gpu.disagreement(gpu.SHIPPED, store, "cpu", torch.float32)
    assert apart > gpu.LEAST_AGREEMENT[torch.float32]
    assert slope > gpu.LEAST_AGREEMENT[torch.float32]


def test_operations_are_those_of_the_networks_matrices():
    config = NetConfig(kind="patch_linear")
    store = gpu.simulated_store(config, n_rows=600)
    lookback = 2 * config.lookback * (config.channels + 1) * config.width
    assert gpu.operations(config, store) > 2 * lookback  # forwards, and backwards to the weights


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_the_doctor_says_so_and_ends_with_one():
    (only,) = diagnose_gpu()
    assert "everything runs on the CPU" in only.detail
    assert exit_code([only]) == 1
