"""The Binoculars ratio: how surprising a text is, beside how surprising one model's expectations are to another.

ratio = mean −log p of the text under the observer ÷ mean over its tokens of −Σ q_performer · log q_observer (Hans et
al. 2024, equation 4, with observer and performer as there). Low ratios indicate a machine. The two models must share
their vocabulary; that of a chat model and its base, as the authors used, is the usual pair.
"""

import torch

from models.text.language.causal import CausalModel
from models.text.language.tokens import MAX_TOKENS, clean_text


class VocabularyError(ValueError):
    """Two models have different vocabularies."""


@torch.inference_mode()
def binoculars(
    texts: list[str | None], observer: CausalModel, performer: CausalModel, max_tokens: int = MAX_TOKENS
) -> list[float | None]:
    """The ratio of each text, None below two tokens. VocabularyError where the models' vocabularies differ."""
    if observer.tokenizer.get_vocab() != performer.tokenizer.get_vocab():
        raise VocabularyError(
            f"{observer.name} and {performer.name} have different vocabularies: their expectations cannot be compared"
        )
    out: list[float | None] = []
    for text in texts:
        ids = observer.tokenizer([clean_text(text)], add_special_tokens=False, truncation=True, max_length=max_tokens)
        tokens = torch.tensor(ids["input_ids"], dtype=torch.long)
        out.append(_ratio(tokens, observer, performer) if tokens.shape[1] > 1 else None)
    return out


def _ratio(tokens: torch.Tensor, observer: CausalModel, performer: CausalModel) -> float:
    """The ratio of one text, tokens [1, T]."""
    seen = observer.network(tokens.to(observer.device)).logits[0, :-1].float().log_softmax(-1)
    expected = performer.network(tokens.to(performer.device)).logits[0, :-1].float().softmax(-1).to(seen.device)
    surprise = -seen.gather(1, tokens[0, 1:, None].to(seen.device)).mean()
    return float(surprise / -(expected * seen).sum(-1).mean())
