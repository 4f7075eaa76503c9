"""The Binoculars ratio against its definition, and models that do not share a vocabulary refused."""

import pytest
import torch

pytest.importorskip("transformers", reason="language models need the extra `text`")

from models.text.detection.binoculars import VocabularyError, binoculars
from models.text.generation.small_gpt import train_tokenizer
from models.text.language.causal import load_causal_model
from tests.kits.languages import tiny_checkpoint

TEXTS = ["Litecoin rose on Monday after the listing.", "", None, "🚀", "a", "The exchange said so. " * 200]


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    folders = [tiny_checkpoint(tmp_path_factory.mktemp("b"), instructed=False, seed=s) for s in (1, 2)]
    return [load_causal_model(str(f)) for f in folders]


def test_the_ratio_is_surprise_over_cross_surprise(pair):
    observer, performer = pair
    found = binoculars(TEXTS, observer, performer)
    ids = torch.tensor([observer.tokenizer(TEXTS[0], add_special_tokens=False)["input_ids"]])
    with torch.no_grad():
        log_o = observer.network(ids).logits[0, :-1].double().log_softmax(-1)
        q_p = performer.network(ids).logits[0, :-1].double().softmax(-1)
    surprise = -torch.stack([log_o[i, t] for i, t in enumerate(ids[0, 1:])]).mean()
    cross = torch.stack([-(q_p[i] * log_o[i]).sum() for i in range(len(log_o))]).mean()
    assert found[0] == pytest.approx(float(surprise / cross), rel=1e-4)
    assert found[1] is None
    assert found[2] is None
    assert found[5] > 0


def test_what_the_performer_expects_of_itself_has_a_ratio_near_one(pair):
    """Tokens drawn from the performer are as surprising to the observer as the performer's expectations are."""
    observer, performer = pair
    torch.manual_seed(3)
    start = torch.tensor([[5]] * 24)
    drawn = performer.network.generate(
        input_ids=start, max_new_tokens=80, min_new_tokens=80, do_sample=True, top_k=0, pad_token_id=0
    )
    from models.text.detection.binoculars import _ratio

    ratios = [_ratio(row[None], observer, performer) for row in drawn]
    assert sum(ratios) / len(ratios) == pytest.approx(1, abs=0.02)


def test_models_with_different_vocabularies_are_refused(pair, tmp_path):
    from dataclasses import replace

    other = replace(pair[1], tokenizer=train_tokenizer(["quite other words " * 9] * 9, 300))
    with pytest.raises(VocabularyError, match="different vocabularies"):
        binoculars(TEXTS, pair[0], other)
