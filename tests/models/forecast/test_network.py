"""The network: the reference walk before training, quantiles that never cross, horizons that cannot look ahead."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from features.panel import build_panel
from features.volatility import volatility_scale
from models.forecast.baselines.walks import fit_walk, horizon_sigma, targets
from models.forecast.checkpoint import CheckpointError, load, save
from models.forecast.network.config import NetConfig, TrainConfig
from models.forecast.network.layers import residual_quantiles
from models.forecast.network.net import Ensemble, Inputs, PatchTransformer, build_net
from models.forecast.network.spans import split
from models.forecast.network.train import predict, train
from models.forecast.network.windows import build_store, collect_documents, origins, usable
from models.quantiles.quantiles import LEVELS, MEDIAN, long_table, quantile_of
from tests.conftest import random_bars
from tests.kits.networks import plain_base

NO_LINKS = pl.DataFrame(schema={"doc_id": pl.String, "asset": pl.String, "available_ts": pl.Datetime("us", "UTC")})
NO_NEWS = pl.DataFrame(schema={"asset": pl.String})


class Bench:
    """A small market ready to train on."""

    def __init__(self, n: int = 1600, seed: int = 1) -> None:
        self.bars = random_bars(n, seed=seed)
        level = volatility_scale(self.bars)
        self.panel = build_panel(self.bars, level, pl.DataFrame(), NO_NEWS)
        self.y, self.sigma = targets(np.log(self.bars.close)), horizon_sigma(level)
        self.walk = fit_walk("reference", self.y, self.sigma, n - 100)
        documents = collect_documents(NO_LINKS, pl.DataFrame(), self.bars.assets, 8)
        self.store = build_store(self.panel, documents, self.y, self.walk, 48)
        self.usable = usable(self.panel, self.sigma, 48)
        self.config = NetConfig(
            lookback=48, patch=12, stride=12, width=16, heads=2, channels=self.panel.tape.shape[2],
            context=self.panel.context.shape[2], embedding=8,
        )  # fmt: skip

    def train(self, seed: int = 3, epochs: int = 2, seeds: int = 1, partial=None, kind: str = "patch_transformer"):
        how = TrainConfig(epochs=epochs, windows_per_epoch=1024, batch=128, seed=seed, patience=5)
        config = replace(self.config, kind=kind)
        return train(
            config, how, self.store, self.usable, split(300, 1500, 240), seeds=seeds, threads=1, partial=partial
        )


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench()


@pytest.mark.parametrize("kind", ["patch_transformer", "mlp", "lstm", "patch_linear"])
def test_an_untrained_networks_forecast_is_the_reference_walks_to_float_precision(bench, kind):
    torch.manual_seed(0)
    net = build_net(replace(bench.config, kind=kind))
    pairs = origins(bench.usable, 300, 1500, 7)
    mine = predict(net, bench.store, pairs, bench.walk)
    walk = bench.walk.forecast(pairs)
    np.testing.assert_allclose(mine, walk, rtol=2e-6, atol=1e-9)
    assert (mine[..., MEDIAN] == 0).all()


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.01, 30))
def test_quantiles_never_cross_whatever_the_network_says(seed, size):
    generator = torch.Generator().manual_seed(seed)
    base = torch.randn(3, 4, 25, generator=generator).sort(-1).values
    delta = torch.randn(3, 4, 25, generator=generator) * size
    out = residual_quantiles(base, delta[..., :1], delta, MEDIAN, 2.0)
    assert torch.isfinite(out).all()
    assert (out.diff(dim=-1) >= 0).all()


def test_without_a_residual_the_quantiles_are_the_base():
    base = torch.randn(2, 4, 25).sort(-1).values
    torch.testing.assert_close(
        residual_quantiles(base, torch.zeros(2, 4, 1), torch.zeros_like(base), MEDIAN, 2.0), base, rtol=1e-5, atol=1e-6
    )


def _inputs(config: NetConfig, b: int = 2) -> Inputs:
    g = torch.Generator().manual_seed(1)
    past = torch.cat(
        [torch.randn(b, config.lookback, config.channels, generator=g), torch.ones(b, config.lookback, 1)], -1
    )
    return Inputs(
        past, torch.randn(b, config.context, generator=g), torch.randn(b, 4, 4, generator=g),
        torch.randn(b, 4, config.embedding, generator=g), torch.rand(b, 4, generator=g) * 10,
        torch.ones(b, 4, dtype=torch.bool), torch.randn(b, 4, 25, generator=g).sort(-1).values,
    )  # fmt: skip


def _stirred(config: NetConfig, seed: int = 5) -> PatchTransformer:
    """A network whose head is not zero, so that everything upstream shows."""
    torch.manual_seed(seed)
    net = build_net(config).eval()
    torch.nn.init.normal_(net.head.out.weight, std=0.5)
    if isinstance(net, PatchTransformer):
        for layer in (net.decoder.own.out, net.decoder.cross.out):  # which start at zero
            torch.nn.init.normal_(layer.weight, std=0.2)
    return net


def test_a_horizon_does_not_see_the_calendar_of_later_ones(bench):
    net, inputs = _stirred(bench.config), _inputs(bench.config)
    before = net(inputs)
    inputs.calendar[:, 3] += 5
    after = net(inputs)
    torch.testing.assert_close(after[:, :3], before[:, :3])
    assert not torch.allclose(after[:, 3], before[:, 3])


def test_a_masked_document_and_an_empty_patch_change_nothing(bench):
    net, inputs = _stirred(bench.config), _inputs(bench.config)
    inputs.known[:, 2] = False
    inputs.past[:, :12] = 0
    before = net(inputs)
    inputs.documents[:, 2] = 99.0
    inputs.age_h[:, 2] = 7.0
    inputs.past[:, :12, :-1] = -99.0  # whatever stands in bars that were not there
    torch.testing.assert_close(net(inputs), before)
    inputs.documents[:, 1] = 9.0
    assert not torch.allclose(net(inputs), before), "a document that is known counts"


def test_a_window_without_any_bar_or_document_gives_finite_quantiles(bench):
    inputs = _inputs(bench.config)
    inputs.past[:] = 0
    inputs.known[:] = False
    inputs.context[:] = torch.nan
    assert torch.isfinite(_stirred(bench.config)(inputs)).all()


def test_training_with_the_same_seed_repeats_exactly_and_another_seed_does_not(bench):
    first, second, other = bench.train(3), bench.train(3), bench.train(4)
    assert_same_weights(first.net(), second.net())
    assert first.members[0].curve == second.members[0].curve
    assert first.members[0].curve != other.members[0].curve


def assert_same_weights(a: torch.nn.Module, b: torch.nn.Module) -> None:
    for name, value in a.state_dict().items():
        assert torch.equal(value, b.state_dict()[name]), name


@pytest.mark.parametrize("kind", ["patch_transformer", "mlp", "lstm", "patch_linear"])
def test_an_ensembles_quantiles_are_the_mean_of_its_members_and_in_order(bench, kind):
    members = [_stirred(replace(bench.config, kind=kind), seed) for seed in (1, 2)]
    pairs = origins(bench.usable, 300, 1500, 50)
    each = [predict(Ensemble([m]), bench.store, pairs, bench.walk) for m in members]
    assert not np.allclose(*each)
    both = predict(Ensemble(members), bench.store, pairs, bench.walk)
    np.testing.assert_allclose(both, np.mean(each, axis=0), rtol=1e-4, atol=1e-7)
    assert (np.diff(both, axis=2) >= 0).all()


def test_an_ensemble_that_is_half_trusted_lies_half_way_between_its_members_and_the_base(bench):
    net, inputs = _stirred(bench.config), _inputs(bench.config)
    whole, half, none = (Ensemble([net], share).eval()(inputs) for share in (1.0, 0.5, 0.0))
    torch.testing.assert_close(half, (whole + inputs.base) / 2)
    torch.testing.assert_close(none, inputs.base)
    assert not torch.allclose(whole, inputs.base)


def test_members_are_trained_from_seeds_of_their_own(bench):
    both, alone, next_seed = (bench.train(seed, seeds=n).members for seed, n in ((3, 2), (3, 1), (4, 1)))
    assert both[0].curve == alone[0].curve, "a second member changes nothing of the first"
    assert both[1].curve not in (both[0].curve, next_seed[0].curve), "another seed, other stretches left out"


def test_a_network_that_no_epoch_improves_is_returned_as_the_reference_walk():
    """On pure noise with a huge learning rate, validation gets worse: epoch 0, the walk itself, is kept."""
    bench = Bench(1600, seed=8)
    how = TrainConfig(epochs=1, windows_per_epoch=1024, batch=128, seed=3, learning_rate=0.5)
    trained = train(bench.config, how, bench.store, bench.usable, split(300, 1500, 240), threads=1)
    assert trained.best_epoch == 0
    assert trained.validation_ratio == 1.0
    assert (trained.members[0].net.head.out.weight == 0).all()


def test_a_checkpoint_loads_to_the_same_forecasts(bench, tmp_path):
    trained = bench.train()
    path = tmp_path / "a.ckpt"
    save(path, trained, TrainConfig(), plain_base(bench.walk.quantiles), bench.bars.assets)
    again, base, assets = load(path)
    pairs = origins(bench.usable, 300, 1500, 50)
    np.testing.assert_array_equal(
        predict(again.net(), bench.store, pairs, bench.walk), predict(trained.net(), bench.store, pairs, bench.walk)
    )
    np.testing.assert_array_equal(base.quantiles, bench.walk.quantiles)
    assert assets == bench.bars.assets
    assert [m.curve for m in again.members] == [m.curve for m in trained.members]


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 broken zip"])
def test_a_file_that_is_no_checkpoint_gives_a_clear_error(tmp_path, content):
    path = tmp_path / "bad.ckpt"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="no checkpoint of tapewire's networks"):
        load(path)


def test_a_checkpoint_that_carries_code_is_refused(tmp_path):
    import os

    class Evil:
        def __reduce__(self):
            return (os.system, ("touch " + str(tmp_path / "pwned"),))

    torch.save({"format": 1, "net": Evil()}, tmp_path / "evil.ckpt")
    with pytest.raises(CheckpointError):
        load(tmp_path / "evil.ckpt")
    assert not (tmp_path / "pwned").exists()


@pytest.mark.slow
def test_the_network_learns_what_is_there_to_learn():
    """Volatility that follows the calendar at an hour the walk has not seen: a planted gain that training finds."""
    bench = Bench(3000, seed=2)
    panel_return = bench.panel.tape[..., 0].reshape(-1)
    sign = np.sign(np.roll(panel_return, 0)).reshape(bench.panel.mask.shape)
    target = bench.store.target.reshape(3, 3000, 4)
    target += torch.from_numpy(0.8 * sign[..., None].astype(np.float32))  # the next return leans on the last one
    how = TrainConfig(epochs=4, windows_per_epoch=6000, batch=128, seed=3, learning_rate=3e-3)
    trained = train(bench.config, how, bench.store, bench.usable, split(300, 2900, 400), threads=1)
    assert trained.validation_ratio < 0.95


def test_forecasts_that_cross_or_are_not_finite_cannot_be_stored():
    good = np.sort(np.random.default_rng(1).standard_normal((2, 4, len(LEVELS))), axis=2)
    told = {"model_id": "m", "model_name": "m", "assets": ["A", "B"], "purpose": "live", "closes": np.array([2.0, 3.0]),
            "origins": np.array(["2024-01-01", "2024-01-02"], dtype="datetime64[s]")}  # fmt: skip
    assert long_table(values=good, **told).height == 2 * 4 * len(LEVELS)
    for bad in (good[..., ::-1], np.where(good > 1, np.nan, good)):
        with pytest.raises(ValueError, match=r"cross|not finite"):
            long_table(values=bad, **told)


def test_the_quantile_of_an_outcome_inverts_the_forecast():
    q = np.array([np.linspace(-1, 1, len(LEVELS))])
    assert quantile_of(q, q[:, MEDIAN])[0] == pytest.approx(0.5)
    assert quantile_of(q, np.array([-9.0]))[0] == LEVELS[0] / 2
    assert np.isnan(quantile_of(q, np.array([np.nan]))[0])
