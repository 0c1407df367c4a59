"""Judgements of one view taken together: all samples as one comparison, or as one score distribution.

Samples are averaged in probability, never in log-odds (method.md rule 9): the mean of win, tie and
lose, or the mixture of the score distributions.

Where one of them failed there is no result: what is left would answer another question, asked fewer
times.  The first failure says why.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from assay.types import Status

from .asking import Judgement
from .margin import Comparison, verdict_margin
from .ranking import ranking_margin
from .rubric import Rubric
from .score_dist import ScoreDist, verdict_score

__all__ = [
    "Unscored",
    "by_record",
    "by_view",
    "failure",
    "finish_of",
    "mean_comparison",
    "mixture",
    "pooled_comparison",
    "pooled_score",
]


@dataclass(frozen=True, slots=True)
class Unscored:
    """There is no result."""

    status: Status
    """Never `ok`."""
    error: str
    """Why, for people."""


_NOTHING = Unscored("invalid", "no criterion applies")


def by_record(judgements: Sequence[Judgement]) -> dict[str, list[Judgement]]:
    """Return the judgements of every record, in their order."""
    found: dict[str, list[Judgement]] = {}
    for one in judgements:
        found.setdefault(one.id, []).append(one)
    return found


def by_view(judgements: Sequence[Judgement]) -> dict[tuple[int, ...], list[Judgement]]:
    """Return the samples of every view of one record."""
    found: dict[tuple[int, ...], list[Judgement]] = {}
    for one in judgements:
        found.setdefault(one.shown, []).append(one)
    return found


def failure(judgements: Sequence[Judgement]) -> Unscored | None:
    """Return the first failure, None where there is a verdict everywhere."""
    for one in judgements:
        if one.verdict.status != "ok":
            return Unscored(one.verdict.status, f"order {one.order}, sample {one.sample}: {one.verdict.error}")
    return None


def finish_of(judgements: Sequence[Judgement]) -> str:
    """Return natural, or steered where the end of any was, or "" where one failed."""
    if failure(judgements):
        return ""
    return "steered" if any(one.verdict.finish == "steered" for one in judgements) else "natural"


def mean_comparison(found: Sequence[Comparison]) -> Comparison:
    """Return the mean in probability: of win, of tie and of lose.

    >>> mean_comparison([Comparison(1.0, 0.0, 0.0), Comparison(0.25, 0.25, 0.5)])
    Comparison(win=0.625, tie=0.125, lose=0.25)
    """
    win, tie, lose = zip(*((one.win, one.tie, one.lose) for one in found), strict=True)
    return Comparison(*(math.fsum(p) / len(found) for p in (win, tie, lose)))


def mixture(found: Sequence[ScoreDist]) -> ScoreDist:
    """Return how a score is distributed that comes from one of these, each as likely as the next."""
    if len(found) == 1:
        return found[0]
    value, p = np.concatenate([one.value for one in found]), np.concatenate([one.p for one in found])
    rising = np.argsort(value, kind="stable")
    return ScoreDist(value=value[rising], p=p[rising] / len(found), error=max(one.error for one in found))


def pooled_score(rubric: Rubric, samples: Sequence[Judgement]) -> ScoreDist | Unscored:
    """Return what an answer may score by all samples of a pointwise rubric."""
    found = [one for one in (verdict_score(rubric, sample.verdict) for sample in samples) if one is not None]
    return failure(samples) or (mixture(found) if len(found) == len(samples) else _NOTHING)


def pooled_comparison(rubric: Rubric, samples: Sequence[Judgement]) -> Comparison | Unscored:
    """Return how the earlier of two answers in the record compares with the later, by all samples of one order.

    A ranking of two answers has no ties; its log-odds are `ranking_margin`.
    """
    failed = failure(samples)
    if failed:
        return failed
    found = [_listed(one) if rubric.mode == "listwise" else _paired(rubric, one) for one in samples]
    known = [one for one in found if one is not None]
    return mean_comparison(known) if len(known) == len(samples) else _NOTHING


def _paired(rubric: Rubric, one: Judgement) -> Comparison | None:
    found = verdict_margin(rubric, one.verdict)
    called_a = one.shown[one.letters.index("A")]
    return found if found is None or called_a == min(one.shown) else found.swapped


def _listed(one: Judgement) -> Comparison:
    name = dict(zip(one.shown, one.letters, strict=True))
    nats = ranking_margin(one.verdict.distributions, one.verdict.ranking or (), name[0], name[1])
    odds = math.exp(-abs(nats))
    sure = Comparison(1 / (1 + odds), 0.0, odds / (1 + odds))
    return sure if nats >= 0 else sure.swapped
