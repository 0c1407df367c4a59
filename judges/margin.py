"""From label distributions to margins: which of two answers is better, and how surely.

    margin = log( (P(win) + P(tie)/2) / (P(lose) + P(tie)/2) )      in nats, > 0 = the first is better

A tie counts half for each side.  Probabilities of both sides are added up as such, never as one
minus the other, so a margin keeps its digits however sure it is.  Margins are *not clipped*: that
is the calibrator's work (method.md rule 9).  They are finite all the same: a judge that leaves one
side no probability at all is as sure as a float can say, `MOST_NATS`.

Two scores (pointwise)      P(S_a > S_b) and so on, by convolution (method.md rule 11, derived here).
Criteria that compare       every criterion says A, B or =, independently given the judge's belief.
  mean, sum                 the sign of Σ w x with x = +1, 0, -1: only a sign is asked, so both are alike.
  logodds                   Σ w m / Σ |w|, every w times P(applies), m the criterion's own margin.
One verdict on the whole    the distribution of the winner, as it stands.

A negative weight marks a fault: the side that shows more of it is worse.  `na` drops out.  A gate
rejects the side that is worse on its criterion, whatever the rest says; of several, the first in
the rubric's order that decides.  Where none does, the rest does.

Everything is made of stored distributions: new weights need no new verdict.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from assay.engines import LabelDist
from assay.types import Floats

from .combine import NO_CEILING, States, Term, combine
from .form import TIE
from .rubric import NOT_APPLICABLE, Criterion, Rubric
from .score_dist import ScoreDist, check_asked
from .verdict import Verdict

__all__ = ["MOST_NATS", "Comparison", "compare_scores", "pairwise_comparison", "verdict_margin"]

MOST_NATS = -math.log(sys.float_info.min)
"""The widest margin, about 708: the logarithm of the smallest normal float, its sign turned."""
_SAME = 1e-9


@dataclass(frozen=True, slots=True)
class Comparison:
    """How probably the first of two answers is better, as good, or worse."""

    win: float
    """P(the first is better)."""
    tie: float
    """P(neither is)."""
    lose: float
    """P(the second is better)."""

    def __post_init__(self) -> None:
        three = (self.win, self.tie, self.lose)
        if not all(p >= 0 for p in three) or not math.isclose(math.fsum(three), 1.0, abs_tol=1e-9):
            raise ValueError(f"win, tie and lose must be >= 0 and sum to 1, got {three}")

    @property
    def p(self) -> float:
        """P(the first is better), a tie counting half."""
        return self.win + self.tie / 2

    @property
    def margin(self) -> float:
        """log(p / (1 - p)) in nats, from both tails; within ± `MOST_NATS`."""
        return _nats(self.p, self.swapped.p)

    @property
    def swapped(self) -> Comparison:
        """The same with the answers exchanged; its margin is exactly the negative."""
        return Comparison(self.lose, self.tie, self.win)


def _nats(up: float, down: float) -> float:
    """Return log(up / down), exactly antisymmetric, within ± MOST_NATS; 0 for equals, also for 0 and 0."""
    if up == down:
        return 0.0
    most, least = max(up, down), min(up, down)
    nats = min(math.log(most) - math.log(least), MOST_NATS) if least > 0 else MOST_NATS
    return nats if up > down else -nats


def compare_scores(a: ScoreDist, b: ScoreDist) -> Comparison:
    """Return how two independent scores compare; O(K log K).

    Scores within 1e-9 tie (times the largest score, where that is above 1).  Exchanging a and b
    exchanges win and lose to the last bit.
    """
    win, tie, lose = _duel(a.value, a.p, b.value, b.p)
    total = win + lose + tie
    return Comparison(win / total, tie / total, lose / total)


def _duel(a_K: Floats, pa_K: Floats, b_M: Floats, pb_M: Floats) -> tuple[float, float, float]:
    """Return the mass of a > b, a = b and a < b; shapes (K,) and (M,), in any order, masses of any sum."""
    value = np.concatenate([a_K, b_M])
    order = np.argsort(value, kind="stable")
    same = _SAME * max(1.0, float(np.abs(value).max()))
    rank = np.empty(len(value), dtype=np.int64)
    rank[order] = np.cumsum(np.diff(value[order], prepend=value[order[0]]) > same)
    a, b = np.zeros(len(value)), np.zeros(len(value))
    np.add.at(a, rank[: len(a_K)], pa_K)
    np.add.at(b, rank[len(a_K) :], pb_M)
    return _above(a, b), math.fsum((a * b).tolist()), _above(b, a)


def _above(a: Floats, b: Floats) -> float:
    """Return the mass of a above b, over common ranks; `fsum`, so that it never depends on the order."""
    below = np.concatenate([[0.0], np.cumsum(b)[:-1]])
    return math.fsum((a * below).tolist())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """One criterion seen from the first answer; the four probabilities sum to 1."""

    share: float
    """|w| over the sum of all."""
    win: float
    tie: float
    lose: float
    na: float
    gate: bool

    @property
    def applies(self) -> float:
        return self.win + self.lose + self.tie

    @property
    def margin(self) -> float:
        """Its own log-odds, given that it applies."""
        return _nats(self.win + self.tie / 2, self.lose + self.tie / 2)


def _side(one: Criterion, dist: LabelDist, total: float) -> _Side:
    p = _probabilities(dist, ("A", "B", TIE["criterion"], NOT_APPLICABLE), f"criterion {one.id!r}")
    win, lose, tie, na = p if one.weight > 0 else (p[1], p[0], p[2], p[3])
    return _Side(share=abs(one.weight) / total, win=win, tie=tie, lose=lose, na=na, gate=one.gate is not None)


def _probabilities(dist: LabelDist, labels: Sequence[str], where: str) -> list[float]:
    """Return the probability of each label, 0 where it was not offered."""
    strange = [label for label in dist.labels if label not in labels]
    if strange:
        raise ValueError(f"{where}: label {strange[0]!r} is none of {', '.join(labels)}")
    p = dict(zip(dist.labels, dist.p.tolist(), strict=True))
    return [p.get(label, 0.0) for label in labels]


def pairwise_comparison(rubric: Rubric, dists: Mapping[str, LabelDist]) -> Comparison | None:
    """Return how two answers compare that were judged side by side.

    Args:
        rubric: pairwise; only its weights, gates and aggregation count.
        dists: what the judge believes, over A, B, = and na per criterion id, or over A, B and tie for `winner`.

    Returns:
        From the side of answer A; None where surely nothing applies.  For mean and sum exact up to
        18 criteria; past that a Σ w x closer to 0 than Σ |w| / 2048 may fall on the wrong side.

    Raises:
        ValueError: the rubric is not pairwise, or a criterion or label is none of its own.
    """
    check_asked(rubric, dists, "pairwise")
    if not rubric.criteria:
        return _winner(dists["winner"]) if "winner" in dists else None
    asked = [one for one in rubric.criteria if one.id in dists]
    total = math.fsum(abs(one.weight) for one in asked)
    win = lose = 0.0
    undecided = 1.0
    sides = []
    for side in (_side(one, dists[one.id], total) for one in asked):
        rest = side.tie + side.na
        if side.gate:
            win, lose, undecided = win + undecided * side.win, lose + undecided * side.lose, undecided * rest
        if side.gate and rest > 0:
            side = replace(side, win=0.0, lose=0.0, tie=side.tie / rest, na=side.na / rest)
        sides.append(side)
    tally = _log_odds(sides) if rubric.aggregation == "logodds" else _signs(sides)
    win, tie, lose = win + undecided * tally[0], undecided * tally[1], lose + undecided * tally[2]
    some = win + lose + tie
    return Comparison(win / some, tie / some, lose / some) if some > 0 else None


def _winner(dist: LabelDist) -> Comparison:
    win, lose, tie = _probabilities(dist, ("A", "B", TIE["winner"]), "winner")
    return Comparison(win, tie, lose)


def _signs(sides: Sequence[_Side]) -> tuple[float, float, float]:
    """Return the mass of Σ w x > 0, = 0 and < 0 where something applies.

    The sum is split in two halves whose states are compared, T > 0 being T_1 > -T_2: twice as many criteria
    stay exact, and no sum has to be put into a cell next to 0.  Where nothing applies in the first half,
    something must in the second.
    """
    half = (len(sides) + 1) // 2
    one, two = _states(sides[:half]), _states(sides[half:])
    some, later = one.d > 0, two.d > 0
    found = np.zeros(3)
    for a, b in ((some, np.ones_like(later)), (~some, later)):
        if a.any() and b.any():
            found += _duel(one.x[a], one.p[a], -two.x[b], two.p[b])
    return float(found[0]), float(found[1]), float(found[2])


def _states(sides: Sequence[_Side]) -> States:
    terms = [
        Term(
            p=np.array([side.win, side.lose, side.tie, side.na]),
            x=np.array([side.share, -side.share, 0.0, 0.0]),
            d=np.array([1.0, 1.0, 1.0, 0.0]),
            ceiling=np.full(4, NO_CEILING),
        )
        for side in sides
    ]
    return combine(terms, "sum", 2 * math.fsum(side.share for side in sides))


def _log_odds(sides: Sequence[_Side]) -> tuple[float, float, float]:
    """Return win, tie and lose with the mean log-odds as their margin, times P(something applies)."""
    some, nothing = 0.0, 1.0
    for side in sides:
        some, nothing = some + nothing * side.applies, nothing * side.na
    weight = math.fsum(side.share * side.applies for side in sides)
    if weight == 0:
        return 0.0, 0.0, 0.0
    margin = math.fsum(side.share * side.applies * side.margin for side in sides) / weight
    tie = math.fsum(side.share * side.tie for side in sides) / weight
    odds = math.exp(-abs(margin))
    likely, unlikely = 1 / (1 + odds), odds / (1 + odds)
    tie = min(tie, 2 * unlikely)  # more ties than that would pull the margin towards 0
    better, worse = some * (likely - tie / 2), some * (unlikely - tie / 2)
    return (better, some * tie, worse) if margin >= 0 else (worse, some * tie, better)


def verdict_margin(rubric: Rubric, verdict: Verdict) -> Comparison | None:
    """Return how the answers of a pairwise verdict compare; None where there is no verdict or nothing applies."""
    return pairwise_comparison(rubric, verdict.distributions) if verdict.status == "ok" else None
