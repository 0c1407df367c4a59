"""A linear probe: the head of a reward model, fitted on frozen features.

    P(first better) = sigma(w · (f_first - f_second)),   w by ridge-penalised logistic regression

It is what anchoring tends to as its weight grows, and the baseline that every trained model must
beat: what it reads, the pretrained features held already.  The penalty is chosen by cross-validation
on the pairs it is fitted on, whole prompts left out.  There is no intercept, since exchanging the two
answers must negate the margin; features are divided by the spread of their differences.

Shapes: N pairs, D hidden units.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from assay.types import Floats, Pair

from .drift import features
from .model import ScalarRewardModel
from .scorer import sides

__all__ = ["PENALTIES", "fit_probe", "probe_weights"]

PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)
"""Inverse strengths of the ridge penalty (scikit-learn's C), tried by cross-validation."""
_FOLDS = 5


def probe_weights(difference_ND: Floats, label_N: Floats, group_N: Sequence[str]) -> Floats:
    """Return w (D,), for differences as they are, from N >= 10 rows.

    Args:
        difference_ND: features of the first answer minus those of the second, finite.
        label_N: P(first preferred) in [0, 1].
        group_N: prompts, none of which is split between fitting and choosing.

    Raises:
        ValueError: fewer than 5 prompts, or all labels point to one side.
    """
    if len(set(group_N)) < _FOLDS:
        raise ValueError(f"{len(set(group_N))} prompts; a probe needs {_FOLDS} to choose its penalty by")
    spread_D = np.sqrt((difference_ND**2).mean(axis=0))
    scaled_ND = difference_ND / np.where(spread_D > 0, spread_D, 1.0)
    groups = {group: i for i, group in enumerate(dict.fromkeys(group_N))}
    fold_N = np.random.default_rng(0).permutation(len(groups))[[groups[group] for group in group_N]] % _FOLDS
    losses = []
    for penalty in PENALTIES:
        nats = np.zeros(len(label_N))
        for fold in range(_FOLDS):
            held = fold_N == fold
            margin = scaled_ND[held] @ _fitted(scaled_ND[~held], label_N[~held], penalty)
            nats[held] = np.logaddexp(0, margin) - label_N[held] * margin
        losses.append(nats.mean())
    best = PENALTIES[int(np.argmin(losses))]
    return np.asarray(_fitted(scaled_ND, label_N, best) / np.where(spread_D > 0, spread_D, 1.0))


def _fitted(scaled_ND: Floats, label_N: Floats, penalty: float) -> Floats:
    """Return the weights of one fit; a soft label counts as two hard ones of its shares."""
    from sklearn.linear_model import LogisticRegression

    model: Any = LogisticRegression(C=penalty, fit_intercept=False, max_iter=1000)
    both = np.concatenate([scaled_ND, scaled_ND])
    side = np.repeat([1, 0], len(label_N))
    share = np.concatenate([label_N, 1 - label_N])
    if not 0 < (share * side).sum() < share.sum():
        raise ValueError("all labels point to one side; a probe needs both")
    kept = share > 0
    return np.asarray(model.fit(both[kept], side[kept], sample_weight=share[kept]).coef_[0], dtype=np.float64)


def fit_probe(
    model: ScalarRewardModel,
    pairs: Sequence[Pair],
    label_N: Sequence[float],
    *,
    batch_tokens: int = 16_384,
    bf16: bool = False,
) -> None:
    """Fit the head of a model on pairs, in place; the backbone stays as it is.

    Pairs of which an answer is too long for the model are left out.

    Args:
        model: Gives the features, and gets the head.
        pairs: At least 10.
        label_N: P(first preferred) of each, in [0, 1].
        batch_tokens: Most tokens of a batch, padding included.
        bf16: Whether features are computed in bfloat16.

    Raises:
        InputError: the chat template refuses a dialogue.
        ValueError: fewer than 10 pairs fit the model, or see `probe_weights`.
    """
    last = int(model.net.config.get_text_config().num_hidden_layers)
    state_2ND = features(model, sides(pairs), [last], batch_tokens=batch_tokens, bf16=bf16)[0]
    difference_ND = state_2ND[0::2] - state_2ND[1::2]
    read_N = ~np.isnan(difference_ND).any(axis=1)
    if read_N.sum() < 2 * _FOLDS:
        raise ValueError(f"{int(read_N.sum())} of {len(pairs)} pairs can be read; a probe needs {2 * _FOLDS}")
    groups = [pair.group for pair, read in zip(pairs, read_N, strict=True) if read]
    weight_D = probe_weights(difference_ND[read_N], np.asarray(label_N, dtype=np.float64)[read_N], groups)
    with torch.no_grad():
        model.head.weight.copy_(torch.as_tensor(weight_D, dtype=torch.float32)[None])
        if model.head.bias is not None:
            model.head.bias.zero_()
