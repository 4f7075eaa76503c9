"""Explanations: attention is what the network really paid, and what changes nothing is said to change nothing."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
import torch

from models.forecast.baselines.scaled import reference_walk
from models.forecast.explain import PLACES, _attention, explain
from models.forecast.network.config import NetConfig
from models.forecast.network.net import Ensemble, PatchTransformer, build_net
from models.forecast.network.windows import MAX_DOCUMENTS, WindowStore, collect_documents, usable
from models.quantiles.quantiles import LEVELS
from tests.conftest import random_bars
from tests.kits.networks import LOOKBACK_H, ground, tiny_net

LOW, HIGH = LEVELS.index(0.05), LEVELS.index(0.95)
N_PATCHES = LOOKBACK_H // 12


class Market:
    """A store with documents: BTC has three, the oldest of them too old at the last origins; the others have none."""

    def __init__(self) -> None:
        g = ground(random_bars(900, gaps=False))
        ts = g.bars.close_ts
        links = pl.DataFrame(
            {"doc_id": ["a", "b", "c"], "asset": ["BTC"] * 3, "available_ts": ts[[700, 780, 790]].astype("M8[us]")}
        ).with_columns(pl.col("available_ts").dt.replace_time_zone("UTC"))
        vectors = np.random.default_rng(1).standard_normal((3, 8))
        embeddings = pl.DataFrame({"doc_id": ["a", "b", "c"], "embedding": vectors.tolist()})
        g = replace(g, documents=collect_documents(links, embeddings, g.bars.assets, 8))
        self.config: NetConfig = tiny_net(g)
        self.channels = g.panel.context_channels
        self.store: WindowStore = g.store(reference_walk(g, 850), LOOKBACK_H)
        self.pairs = np.array([[1, 760], [1, 800], [1, 840], [0, 800], [2, 840]])  # documents: 1, 2, 2, 0, 0
        assert usable(g.panel, g.sigma, LOOKBACK_H)[self.pairs[:, 0], self.pairs[:, 1]].all()

    def inputs(self):
        pairs = torch.from_numpy(self.pairs)
        return self.store.gather(pairs[:, 0], pairs[:, 1])[0]

    def explain(self, net: Ensemble):
        return explain(net, self.store, self.pairs, self.channels)


@pytest.fixture(scope="module")
def market() -> Market:
    return Market()


def member(market: Market, seed: int, kind: str = "patch_transformer", stirred: bool = True) -> PatchTransformer:
    """A network that knows the context's mean and spread; stirred: its head is not zero."""
    torch.manual_seed(seed)
    net = build_net(replace(market.config, kind=kind)).eval()
    net.context.fit(market.store.context)
    if stirred:
        torch.nn.init.normal_(net.head.out.weight, std=0.5)
        if isinstance(net, PatchTransformer):
            for layer in (net.decoder.own.out, net.decoder.cross.out, net.recent.bars):  # which start at zero
                torch.nn.init.normal_(layer.weight, std=0.2)
        for parameter in net.parameters():
            if parameter.ndim == 2 and parameter is not net.head.out.weight:
                parameter.data *= 2
    return net


@pytest.fixture(scope="module")
def stirred(market) -> Ensemble:
    return Ensemble([member(market, 1), member(market, 2)]).eval()


def of(explanation, kind: str) -> np.ndarray:
    return np.array([k == kind for k in explanation.kinds])


def test_there_is_an_answer_for_every_channel_patch_and_place_of_a_document(market, stirred):
    e = market.explain(stirred)
    n, k = len(market.pairs), len(market.channels)
    assert e.kinds == ("channel",) * k + ("hours_back",) * N_PATCHES + ("document",) * MAX_DOCUMENTS
    assert e.subjects[:k] == market.channels
    assert e.subjects[k:] == ("48 to 36", "36 to 24", "24 to 12", "12 to 0", *PLACES)
    assert len(set(e.subjects)) == len(e.subjects)
    assert e.width.shape == e.median.shape == e.attention.shape == (n, len(e.kinds), 4)
    np.testing.assert_array_equal(e.documents, [[1, 0, 0, 0], [3, 2, 0, 0], [3, 2, 0, 0], [0] * 4, [0] * 4])
    assert np.isfinite(e.width).all() and np.isfinite(e.median).all()


def test_attention_is_shared_out_in_full_over_nothing_patches_and_documents(market, stirred):
    e = market.explain(stirred)
    with torch.no_grad():
        nothing = _attention(stirred, market.inputs())[:, :, 0].numpy()
    rest = e.attention[:, ~of(e, "channel")]
    assert (rest >= 0).all() and (nothing > 0).all()
    np.testing.assert_allclose(rest.sum(1) + nothing, 1, rtol=1e-5)
    assert np.isnan(e.attention[:, of(e, "channel")]).all()


def test_attention_is_what_the_forward_pass_really_paid(market):
    """The mean of the memory's values under the reported weights is what cross-attention gave in the forward pass."""
    net = member(market, 1)
    heard = {}
    net.decoder.cross.register_forward_hook(lambda layer, given, out: heard.update(given=given, out=out))
    with torch.no_grad():
        net(market.inputs())
        x, memory, mask = heard["given"]
        reported = _attention(Ensemble([net]), market.inputs())
        q, k, v = net.decoder.cross.split(x, memory)
        score = torch.where(mask, q @ k.transpose(-1, -2) / np.sqrt(q.shape[-1]), torch.tensor(-torch.inf))
        weight = score.exp() / score.exp().sum(-1, keepdim=True)
        torch.testing.assert_close(net.decoder.cross.out((weight @ v).transpose(1, 2).flatten(2)), heard["out"])
    torch.testing.assert_close(reported, weight.mean(1))


def test_attention_of_an_ensemble_is_the_mean_over_its_members(market, stirred):
    each = [market.explain(Ensemble([m])).attention for m in stirred.members]
    np.testing.assert_allclose(market.explain(stirred).attention, np.mean(each, axis=0), rtol=1e-5)
    assert not np.allclose(*(x[:, -8:] for x in each))


def test_a_document_that_was_not_known_has_no_attention_and_no_effect_and_a_known_one_has(market, stirred):
    e = market.explain(stirred)
    place = of(e, "document")
    known = e.documents > 0
    assert known.sum() == 5
    for part in (e.width, e.median, e.attention):
        assert (part[:, place][~known] == 0).all()
        assert (part[:, place][known] != 0).all()


def test_an_empty_patch_has_no_attention_and_no_effect(market, stirred):
    store = replace(market.store, tape=market.store.tape.clone())
    asset, row = market.pairs[1]
    end = asset * store.n_rows + row + 1
    store.tape[end - 24 : end - 12] = 0
    e = explain(stirred, store, market.pairs[1:2], market.channels)
    patch = e.subjects.index("24 to 12")
    for part in (e.width, e.median, e.attention):
        assert (part[0, patch] == 0).all()
        assert (part[0, patch + 1] != 0).all()


def test_an_untrained_network_leans_on_nothing(market):
    e = market.explain(Ensemble([member(market, 1, stirred=False)]))
    assert (e.width == 0).all()
    assert (e.median == 0).all()


@pytest.mark.parametrize("channel", ["log_rv_24h", "btc_return_4h", "sin_day1"])
def test_a_network_that_reads_one_channel_is_found_to_lean_on_it_and_on_nothing_else(market, channel):
    net, k = member(market, 1), market.channels.index(channel)
    with torch.no_grad():
        others = torch.arange(len(market.channels)) != k
        net.context.layers[0].weight[:, others] = 0
        net.decoder.cross.out.weight[:] = 0
        net.recent.bars.weight[:] = 0
    e = market.explain(Ensemble([net]))
    here = np.array([s == channel for s in e.subjects])
    assert here.sum() == 1
    for part in (e.width, e.median):
        assert (part[:, here] != 0).all()
        assert (part[:, ~here] == 0).all()


def test_a_network_without_context_leans_on_the_past_and_the_documents_alone(market):
    net = member(market, 1)
    with torch.no_grad():
        net.context.layers[0].weight[:] = 0
    e = market.explain(Ensemble([net]))
    assert (e.median[:, of(e, "channel")] == 0).all()
    assert (e.median[:, of(e, "hours_back")] != 0).all()


def test_a_change_is_the_forecast_with_the_subject_minus_the_one_without(market):
    """Leaving a channel out is putting it at its training mean; checked against the two forecasts."""
    net, k = member(market, 1), market.channels.index("log_rv_24h")
    inputs = market.inputs()
    context = inputs.context.clone()
    context[:, k] = net.context.mean[k]
    with torch.no_grad():
        whole, without = net(inputs), net(inputs._replace(context=context))
    e = market.explain(Ensemble([net]))
    width = (whole[..., HIGH] - whole[..., LOW]).log() - (without[..., HIGH] - without[..., LOW]).log()
    np.testing.assert_allclose(e.width[:, k], width, rtol=1e-3, atol=1e-6)
    np.testing.assert_allclose(e.median[:, k], whole[..., 12] - without[..., 12], rtol=1e-3, atol=1e-6)
    assert LEVELS[12] == 0.5


def test_explaining_changes_neither_the_store_nor_the_networks_forecast(market, stirred):
    before = [x.clone() for x in (market.store.context, market.store.tape, market.store.document_row)]
    with torch.no_grad():
        forecast = stirred(market.inputs())
        market.explain(stirred)
        torch.testing.assert_close(stirred(market.inputs()), forecast, rtol=0, atol=0)
    for old, new in zip(before, (market.store.context, market.store.tape, market.store.document_row), strict=True):
        torch.testing.assert_close(new, old, equal_nan=True, rtol=0, atol=0)


@pytest.mark.parametrize("kind", ["lstm", "patch_linear"])
def test_a_network_without_attention_cannot_be_explained(market, kind):
    with pytest.raises(TypeError, match="only patch transformers have attention"):
        market.explain(Ensemble([member(market, 1, kind)]))
