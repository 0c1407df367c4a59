"""The plain language models of the pocket world: what they read, and how they are trained.

Most rows are one dialogue, which is quick to train on, and a few as long as the context.  The loss is
the usual one, nats per token, but that what follows an answer weighs more than the rest: it is little,
and all that tells what the answer was worth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..engines.tokens import HFTokens
from ..fit import BatchLoss, FitConfig, FitResult, fit
from ..pocket.corpus import document
from ..types import Message
from .rows import Row, Rows, collate_rows, padded_length, write_rows
from .vocabulary import CONTEXT, VOCABULARY

if TYPE_CHECKING:
    from torch import Tensor, nn
    from transformers import LlamaForCausalLM

__all__ = [
    "AFTER",
    "FIRST",
    "HELD_OUT",
    "SIZES",
    "Size",
    "dialogue_ids",
    "document_row",
    "nats_per_token",
    "new_model",
    "train_language",
    "written",
]

FIRST = 6.0
"""Weight of foreseeing how what users say after an answer begins: the one token that tells the most of its truth."""
AFTER = 3.0
"""Weight of foreseeing the rest of it."""
HELD_OUT = 1
"""Seed of the corpus that nothing is trained on."""
CHUNK = 5000
"""Documents per file."""
_GROUP, _ALONE = 100, 92
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
    "lm": Size(width=192, layers=8, inner=512, heads=4, shared=2),
    "weak": Size(width=128, layers=3, inner=320, heads=4, shared=2),
}
"""4.0 M and 1.0 M parameters."""


def dialogue_ids(tokens: HFTokens, messages: Sequence[Message]) -> list[int]:
    """Return a dialogue as the chat template writes it; its texts are encoded apart, without added tokens."""
    found = tokens.template("<|begin|>")
    for message in messages:
        found += tokens.template(f"<|{message.role}|>") + tokens.bare(message.content)
    return found + tokens.template("<|user|>") if messages[-1].role == "assistant" else found


def document_row(tokens: HFTokens, index: int, seed: int = 0) -> Row:
    """Return a document; the beginning of another stands behind it, so a user who says nothing is foreseen as well."""
    messages = document(index, seed).messages
    ids = [*dialogue_ids(tokens, messages), *tokens.template("<|begin|>")]
    weights = [1.0] * len(ids)
    for n in range(2, len(messages)):
        if messages[n].role == "user":
            place, said = len(dialogue_ids(tokens, messages[:n])), len(tokens.bare(messages[n].content))
            weights[place : place + said] = [FIRST, *[AFTER] * (said - 1)]
    if len(messages) == 2:
        weights[-1] = FIRST
    return Row(tuple(ids), tuple(weights))


def written(tokens: HFTokens, documents: Sequence[int], seed: int = 0) -> Iterator[Row]:
    """Yield rows of documents: most alone, some one behind the other.

    Args:
        tokens: The pocket tokenizer.
        documents: Their numbers.
        seed: Of the corpus.
    """
    for start in range(0, len(documents), _GROUP):
        group = [document_row(tokens, index, seed) for index in documents[start : start + _GROUP]]
        yield from group[:_ALONE]
        if group[_ALONE:]:  # the beginning at the end of one is that of the next
            ids, weights = [group[_ALONE].ids[0]], [1.0]
            for row in group[_ALONE:]:
                ids += row.ids[1:]
                weights += row.weights[1:]
            yield Row(tuple(ids[:CONTEXT]), tuple(weights[:CONTEXT]))


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
        bos_token_id=VOCABULARY - 5,
        eos_token_id=VOCABULARY - 2,
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
        for name, kept in (("nats", weight > 0), ("after", weight == AFTER), ("first", weight == FIRST))
    }
    return BatchLoss((nats * weight).sum(), int(weight.sum()), told)


def train_language(
    size: Size,
    tokens: HFTokens,
    documents: int,
    out: Path,
    *,
    seed: int = 0,
    resume: bool = False,
    on_chunk: Callable[[int], object] = lambda _documents: None,
    on_train: Callable[[], object] = lambda: None,
) -> tuple[LlamaForCausalLM, FitResult]:
    """Train a language model; no document is seen twice.

    Args:
        size: Its shape.
        tokens: The pocket tokenizer.
        documents: How many it reads, 32 rows a step.
        out: The run's folder; encoded rows lie in out/../rows, for all sizes.
        seed: Of weights and order.
        resume: Go on from the newest checkpoint.
        on_chunk: Told how many documents are encoded.
        on_train: Called when they are and training begins.
    """
    model = new_model(size, seed)
    if model.device.type == "cpu":
        # plain matrix products: 1.3 times the tokens per second of torch's fused attention on CPUs
        model.set_attn_implementation("eager")
    config = FitConfig(
        optimizer="muon",
        learning_rate=8e-3,
        batch_rows=_ROWS,
        batch_tokens=2560,  # on two cores up to 1.7 times the tokens per second of 4,096: activations stay in the cache
        warmup=0.01,
        weight_decay=0.1,
        bf16=True,
        save_every=250,
        seed=seed,
    )
    paths = []
    for start in range(0, documents, CHUNK):
        numbers = range(start, min(start + CHUNK, documents))
        path = out.parent / "rows" / f"{tokens.hash[:12]}-{numbers.start}-{numbers.stop}.npz"
        paths.append(write_rows(path, written(tokens, numbers)))
        on_chunk(numbers.stop)
    on_train()
    done = fit(model, Rows(paths), collate_rows, _loss, config, out, length=padded_length, resume=resume)
    model.set_attn_implementation("sdpa")
    return model, done


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
