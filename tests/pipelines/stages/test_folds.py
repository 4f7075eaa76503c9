"""Folds side by side in processes: the forecasts are those of one after another."""

import logging
import subprocess
import sys
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import spawn

import numpy as np
import psutil
import pytest

from models.forecast.network.config import TrainConfig
from models.forecast.recipe import BoostConfig, Recipe
from pipelines.stages.forecast.folds import fit_folds
from tests.conftest import random_bars
from tests.kits.networks import ground, pairs_of, tiny_net

NAMES = ("har", "mlp")
PARENT = """
import os, time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pipelines.stages.forecast.children import end_with_parent

def work():
    print(os.getpid(), flush=True)
    time.sleep(600)

if __name__ == "__main__":
    with ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=end_with_parent) as pool:
        pool.submit(work).result()
"""


@pytest.mark.slow
def test_folds_in_two_processes_give_to_the_bit_what_one_process_gives(caplog):
    g = ground(random_bars(1600))
    how = Recipe(
        tiny_net(g), TrainConfig(epochs=1, windows_per_epoch=256, batch=128, stretch_days=10), members=1,
        boost=BoostConfig(rounds=5), threads=1,
    )  # fmt: skip
    folds = [(until, pairs_of(np.arange(until + 24, until + 72))) for until in (1300, 1400, 1500)]
    with caplog.at_level(logging.INFO, "tapewire.evaluate"):
        alone, beside = fit_folds(how, g, folds, NAMES), fit_folds(how, g, folds, NAMES, processes=2)
    assert "fold 3 of 3: 48 origins" in caplog.text
    for a, b in zip(alone, beside, strict=True):
        assert set(a) == set(b) == {"reference_walk", *NAMES}
        for name in a:
            np.testing.assert_array_equal(a[name].values, b[name].values)
            assert (a[name].model_id, a[name].training) == (b[name].model_id, b[name].training)
            assert b[name].fitted is None


def test_processes_that_die_at_their_start_are_an_error_and_not_waited_for(monkeypatch):
    g = ground(random_bars(1600))
    monkeypatch.setattr(spawn, "_python_exe", b"/bin/false")
    folds = [(until, pairs_of(np.arange(until + 24, until + 72))) for until in (1300, 1400)]
    with pytest.raises((BrokenProcessPool, OSError)):  # by which end notices first
        fit_folds(Recipe(tiny_net(g), TrainConfig()), g, folds, NAMES, processes=2)


@pytest.mark.slow
def test_a_killed_evaluation_leaves_no_process_behind(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    parent = subprocess.Popen([sys.executable, script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = psutil.Process(int(parent.stdout.readline()))
    parent.kill()
    parent.wait()
    assert child.wait(timeout=20) is None or not child.is_running()
