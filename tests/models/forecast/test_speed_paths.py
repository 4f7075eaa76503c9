"""What makes the network fast on a CPU changes nothing but speed: attention, dropout, the precision of products."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from models import hardware
from models.forecast.baselines.scaled import reference_walk
from models.forecast.network import train as training
from models.forecast.network.config import NetConfig
from models.forecast.network.layers import Attention, Dropout
from models.forecast.network.net import build_net
from models.forecast.network.spans import split
from models.forecast.network.windows import origins, usable
from models.quantiles.quantiles import MEDIAN
from tests.conftest import random_bars
from tests.kits.networks import LOOKBACK_H, ground, tiny_inputs, tiny_net


def some_mask(seed: int) -> torch.Tensor:
    """True where a query may look, [B, 1, 1, S]; each row sees something."""
    mask = torch.rand(5, 1, 1, 7, generator=torch.Generator().manual_seed(seed)) > 0.4
    mask[..., 0] = True
    return mask


@pytest.mark.parametrize("mask", [None, some_mask(1), some_mask(2), torch.ones(4, 7, dtype=torch.bool).tril(2)])
def test_attention_is_pytorchs_own_scaled_dot_product_attention(mask):
    torch.manual_seed(4)
    attention = Attention(16, 2)
    x, memory = torch.randn(5, 4, 16, requires_grad=True), torch.randn(5, 7, 16)
    q, k, v = attention.split(x, memory)
    theirs = attention.out(F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).flatten(2))
    ours = attention(x, memory, mask)
    torch.testing.assert_close(ours, theirs)
    gradients = [torch.autograd.grad(out.square().sum(), x, retain_graph=True)[0] for out in (ours, theirs)]
    torch.testing.assert_close(*gradients)


@pytest.mark.parametrize("p", [0.1, 0.2, 0.4])
def test_dropout_drops_the_share_that_it_says_and_keeps_the_mean(p):
    torch.manual_seed(1)
    n = 1_000_003
    out = Dropout(p)(torch.ones(n))
    dropped = float((out == 0).double().mean())
    assert abs(dropped - round(p * 256) / 256) < 4 * (p * (1 - p) / n) ** 0.5
    assert len(out.unique()) == 2
    assert float(out.max()) == pytest.approx(1 / (1 - round(p * 256) / 256))
    assert abs(float(out.double().mean()) - 1) < 4 * (p / (1 - p) / n) ** 0.5


def test_neighbouring_values_are_dropped_independently():
    torch.manual_seed(2)
    dropped = (Dropout(0.3)(torch.ones(1_000_000)) == 0).double()
    for lag in range(1, 17):
        assert abs(float(np.corrcoef(dropped[:-lag], dropped[lag:])[0, 1])) < 4.5e-3


def test_dropout_repeats_from_a_seed_and_leaves_forecasts_alone():
    layer, x = Dropout(0.5), torch.randn(64, 33)
    torch.manual_seed(9)
    first, second = layer(x), layer(x)
    torch.manual_seed(9)
    assert torch.equal(layer(x), first)
    assert not torch.equal(first, second)
    assert torch.equal(layer.eval()(x), x)


def test_a_gradient_flows_where_nothing_was_dropped():
    torch.manual_seed(3)
    x = torch.randn(1000, requires_grad=True)
    out = Dropout(0.25)(x)
    out.sum().backward()
    assert torch.equal(x.grad == 0, out == 0)
    assert torch.allclose(x.grad[x.grad > 0], torch.tensor(256 / 192))


def test_windows_without_gaps_are_read_as_if_they_might_have_some():
    config = NetConfig(lookback=24, patch=12, stride=12, width=8, heads=2, channels=2, context=5, embedding=4)
    torch.manual_seed(1)
    net = build_net(config).eval()
    torch.nn.init.normal_(net.head.out.weight, std=0.5)
    inputs = tiny_inputs(config)
    past = inputs.past.clone()
    past[..., -1] = 1
    whole = inputs._replace(past=past)
    gaps = torch.cat([past, torch.zeros_like(past[:1])])  # one more row, without data: now there is a mask
    mixed = whole._replace(**{k: torch.cat([v, v[:1]]) for k, v in whole._asdict().items() if k != "past"}, past=gaps)
    with torch.no_grad():
        torch.testing.assert_close(net(whole), net(mixed)[:-1])


class TestPrecision:
    """Products in bfloat16: by themselves where they pay, and by setting."""

    @pytest.mark.parametrize(
        ("precision", "width", "device", "native", "mixed"),
        [
            ("auto", 32, "cuda", False, True),
            ("auto", 32, "cpu", True, False),
            ("auto", 128, "cpu", True, True),
            ("auto", 128, "cpu", False, False),
            ("fp32", 128, "cuda", True, False),
            ("fp32", 128, "cpu", True, False),
            ("bf16", 32, "cpu", False, True),
        ],
    )
    def test_bfloat16_is_taken_where_it_pays_or_where_it_is_asked_for(
        self, precision, width, device, native, mixed, monkeypatch
    ):
        monkeypatch.setattr(hardware, "cpu_has_bf16", lambda: native)
        assert NetConfig(width=width, precision=precision).mixed(device) is mixed

    def test_an_lstm_runs_in_float32_where_the_processor_has_no_bfloat16(self, monkeypatch):
        monkeypatch.setattr(hardware, "cpu_has_bf16", lambda: False)
        assert not NetConfig(kind="lstm", precision="bf16").mixed("cpu")
        assert NetConfig(kind="lstm", precision="bf16").mixed("cuda")

    def test_another_precision_is_an_error_that_names_the_ones_there_are(self):
        with pytest.raises(ValueError, match="'fp16' is unknown; there are auto, fp32, bf16"):
            NetConfig(precision="fp16")

    @pytest.mark.slow
    @pytest.mark.parametrize("kind", ["patch_transformer", "mlp", "lstm", "patch_linear"])
    def test_training_in_bfloat16_repeats_and_forecasts_nearly_what_float32_does(self, kind):
        g = ground(random_bars(1600))
        walk = reference_walk(g, 1500)
        store, rows = g.store(walk, LOOKBACK_H), usable(g.panel, g.sigma, LOOKBACK_H)
        pairs = origins(rows, 300, 1500, 7)

        def forecast(precision: str) -> np.ndarray:
            how = training.TrainConfig(epochs=2, windows_per_epoch=1024, batch=128, seed=3, patience=9)
            trained = training.train(
                tiny_net(g, kind=kind, precision=precision), how, store, rows, split(300, 1500, 240), threads=1
            )
            weights = trained.members[0].net
            torch.nn.init.normal_(weights.head.out.weight, std=0.2, generator=torch.Generator().manual_seed(1))
            return training.predict(trained.net(), store, pairs, walk)

        if not tiny_net(g, kind=kind, precision="bf16").mixed("cpu"):
            pytest.skip("this processor has no LSTM in bfloat16: it is trained in float32")
        low, again, full = forecast("bf16"), forecast("bf16"), forecast("fp32")
        assert np.array_equal(low, again)
        assert (np.diff(low, axis=-1) >= 0).all()
        width = np.diff(full[..., [2, -3]], axis=-1)
        assert 0 < np.abs((low - full) / width).max() < 0.1
        assert np.abs(np.median((low - full) / width)) < 0.01

    def test_an_untrained_network_is_the_walk_in_bfloat16_too(self):
        g = ground(random_bars(1600))
        walk = reference_walk(g, 1500)
        torch.manual_seed(1)
        net = build_net(replace(tiny_net(g), precision="bf16"))
        pairs = origins(usable(g.panel, g.sigma, LOOKBACK_H), 300, 1500, 7)
        mine = training.predict(net, g.store(walk, LOOKBACK_H), pairs, walk)
        np.testing.assert_allclose(mine, walk.forecast(pairs), rtol=2e-6, atol=1e-9)
        assert (mine[..., MEDIAN] == 0).all()
