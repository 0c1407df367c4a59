"""Where a scorer or a labeller stands between truth and quirks: its margins or labels regressed on both.

    margin        =  b_u Δu + sum over quirks of b_q Δq          least squares
    logit P(...)  =  b_u Δu + sum over quirks of b_q Δq          logistic regression of labels

b_q / b_u, the units of utility that one quirk is worth, is the b of `assay.pocket.teachers`: so a teacher
that came from training is placed on the axis of those that were made.  Without intercept, because
exchanging the sides of a pair negates its margin, Δu and Δq together.

Shapes: N pairs, K quirks, P = 1 + K coefficients, G prompts.  NaN = not scored, not labelled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.types import Floats, Ints

from .calibration import probability
from .intercept import _logistic
from .intervals import Interval, cluster_index

__all__ = ["Placement", "place_labels", "place_margins"]

_NONE = Interval(value=None, low=None, high=None)
_TINY = 1e-12
"""A coefficient whose part in the margins is below this share of their size is rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a scorer or a labeller stands between truth and quirks; None throughout where no finite fit exists."""

    truth: Interval
    """b_u per unit of utility: margin units, or nats of a label."""
    quirks: tuple[Interval, ...]
    """(K,) b_q per quirk, in the same."""
    ratios: tuple[Interval, ...]
    """(K,) b_q / b_u, units of utility per quirk; None where b_u is not shown to lie above 0."""


def place_margins(
    margin_N: Floats, du_N: Floats, dq_NK: Floats, group_N: Sequence[str], *, level: float = 0.95
) -> Placement:
    """Return the least-squares coefficients of a scorer's margins on Δu and Δq, with clustered intervals.

    Args:
        margin_N: raw margins, shape (N,).
        du_N: utility of the first minus that of the second, shape (N,).
        dq_NK: first minus second in each quirk, times its sign in the source, shape (N, K).
        group_N: prompts.
        level: coverage.

    Returns:
        None throughout where Δu and Δq of the scored pairs do not determine the coefficients, or for fewer
        than two prompts.

    Raises:
        ValueError: shapes differ, a number is infinite, or the level is not between 0 and 1.

    Source: sandwich by prompt with factor G/(G - 1), Liang & Zeger 1986, Student's t with G - 1 degrees
    of freedom; ratios: Fieller 1954.
    """
    design_NP, y_N, cluster_N, determined = _rows(margin_N, du_N, dq_NK, group_N, level)
    if not determined:
        return _nowhere(dq_NK)
    theta_P: Floats = np.linalg.lstsq(design_NP, y_N, rcond=None)[0].astype(np.float64)
    # a scorer that does not see utility has a b_u of rounding, whose ratios would look determined
    theta_P[np.abs(theta_P) * np.linalg.norm(design_NP, axis=0) < _TINY * np.linalg.norm(y_N)] = 0.0
    score_NP = design_NP * (y_N - design_NP @ theta_P)[:, None]
    return _placement(theta_P, design_NP.T @ design_NP, score_NP, cluster_N, level)


def place_labels(
    label_N: Floats, du_N: Floats, dq_NK: Floats, group_N: Sequence[str], *, level: float = 0.95
) -> Placement:
    """Return the coefficients of a logistic regression of labels on Δu and Δq, in nats, with clustered intervals.

    A labeller's own noise shrinks b_u and b_q alike, so it is the ratio that stands for the b of
    `assay.pocket.teachers`.

    Args:
        label_N: P(first preferred), hard or soft, shape (N,).
        du_N: see `place_margins`.
        dq_NK: likewise.
        group_N: prompts.
        level: coverage.

    Returns:
        As `place_margins`; None throughout also where Δu and Δq tell the labels apart without error.

    Raises:
        ValueError: see `place_margins`; or a label leaves [0, 1].

    Source: as for `place_margins`; existence of the fit: Albert & Anderson 1984.
    """
    if ((label_N < 0) | (label_N > 1)).any():
        raise ValueError("a label leaves [0, 1]")
    design_NP, y_N, cluster_N, determined = _rows(label_N, du_N, dq_NK, group_N, level)
    if not determined or _separated(design_NP, y_N):
        return _nowhere(dq_NK)
    theta_P = _logistic(design_NP, y_N)
    p_N = probability(design_NP @ theta_P)
    information_PP = design_NP.T @ (design_NP * (p_N * (1 - p_N))[:, None])
    return _placement(theta_P, information_PP, design_NP * (y_N - p_N)[:, None], cluster_N, level)


def _rows(
    y_N: Floats, du_N: Floats, dq_NK: Floats, group_N: Sequence[str], level: float
) -> tuple[Floats, Floats, Ints, bool]:
    """Return design, outcome and prompts of the pairs that count, and whether they determine the coefficients."""
    n = len(group_N)
    if y_N.shape != (n,) or du_N.shape != (n,) or dq_NK.ndim != 2 or len(dq_NK) != n:
        raise ValueError(
            f"{n} groups, but outcomes of shape {y_N.shape}, du_N {du_N.shape} and dq_NK {dq_NK.shape}; "
            f"expected ({n},), ({n},) and ({n}, K)"
        )
    design_NP = np.column_stack([du_N, dq_NK]).astype(np.float64)
    if np.isinf(y_N).any() or not np.isfinite(design_NP).all():
        raise ValueError("a number is infinite, or a difference NaN; only outcomes may be NaN, for 'not scored'")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    use_N = ~np.isnan(y_N)
    design_NP = design_NP[use_N]
    cluster_N = cluster_index([group for group, used in zip(group_N, use_N, strict=True) if used])
    determined = cluster_N.max(initial=0) > 0 and np.linalg.matrix_rank(design_NP) == design_NP.shape[1]
    return design_NP, y_N[use_N], cluster_N, bool(determined)


def _separated(design_NP: Floats, label_N: Floats) -> bool:
    """Tell whether some direction fits ever better the farther one goes, so that no finite fit exists."""
    from scipy.optimize import linprog

    gain_P = design_NP[label_N == 1].sum(axis=0) - design_NP[label_N == 0].sum(axis=0)
    never_worse = np.vstack([-design_NP[label_N > 0], design_NP[label_N < 1]])
    found = linprog(-gain_P, A_ub=never_worse, b_ub=np.zeros(len(never_worse)), bounds=(-1, 1))
    return bool(-found.fun > 1e-6 * np.abs(design_NP).sum())


def _placement(theta_P: Floats, bread_PP: Floats, score_NP: Floats, cluster_N: Ints, level: float) -> Placement:
    """Return coefficients and ratios with intervals, from the information and each pair's part in the score."""
    from scipy.stats import t

    score_GP = np.stack([np.bincount(cluster_N, column) for column in score_NP.T], axis=1)
    prompts, inverse_PP = len(score_GP), np.linalg.inv(bread_PP)
    covariance_PP = inverse_PP @ (score_GP.T @ score_GP) @ inverse_PP * (prompts / (prompts - 1))
    reach_PP = covariance_PP * float(t.ppf((1 + level) / 2, prompts - 1)) ** 2
    half_P = np.sqrt(np.diag(reach_PP))
    coefficients = [
        Interval(value=value, low=value - half, high=value + half)
        for value, half in zip(theta_P.tolist(), half_P.tolist(), strict=True)
    ]
    ratios = tuple(_ratio(theta_P[[k, 0]], reach_PP[np.ix_([k, 0], [k, 0])]) for k in range(1, len(theta_P)))
    return Placement(truth=coefficients[0], quirks=tuple(coefficients[1:]), ratios=ratios)


def _ratio(over_2: Floats, reach_22: Floats) -> Interval:
    """Return every r for which over[0] - r · over[1] is within its reach, the squared half-width of its interval."""
    (top, bottom), ((top_2, both), (_, bottom_2)) = over_2.tolist(), reach_22.tolist()
    a, b, c = bottom**2 - bottom_2, top * bottom - both, top**2 - top_2
    if not (bottom > 0 and a > 0):
        return _NONE
    root = max(b**2 - a * c, 0.0) ** 0.5
    return Interval(value=top / bottom, low=(b - root) / a, high=(b + root) / a)


def _nowhere(dq_NK: Floats) -> Placement:
    nothing = (_NONE,) * dq_NK.shape[1]
    return Placement(truth=_NONE, quirks=nothing, ratios=nothing)
