"""A small GPT trained from scratch on releases, with its own tokenizer.

It is a baseline for pretrained models. It is saved as a Hugging Face checkpoint (safetensors) that
`models.text.language.causal` reads like any other.
"""

import json
import logging
import shutil
import warnings
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytorch_lightning as lightning
import torch
from numpy.typing import NDArray
from pytorch_lightning.callbacks import Callback, ModelCheckpoint
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

from domain.errors import NotEnoughDataError

log = logging.getLogger("tapewire.generate")
END = "<|endoftext|>"
MIN_TOKENS = 5_000
SAVE_EVERY_STEPS = 200
LOG_EVERY_STEPS = 100
FACTS = "tapewire.json"


@dataclass(frozen=True)
class SmallGPTConfig:
    """Size of the network and its training, a run of `steps` batches."""

    vocabulary: int = 2048
    room: int = 1024
    block: int = 128
    width: int = 128
    layers: int = 3
    heads: int = 4
    dropout: float = 0.1
    batch: int = 12
    learning_rate: float = 2e-3
    weight_decay: float = 0.1
    steps: int = 1000
    seed: int = 7


def train_tokenizer(texts: list[str], vocabulary: int) -> Any:
    """A byte-level BPE tokenizer trained on `texts`; it can encode any text."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import PreTrainedTokenizerFast

    made = ByteLevelBPETokenizer()
    made.train_from_iterator(texts, vocab_size=vocabulary, min_frequency=2, special_tokens=[END], show_progress=False)
    inner: Any = made._tokenizer  # the wrapper keeps the tokenizer that transformers takes here
    fast: Any = PreTrainedTokenizerFast
    return fast(tokenizer_object=inner, eos_token=END, bos_token=END, pad_token=END)


class _Blocks(IterableDataset[Tensor]):
    """Batches of blocks [B, block + 1] drawn from one long row of tokens; batch k is a function of seed and k."""

    def __init__(self, tokens: NDArray[np.int64], config: SmallGPTConfig, first: int) -> None:
        self.tokens, self.config, self.first = tokens, config, first

    def __iter__(self) -> Iterator[Tensor]:
        for step in range(self.first, self.config.steps):
            rng = np.random.default_rng([self.config.seed, step])
            at = rng.integers(0, len(self.tokens) - self.config.block - 1, self.config.batch)
            yield torch.from_numpy(self.tokens[at[:, None] + np.arange(self.config.block + 1)])


class _LanguageModule(lightning.LightningModule):
    def __init__(self, network: Any, config: SmallGPTConfig) -> None:
        super().__init__()
        self.network, self.config = network, config

    def training_step(self, batch: Tensor) -> Tensor:
        torch.manual_seed(self.config.seed + 1_000_003 * self.global_step)  # a resumed training draws the same dropout
        logits = self.network(input_ids=batch[:, :-1]).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
        self.log("loss", loss)
        return loss

    def configure_optimizers(self) -> Any:
        optimizer = torch.optim.AdamW(
            self.parameters(), lr=self.config.learning_rate, weight_decay=self.config.weight_decay, betas=(0.9, 0.95)
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, self.config.learning_rate, total_steps=self.config.steps, pct_start=0.1
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class _LossLogger(Callback):
    def on_train_batch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        if trainer.global_step % LOG_EVERY_STEPS == 0:
            log.info(
                "step %d of %s: loss %.2f", trainer.global_step, trainer.max_steps, trainer.callback_metrics["loss"]
            )


def train_small_gpt(
    texts: list[str], config: SmallGPTConfig, folder: Path, *, threads: int, progress: bool = False
) -> Path:
    """Train on `texts` into `folder`; an interrupted training of the same texts and settings is resumed.

    Returns the folder, a checkpoint with tokenizer and `tapewire.json` (settings, loss, tokens). NotEnoughDataError
    where the texts have less than MIN_TOKENS tokens.
    """
    torch.set_num_threads(threads)
    logging.getLogger("pytorch_lightning.utilities.rank_zero").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", module="pytorch_lightning", message=".*(num_workers|IterableDataset|LeafSpec).*")
    tokenizer = train_tokenizer(texts, config.vocabulary)
    tokens = _tokens(texts, tokenizer)
    lightning.seed_everything(config.seed, workers=True, verbose=False)
    partial = folder.with_suffix(".going")
    network, loss = _fit(_new_network(tokenizer, config), tokens, config, partial, progress=progress)
    _save(network, tokenizer, folder, asdict(config) | {"loss": loss, "n_tokens": len(tokens)})
    shutil.rmtree(partial, ignore_errors=True)
    return folder


def _tokens(texts: list[str], tokenizer: Any) -> NDArray[np.int64]:
    """All texts as one row of tokens, each after the end-of-text token. NotEnoughDataError below MIN_TOKENS."""
    parts = [np.array(tokenizer(f"{END}{t}", add_special_tokens=False)["input_ids"], dtype=np.int64) for t in texts]
    tokens = np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)
    if len(tokens) < MIN_TOKENS:
        raise NotEnoughDataError(
            f"{len(texts)} releases with {len(tokens)} tokens are too few to train on: {MIN_TOKENS} tokens are needed; "
            "ingest more documents of the kind, or use the packaged model"
        )
    return tokens


def _new_network(tokenizer: Any, config: SmallGPTConfig) -> Any:
    """An untrained GPT-2 of this size."""
    from transformers import GPT2Config, GPT2LMHeadModel

    return GPT2LMHeadModel(GPT2Config(
        vocab_size=len(tokenizer), n_positions=config.room, n_embd=config.width, n_layer=config.layers,
        n_head=config.heads, resid_pdrop=config.dropout, embd_pdrop=config.dropout, attn_pdrop=config.dropout,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
    ))  # fmt: skip


def _fit(
    network: Any, tokens: NDArray[np.int64], config: SmallGPTConfig, partial: Path, *, progress: bool
) -> tuple[Any, float]:
    """Train the network, from the last state in `partial` where there is one; the network on the CPU and its loss."""
    state = partial / "last.ckpt"
    first = int(torch.load(state, map_location="cpu", weights_only=True)["global_step"]) if state.exists() else 0
    if first:
        log.info("resuming from step %d", first)
    module = _LanguageModule(network, config)
    checkpoints = ModelCheckpoint(partial, save_last=True, every_n_train_steps=SAVE_EVERY_STEPS, filename="step")
    trainer = lightning.Trainer(
        max_steps=config.steps, accelerator="auto", devices=1, logger=False, enable_model_summary=False,
        enable_progress_bar=progress, gradient_clip_val=1.0, callbacks=[checkpoints, _LossLogger()],
    )  # fmt: skip
    batches = DataLoader(_Blocks(tokens, config, first), batch_size=None)
    trainer.fit(module, batches, ckpt_path=state if first else None, weights_only=True)
    return module.network.cpu(), float(trainer.callback_metrics["loss"])


def _save(network: Any, tokenizer: Any, folder: Path, facts: dict[str, Any]) -> None:
    """Write the checkpoint; the folder appears whole or not at all."""
    made = folder.with_suffix(".partial")
    shutil.rmtree(made, ignore_errors=True)
    network.eval().save_pretrained(made, safe_serialization=True)
    tokenizer.save_pretrained(made)
    (made / FACTS).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    made.replace(folder)
