"""The plain language models of the pocket world: what they read, and how they are trained.

A row is a stretch of dialogues, one behind the other, cut at its length; the loss is the usual one,
nats per token.  Most rows are short, which is quick, and a few as long as the context.  Row i is a
function of (seed, i), written when it is needed, so no corpus lies anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..engines.tokens import HFTokens
from ..fit import BatchLoss, FitConfig, FitResult, fit
from ..pocket.corpus import document
from ..types import Message
from .vocabulary import CONTEXT, VOCABULARY

if TYPE_CHECKING:
    from torch import Tensor, nn
    from transformers import LlamaForCausalLM

__all__ = [
    "HELD_OUT",
    "SIZES",
    "Row",
    "Size",
    "dialogue_ids",
    "nats_per_token",
    "new_model",
    "row_ids",
    "train_language",
]

HELD_OUT = 1
"""Seed of the corpus that nothing is trained on."""
_LENGTHS = (512,) * 15 + (1024,) * 4 + (CONTEXT,)
"""Row i has length i mod 20 of these."""
_RESERVED = 64
"""Documents set aside per 512 tokens; the shortest has more than 8 tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """The shape of a Llama."""

    width: int
    """Hidden units."""
    layers: int
    """How many."""
    inner: int
    """Hidden units of the feed-forward part."""
    heads: int
    """Of attention."""
    shared: int
    """Heads of keys and values."""


SIZES = {
    "lm": Size(width=256, layers=6, inner=704, heads=8, shared=4),
    "weak": Size(width=128, layers=3, inner=320, heads=4, shared=2),
}
"""5.5 M and 1.0 M parameters."""


@dataclass(frozen=True, slots=True)
class Row:
    """A row before it is written."""

    index: int
    """Which one."""
    seed: int = 0
    """Of the corpus."""

    @property
    def length(self) -> int:
        """Its tokens."""
        return _LENGTHS[self.index % len(_LENGTHS)]


def dialogue_ids(tokens: HFTokens, messages: Sequence[Message]) -> list[int]:
    """Return a dialogue as the chat template writes it; its texts are encoded apart, without added tokens."""
    found = tokens.template("<|begin|>")
    for message in messages:
        found += tokens.template(f"<|{message.role}|>") + tokens.bare(message.content) + tokens.template("<|end|>")
    return found


def row_ids(tokens: HFTokens, row: Row) -> list[int]:
    """Return the tokens of a row, exactly as many as it is long."""
    found: list[int] = []
    first = row.index * _RESERVED * CONTEXT // 512
    for index in range(first, first + _RESERVED * CONTEXT // 512):
        found += dialogue_ids(tokens, document(index, row.seed).messages)
        if len(found) >= row.length:
            return found[: row.length]
    raise AssertionError(f"row {row.index} is too short: {len(found)} of {row.length} tokens")


def new_model(size: Size, seed: int = 0) -> LlamaForCausalLM:
    """Return a model of random weights."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=size.width,
        intermediate_size=size.inner,
        num_hidden_layers=size.layers,
        num_attention_heads=size.heads,
        num_key_value_heads=size.shared,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=VOCABULARY - 6,
        eos_token_id=VOCABULARY - 5,
        pad_token_id=VOCABULARY - 4,
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return LlamaForCausalLM(config)


def _loss(net: nn.Module, batch: dict[str, Tensor]) -> BatchLoss:
    """Return nats, summed over the tokens of all rows but their first ones."""
    import torch

    ids, length = batch["input_ids"], batch["length"]
    real = torch.arange(ids.shape[1], device=ids.device) < length[:, None]
    # padded on the right, so causal attention needs no mask
    logits: Tensor = net(input_ids=ids, use_cache=False).logits[:, :-1].float()
    nats = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
    return BatchLoss((nats * real[:, 1:].flatten()).sum(), int((length - 1).sum()))


def train_language(
    size: Size, tokens: HFTokens, steps: int, out: Path, *, seed: int = 0, resume: bool = False
) -> tuple[LlamaForCausalLM, FitResult]:
    """Train a language model; checkpoints lie in `out`.

    Args:
        size: Its shape.
        tokens: The pocket tokenizer.
        steps: Optimiser steps of 16 rows, 11,000 tokens on average.
        out: The run's folder.
        seed: Of weights and order.
        resume: Go on from the newest checkpoint.
    """
    import torch

    model = new_model(size, seed)
    config = FitConfig(
        learning_rate=3e-3 if size.width < 200 else 2e-3,
        max_steps=steps,
        batch_rows=16,
        batch_tokens=8192,
        warmup=0.02,
        weight_decay=0.1,
        bf16=True,
        save_every=50,
        seed=seed,
    )

    def collate(some: list[Row]) -> dict[str, Tensor]:
        longest = max(row.length for row in some)
        ids = torch.tensor([row_ids(tokens, row) + [0] * (longest - row.length) for row in some])
        return {
            "input_ids": ids,
            "length": torch.tensor([row.length for row in some]),
            "labels": torch.zeros(len(some)),
        }

    rows = [Row(index) for index in range(16 * steps)]
    return model, fit(model, rows, collate, _loss, config, out, length=lambda row: row.length, resume=resume)


def nats_per_token(model: LlamaForCausalLM, tokens: HFTokens, rows: int = 64) -> tuple[float, float]:
    """Return the loss on held-out rows, and its standard error over them."""
    import numpy as np
    import torch

    found = []
    with torch.inference_mode():
        for index in _short(rows):
            ids = torch.tensor([row_ids(tokens, Row(index, HELD_OUT))], device=model.device)
            found.append(float(model.eval()(input_ids=ids, labels=ids).loss))
    return float(np.mean(found)), float(np.std(found, ddof=1) / len(found) ** 0.5)


def _short(n: int) -> Iterator[int]:
    """Yield the numbers of n rows of the shortest kind."""
    shortest = min(_LENGTHS)
    numbers = (index for index in range(2 * n) if _LENGTHS[index % len(_LENGTHS)] == shortest)
    yield from (index for _, index in zip(range(n), numbers, strict=False))
