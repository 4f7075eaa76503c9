"""The small GPT: it learns, it goes on after a kill to the very same weights, and too little text is refused."""

import json
from dataclasses import replace

import pytest
import torch

pytest.importorskip("transformers", reason="language models need the extra `text`")

from domain.errors import NotEnoughDataError
from models.text.generation import small_gpt
from models.text.generation.small_gpt import FACTS, SmallGPTConfig, train_small_gpt
from models.text.language.causal import load_causal_model
from tests.kits.languages import PROSE

TEXTS = [f"{PROSE[i % 3]}{PROSE[(i + 1) % 3]} Number {i}." for i in range(400)]
HOW = SmallGPTConfig(vocabulary=400, block=32, width=16, layers=1, heads=2, batch=8, steps=60, room=128)


def test_it_learns_and_saves_a_checkpoint_that_loads_like_any_other(tmp_path):
    folder = train_small_gpt(TEXTS, HOW, tmp_path / "gpt", threads=1)
    facts = json.loads((folder / FACTS).read_text())
    short = json.loads(
        (train_small_gpt(TEXTS, replace(HOW, steps=3), tmp_path / "short", threads=1) / FACTS).read_text()
    )
    assert facts["loss"] < short["loss"] - 0.5
    causal = load_causal_model(str(folder))
    text = "Litecoin rose 5 % — “prices” 🚀 上涨\n"
    assert causal.tokenizer.decode(causal.tokenizer(text)["input_ids"]) == text
    assert causal.context_length == HOW.room
    assert not (tmp_path / "gpt.going").exists()


@pytest.mark.slow
def test_a_training_that_was_killed_ends_with_the_weights_of_an_undisturbed_one(tmp_path, monkeypatch):
    monkeypatch.setattr(small_gpt, "SAVE_EVERY_STEPS", 20)
    whole = load_causal_model(str(train_small_gpt(TEXTS, HOW, tmp_path / "whole", threads=1)))
    step = small_gpt._LanguageModule.training_step

    def dies(self, batch):
        if self.global_step == 47:
            raise KeyboardInterrupt
        return step(self, batch)

    monkeypatch.setattr(small_gpt._LanguageModule, "training_step", dies)
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        train_small_gpt(TEXTS, HOW, tmp_path / "part", threads=1)
    assert not (tmp_path / "part").exists()
    monkeypatch.setattr(small_gpt._LanguageModule, "training_step", step)
    part = load_causal_model(str(train_small_gpt(TEXTS, HOW, tmp_path / "part", threads=1)))
    for a, b in zip(whole.network.parameters(), part.network.parameters(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.parametrize("texts", [[], ["Litecoin rose."], [""] * 50])
def test_too_little_text_is_refused_with_how_much_is_needed(tmp_path, texts):
    with pytest.raises(NotEnoughDataError, match="tokens are needed"):
        train_small_gpt(texts, HOW, tmp_path / "gpt", threads=1)
