"""What the judge is trained on: prompt and verdict as token ids, cut exactly as the engines cut them.

Literals and labels are tokenised apart and free text on its own, because that is how a verdict is
written at inference (`assay.engines.index`).  A model trained on ids cut otherwise would be asked at
its slots in contexts that it has never seen.

Every token of the verdict is learned, labels with more weight: they are few, and they decide.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..engines import Free, Grammar, Literal
from ..engines.tokens import Tokens, encode, exact
from .examples import JudgeExample
from .rows import Row

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ..fit import BatchLoss

__all__ = ["LABEL_WEIGHT", "learned", "verdict_ids", "verdict_loss"]

LABEL_WEIGHT = 4.0
"""Weight of the tokens of a label; those of literals and rationales weigh 1."""


def verdict_ids(tokens: Tokens, grammar: Grammar, text: str) -> tuple[list[int], list[float]]:
    """Return the ids of a verdict, end token included, and the weight of each.

    Raises:
        ValueError: the text is not of the grammar.
    """
    said = grammar.match(text)
    if said is None:
        raise ValueError(f"not a text of the grammar: {text}")
    ids, weights = list[int](), list[float]()
    for part in grammar.parts:
        if isinstance(part, Literal):
            new, weight = exact(tokens, part.text), 1.0
        elif isinstance(part, Free):
            new, weight = tokens.bare(said[part.name]), 1.0
        else:
            new, weight = exact(tokens, said[part.name]), LABEL_WEIGHT
        ids += new
        weights += [weight] * len(new)
    return [*ids, tokens.eos_id], [*weights, 1.0]


def learned(tokens: Tokens, example: JudgeExample) -> Row:
    """Return an example as prompt, verdict and end token; the weights of the prompt are 0."""
    prompt = encode(tokens, tokens.chat(example.messages))
    ids, weights = verdict_ids(tokens, example.form.grammar, example.text)
    return Row((*prompt, *ids), (*[0.0] * len(prompt), *weights))


def verdict_loss(net: nn.Module, batch: dict[str, Tensor]) -> BatchLoss:
    """Return weighted nats over the verdicts, each divided by the weight of its row: every judgement counts alike.

    Args:
        net: A causal language model with a `model` and an `lm_head`; its logits are made where they are learned only.
        batch: From `collate_rows`.
    """
    import torch

    from ..fit import BatchLoss

    whole: Any = net
    ids, weight_BT = batch["input_ids"], batch["weights"][:, 1:]
    learned_BT = weight_BT > 0
    # causal, and padded on the right: no mask is needed
    hidden: Tensor = whole.model(input_ids=ids, use_cache=False).last_hidden_state[:, :-1][learned_BT]
    logits: Tensor = whole.lm_head(hidden).float()
    target, weight = ids[:, 1:][learned_BT], (weight_BT / weight_BT.sum(1, keepdim=True))[learned_BT]
    nats = torch.nn.functional.cross_entropy(logits, target, reduction="none")
    labels = weight_BT[learned_BT] == LABEL_WEIGHT
    right = (logits.detach().argmax(-1) == target) & labels
    accuracy = float(right.sum() / labels.sum().clamp(min=1))
    return BatchLoss((nats * weight).sum(), len(ids), {"label_accuracy": accuracy})
