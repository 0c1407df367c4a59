"""How far training moved the features of a reward model from those of its frozen base.

    relative distance   ‖f - f⁰‖ / ‖f⁰‖ per item         0 = did not move
    linear CKA          similarity of two feature sets    1 = equal but for a rotation and a scale

Features are hidden states at the scored token, the last one of each dialogue.  Layers are indices of
transformers' `hidden_states`: 0 the embeddings, k the output of block k, and the last one after the
final norm, which is what the head reads and what "last block" means here.

Shapes: N items, L layers, D and E hidden sizes.  NaN = not read: too long for the model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.errors import InputError
from assay.types import Floats, Item

from .encode import encode_dialogue, padded
from .model import ScalarRewardModel
from .scorer import token_batches

__all__ = ["Drift", "drift", "features", "linear_cka", "relative_distance"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Drift:
    """How far one layer moved."""

    layer: int
    """Index in `hidden_states`."""
    distance_N: Floats
    """(N,) relative distance of each item, in the order given; NaN = not read."""
    cka: float
    """Linear CKA over the items that were read; NaN where it does not exist."""

    @property
    def mean(self) -> float:
        """Mean relative distance over the items that were read; NaN where none was."""
        read_N = self.distance_N[~np.isnan(self.distance_N)]
        return float(read_N.mean()) if read_N.size else float("nan")


def relative_distance(feature_ND: Floats, frozen_ND: Floats) -> Floats:
    """Return ‖f - f⁰‖ / ‖f⁰‖ of every row, shape (N,); NaN where either row is.

    The distance `relative` of `assay.anchoring` is the square of it.

    Args:
        feature_ND: features of the trained model.
        frozen_ND: those of its base, none of them 0.

    Raises:
        ValueError: shapes differ, or a frozen row is 0.

    >>> relative_distance(np.array([[3.0, 4.0], [0.0, 2.0]]), np.array([[3.0, 4.0], [0.0, 1.0]])).tolist()
    [0.0, 1.0]
    """
    if feature_ND.ndim != 2 or feature_ND.shape != frozen_ND.shape:
        raise ValueError(f"features have shapes {feature_ND.shape} and {frozen_ND.shape}; both must be (N, D)")
    size_N = np.linalg.norm(frozen_ND, axis=1)
    if (size_N == 0).any():
        raise ValueError(f"the frozen feature of row {int(np.argmin(size_N))} is 0: no distance is relative to it")
    return np.asarray(np.linalg.norm(feature_ND - frozen_ND, axis=1) / size_N, dtype=np.float64)


def linear_cka(feature_ND: Floats, frozen_NE: Floats) -> float:
    """Return the similarity of two feature sets of the same items, in [0, 1].

        ‖YᵀX‖² / (‖XᵀX‖ ‖YᵀY‖), Frobenius norms, columns centred

    It does not change when either set is rotated, shifted or scaled as a whole.  It is biased upward:
    independent normal features of equal spread give about D / (N + D), so with fewer items than
    dimensions it says little.  Compare it at equal N only.

    Args:
        feature_ND: one set; rows that hold NaN in either are left out.
        frozen_NE: the other, of any width.

    Returns:
        NaN where all rows of one are equal, as embeddings of the one token that ends every dialogue are.

    Raises:
        ValueError: the sets have different numbers of rows.

    Source: Kornblith et al. 2019, arXiv 1905.00414, section 3; the bias is derived in its test.
    """
    if len(feature_ND) != len(frozen_NE):
        raise ValueError(f"{len(feature_ND)} rows against {len(frozen_NE)}; both must be of the same items")
    read_N = ~(np.isnan(feature_ND).any(axis=1) | np.isnan(frozen_NE).any(axis=1))
    x_ND, y_NE = feature_ND[read_N], frozen_NE[read_N]
    if any(bool((rows == rows[:1]).all()) for rows in (x_ND, y_NE)):  # centred, they would be rounding
        return float("nan")
    x_ND, y_NE = x_ND - x_ND.mean(axis=0), y_NE - y_NE.mean(axis=0)
    own = np.linalg.norm(x_ND.T @ x_ND) * np.linalg.norm(y_NE.T @ y_NE)
    return float(np.linalg.norm(y_NE.T @ x_ND) ** 2 / own)


def features(
    model: ScalarRewardModel,
    items: Sequence[Item],
    layers: Sequence[int],
    *,
    batch_tokens: int = 16_384,
    bf16: bool = False,
) -> Floats:
    """Return hidden states at the scored token, shape (L, N, D), in the order given.

    As in scoring, every distinct dialogue is read once, in batches of similar length that do not depend
    on the order of the items: two models over the same items read the same batches.

    Args:
        model: whose.
        items: dialogues; one that is longer than the model reads becomes a row of NaN.
        layers: indices of `hidden_states`, 0 to the number of blocks.
        batch_tokens: most tokens of a batch, padding included; a longer dialogue goes alone.
        bf16: whether products are computed in bfloat16, faster and good to about two digits.

    Raises:
        InputError: the chat template refuses a dialogue.
        ValueError: there is no such layer.
    """
    return _states(model, _rows(model, items), layers, batch_tokens, bf16)


def drift(
    model: ScalarRewardModel,
    base: ScalarRewardModel,
    items: Sequence[Item],
    layers: Sequence[int],
    *,
    batch_tokens: int = 16_384,
    bf16: bool = False,
) -> tuple[Drift, ...]:
    """Return how far each layer moved, in the order of `layers`.

    Distances come per item, so that whoever reports them can form an interval clustered by prompt.

    Args:
        model: the trained model.
        base: the model it was trained from, as it was; its head is not read.
        items: dialogues; for pairs, both `sides` of each.
        layers: see `features`.
        batch_tokens: likewise.
        bf16: likewise, of both models.

    Raises:
        InputError: the two read different tokens, or the chat template refuses a dialogue.
        ValueError: there is no such layer, or hidden sizes differ.
    """
    rows = _rows(model, items)
    if rows != _rows(base, items):
        raise InputError(
            "the two models read these dialogues as different tokens; drift is that of a model from the base it was "
            "trained from: give that base, with its own tokenizer and chat template"
        )
    moved, frozen = (_states(one, rows, layers, batch_tokens, bf16) for one in (model, base))
    return tuple(
        Drift(layer=layer, distance_N=relative_distance(f_ND, f0_ND), cka=linear_cka(f_ND, f0_ND))
        for layer, f_ND, f0_ND in zip(layers, moved, frozen, strict=True)
    )


def _rows(model: ScalarRewardModel, items: Sequence[Item]) -> list[tuple[int, ...] | None]:
    """Return the ids of every dialogue, None where it is too long."""
    rows: list[tuple[int, ...] | None] = []
    for item in items:
        try:
            one = encode_dialogue(model.tokens, item.prompt, item.response, max_length=model.context, over="drop")
        except InputError as error:
            raise InputError(f"item {item.id!r}: {error}") from None
        rows.append(None if one is None else one.ids)
    return rows


def _states(
    model: ScalarRewardModel,
    rows: Sequence[tuple[int, ...] | None],
    layers: Sequence[int],
    batch_tokens: int,
    bf16: bool,
) -> Floats:
    """Return hidden states at the last token of every row, shape (L, N, D)."""
    import torch

    shape = model.net.config.get_text_config()
    if not layers or not all(0 <= layer <= shape.num_hidden_layers for layer in layers):
        raise ValueError(f"layers must lie in 0 … {shape.num_hidden_layers}, at least one; got {list(layers)}")
    unique = sorted({row for row in rows if row is not None}, key=lambda row: (len(row), row))
    state_LUD = np.full((len(layers), len(unique) + 1, shape.hidden_size), np.nan)  # the last: not read
    mode = model.training
    model.eval()
    try:
        with torch.no_grad(), torch.autocast(model.device.type, torch.bfloat16, enabled=bf16):
            for start, stop in token_batches([len(row) for row in unique], batch_tokens):
                ids, mask = (tensor.to(model.device) for tensor in padded(unique[start:stop], model.pad_id))
                hidden = model.forward_hidden(ids, mask)[1]
                at_B, last_B = torch.arange(stop - start, device=model.device), mask.sum(1) - 1
                for into, layer in enumerate(layers):
                    state_LUD[into, start:stop] = hidden[layer][at_B, last_B].double().cpu().numpy()
    finally:
        model.train(mode)
    place = {row: u for u, row in enumerate(unique)}
    return state_LUD[:, [len(unique) if row is None else place[row] for row in rows]]
