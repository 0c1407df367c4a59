"""Scorers that read the truth, the quirks, or nothing, straight from the world, with accuracies in closed form.

    margin = truth · du  +  sum over quirks of weight · dq  +  noise · z

du is the difference of utilities (first minus second), dq that of a quirk's presence (-1, 0, 1),
z a standard normal draw that depends on the pair's id.  Because the plan of a data set says how
often each (du, dq) occurs, P(margin agrees with the label) is a finite sum of normal tails: the
protocol can be tested against it on every source and target.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from statistics import NormalDist

import numpy as np

from ..errors import InputError
from ..types import Family, Item, Margins, Pair, Scores
from .draw import Draw
from .plan import GAPS, SetPlan, p_first, quirk_rate

__all__ = ["Oracle", "agreement", "error_rate", "noise_oracle", "quirk_oracle", "truth_oracle"]

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class Oracle:
    """A `PairScorer` of known behaviour."""

    name: str
    """Unique in a report."""
    truth: float = 0.0
    """Points per unit of utility."""
    quirks: Mapping[str, float] = field(default_factory=dict)
    """Points per quirk present."""
    noise: float = 0.0
    """Standard deviation of its noise, in points."""
    seed: int = 0
    """Of its noise."""

    @property
    def family(self) -> Family:
        """It is a baseline."""
        return "baseline"

    @property
    def method(self) -> str:
        """It knows the world."""
        return "oracle"

    def compare(self, pairs: Sequence[Pair]) -> Margins:
        """Return the margin of every pair, in points.

        Raises:
            InputError: a pair is not of the pocket world.
        """
        return Margins(
            ids=tuple(pair.id for pair in pairs),
            margin=np.array([self._margin(pair) for pair in pairs]),
            unit="points",
            status=np.full(len(pairs), "ok"),
            scorer=self.name,
        )

    def score(self, items: Sequence[Item]) -> Scores:
        """Return truth and quirks of every answer, without noise, in points.

        Raises:
            InputError: an item is not of the pocket world.
        """
        return Scores(
            ids=tuple(item.id for item in items),
            value=np.array([self._points(item.meta, item.id) for item in items]),
            unit="points",
            status=np.full(len(items), "ok"),
            scorer=self.name,
        )

    def _points(self, known: Mapping[str, object], where: str) -> float:
        if "u" not in known or "quirks" not in known:
            raise InputError(f"{where}: an oracle reads meta['u'] and meta['quirks'], which only world: data have")
        present = known["quirks"]
        assert isinstance(present, Sequence)
        u = known["u"]
        assert isinstance(u, int)
        return self.truth * u + sum(weight for quirk, weight in self.quirks.items() if quirk in present)

    def _margin(self, pair: Pair) -> float:
        if "first" not in pair.meta or "second" not in pair.meta:
            raise InputError(
                f"{pair.id}: an oracle reads meta['first'] and meta['second'], which only world: pairs have"
            )
        sure = self._points(pair.meta["first"], pair.id) - self._points(pair.meta["second"], pair.id)
        if not self.noise:
            return sure
        unit = Draw("oracle", self.name, self.seed, pair.id).unit()
        return sure + self.noise * _NORMAL.inv_cdf(min(max(unit, 1e-15), 1 - 1e-15))


def truth_oracle() -> Oracle:
    """Return the scorer that knows the utilities and nothing else."""
    return Oracle(name="oracle:truth", truth=1.0)


def quirk_oracle(plan: SetPlan) -> Oracle:
    """Return the scorer that learned a source's quirks and nothing else: each with its sign there."""
    return Oracle(name="oracle:quirks", quirks={quirk: float(sign) for quirk, sign in plan.signs.items() if sign})


def noise_oracle(seed: int = 0) -> Oracle:
    """Return the scorer that knows nothing."""
    return Oracle(name="oracle:noise", noise=1.0, seed=seed)


def _cases(oracle: Oracle, plan: SetPlan) -> Iterator[tuple[float, int, float]]:
    """Yield (probability, gap, sure part of the margin, better minus worse) of everything that can happen."""
    names = list(plan.signs)
    for gap, share in GAPS.items():
        for sides in product((-1, 0, 1), repeat=len(names)):
            p, sure = share, oracle.truth * gap
            for name, side in zip(names, sides, strict=True):
                better, worse = (quirk_rate(plan.signs[name], plan.dose, better=one) for one in (True, False))
                chances = {1: better * (1 - worse), -1: worse * (1 - better)}
                p *= chances.get(side, 1 - sum(chances.values()))
                sure += oracle.quirks.get(name, 0.0) * side
            yield p, gap, sure


def _p_right(oracle: Oracle, sure: float) -> float:
    """Return P(margin prefers the better answer), a margin of exactly 0 counting half."""
    if oracle.noise:
        return _NORMAL.cdf(sure / oracle.noise)
    return 0.5 if abs(sure) < 1e-12 else float(sure > 0)


def agreement(oracle: Oracle, plan: SetPlan) -> float:
    """Return the accuracy of an oracle against the labels of a data set, in closed form; ties count half.

        sum over cases of  P(case) · [ P(right) · sigma(gap / tau) + (1 - P(right)) · (1 - sigma(gap / tau)) ]

    Derived in this file from the plan's independent draws of gap and quirks.

    >>> from .plan import plan_of
    >>> from .domain import World
    >>> plan = plan_of("reasoning", "a", ("slip",), World(0))
    >>> round(agreement(truth_oracle(), plan), 6), round(agreement(noise_oracle(), plan), 6)
    (0.92, 0.5)
    """
    total = 0.0
    for p, gap, sure in _cases(oracle, plan):
        right, kept = _p_right(oracle, sure), p_first(gap, 0)
        total += p * (right * kept + (1 - right) * (1 - kept))
    return total


def error_rate(oracle: Oracle, plan: SetPlan) -> float:
    """Return how often an oracle's margin prefers the answer of lower utility; ties count half."""
    return math.fsum(p * (1 - _p_right(oracle, sure)) for p, _, sure in _cases(oracle, plan))
