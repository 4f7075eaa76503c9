"""A detector of drawn numbers over a tiny language model: verdicts mean nothing, all else is as it is."""

import numpy as np
import torch

from models.text.detection.detector import Detector
from models.text.detection.words import HASHES, Words
from models.text.language.causal import CausalModel

WIDTH = 32


class Letters:
    """A tokenizer of bytes, called as a Hugging Face one is."""

    def decode(self, ids):
        return bytes(ids).decode(errors="replace")

    def __call__(self, texts, *, add_special_tokens, truncation, max_length):
        assert not add_special_tokens
        assert truncation
        return {"input_ids": [list(t.encode())[:max_length] for t in texts]}


def tiny_llama(layers: int = 2) -> CausalModel:
    """A Llama of a few thousand weights over bytes, the same at each call."""
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(1)
    shape = LlamaConfig(
        vocab_size=256, hidden_size=WIDTH, intermediate_size=64, num_hidden_layers=layers, num_attention_heads=2
    )
    network = LlamaForCausalLM(shape).eval()
    for weight in network.parameters():
        weight.data.mul_(3)  # distributions that are far from flat
    return CausalModel("tiny", "1", Letters(), network)


def drawn_words(seed: int = 1) -> Words:
    """Words of random weights."""
    rng = np.random.default_rng(seed)
    weights = rng.standard_normal(2 * HASHES).astype(np.float16).astype(np.float32)
    return Words(np.ones(2 * HASHES, dtype=np.float32), weights, 0.25)


def drawn_detector(causal: str = "tiny", width: int = WIDTH, gate: float = -99.0) -> Detector:
    """Reads every text that is long enough, and flags what it finds likelier than not."""
    head = np.random.default_rng(2).standard_normal(width).astype(np.float32)
    return Detector(
        causal, 256, 30, drawn_words(), {}, head, 0.1, (-0.2, 0.5, 0.8), (-1.0, 1.0), gate, 0.5, "drawn numbers"
    )
