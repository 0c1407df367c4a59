"""Representation anchoring: a penalty on how far features drift from those of the frozen model.

    L = L_task + λ · mean over layers, over answers, over tokens of D(h, stopgrad(h⁰))

λ = 0 is plain training, λ → ∞ a linear probe on frozen features.  The idea is that of arXiv
2605.25629; layers, tokens, distances and schedules are the variants of protocol.md section 5, not
the paper's, whose method section we have not seen.

Hidden states are those of `output_hidden_states`: entry 0 the embeddings, entry k the output of
block k, the last one after the final norm, which is what a head reads.  Anchored tokens are cut out
of a batch first (`packed`).  Where h⁰ comes from: `assay.anchor_reference`, `assay.feature_cache`.

Shapes: B rows (2i and 2i + 1 are the answers of pair i), T tokens, L layers, D hidden size,
N anchored tokens of a batch, row by row.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

import numpy as np

from .types import Ints

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "AnchorConfig",
    "Anchored",
    "Distance",
    "Layers",
    "TokenChoice",
    "anchor_distance",
    "anchor_layers",
    "anchor_loss",
    "anchored_tokens",
    "lambda_weight",
    "packed",
    "packed_loss",
]

Layers: TypeAlias = Literal["final", "middle", "all"] | int
TokenChoice = Literal["scored", "response", "all"]
Distance = Literal["scaled", "relative", "cosine", "difference"]
Schedule = Literal["constant", "warmup", "decay"]
ReferenceKind = Literal["adapter", "copy", "cache"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchorConfig:
    """How features are held to those of the frozen model."""

    weight: float
    """λ >= 0, in nats of loss per unit of distance; 0 = no anchoring."""
    layers: Layers = "final"
    """final | middle (half of the blocks, rounded up) | all | k = every k-th block, counted back from the final one."""
    tokens: TokenChoice = "scored"
    """scored (the one a head reads) | response | all that are not padding."""
    distance: Distance = "relative"
    """scaled ‖h − h⁰‖²/D | relative ‖h − h⁰‖²/‖h⁰‖² | cosine | difference (scaled, of h(a) − h(b); scored tokens)."""
    schedule: Schedule = "constant"
    """constant | warmup (0 → λ over the first `warmup` share of the steps) | decay (λ → 0, linear over all steps)."""
    warmup: float = 0.1
    """Share of the steps, in (0, 1]; read by schedule warmup only."""
    reference: ReferenceKind = "adapter"
    """Where h⁰ comes from: adapters disabled | a frozen copy | the feature cache."""

    def __post_init__(self) -> None:
        if not 0 <= self.weight < math.inf:
            raise ValueError(f"anchor: weight must be finite and >= 0, got {self.weight!r}")
        for name, allowed in (
            ("tokens", TokenChoice),
            ("distance", Distance),
            ("schedule", Schedule),
            ("reference", ReferenceKind),
        ):
            if getattr(self, name) not in get_args(allowed):
                raise ValueError(
                    f"anchor: {name} must be one of {', '.join(get_args(allowed))}; got {getattr(self, name)!r}"
                )
        if not 0 < self.warmup <= 1:
            raise ValueError(f"anchor: warmup must lie in (0, 1], got {self.warmup!r}")
        if self.distance == "difference" and self.tokens != "scored":
            raise ValueError(f"anchor: distance 'difference' compares scored tokens only; got tokens {self.tokens!r}")
        anchor_layers(self.layers, 1)


def anchor_layers(layers: Layers, blocks: int) -> tuple[int, ...]:
    """Return the indices of the anchored layers in `output_hidden_states`, ascending, 1 … blocks.

    >>> anchor_layers("final", 5), anchor_layers("middle", 5), anchor_layers(2, 5)
    ((5,), (3,), (1, 3, 5))
    """
    if layers == "final":
        return (blocks,)
    if layers == "middle":
        return ((blocks + 1) // 2,)
    if layers == "all":
        return tuple(range(1, blocks + 1))
    if isinstance(layers, bool) or not isinstance(layers, int) or layers < 1:
        raise ValueError(f"anchor: layers must be final, middle, all or a number k >= 1; got {layers!r}")
    return tuple(range(blocks, 0, -layers))[::-1]


def lambda_weight(config: AnchorConfig, step: int, steps: int) -> float:
    """Return λ of a step (0-based) of so many steps.

    >>> [lambda_weight(AnchorConfig(weight=2.0, schedule="warmup"), step, 100) for step in (0, 5, 10, 99)]
    [0.0, 1.0, 2.0, 2.0]
    >>> [lambda_weight(AnchorConfig(weight=2.0, schedule="decay"), step, 100) for step in (0, 50, 100)]
    [2.0, 1.0, 0.0]
    """
    if steps < 1:
        raise ValueError(f"steps must be >= 1, got {steps}")
    if config.schedule == "warmup":
        return config.weight * min(1.0, step / (config.warmup * steps))
    if config.schedule == "decay":
        return config.weight * max(0.0, 1.0 - step / steps)
    return config.weight


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Anchored:
    """Which tokens of a padded batch are anchored."""

    flat: Tensor
    """(N,) int64, ascending: row · length + position."""
    rows: int
    """B."""
    length: int
    """T."""

    def positions(self) -> list[Ints]:
        """Return the anchored positions of each row, B arrays."""
        flat_N = self.flat.cpu().numpy()
        edges = np.searchsorted(flat_N, np.arange(1, self.rows) * self.length)
        return [at % self.length for at in np.split(flat_N, edges)]

    def take(self, rows: Sequence[int]) -> Anchored:
        """Return the same for the batch that consists of these rows of this one."""
        at_rows = self.positions()
        flat_N = np.concatenate([at_rows[row] + new * self.length for new, row in enumerate(rows)])
        return Anchored(flat=self.flat.new_tensor(flat_N), rows=len(rows), length=self.length)


def anchored_tokens(mask_BT: Tensor, scored_B: Tensor, response_BT: Tensor, tokens: TokenChoice) -> Anchored:
    """Return the anchored tokens of a batch; padding is never among them.

    Args:
        mask_BT: Attention mask, 0 = padding.
        scored_B: Position of the token that the head reads, per row.
        response_BT: 1 = token of the response.
        tokens: Which are anchored.
    """
    import torch

    rows, length = mask_BT.shape
    if tokens == "scored":
        flat_N = torch.arange(rows, device=mask_BT.device) * length + scored_B
    else:
        kept_BT = mask_BT.bool() & response_BT.bool() if tokens == "response" else mask_BT.bool()
        flat_N = kept_BT.flatten().nonzero().squeeze(1)
    return Anchored(flat=flat_N, rows=rows, length=length)


def packed(hidden: Sequence[Tensor], where: Anchored, layers: Layers) -> Tensor:
    """Return the anchored states of the chosen layers, (L, N, D), out of all hidden states, each (B, T, D)."""
    import torch

    chosen = anchor_layers(layers, len(hidden) - 1)
    return torch.stack([hidden[k].flatten(0, 1).index_select(0, where.flat) for k in chosen])


def anchor_distance(h: Tensor, h0: Tensor, distance: Distance) -> Tensor:
    """Return the distance of states h from their references, both (…, D), as (…).

    scaled ‖h − h⁰‖²/D; relative ‖h − h⁰‖²/‖h⁰‖²; cosine 1 − cos(h, h⁰), as half the squared distance of
    the unit vectors, which is the same number and loses no digits near 0; difference: as scaled,
    of arguments that already are differences.  No gradient reaches h⁰.  Computed in float32
    (float64 where given).

    Source: protocol.md section 5, working definitions.
    """
    from torch.nn.functional import normalize

    h, h0 = _wide(h), _wide(h0.detach())
    if distance == "cosine":
        return (normalize(h, dim=-1) - normalize(h0, dim=-1)).square().sum(-1) / 2
    squared = (h - h0).square()
    return squared.sum(-1) / h0.square().sum(-1).clamp_min(1e-30) if distance == "relative" else squared.mean(-1)


def packed_loss(h_LND: Tensor, h0_LND: Tensor, where: Anchored, distance: Distance) -> Tensor:
    """Return the anchoring loss per row, (B,), without λ: the mean over layers and over the row's tokens.

    A row without anchored tokens (an empty response) has loss 0.  With "difference" both rows of
    a pair carry the loss of the pair, so the mean over rows is the mean over pairs.

    Args:
        h_LND: States of the model in training; see `packed`.
        h0_LND: States of the frozen model.
        where: The tokens.
        distance: How far is far.
    """
    if distance == "difference":
        if where.rows % 2 or h_LND.shape[1] != where.rows:
            raise ValueError(
                f"distance 'difference' needs pairs of rows and one token each; "
                f"got {where.rows} rows and {h_LND.shape[1]} tokens"
            )
        h_LND, h0_LND = (_wide(h[:, 0::2]) - _wide(h[:, 1::2]) for h in (h_LND, h0_LND))
        return anchor_distance(h_LND, h0_LND, distance).mean(0).repeat_interleave(2)
    distance_N = anchor_distance(h_LND, h0_LND, distance).mean(0)
    # placed on the batch and summed along it: adding up by row index has no fixed order on a GPU
    distance_BT = distance_N.new_zeros(where.rows * where.length).index_copy(0, where.flat, distance_N)
    count_B = distance_BT.new_zeros(distance_BT.shape).index_fill(0, where.flat, 1.0).view(where.rows, -1).sum(1)
    return distance_BT.view(where.rows, -1).sum(1) / count_B.clamp_min(1.0)


def anchor_loss(
    hidden: Sequence[Tensor],
    reference: Sequence[Tensor],
    mask_BT: Tensor,
    scored_B: Tensor,
    response_BT: Tensor,
    config: AnchorConfig,
) -> Tensor:
    """Return the anchoring loss per row, (B,), without λ, of two forward passes.

    Args:
        hidden: All hidden states of the model in training, embeddings first, each (B, T, D).
        reference: Those of the frozen model.
        mask_BT: As for `anchored_tokens`.
        scored_B: Likewise.
        response_BT: Likewise.
        config: Layers, tokens and distance.
    """
    where = anchored_tokens(mask_BT, scored_B, response_BT, config.tokens)
    h_LND, h0_LND = (packed(states, where, config.layers) for states in (hidden, reference))
    return packed_loss(h_LND, h0_LND, where, config.distance)


def _wide(states: Tensor) -> Tensor:
    """Return states in float32, or in float64 where they already are."""
    import torch

    return states.to(torch.promote_types(states.dtype, torch.float32))
