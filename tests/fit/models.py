"""What the tests train: a tiny Llama that scores sequences, made-up pairs and the pairwise loss."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import logsigmoid
from transformers import LlamaConfig, LlamaForSequenceClassification

from assay.fit import BatchLoss

VOCABULARY = 64


@contextmanager
def one_thread() -> Iterator[None]:
    """Compute on one thread: faster for a tiny model, and equal bit by bit."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@dataclass(frozen=True, slots=True)
class Row:
    """Two sequences, and the probability that the first is preferred."""

    first: tuple[int, ...]
    second: tuple[int, ...]
    label: float = 1.0

    @property
    def tokens(self) -> int:
        return 2 * max(len(self.first), len(self.second))


def tiny(seed: int = 0, dropout: float = 0.0) -> LlamaForSequenceClassification:
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=VOCABULARY,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        pad_token_id=0,
        attention_dropout=dropout,
    )
    config.num_labels = 1
    return LlamaForSequenceClassification(config)


def pairs(n: int, seed: int = 0, longest: int = 12) -> list[Row]:
    """Return pairs whose first text holds more of the tokens below 20."""
    torch.manual_seed(seed)
    drawn = []
    for _ in range(n):
        lengths = torch.randint(2, longest + 1, (2,)).tolist()
        first = torch.randint(1, 20, (lengths[0],)).tolist()
        second = torch.randint(20, VOCABULARY, (lengths[1],)).tolist()
        drawn.append(Row(tuple(first), tuple(second)))
    return drawn


def collate(rows: list[Row]) -> dict[str, Tensor]:
    """Return (2B, T) ids, padded on the right with 0; rows 2i and 2i+1 are a pair."""
    texts = [torch.tensor(text) for row in rows for text in (row.first, row.second)]
    return {
        "input_ids": nn.utils.rnn.pad_sequence(texts, batch_first=True),
        "labels": torch.tensor([row.label for row in rows]),
    }


def rewards(model: nn.Module, ids: Tensor) -> Tensor:
    scores: Tensor = model(input_ids=ids, attention_mask=ids.ne(0).long()).logits[:, 0].float()
    return scores


def bradley_terry(model: nn.Module, batch: dict[str, Tensor]) -> BatchLoss:
    """−y log σ(d) − (1−y) log σ(−d), summed over rows whose label is not negative."""
    r = rewards(model, batch["input_ids"]).view(-1, 2)
    d, y = r[:, 0] - r[:, 1], batch["labels"]
    known = y >= 0
    loss = -(y * logsigmoid(d) + (1 - y) * logsigmoid(-d))
    n = int(known.sum())
    right = float((d > 0)[known].float().mean()) if n else float("nan")
    return BatchLoss(loss[known].sum(), n, {"accuracy": right})


def weight_hash(model: nn.Module) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode() + tensor.detach().cpu().contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def gap(a: nn.Module, b: nn.Module) -> float:
    """Largest difference of any two weights of the same name."""
    return max(float((p - q).detach().abs().max()) for p, q in zip(a.parameters(), b.parameters(), strict=True))
