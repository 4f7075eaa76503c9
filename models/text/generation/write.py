"""Press releases written by a causal language model, for research.

A batch is a function of model, prompts, sampling, seed and its own number (and of machine and threads), so that an
interrupted batch can be repeated. Every text that is exported carries MARK.
"""

import hashlib
from dataclasses import dataclass

import torch

from models.text.generation.brief import INSTRUCTIONS, Brief, Part
from models.text.language.causal import CausalModel

MARK = "Machine-written for research. It reports nothing that happened."
SHOT_CHARACTERS = 700
SYSTEM = "You write for companies. You write plain, factual, complete sentences."
PARAGRAPH = 60  # tokens: longer parts consist of sentences
QUOTES = ('"', "”", "“")


class PromptError(ValueError):
    """A prompt exceeds the model's context length."""


@dataclass(frozen=True)
class Sampling:
    """How tokens are chosen. `beams` above 1: deterministic beam search, which ignores temperature, top_k and top_p."""

    temperature: float = 0.6
    top_k: int = 50
    top_p: float = 0.92
    repetition_penalty: float = 1.05
    beams: int = 1

    def __post_init__(self) -> None:
        bounds = {
            "temperature": (0.05, 5.0), "top_k": (1, 100_000), "top_p": (0.01, 1.0), "repetition_penalty": (0.5, 5.0),
            "beams": (1, 32),
        }  # fmt: skip
        for name, (low, high) in bounds.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ValueError(f"{name} = {value} is outside [{low:g}, {high:g}]")

    def generate_arguments(self) -> dict[str, float | int | bool]:
        """Arguments of `generate` of transformers."""
        common = {"repetition_penalty": self.repetition_penalty, "num_beams": self.beams}
        if self.beams > 1:
            return {**common, "do_sample": False, "early_stopping": True}
        return {**common, "do_sample": True, "temperature": self.temperature, "top_k": self.top_k, "top_p": self.top_p}


@dataclass(frozen=True)
class Example:
    """A real release that the prompt shows as an example of its kind."""

    doc_id: str
    title: str
    body: str


@dataclass(frozen=True)
class GenerationOrder:
    """One release to be generated: the prompt, and the parts that the model writes."""

    prompt: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class WrittenRelease:
    """One release: headline, text, and the share of characters given by the frame."""

    title: str
    body: str
    frame_share: float


def build_prompt(causal: CausalModel, brief: Brief, kind: str, examples: list[Example]) -> str:
    """The prompt before a release.

    A model with a chat template gets the examples and the brief as an instruction. Any other model gets the
    examples in sequence, each ended by the end-of-text token, and continues.
    """
    shots = [f"{e.title}\n\n{e.body[:SHOT_CHARACTERS].rsplit(' ', 1)[0]}" for e in examples]
    if not causal.tokenizer.chat_template:
        end = causal.tokenizer.eos_token or "\n\n"
        return end + "".join(f"{shot}{end}" for shot in shots)
    request = [
        INSTRUCTIONS[kind],
        *(f"An example of the form, about something else:\n{s}" for s in shots),
        brief.as_text(),
    ]
    messages = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": "\n\n".join(request)}]
    return str(causal.tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True))


def write_releases(
    causal: CausalModel, orders: list[GenerationOrder], sampling: Sampling, *, seed: int, batch: int
) -> list[WrittenRelease]:
    """The releases of one batch, in the order of `orders`. All orders have the same number of parts.

    PromptError where a prompt and its release exceed the model's context length.
    """
    room = causal.context_length - max(sum(p.longest for p in o.parts) for o in orders) - 200
    longest = max(len(causal.tokenizer(o.prompt, add_special_tokens=False)["input_ids"]) for o in orders)
    if longest > room:
        raise PromptError(f"a prompt of {longest} tokens is too long: {causal.name} has room for {room}; show less")
    torch.manual_seed(int.from_bytes(hashlib.sha256(f"{seed}/{batch}".encode()).digest()[:7]))
    texts, titles = [""] * len(orders), [""] * len(orders)
    given = [0] * len(orders)
    for step in range(len(orders[0].parts)):
        parts = [o.parts[step] for o in orders]
        seen = [o.prompt + t + p.begins for o, t, p in zip(orders, texts, parts, strict=True)]
        made = _continue(causal, seen, parts[0], sampling)
        for i, (part, more) in enumerate(zip(parts, made, strict=True)):
            texts[i] += part.begins + _trimmed(more, part) + part.closing
            given[i] += len(part.begins) + len(part.closing)
        if step == 0:
            titles = list(texts)
    return [
        WrittenRelease(title.strip(), text[len(title) :].strip(), n / max(len(text), 1))
        for title, text, n in zip(titles, texts, given, strict=True)
    ]


@torch.inference_mode()
def _continue(causal: CausalModel, seen: list[str], part: Part, sampling: Sampling) -> list[str]:
    """The model's continuation of each text, up to the token that stops the part."""
    tokenizer = causal.tokenizer
    tokenizer.padding_side = "left"
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
    tokenizer.pad_token_id = pad
    x = tokenizer(seen, return_tensors="pt", padding=True, add_special_tokens=False).to(causal.device)
    y = causal.network.generate(
        **x, max_new_tokens=part.longest, min_new_tokens=part.shortest, eos_token_id=causal.stop_tokens(part.stops),
        pad_token_id=pad, **sampling.generate_arguments(),
    )  # fmt: skip
    new = y[:, x["input_ids"].shape[1] :]
    return [str(t) for t in tokenizer.batch_decode(new, skip_special_tokens=True)]


def _trimmed(made: str, part: Part) -> str:
    """The continuation up to its stop; a paragraph cut off by its length ends with its last complete sentence."""
    if part.stops == "text":
        return _whole_sentences(made.strip())
    lead = made[: len(made) - len(made.lstrip("\n"))]
    text = made[len(lead) :].split("\n", maxsplit=1)[0]
    if part.stops == "quote":
        for quote in QUOTES:
            text = text.split(quote)[0]
        return text.rstrip(" .,;:-")
    return _whole_sentences(text.rstrip()) if part.longest >= PARAGRAPH else text.rstrip(" .,;:-")


def _whole_sentences(text: str) -> str:
    """The text up to the end of its last complete sentence."""
    if text.endswith((".", "!", "?", '"', "”")):
        return text
    cut = max(text.rfind(mark) for mark in (". ", "! ", "? ", '." ', ".\n"))
    return text[: cut + 1] if cut > 0 else text.rstrip(" ,;:-") + "."
