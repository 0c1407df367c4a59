"""Losses of pairs: Bradley–Terry and what is added to it.

With d = r(first) − r(second), Bradley–Terry says P(first preferred) = σ(d).  A label y is that
probability as observed, anywhere in [0, 1]: hard, soft, a share of votes, ½ for a tie.  Everything
here treats the sides alike: exchanging them (d → −d, y → 1 − y) leaves a loss as it was.

Losses come back per pair, so that whoever sums them over micro-batches and processes divides once,
by the number of pairs.  They are computed in float32 (float64 where given) whatever comes in:
bfloat16 has no margin between 5 and 5.03.

Shapes: B pairs.  Units: nats of loss per pair; margins and rewards are logits.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn.functional import log_softmax, softplus

from assay.types import Pair

__all__ = [
    "Ties",
    "bradley_terry",
    "centring",
    "confidence_alpha",
    "confidence_auxiliary",
    "davidson_ties",
    "pair_label",
    "votes_to_label",
]

Ties = Literal["half", "drop"]
"""What a tie becomes: half a win for either side, or nothing."""


def votes_to_label(votes: tuple[float, float, float], ties: Ties = "half") -> float | None:
    """Return P(first preferred) as the votes (n_first, n_tie, n_second) have it.

    Args:
        votes: Counts >= 0, not all 0.
        ties: "half" counts a tied vote as half a vote for each side; "drop" leaves it out.

    Returns:
        The share in [0, 1]; None where ties are dropped and every vote was one.

    >>> votes_to_label((2, 1, 1)), votes_to_label((3, 4, 1), "drop"), votes_to_label((0, 2, 0), "drop")
    (0.625, 0.75, None)
    """
    if ties not in get_args(Ties):
        raise ValueError(f"ties must be one of {', '.join(get_args(Ties))}; got {ties!r}")
    first, tie, second = votes
    if min(votes) < 0 or not 0 < sum(votes) < math.inf:
        raise ValueError(f"votes must be three counts >= 0 that are not all 0, got {votes!r}")
    if ties == "half":
        return (first + tie / 2) / (first + tie + second)
    return first / (first + second) if first + second else None


def pair_label(pair: Pair, ties: Ties = "half", by: Literal["label", "votes"] = "label") -> float | None:
    """Return the training label of a pair, None where it has none.

    A ½ that is known to be split annotators (votes, none of them a tie) is no tie and is never dropped.

    Args:
        pair: The pair.
        ties: "half" trains ties towards equal rewards; "drop" leaves them out.
        by: "label" takes the set's own label, and the votes only where there is none; "votes" takes
            the votes where they are known (HelpSteer3: the sign of the overall preference, or the annotators).
    """
    if pair.votes is not None and (by == "votes" or pair.label is None):
        return votes_to_label(pair.votes, ties)
    split = pair.votes is not None and pair.votes[1] == 0
    return None if ties == "drop" and pair.label == 0.5 and not split else pair.label


def bradley_terry(
    margin_B: Tensor,
    label_B: Tensor | None = None,
    *,
    weight_B: Tensor | None = None,
    gap_B: Tensor | None = None,
    smoothing: float = 0.0,
) -> Tensor:
    """Return −y log σ(d − m) − (1 − y) log σ(−d − m) per pair, shape (B,).

    Without a gap its derivative by d is σ(d) − y, so a label ½ pulls towards equal rewards.

    Args:
        margin_B: d = r(first) − r(second).
        label_B: y = P(first preferred) in [0, 1]; None = the first is preferred in every pair.
        weight_B: Factor of each pair's loss, >= 0; the caller divides by pairs, so let them average 1.
        gap_B: m >= 0, how far the preferred side has to lead; None = 0.
        smoothing: w in [0, ½): y becomes (1 − w) y + w (1 − y).

    Raises:
        ValueError: `smoothing` outside [0, ½), where the label would lose its side.

    Source: Bradley & Terry 1952; soft labels and y as in protocol.md section 2; gap: Touvron et al. 2023,
    arXiv 2307.09288, eq. 2; smoothing (1 − w) ℓ(+) + w ℓ(−): code of Yang et al. 2024, arXiv 2406.10216.
    """
    if not 0 <= smoothing < 0.5:
        raise ValueError(f"smoothing must lie in [0, 0.5), got {smoothing!r}")
    d_B = _wide(margin_B)
    y_B = torch.ones_like(d_B) if label_B is None else label_B.to(d_B)
    y_B = (1 - smoothing) * y_B + smoothing * (1 - y_B)
    m_B = torch.zeros_like(d_B) if gap_B is None else gap_B.to(d_B)
    loss_B = y_B * softplus(m_B - d_B) + (1 - y_B) * softplus(m_B + d_B)  # −log σ(x) = softplus(−x)
    return loss_B if weight_B is None else loss_B * weight_B.to(d_B)


def centring(first_B: Tensor, second_B: Tensor) -> Tensor:
    """Return (r_first + r_second)² per pair, shape (B,): what holds rewards near 0.

    Bradley–Terry sees differences only, so any shift common to both sides is free without it.

    Args:
        first_B: Rewards of the first answers.
        second_B: Rewards of the second answers.

    Source: Eisenstein et al. 2023, arXiv 2312.09244, eq. 2; TRL's `center_rewards_coefficient` (0.01 is usual).
    """
    return (_wide(first_B) + _wide(second_B)) ** 2


def confidence_auxiliary(margin_B: Tensor, label_B: Tensor, alpha: float, threshold: float = 0.5) -> Tensor:
    """Return (1 − α) CE(p, y) + α CE(p, 1[p > t]) per pair, shape (B,), with p = σ(d).

    The second term lets a student trust itself against its teacher.  Its target is a constant of
    the step: no gradient passes through it, and the derivative by d is σ(d) − ((1 − α) y + α 1[p > t]).
    Exactly at the threshold the target is ½, so that no side is favoured.

    Args:
        margin_B: d = r(first) − r(second) of the student.
        label_B: y, the teacher's P(first preferred), in [0, 1].
        alpha: Share of the student's own verdict, in [0, 1]; see `confidence_alpha`.
        threshold: t in (0, 1).  The paper takes the batch median; with sides placed at random the
            prior of a pair is ½ by symmetry, and needs no batch.

    Source: Burns et al. 2023, arXiv 2312.09390, in the form of protocol.md section 7 (marked unverified there);
    the pairwise threshold is ours.
    """
    if not 0 <= alpha <= 1 or not 0 < threshold < 1:
        raise ValueError(f"alpha must lie in [0, 1] and threshold between 0 and 1; got {alpha!r} and {threshold!r}")
    d_B = _wide(margin_B)
    lead_B = d_B.detach() - math.log(threshold / (1 - threshold))  # compared as logits: σ rounds to 1 from d = 17 on
    own_B = torch.heaviside(lead_B, torch.full_like(lead_B, 0.5))
    return bradley_terry(d_B, (1 - alpha) * label_B.to(d_B) + alpha * own_B)


def confidence_alpha(step: int, steps: int, alpha_max: float = 0.5, warmup: float = 0.2) -> float:
    """Return α of a step: linear from 0 to `alpha_max` over the first `warmup` share of the steps, then constant.

    Source: protocol.md section 7, paper form (.75 for the largest students, .5 otherwise, first 20 %).

    >>> [confidence_alpha(step, 100) for step in (0, 10, 20, 99)]
    [0.0, 0.25, 0.5, 0.5]
    """
    return alpha_max * min(1.0, step / (warmup * steps)) if warmup * steps > 0 else alpha_max


def davidson_ties(margin_B: Tensor, votes_B3: Tensor, nu: float | Tensor) -> Tensor:
    """Return the mean −log P of each pair's votes under Davidson's model of ties, shape (B,).

    P(first) : P(tie) : P(second) = e^(d/2) : ν : e^(−d/2).  Given that a vote is decided, P(first) is
    σ(d), so rewards mean what they mean under Bradley–Terry.

    Args:
        margin_B: d = r(first) − r(second).
        votes_B3: (n_first, n_tie, n_second), counts or shares, shape (B, 3), no row all 0.
        nu: ν > 0, P(tie) over the geometric mean of the other two; train it as e^μ.

    Raises:
        ValueError: `nu` is a number that is not > 0; drop the ties and use `bradley_terry` instead.

    Source: Davidson 1970, "On extending the Bradley-Terry model to accommodate ties in paired comparison
    experiments", as written in protocol.md section 9.3.
    """
    if isinstance(nu, int | float) and not 0 < nu < math.inf:
        raise ValueError(f"nu must be finite and > 0, got {nu!r}; without ties use bradley_terry")
    d_B = _wide(margin_B)
    log_nu_B = torch.as_tensor(nu, dtype=d_B.dtype, device=d_B.device).log().expand_as(d_B)
    logp_B3 = log_softmax(torch.stack([d_B / 2, log_nu_B, -d_B / 2], dim=1), dim=1)
    share_B3 = votes_B3.to(d_B) / votes_B3.to(d_B).sum(dim=1, keepdim=True)
    return -(share_B3 * logp_B3).sum(dim=1)


def _wide(value: Tensor) -> Tensor:
    """Return a tensor in float32, or in float64 where it already is."""
    return value.to(torch.promote_types(value.dtype, torch.float32))
