"""Tiny language models of the real libraries, untrained: enough to run every path in a second."""

from pathlib import Path

import torch

TEMPLATE = (
    "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
PROSE = (
    "Litecoin rose after the exchange announced that it would list the token. ",
    'Norvane Labs today announced a wallet for holders of Litecoin. "We are pleased," said its founder. ',
    "The company said that customers can pay with the coin from Monday on. About Norvane Labs. ",
)


def tiny_checkpoint(folder: Path, *, instructed: bool, seed: int = 1, room: int = 1024) -> Path:
    """A Llama of a few thousand weights with a byte-level tokenizer, saved as a Hugging Face checkpoint."""
    from transformers import LlamaConfig, LlamaForCausalLM

    from models.text.generation.small_gpt import train_tokenizer

    tokenizer = train_tokenizer(list(PROSE), 400)
    if instructed:
        tokenizer.chat_template = TEMPLATE
    torch.manual_seed(seed)
    network = LlamaForCausalLM(
        LlamaConfig(
            vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
            max_position_embeddings=room, bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
        )
    )  # fmt: skip
    network.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
