"""Many numbers into one: step scores into a solution's score, votes and probabilities into a margin.

Pure functions.  S steps.  A margin is > 0 when the first answer is preferred.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

__all__ = ["STEP_AGGREGATES", "aggregate_steps", "logit_margin", "votes_margin"]

STEP_AGGREGATES: Mapping[str, Callable[[Sequence[float]], float]] = {
    "product": math.prod,
    "min": min,
    "last": lambda steps_S: steps_S[-1],
    "mean": lambda steps_S: math.fsum(steps_S) / len(steps_S),
}
"""Ways to turn P(step is right) into one score; which one is right depends on what the labels mean."""


def aggregate_steps(steps_S: Sequence[float], by: str) -> float:
    """Return one score of a solution from its step probabilities.

    Args:
        steps_S: P(step is right), shape (S,), each in [0, 1], at least one.
        by: a key of STEP_AGGREGATES.

    Raises:
        ValueError: there is no step, or one leaves [0, 1].

    >>> aggregate_steps([0.5, 0.25], "product"), aggregate_steps([0.5, 0.25], "mean")
    (0.125, 0.375)
    """
    if not steps_S:
        raise ValueError("a solution has at least one step, got none")
    if not all(0.0 <= step <= 1.0 for step in steps_S):
        raise ValueError(f"step scores are probabilities in [0, 1], got {list(steps_S)!r}")
    return STEP_AGGREGATES[by](steps_S)


_LEAST, _MOST = 5e-324, 1.0 - 2.0**-53
"""The doubles next to 0 and 1: clipping there keeps every order among other values."""


def logit_margin(p_first: float, p_second: float) -> float:
    """Return logit(p_first) - logit(p_second), in nats; 0 exactly where the two are equal.

    >>> logit_margin(0.5, 0.5), round(logit_margin(0.75, 0.25), 6) == round(2 * math.log(3), 6)
    (0.0, True)
    """
    first, second = (min(max(p, _LEAST), _MOST) for p in (p_first, p_second))
    if first == second:
        return 0.0
    return (math.log(first) - math.log1p(-first)) - (math.log(second) - math.log1p(-second))


def votes_margin(first: float, tie: float, second: float) -> float:
    """Return the margin of hard verdicts: log((first + tie/2 + 1/2) / (second + tie/2 + 1/2)).

    A tie counts half for each side; the added half (Jeffreys' prior on the share) keeps a
    unanimous vote finite.

    Args:
        first: verdicts for the first answer, >= 0.
        tie: verdicts for neither, >= 0.
        second: verdicts for the second answer, >= 0.

    >>> round(votes_margin(1, 0, 0), 6) == round(math.log(3), 6), votes_margin(1, 0, 1)
    (True, 0.0)
    """
    return math.log(first + tie / 2 + 0.5) - math.log(second + tie / 2 + 0.5)  # exactly antisymmetric
