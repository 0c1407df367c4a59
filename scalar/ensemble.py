"""Several scorers as one: their standardised scores, and how far they disagree.

    z_k = (r_k - mean_k) / std_k         mean and std of member k on its source
    mean:  mean_k z_k       min:  min_k z_k       lcb:  mean_k z_k - c · std_k z_k

Reward models have no common scale, so members are standardised first; otherwise the one with the
widest rewards decides alone.  `min` and `lcb` are pessimistic where members disagree.

Shapes: K members, N items or pairs.
Source: Coste et al. 2023, arXiv 2310.02743 (mean, worst case; theirs subtracts the variance where
`lcb` subtracts the standard deviation, which has the unit of the scores).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from assay.errors import InputError
from assay.types import Cost, Family, Floats, Item, Margins, Pair, PairScorer, Scores

from .scorer import answer_margins, load_scorer, read_card, sides

__all__ = ["By", "Ensemble", "Member", "load_member"]

By = Literal["mean", "min", "lcb"]
"""How members are put together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """A scorer, and what its scores are like on its source."""

    scorer: PairScorer
    """Scores single answers."""
    mean: float
    """Of its scores on the source."""
    std: float
    """Of its scores on the source, > 0."""

    def __post_init__(self) -> None:
        if not (math.isfinite(self.mean) and 0 < self.std < math.inf):
            raise ValueError(
                f"member {self.scorer.name!r}: needs a finite mean and a finite std > 0 to be standardised, "
                f"got {self.mean!r} and {self.std!r}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensemble:
    """A `PairScorer` over members; scores are in standard deviations of the source (unit `points`)."""

    members: tuple[Member, ...]
    """At least one."""
    name: str = "ensemble"
    """Unique in a report."""
    by: By = "mean"
    """mean · min: the worst of all · lcb: mean - c · std."""
    c: float = 1.0
    """Standard deviations that `lcb` subtracts, >= 0."""

    def __post_init__(self) -> None:
        if not self.members or self.by not in get_args(By) or not 0 <= self.c < math.inf:
            raise ValueError(
                f"an ensemble needs a member, by one of {', '.join(get_args(By))}, and c >= 0; "
                f"got {len(self.members)} members, by={self.by!r}, c={self.c!r}"
            )

    @property
    def family(self) -> Family:
        """Always `ensemble`."""
        return "ensemble"

    @property
    def method(self) -> str:
        """How members are put together: mean, min or lcb."""
        return self.by

    def score(self, items: Sequence[Item]) -> Scores:
        """Return one score per answer; `std` is the spread over members, with divisor K.

        Where a member has no score there is none, for the reason of the first such member.

        Raises:
            InputError: a member only compares, or refuses the items.
        """
        z_KN, status_N, cost = self._standardised(items)
        return Scores(
            ids=tuple(item.id for item in items),
            value=self._together(z_KN),
            unit="points",
            status=status_N,
            std=z_KN.std(axis=0),
            cost=cost,
            scorer=self.name,
        )

    def compare(self, pairs: Sequence[Pair]) -> Margins:
        """Return the difference of both answers' scores; `std` is the spread of the members' own margins.

        Raises:
            InputError: see `score`.
        """
        items = sides(pairs)
        z_KM, status_M, cost = self._standardised(items)
        scores = Scores(
            ids=tuple(item.id for item in items),
            value=self._together(z_KM),
            unit="points",
            status=status_M,
            cost=cost,
            scorer=self.name,
        )
        return replace(answer_margins(pairs, scores), std=(z_KM[:, 0::2] - z_KM[:, 1::2]).std(axis=0))

    def _standardised(self, items: Sequence[Item]) -> tuple[Floats, np.ndarray[Any, np.dtype[np.str_]], Cost]:
        """Return z (K, N), NaN where a member has no score, statuses (N,) and the cost of all."""
        found = [member.scorer.score(items) for member in self.members]
        z_KN = np.stack([(s.value - m.mean) / m.std for s, m in zip(found, self.members, strict=True)])
        status_N = reduce(lambda known, other: np.where(known == "ok", other, known), (s.status for s in found))
        return z_KN, status_N, reduce(add, (s.cost for s in found))

    def _together(self, z_KN: Floats) -> Floats:
        """Return one number per column, (N,)."""
        if self.by == "min":
            return np.asarray(z_KN.min(axis=0), dtype=np.float64)
        pessimism = self.c * z_KN.std(axis=0) if self.by == "lcb" else 0.0
        return np.asarray(z_KN.mean(axis=0) - pessimism, dtype=np.float64)


def load_member(folder: str | Path, **options: Any) -> Member:
    """Return the member of a run folder, standardised by the `centre_mean` and `centre_std` of its assay.json.

    Args:
        folder: A finished run of a scalar reward model.
        options: Passed to `load_scorer`.

    Raises:
        InputError: see `load_scorer`; or assay.json has no usable centre.
    """
    card = read_card(folder)
    mean, std = card.get("centre_mean"), card.get("centre_std")
    if not (
        isinstance(mean, int | float) and isinstance(std, int | float) and math.isfinite(mean) and 0 < std < math.inf
    ):
        raise InputError(
            f"{folder}/assay.json: centre_mean and centre_std are {mean!r} and {std!r}; an ensemble needs the finite "
            "mean and the std > 0 of this member's rewards on its source"
        )
    return Member(scorer=load_scorer(folder, **options), mean=float(mean), std=float(std))
