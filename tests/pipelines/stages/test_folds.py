"""Folds side by side in processes: the forecasts are those of one after another."""

import logging

import numpy as np
import pytest

from models.forecast.network.config import TrainConfig
from models.forecast.recipe import BoostConfig, Recipe
from pipelines.stages.forecast.folds import fit_folds
from tests.conftest import random_bars
from tests.kits.networks import ground, pairs_of, tiny_net

NAMES = ("har", "mlp")


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


@pytest.mark.slow
def test_an_error_in_a_process_ends_the_evaluation_with_its_message():
    g = ground(random_bars(400))
    folds = [(200, pairs_of(np.arange(200, 210)))] * 2
    with pytest.raises(ValueError, match="model 'oracle' is unknown"):
        fit_folds(Recipe(tiny_net(g), TrainConfig(), threads=1), g, folds, ("oracle",), processes=2)
