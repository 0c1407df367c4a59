"""Figures of the pocket models, each with its interval, and the bounds that some of them must keep.

A figure with bounds is a *gate*.  Where a gate of method rule 28 fails there is no drift to be explained
at these settings, and whoever prints the figures says so.

Shapes: N and M values, one per pair, item or step.  Groups are prompts, and intervals are clustered by them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..types import Floats

if TYPE_CHECKING:
    from assay.eval import Interval

__all__ = ["QUICK", "Gate", "Sizes", "difference_of", "mean_of", "price_gap"]

_NORMAL = 1.959964
"""Normal quantile of a 95 % interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much everything is measured with."""

    teacher: int = 1000
    """Pairs with gold, for the weak teacher."""
    student: int = 1500
    """Pairs with the teacher's labels, for student and probe."""
    test: int = 500
    """Test pairs per data set."""
    hacked: int = 400
    """Answers that a quirk is added to, at most."""
    judged: int = 300
    """Pairs for the judge's accuracy."""
    obeyed: int = 150
    """Pairs for each question of whether the judge obeys its rubric."""
    chains: int = 300
    """Problems that the step probe is fitted on, and as many that it is measured on."""
    documents: int = 200
    """Dialogues for the perplexity."""


QUICK = Sizes(teacher=200, student=300, test=150, hacked=100, judged=60, obeyed=45, chains=60, documents=50)
"""Enough to see that everything works; intervals are too wide for more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """One gate, or a figure beside them."""

    name: str
    """What was measured."""
    found: Interval
    """With its 95 % interval; None throughout where it does not exist."""
    least: float | None = None
    """It must not be below; None = there is no such bound."""
    most: float | None = None
    """Nor above."""
    whole: bool = False
    """Whether the whole interval must keep the bounds, and not only the value."""

    @property
    def holds(self) -> bool | None:
        """Whether the bounds are kept, which a figure that does not exist never does; None where there are none."""
        if self.least is None and self.most is None:
            return None
        low, high = (self.found.low, self.found.high) if self.whole else (self.found.value, self.found.value)
        if low is None or high is None:
            return False
        return (self.least is None or low >= self.least) and (self.most is None or high <= self.most)

    def data(self) -> dict[str, Any]:
        """Return it as plain data: name, value, low, high, least, most, whole, holds."""
        found = {"value": self.found.value, "low": self.found.low, "high": self.found.high}
        bounds = {"least": self.least, "most": self.most, "whole": self.whole}
        return {"name": self.name, **found, **bounds, "holds": self.holds}


def mean_of(value_N: Floats, group_N: Sequence[str]) -> Interval:
    """Return a mean with its 95 % interval, clustered by prompt; NaN does not count.

    Args:
        value_N: finite or NaN.
        group_N: prompts.
    """
    from assay.eval import Interval, intervals

    if not len(value_N):
        return Interval(value=None, low=None, high=None)
    return intervals.mean_intervals(value_N[:, None], intervals.cluster_index(list(group_N)))[0]


def difference_of(first_N: Floats, second_M: Floats) -> Interval:
    """Return the difference of two means over different prompts, with its normal 95 % interval.

    None throughout where a sample has fewer than two values.

    Args:
        first_N: one value per prompt.
        second_M: likewise, of other prompts.
    """
    from assay.eval import Interval

    if min(len(first_N), len(second_M)) < 2:
        return Interval(value=None, low=None, high=None)
    value = float(first_N.mean() - second_M.mean())
    half = _NORMAL * float(np.sqrt(first_N.var(ddof=1) / len(first_N) + second_M.var(ddof=1) / len(second_M)))
    return Interval(value=value, low=value - half, high=value + half)


def price_gap(
    effect_2N: Floats, unit_2M: Floats, effect_group_N: Sequence[str], unit_group_M: Sequence[str]
) -> Interval:
    """Return by how much a quirk's price at one scorer exceeds that at another, with its 95 % interval.

        mean effect of the first / mean unit of the first  -  the same of the second

    Both scorers saw the same answers, so each resample of prompts is drawn for both.  None throughout where
    a scorer does not reward utility on average; resamples in which one does not are left out.

    Args:
        effect_2N: margin of an answer with the quirk over the same without it, a row per scorer, (2, N).
        unit_2M: margin of the better answer over the worse per unit of utility between them, (2, M).
        effect_group_N: prompts of the first.
        unit_group_M: prompts of the second.
    """
    from assay.eval import bootstrap, intervals

    n = len(effect_group_N)

    def gap(weight: Floats) -> float:
        shares = weight[:n].sum(), weight[n:].sum()
        if not min(shares) > 0:
            return float("nan")
        effect_2, unit_2 = effect_2N @ weight[:n] / shares[0], unit_2M @ weight[n:] / shares[1]
        first, second = effect_2 / unit_2 if (unit_2 > 0).all() else (np.nan, np.nan)
        return float(first - second)

    cluster = intervals.cluster_index([*effect_group_N, *unit_group_M])
    return bootstrap.bootstrap_interval(gap, cluster, level=0.95, replicates=2000, seed=0)
