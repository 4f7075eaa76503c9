"""A small GPT trained from scratch on releases, with its own tokenizer: what a few documents alone can teach.

Its prose is poor, and that is what it is for: the floor that a pretrained model has to clear. What it saves is a
Hugging Face checkpoint (safetensors) that `models.text.causal` reads like any other.
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
    """How it is built and trained; a run of `steps` batches."""

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
    """Byte-level pairs of `texts`: any text can be written with it."""
    from tokenizers import ByteLevelBPETokenizer
    from transformers import PreTrainedTokenizerFast

    made = ByteLevelBPETokenizer()
    made.train_from_iterator(texts, vocab_size=vocabulary, min_frequency=2, special_tokens=[END], show_progress=False)
    inner: Any = made._tokenizer  # the wrapper keeps the tokenizer that transformers takes here
    fast: Any = PreTrainedTokenizerFast
    return fast(tokenizer_object=inner, eos_token=END, bos_token=END, pad_token=END)


class _Blocks(IterableDataset[Tensor]):
    """Batches of blocks [B, block + 1] drawn from one long row of tokens; batch k is a function of seed and k."""

    def __init__(self, tokens: NDArray[np.int64], how: SmallGPTConfig, first: int) -> None:
        self.tokens, self.how, self.first = tokens, how, first

    def __iter__(self) -> Iterator[Tensor]:
        for step in range(self.first, self.how.steps):
            rng = np.random.default_rng([self.how.seed, step])
            at = rng.integers(0, len(self.tokens) - self.how.block - 1, self.how.batch)
            yield torch.from_numpy(self.tokens[at[:, None] + np.arange(self.how.block + 1)])


class _LanguageModule(lightning.LightningModule):
    def __init__(self, network: Any, how: SmallGPTConfig) -> None:
        super().__init__()
        self.network, self.how = network, how

    def training_step(self, batch: Tensor) -> Tensor:
        torch.manual_seed(self.how.seed + 1_000_003 * self.global_step)  # a training that goes on drops the same out
        logits = self.network(input_ids=batch[:, :-1]).logits
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch[:, 1:].flatten())
        self.log("loss", loss)
        return loss

    def configure_optimizers(self) -> Any:
        optimizer = torch.optim.AdamW(
            self.parameters(), lr=self.how.learning_rate, weight_decay=self.how.weight_decay, betas=(0.9, 0.95)
        )
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            optimizer, self.how.learning_rate, total_steps=self.how.steps, pct_start=0.1
        )
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class _LossLogger(Callback):
    def on_train_batch_end(self, trainer: lightning.Trainer, *_: Any) -> None:
        if trainer.global_step % LOG_EVERY_STEPS == 0:
            log.info(
                "step %d of %s: loss %.2f", trainer.global_step, trainer.max_steps, trainer.callback_metrics["loss"]
            )


def train_small_gpt(
    texts: list[str], how: SmallGPTConfig, folder: Path, *, threads: int, progress: bool = False
) -> Path:
    """Train on `texts` into `folder`; where a training of the same texts and settings was killed it goes on.

    Returns the folder, a checkpoint with tokenizer and `tapewire.json` (settings, loss, tokens). NotEnoughDataError
    where the texts have less than MIN_TOKENS tokens.
    """
    from transformers import GPT2Config, GPT2LMHeadModel

    torch.set_num_threads(threads)
    logging.getLogger("pytorch_lightning.utilities.rank_zero").setLevel(logging.WARNING)
    warnings.filterwarnings("ignore", module="pytorch_lightning", message=".*(num_workers|IterableDataset|LeafSpec).*")
    tokenizer = train_tokenizer(texts, how.vocabulary)
    tokens = np.concatenate([
        np.array(tokenizer(f"{END}{t}", add_special_tokens=False)["input_ids"], dtype=np.int64) for t in texts
    ]) if texts else np.zeros(0, dtype=np.int64)  # fmt: skip
    if len(tokens) < MIN_TOKENS:
        raise NotEnoughDataError(
            f"{len(texts)} releases with {len(tokens)} tokens are too few to train on: {MIN_TOKENS} tokens are needed; "
            "ingest more documents of the kind, or use the packaged model"
        )
    lightning.seed_everything(how.seed, workers=True, verbose=False)
    network: Any = GPT2LMHeadModel(GPT2Config(
        vocab_size=len(tokenizer), n_positions=how.room, n_embd=how.width, n_layer=how.layers, n_head=how.heads,
        resid_pdrop=how.dropout, embd_pdrop=how.dropout, attn_pdrop=how.dropout,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
    ))  # fmt: skip
    partial = folder.with_suffix(".going")
    state = partial / "last.ckpt"
    first = int(torch.load(state, map_location="cpu", weights_only=True)["global_step"]) if state.exists() else 0
    if first:
        log.info("going on from step %d", first)
    module = _LanguageModule(network, how)
    keep = ModelCheckpoint(partial, save_last=True, every_n_train_steps=SAVE_EVERY_STEPS, filename="step")
    trainer = lightning.Trainer(
        max_steps=how.steps, accelerator="auto", devices=1, logger=False, enable_model_summary=False,
        enable_progress_bar=progress, gradient_clip_val=1.0, callbacks=[keep, _LossLogger()],
    )  # fmt: skip
    batches = DataLoader(_Blocks(tokens, how, first), batch_size=None)
    trainer.fit(module, batches, ckpt_path=state if first else None, weights_only=True)
    loss = float(trainer.callback_metrics["loss"])
    _save(module.network.cpu(), tokenizer, folder, asdict(how) | {"loss": loss, "n_tokens": len(tokens)})
    shutil.rmtree(partial, ignore_errors=True)
    return folder


def _save(network: Any, tokenizer: Any, folder: Path, facts: dict[str, Any]) -> None:
    """Write the checkpoint; the folder appears whole or not at all."""
    made = folder.with_suffix(".partial")
    shutil.rmtree(made, ignore_errors=True)
    network.eval().save_pretrained(made, safe_serialization=True)
    tokenizer.save_pretrained(made)
    (made / FACTS).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    made.replace(folder)
