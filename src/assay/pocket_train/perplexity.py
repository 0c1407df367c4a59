"""How well a plain language model foretells dialogues, in nats per token; perplexity is e to that power."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from ..engines.tokens import HFTokens
from ..types import Message
from .gates import Gate
from .judging import new_pairs
from .language import dialogue_ids, nats_per_token

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

    from assay.eval import Interval

__all__ = ["nats_on", "new_dialogues", "perplexity"]

_NORMAL = 1.959964
"""Normal quantile of a 95 % interval."""


def nats_on(model: LlamaForCausalLM, tokens: HFTokens, dialogues: Sequence[Sequence[Message]]) -> Interval:
    """Return the loss per token with its 95 % interval, a ratio of sums over dialogues, each read alone.

    Args:
        model: in evaluation mode.
        tokens: its tokenizer.
        dialogues: two or more.
    """
    import torch

    nats, counts = [], []
    with torch.inference_mode():
        for messages in dialogues:
            ids = torch.tensor([dialogue_ids(tokens, messages)], device=model.device)
            counts.append(ids.shape[1] - 1)
            nats.append(float(model(input_ids=ids, labels=ids).loss) * counts[-1])
    mean = sum(nats) / sum(counts)
    off_N = np.array(nats) - mean * np.array(counts)
    return _interval(mean, float(np.sqrt((off_N**2).sum()) / sum(counts)))


def new_dialogues(domain: str, n: int, seed: int = 0) -> list[list[Message]]:
    """Return n prompts of new families, each with an answer of any quality."""
    pairs = new_pairs(domain, n, seed)
    return [[*pair.prompt, Message(role="assistant", content=pair.first)] for pair in pairs]


def perplexity(name: str, model: LlamaForCausalLM, tokens: HFTokens, documents: int) -> Gate:
    """Return the loss per token on documents held out of training, but of the same families."""
    return Gate(name=f"{name}: nats per token", found=_interval(*nats_per_token(model, tokens, documents)))


def _interval(mean: float, error: float) -> Interval:
    from assay.eval import Interval

    return Interval(value=mean, low=mean - _NORMAL * error, high=mean + _NORMAL * error)
