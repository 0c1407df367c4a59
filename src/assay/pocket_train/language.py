"""The plain language models of the pocket world: what they read, and how they are trained.

Most rows are one dialogue, which is quick to train on, and a few as long as the context.  The loss is
the usual one, nats per token, but that what follows an answer weighs more than the rest: it is little,
and all that tells what the answer was worth.
"""

from __future__ import annotations

from collections.abc import Sequence
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
    "AFTER",
    "HELD_OUT",
    "SIZES",
    "WHETHER",
    "Row",
    "Size",
    "collate_rows",
    "dialogue_ids",
    "document_row",
    "nats_per_token",
    "new_model",
    "train_language",
    "written",
]

AFTER = 5
"""Weight of foreseeing what users say after an answer: a tenth of the text, and what tells of the answer's truth."""
WHETHER = 10
"""Weight of foreseeing whether they say anything: one token of an answer, and the one that reward models read at."""
HELD_OUT = 1
"""Seed of the corpus that nothing is trained on."""
DOCUMENTS = 36_000
"""Per phase of a training."""
_GROUP, _ALONE = 100, 88
"""Of so many documents, so many have a row of their own; the others share one, as long as the context."""
_ROWS = 32


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
    "lm": Size(width=256, layers=6, inner=704, heads=4, shared=2),
    "weak": Size(width=128, layers=3, inner=320, heads=4, shared=2),
}
"""5.5 M and 1.0 M parameters."""


@dataclass(frozen=True, slots=True)
class Row:
    """A stretch of text, as token ids, and the weight of foreseeing each."""

    ids: tuple[int, ...]
    """At most as many as the context."""
    weights: tuple[int, ...]
    """As many; that of the first counts for nothing."""


def dialogue_ids(tokens: HFTokens, messages: Sequence[Message]) -> list[int]:
    """Return a dialogue as the chat template writes it; its texts are encoded apart, without added tokens."""
    found = tokens.template("<|begin|>")
    for message in messages:
        found += tokens.template(f"<|{message.role}|>") + tokens.bare(message.content) + tokens.template("<|end|>")
    return found


def document_row(tokens: HFTokens, index: int, seed: int = 0) -> Row:
    """Return a document; behind its last answer stands the beginning of another, since nobody came back."""
    messages = document(index, seed).messages
    ends = [len(dialogue_ids(tokens, messages[: n + 1])) for n in range(len(messages))]
    ids = dialogue_ids(tokens, messages) + tokens.template("<|begin|>")
    weights = [1] * len(ids)
    if len(messages) == 2:
        weights[-1] = WHETHER
    else:
        weights[ends[1] : ends[2]] = [WHETHER, *[AFTER] * (ends[2] - ends[1] - 1)]
    return Row(tuple(ids), tuple(weights))


def written(tokens: HFTokens, documents: Sequence[int], seed: int = 0) -> list[Row]:
    """Return rows of documents: most alone, some one behind the other.

    Args:
        tokens: The pocket tokenizer.
        documents: Their numbers.
        seed: Of the corpus.
    """
    rows = list[Row]()
    for start in range(0, len(documents), _GROUP):
        group = [document_row(tokens, index, seed) for index in documents[start : start + _GROUP]]
        rows += group[:_ALONE]
        if group[_ALONE:]:  # the beginning at the end of one is that of the next
            ids, weights = [group[_ALONE].ids[0]], [1]
            for row in group[_ALONE:]:
                ids += row.ids[1:]
                weights += row.weights[1:]
            rows.append(Row(tuple(ids[:CONTEXT]), tuple(weights[:CONTEXT])))
    return rows


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
    """Return weighted nats, summed over all tokens; the plain mean is logged."""
    import torch

    ids, weight = batch["input_ids"], batch["weights"][:, 1:].flatten()
    # padded on the right, so causal attention needs no mask
    logits: Tensor = net(input_ids=ids, use_cache=False).logits[:, :-1].float()
    nats = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids[:, 1:].flatten(), reduction="none")
    plain = nats.detach()
    told = {
        name: float(plain[kept].sum() / kept.sum().clamp(min=1))
        for name, kept in (("nats", weight > 0), ("after", weight == AFTER), ("whether", weight == WHETHER))
    }
    return BatchLoss((nats * weight).sum(), int(weight.sum()), told)


def train_language(
    size: Size, tokens: HFTokens, phases: int, out: Path, *, steps: int = 1000, seed: int = 0, resume: bool = False
) -> tuple[LlamaForCausalLM, FitResult]:
    """Train a language model in phases; in the last one the learning rate falls to 0.

    Every phase goes on from the weights of the one before and reads rows of its own.  So a longer training
    shares all but its last phase with a shorter one, and can be had by going on.

    Args:
        size: Its shape.
        tokens: The pocket tokenizer.
        phases: How many, the last one included.
        out: The run's folder; a phase's checkpoints lie in out/phase-N.
        steps: Optimiser steps of a phase, each of 32 rows; 1,000 take most of its documents.
        seed: Of weights and order.
        resume: Go on from the newest checkpoints.
    """
    model = new_model(size, seed)
    if model.device.type == "cpu":
        # plain matrix products: 1.3 times the tokens per second of torch's fused attention on CPUs
        model.set_attn_implementation("eager")
    for phase in range(phases):
        last = phase == phases - 1
        config = FitConfig(
            learning_rate=2e-3 if size.width < 200 else 1e-3,
            schedule="linear" if last else "constant",
            max_steps=steps,
            batch_rows=_ROWS,
            batch_tokens=4096,
            warmup=0.03,
            weight_decay=0.1,
            bf16=True,
            save_every=100,
            seed=seed,
        )
        rows = written(tokens, range(DOCUMENTS * phase, DOCUMENTS * (phase + 1)))
        folder = out / (f"last-{phase}" if last else f"phase-{phase}")
        done = fit(model, rows, collate_rows, _loss, config, folder, length=lambda row: len(row.ids), resume=resume)
    model.set_attn_implementation("sdpa")
    return model, done


def collate_rows(rows: Sequence[Row]) -> dict[str, Tensor]:
    """Return ids and weights (B, T), padded on the right with 0; labels (B,) for `fit`."""
    import torch

    longest = max(len(row.ids) for row in rows)
    return {
        "input_ids": torch.tensor([[*row.ids, *[0] * (longest - len(row.ids))] for row in rows]),
        "weights": torch.tensor([[*row.weights, *[0] * (longest - len(row.ids))] for row in rows]),
        "labels": torch.zeros(len(rows)),
    }


def nats_per_token(model: LlamaForCausalLM, tokens: HFTokens, documents: int = 200) -> tuple[float, float]:
    """Return the loss per token on held-out documents, each alone, and its standard error over them."""
    import numpy as np
    import torch

    nats, counts = [], []
    with torch.inference_mode():
        for index in range(documents):
            ids = torch.tensor([dialogue_ids(tokens, document(index, HELD_OUT).messages)], device=model.device)
            counts.append(ids.shape[1] - 1)
            nats.append(float(model.eval()(input_ids=ids, labels=ids).loss) * counts[-1])
    mean = sum(nats) / sum(counts)
    off = np.array(nats) - mean * np.array(counts)  # of a ratio of sums
    return mean, float(np.sqrt((off**2).sum()) / sum(counts))
