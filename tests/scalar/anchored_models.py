"""Tiny backbones and padded batches for the tests of anchoring."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from transformers import (
    Gemma3TextConfig,
    Gemma3TextModel,
    LlamaConfig,
    LlamaModel,
    PreTrainedModel,
    Qwen3Config,
    Qwen3Model,
)

VOCAB = 300


def backbone(family: str = "llama", blocks: int = 2, seed: int = 0, dropout: float = 0.0) -> PreTrainedModel:
    torch.manual_seed(seed)
    sizes: dict[str, Any] = {
        "vocab_size": VOCAB,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": blocks,
        "num_attention_heads": 2,
        "num_key_value_heads": 2,
        "head_dim": 16,
        "attention_dropout": dropout,
    }
    model: PreTrainedModel
    if family == "llama":
        model = LlamaModel(LlamaConfig(**sizes))
    elif family == "qwen3":
        model = Qwen3Model(Qwen3Config(**sizes))
    else:
        model = Gemma3TextModel(Gemma3TextConfig(**sizes))
    model.train(False)
    return model


def with_lora(model: PreTrainedModel, seed: int = 1, dropout: float = 0.1) -> nn.Module:
    """Put adapters on a model that already changes its output: a fresh LoRA adds nothing."""
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(seed)
    adapted = get_peft_model(
        model, LoraConfig(r=4, target_modules=["q_proj", "v_proj", "down_proj"], lora_dropout=dropout)
    )
    for name, weight in adapted.named_parameters():
        if "lora_B" in name:
            nn.init.normal_(weight, std=0.5)
    return adapted


class Batch(NamedTuple):
    ids: Tensor
    mask: Tensor
    scored: Tensor
    response: Tensor


def batch(lengths: list[int], seed: int = 0, width: int = 0, prompt: int = 2) -> Batch:
    """Make right-padded rows: `prompt` tokens of prompt, the rest response; padding holds random ids too."""
    generator = torch.Generator().manual_seed(seed)
    width = max([width, *lengths])
    ids = torch.randint(0, VOCAB, (len(lengths), width), generator=generator)
    at, ends = torch.arange(width), torch.tensor(lengths)
    mask = (at < ends[:, None]).long()
    return Batch(ids, mask, ends - 1, mask * (at >= prompt))
