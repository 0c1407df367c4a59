"""From label distributions to the distribution of an answer's score (pointwise rubrics).

The judge believes a distribution over the labels of every criterion.  The criteria are taken as
independent given these distributions; judges let one criterion colour the next (halo), so the
score's spread is too small and margins made of it too sure (method.md rule 11: measure it).

    mean   Σ |w| v' / Σ |w|     over the criteria that apply, in [0, 1]
    sum    Σ w v                raw and signed; what does not apply adds 0
    min    the least v'         of the criteria that apply

v is what a level is worth, in [0, 1].  A fault (w < 0) counts v' = 1 - v, a merit v' = v.  What
drops out: the label `na`, criteria that were not asked, and nominal ones without values, which
describe but may still close a gate.  The part of the probability in which nothing applies is left
out and the rest made to sum to 1.

A gate is a ceiling on the score; of several, the lowest counts.  With lo and hi the least and the
highest score there can be (0 and 1, or those of the weights where scores are sums):

    cap      at, but never below lo
    zero     lo
    reject   lo - (hi - lo): one whole scale below the worst, where all rejected answers tie
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.engines import LabelDist
from assay.types import Floats

from .combine import MANY, NO_CEILING, Term, cells, combine, least_width, lump
from .rubric import NOT_APPLICABLE, Criterion, Level, Mode, Rubric
from .verdict import Verdict

__all__ = ["ScoreDist", "check_asked", "expected_level", "score", "score_distribution", "verdict_score"]

_DIGITS = 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoreDist:
    """What an answer may score, and how probably; K scores."""

    value: Floats
    """(K,) scores, rising; in [0, 1] for mean and min, below 0 where rejected."""
    p: Floats
    """(K,) probability of each, sums to 1."""
    error: float = 0.0
    """No value is off by more than this: 0 = exact, see combine.py."""

    def __post_init__(self) -> None:
        value_K, p_K = (np.array(column, dtype=np.float64) for column in (self.value, self.p))
        if value_K.ndim != 1 or value_K.shape != p_K.shape or not len(value_K):
            raise ValueError(f"scores of shape {value_K.shape} with probabilities of shape {p_K.shape}; both are (K,)")
        if not np.isfinite(value_K).all() or (np.diff(value_K) < 0).any():
            raise ValueError("scores must be finite and rising")
        if not (p_K >= 0).all() or not math.isclose(float(p_K.sum()), 1.0, abs_tol=1e-9):
            raise ValueError(f"probabilities must be >= 0 and sum to 1, got a sum of {float(p_K.sum())!r}")
        for name, column in (("value", value_K), ("p", p_K)):
            column.flags.writeable = False
            object.__setattr__(self, name, column)

    @property
    def mean(self) -> float:
        """The expected score."""
        return float(self.p @ self.value)

    @property
    def std(self) -> float:
        """The standard deviation of the score."""
        return math.sqrt(float(self.p @ (self.value - self.mean) ** 2))


def check_asked(rubric: Rubric, dists: Mapping[str, LabelDist], *modes: Mode) -> None:
    """Make sure that distributions belong to a rubric of the right mode.

    Raises:
        ValueError: it is of another mode, or a name is none of its criteria.
    """
    if rubric.mode not in modes:
        raise ValueError(f"rubric {rubric.name!r} is {rubric.mode}; this is for {' or '.join(modes)} ones")
    allowed = [one.id for one in rubric.criteria] or ["winner"]
    strange = [name for name in dists if name not in allowed]
    if strange:
        raise ValueError(
            f"rubric {rubric.name!r}: distribution of {strange[0]!r}, which is none of {', '.join(allowed)}"
        )


def expected_level(dist: LabelDist, levels: Sequence[Level]) -> float | None:
    """Return what a criterion's label is worth on average, in [0, 1], given that it applies.

    None where it surely does not apply, or where a possible label has no value.

    >>> levels = (Level(label="no", value=0.0), Level(label="yes", value=1.0))
    >>> expected_level(LabelDist.of({"no": 1, "yes": 1, "na": 2}), levels)
    0.5
    """
    worth = {level.label: level.value for level in levels}
    mass = total = 0.0
    for label, p in zip(dist.labels, dist.p.tolist(), strict=True):
        if label != NOT_APPLICABLE and p > 0:
            value = worth[label]
            if value is None:
                return None
            mass, total = mass + p, total + p * value
    return total / mass if mass else None


def score_distribution(rubric: Rubric, dists: Mapping[str, LabelDist]) -> ScoreDist | None:
    """Return what an answer may score.

    Args:
        rubric: pointwise; only its weights, values, gates and aggregation count.
        dists: what the judge believes, per criterion id; criteria that are absent were not asked.

    Returns:
        Its distribution, exact up to 20,000 states (combine.py); None where surely nothing applies.

    Raises:
        ValueError: the rubric is not pointwise, or a criterion or label is none of its own.
    """
    check_asked(rubric, dists, "pointwise")
    rule: Literal["mean", "sum", "min"] = (
        "sum" if rubric.aggregation == "sum" else "min" if rubric.aggregation == "min" else "mean"
    )
    total = math.fsum(abs(one.weight) for one in rubric.criteria if _valued(one))
    if not total:
        return None
    lo, hi = _range(rubric, dists, total) if rule == "sum" else (0.0, 1.0)
    unit = total if rule == "sum" else 1.0
    terms = [
        _term(one, dists[one.id], rule, one.weight / total, _ceilings(one, lo, hi, unit))
        for one in rubric.criteria
        if one.id in dists and (_valued(one) or one.gate is not None)
    ]
    states = combine(terms, rule, (hi - lo) or 1.0)
    on = states.d > 0
    if not on.any():
        return None
    p, error = states.p[on] / states.p[on].sum(), states.error
    value = np.minimum(np.clip(states.value[on], lo, hi), states.ceiling[on])
    p, value = lump(p, [np.round(value, _DIGITS)], value)
    if len(p) > MANY:
        width = least_width(len(terms), hi - lo)
        p, value = lump(p, [cells(p, value, width)], value)
        error += width
    order = np.argsort(value, kind="stable")
    return ScoreDist(value=unit * value[order], p=p[order] / p.sum(), error=unit * error)


def score(rubric: Rubric, dists: Mapping[str, LabelDist]) -> tuple[float, float] | None:
    """Return the expected score and its standard deviation, or None; see `score_distribution`."""
    found = score_distribution(rubric, dists)
    return None if found is None else (found.mean, found.std)


def verdict_score(rubric: Rubric, verdict: Verdict) -> ScoreDist | None:
    """Return what the answer of a pointwise verdict may score; None where there is no verdict or nothing applies."""
    return score_distribution(rubric, verdict.distributions) if verdict.status == "ok" else None


def _valued(one: Criterion) -> bool:
    return all(level.value is not None for level in one.levels)


def _range(rubric: Rubric, dists: Mapping[str, LabelDist], total: float) -> tuple[float, float]:
    """Return the least and the highest sum there can be, in units of `total`; what may drop out may add 0."""
    lo = hi = 0.0
    for one in rubric.criteria:
        if _valued(one):
            parts = [one.weight / total * (level.value or 0.0) for level in one.levels]
            parts += [0.0] if one.may_skip or one.needs_reference or one.id not in dists else []
            lo, hi = lo + min(parts), hi + max(parts)
    return lo, hi


def _ceilings(one: Criterion, lo: float, hi: float, unit: float) -> Mapping[str, float]:
    """Return the ceiling per label that closes the criterion's gate."""
    if one.gate is None:
        return {}
    # a scale without width still needs a place below it
    closed = {"cap": max((one.gate.at or 0.0) / unit, lo), "zero": lo, "reject": lo - ((hi - lo) or 1.0)}
    return dict.fromkeys(one.gate.when, closed[one.gate.then])


def _term(one: Criterion, dist: LabelDist, rule: str, w: float, ceilings: Mapping[str, float]) -> Term:
    """Return a criterion as a term; w is its share of all weights, signed."""
    worth = {**{level.label: level.value for level in one.levels}, NOT_APPLICABLE: None}
    x, d = [], []
    for label in dist.labels:
        if label not in worth:
            raise ValueError(f"criterion {one.id!r}: label {label!r} is none of {', '.join(worth)}")
        value = worth[label]
        if value is None:
            x.append(1.0 if rule == "min" else 0.0)
            d.append(0.0)
        else:
            good = value if w > 0 else 1.0 - value
            x.append({"mean": abs(w) * good, "sum": w * value, "min": good}[rule])
            d.append(abs(w) if rule == "mean" else 1.0)
    ceiling = [ceilings.get(label, NO_CEILING) for label in dist.labels]
    return Term(p=dist.p, x=np.array(x), d=np.array(d), ceiling=np.array(ceiling))
