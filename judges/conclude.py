"""From judgements to scores, margins and rankings; no model is asked here.

Samples of one view are pooled in probability (pooled.py).  The two orders of a pair are averaged in
log-odds, unclipped, and half their difference is the standard deviation (method.md rule 9; the clip
belongs to the calibrator).  Where one order failed there is no margin, never half a one.

Everything is made of stored distributions: a rubric with other weights or gates, but the same
criteria and labels, concludes anew from the same judgements.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add

import numpy as np

from assay.types import Cost, Item, Margins, Pair, Scores, Status

from .asking import Judgement
from .margin import Comparison, compare_scores
from .pooled import Unscored, by_record, by_view, failure, finish_of, pooled_comparison, pooled_score
from .ranking import ranking_utilities
from .rubric import Rubric
from .score_dist import ScoreDist

__all__ = ["Ranking", "margins", "rankings", "scores"]

_NAN = math.nan
_DIGITS = 9  # utilities that agree so far are equal: what is left is rounding of their fit


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Answers to one prompt, from best to worst, or why there is no such order."""

    group: str
    """The prompt."""
    ids: tuple[str, ...] = ()
    """The answers, best first; equals in the order given; () where there is no ranking."""
    utilities: Mapping[str, float] = field(default_factory=dict)
    """Per answer, higher = better: its expected score (pointwise), its mean probability of beating each of the
    others (pairwise), nats that sum to 0 (listwise)."""
    status: Status = "ok"
    """`ok` exactly where there is a ranking."""
    error: str | None = None
    """Why there is none."""


def scores(rubric: Rubric, items: Sequence[Item], judgements: Sequence[Judgement], *, scorer: str) -> Scores:
    """Return the expected score of every item, unit `points`, and the score's standard deviation over all samples.

    Raises:
        ValueError: the rubric is not pointwise.
    """
    of = by_record(judgements)
    found = [pooled_score(rubric, of[item.id]) for item in items]
    return Scores(
        ids=tuple(item.id for item in items),
        value=np.array([_NAN if isinstance(one, Unscored) else one.mean for one in found]),
        unit="points",
        status=np.array([one.status if isinstance(one, Unscored) else "ok" for one in found], dtype="U16"),
        std=np.array([_NAN if isinstance(one, Unscored) else one.std for one in found]),
        cost=_cost(judgements),
        scorer=scorer,
    )


def margins(rubric: Rubric, pairs: Sequence[Pair], judgements: Sequence[Judgement], *, scorer: str) -> Margins:
    """Return the log-odds that the first answer is better, unit `logit`.

    `ab` with the first answer shown first, `ba` with the second, both > 0 where the first wins; where one
    order failed the other keeps its own, and the margin is NaN.  A pointwise rubric sees no order: its margin
    is that of P(S_first > S_second) + P(S_first = S_second) / 2 (method.md rule 11).
    """
    of = by_record(judgements)
    rows = [_pair(rubric, of[pair.id]) for pair in pairs]
    margin_N, tie_N, ab_N, ba_N = np.array([row[1:] for row in rows], dtype=np.float64).reshape(-1, 4).T
    std_N = np.abs(ab_N - ba_N) / 2
    ordered = rubric.mode != "pointwise"
    return Margins(
        ids=tuple(pair.id for pair in pairs),
        margin=margin_N,
        unit="logit",
        status=np.array([row[0] for row in rows], dtype="U16"),
        finish=np.array([finish_of(of[pair.id]) for pair in pairs], dtype="U8"),
        tie=None if rubric.mode == "listwise" else tie_N,
        std=std_N if not np.isnan(std_N).all() else None,
        ab=ab_N if ordered else None,
        ba=ba_N if ordered else None,
        cost=_cost(judgements),
        scorer=scorer,
    )


def rankings(rubric: Rubric, groups: Sequence[Sequence[Item]], judgements: Sequence[Judgement]) -> tuple[Ranking, ...]:
    """Return the order of the answers of every group, by `Ranking.utilities`: means over orders and samples."""
    of = by_record(judgements)
    return tuple(_ranking(rubric, group, of[group[0].group]) for group in groups)


def _cost(judgements: Sequence[Judgement]) -> Cost:
    return reduce(add, (one.cost for one in judgements), Cost())


def _pair(rubric: Rubric, judgements: Sequence[Judgement]) -> tuple[str, float, float, float, float]:
    """Return status, margin, tie, ab and ba of a pair."""
    seen = by_view(judgements)
    found: dict[tuple[int, ...], Comparison | Unscored]
    if rubric.mode == "pointwise":
        found = {(): _scored(pooled_score(rubric, seen[0,]), pooled_score(rubric, seen[1,]))}
    else:
        found = {shown: pooled_comparison(rubric, samples) for shown, samples in seen.items()}
    known = {shown: one for shown, one in found.items() if isinstance(one, Comparison)}
    orders = [known[shown].margin if shown in known else _NAN for shown in ((0, 1), (1, 0))]
    for one in found.values():
        if isinstance(one, Unscored):
            return one.status, _NAN, _NAN, orders[0], orders[1]
    n = len(known)
    margin = math.fsum(one.margin for one in known.values()) / n
    return "ok", margin, math.fsum(one.tie for one in known.values()) / n, orders[0], orders[1]


def _scored(first: ScoreDist | Unscored, second: ScoreDist | Unscored) -> Comparison | Unscored:
    if isinstance(first, Unscored):
        return first
    return second if isinstance(second, Unscored) else compare_scores(first, second)


def _ranking(rubric: Rubric, group: Sequence[Item], judgements: Sequence[Judgement]) -> Ranking:
    name = group[0].group
    utility = failure(judgements) or _utilities(rubric, len(group), judgements)
    if isinstance(utility, Unscored):
        return Ranking(group=name, status=utility.status, error=utility.error)
    best_first = sorted(range(len(group)), key=lambda i: -round(utility[i], _DIGITS))
    return Ranking(
        group=name,
        ids=tuple(group[i].id for i in best_first),
        utilities={item.id: u for item, u in zip(group, utility, strict=True)},
    )


def _utilities(rubric: Rubric, n: int, judgements: Sequence[Judgement]) -> list[float] | Unscored:
    """Return the utility of each of n answers that were all judged."""
    gained: list[list[float]] = [[] for _ in range(n)]
    for shown, samples in by_view(judgements).items():
        if rubric.mode == "listwise":
            for one in samples:
                fitted = ranking_utilities(one.verdict.distributions, one.verdict.ranking or ())
                for i, letter in zip(one.shown, one.letters, strict=True):
                    gained[i].append(fitted[letter])
            continue
        found = pooled_score(rubric, samples) if rubric.mode == "pointwise" else pooled_comparison(rubric, samples)
        if isinstance(found, Unscored):
            return found
        if isinstance(found, ScoreDist):
            gained[shown[0]].append(found.mean)
        else:
            gained[min(shown)].append(found.p)
            gained[max(shown)].append(found.swapped.p)
    return [math.fsum(mine) / len(mine) for mine in gained]
