"""Several judges as one: different rubrics, different models, or both.

    mean    per order, the mean of the judges' probabilities, as log-odds; then the mean of the orders
    vote    log((a + t/2 + ½) / (b + t/2 + ½)) for a judges who prefer the first answer, b the second, t neither

The mean lets a sure judge outweigh a doubtful one; a vote asks only on which side each stands.  The
standard deviation is that of the judges' own margins, with divisor K - 1.

Shapes: K judges, N items or pairs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from assay.aggregate import votes_margin
from assay.errors import InputError
from assay.types import Family, Floats, Item, Margins, Pair, Scores

from .judge import Judge

__all__ = ["By", "Panel"]

By = Literal["mean", "vote"]
"""How judges are put together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A `PairScorer` over several judges; margins are in `logit`."""

    judges: tuple[Judge, ...]
    """At least two; those that see an order are asked in the same ones."""
    by: By = "mean"
    """mean · vote."""
    name: str = "panel"
    """Unique in a report."""

    def __post_init__(self) -> None:
        if len(self.judges) < 2 or self.by not in get_args(By):
            raise ValueError(
                f"a panel needs two judges or more, and by one of {', '.join(get_args(By))}; "
                f"got {len(self.judges)} and by={self.by!r}"
            )
        orders = {judge.orders for judge in self.judges if judge.rubric.mode != "pointwise"}
        if len(orders) > 1:
            raise ValueError(f"panel {self.name!r}: judges are asked in orders {', '.join(sorted(orders))}; use one")

    @property
    def family(self) -> Family:
        """Always `judge`."""
        return "judge"

    @property
    def method(self) -> str:
        """panel-mean or panel-vote."""
        return f"panel-{self.by}"

    def score(self, items: Sequence[Item]) -> Scores:
        """Return the mean of the judges' expected scores; one judge failed, and so has the panel, for his reason.

        Raises:
            InputError: the panel votes, a judge only compares, or their scores have different units; or see
                `Judge.verdicts`.
        """
        if self.by == "vote":
            raise InputError(f"panel {self.name!r} votes, which needs two answers; give it pairs, or use by mean")
        found = [judge.score(items) for judge in self.judges]
        units = {one.unit for one in found}
        if len(units) > 1:
            raise InputError(f"panel {self.name!r}: scores in {', '.join(sorted(units))} have no mean; use one unit")
        value_KN = np.stack([one.value for one in found])
        return Scores(
            ids=found[0].ids,
            value=value_KN.mean(axis=0),
            unit=found[0].unit,
            status=_first_failure([one.status for one in found]),
            std=value_KN.std(axis=0, ddof=1),
            cost=reduce(add, (one.cost for one in found)),
            scorer=self.name,
        )

    def compare(self, pairs: Sequence[Pair]) -> Margins:
        """Return the panel's log-odds that the first answer is better.

        A judge with a pointwise rubric sees no order: his margin counts in both.  One judge failed, and so
        has the panel, for his reason.

        Raises:
            InputError: see `Judge.verdicts`.
        """
        found = [judge.compare(pairs) for judge in self.judges]
        margin_KN = np.stack([one.margin for one in found])
        ab, ba = self._order([one.ab for one in found], margin_KN), self._order([one.ba for one in found], margin_KN)
        if self.by == "vote" or ab is None or ba is None:
            margin_N = self._together(margin_KN)
        else:
            asked = [order_N for order_N in (ab, ba) if not np.isnan(order_N).all()]
            margin_N = np.mean(asked, axis=0) if asked else self._together(margin_KN)
        steered_N = np.any([one.finish == "steered" for one in found], axis=0)
        status_N = _first_failure([one.status for one in found])
        return Margins(
            ids=found[0].ids,
            margin=np.where(status_N == "ok", margin_N, np.nan),
            unit="logit",
            status=status_N,
            finish=np.where(status_N != "ok", "", np.where(steered_N, "steered", "natural")),
            tie=self._ties(found, margin_KN),
            std=margin_KN.std(axis=0, ddof=1),
            ab=ab,
            ba=ba,
            cost=reduce(add, (one.cost for one in found)),
            scorer=self.name,
        )

    def _order(self, given: Sequence[Floats | None], margin_KN: Floats) -> Floats | None:
        """Return one order's margins, (N,); None where no judge sees an order."""
        if all(one is None for one in given):
            return None
        rows = [own_N if one is None else one for one, own_N in zip(given, margin_KN, strict=True)]
        return self._together(np.stack(rows))

    def _together(self, margin_KN: Floats) -> Floats:
        """Return one margin per column, (N,), NaN where a judge has none."""
        found_N = np.full(margin_KN.shape[1], np.nan)
        known_N = ~np.isnan(margin_KN).any(axis=0)
        found_N[known_N] = (_votes if self.by == "vote" else _mean)(margin_KN[:, known_N])
        return found_N

    def _ties(self, found: Sequence[Margins], margin_KN: Floats) -> Floats | None:
        """Return the share of votes for neither, or the mean P(tie); None where a judge offers none."""
        if self.by == "vote":
            return np.where(np.isnan(margin_KN).any(axis=0), np.nan, (margin_KN == 0).mean(axis=0))
        ties = [one.tie for one in found if one.tie is not None]
        return np.asarray(np.mean(ties, axis=0)) if len(ties) == len(found) else None


def _votes(margin_KN: Floats) -> Floats:
    """Return the log-odds of the votes that margins stand for, (N,)."""
    sides_N = zip((margin_KN > 0).sum(axis=0), (margin_KN == 0).sum(axis=0), (margin_KN < 0).sum(axis=0), strict=True)
    return np.array([votes_margin(int(a), int(t), int(b)) for a, t, b in sides_N], dtype=np.float64)


def _mean(margin_KN: Floats) -> Floats:
    """Return log(Σ p / Σ (1 - p)), (N,), from the logarithms of both tails: exactly antisymmetric."""
    up_N, down_N = (np.logaddexp.reduce(-np.logaddexp(0.0, -sign * margin_KN), axis=0) for sign in (1, -1))
    return np.asarray(up_N - down_N, dtype=np.float64)


def _first_failure(status: Sequence[npt.NDArray[np.str_]]) -> npt.NDArray[np.str_]:
    """Return `ok` where all are, else the first status that is not, (N,)."""
    return reduce(lambda known, other: np.where(known == "ok", other, known), status)
