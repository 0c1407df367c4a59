"""Pocket models of random weights, for tests: tiny, but with a tokenizer, a context and a folder like the real ones."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from assay.pocket.models import MODELS, save_model
from assay.pocket_train.vocabulary import CONTEXT, train_tokenizer


@cache
def tokenizer() -> Any:
    """Return a tokenizer of few words."""
    return train_tokenizer(documents=20, examples=5)


def model(seed: int = 0) -> Any:
    """Return a Llama of random weights, in float32, for the tokenizer above."""
    mine = tokenizer()
    config = LlamaConfig(
        vocab_size=len(mine),
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=mine.bos_token_id,
        eos_token_id=mine.eos_token_id,
        pad_token_id=mine.pad_token_id,
        initializer_range=0.3,
    )
    torch.manual_seed(seed)
    return LlamaForCausalLM(config).eval()


def write_models(root: Path) -> Path:
    """Write a folder with all pocket models, and return it."""
    for seed, name in enumerate(MODELS):
        save_model(model(seed), tokenizer(), root / name, {"model": name})
    return root
