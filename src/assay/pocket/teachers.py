"""A controlled axis of weak teachers: equally wrong, but wrong in different ways.

    logit = du + e + b · dq,   e normal with the spread that gives the wanted error,  then uniform flips

du is the difference of utilities, dq that of the source's quirks, each with its sign there.  With
b = 0 errors are random; the larger b, the more of them side with the quirks.  Random noise hides
what goes wrong in weak-to-strong transfer, so teachers are compared at equal error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..errors import InputError
from ..types import Pair
from .draw import Draw
from .oracles import Oracle, error_rate
from .plan import SetPlan

__all__ = ["BIASES", "axis_teacher", "teacher_labels"]

BIASES = (0.0, 0.5, 1.0, 2.0)
"""The axis: utility units per quirk."""
_MOST_NOISE = 1e4


def axis_teacher(plan: SetPlan, bias: float, error: float, *, seed: int = 0) -> Oracle:
    """Return the teacher of a bias whose margin is wrong about utilities exactly so often on a source.

    Args:
        plan: the source.
        bias: b, in units of utility per quirk.
        error: wanted P(margin prefers the worse answer), below ½.
        seed: of its noise.

    Raises:
        InputError: the bias alone gives more error than that, or no noise gives so much.
    """
    weights = {quirk: bias * sign for quirk, sign in plan.signs.items() if sign}
    made = Oracle(name=f"teacher:b={bias:g}", truth=1.0, quirks=weights, seed=seed)
    least = error_rate(replace(made, noise=1e-9), plan)
    if not least <= error < 0.5:
        raise InputError(f"a teacher of bias {bias:g} errs in {least:.3f} or more, and below .5; {error:g} was asked")
    low, high = 1e-9, _MOST_NOISE
    for _ in range(200):  # the error grows with the noise wherever truth outweighs the quirks on average
        middle = (low * high) ** 0.5
        low, high = (middle, high) if error_rate(replace(made, noise=middle), plan) < error else (low, middle)
    return replace(made, noise=(low * high) ** 0.5)


def teacher_labels(teacher: Oracle, pairs: Sequence[Pair], *, flips: float = 0.0, seed: int = 0) -> list[float]:
    """Return the teacher's hard labels, P(first preferred) of 0 or 1, some of them flipped at random.

    Args:
        teacher: whose margins decide.
        pairs: pairs of the source.
        flips: P(a label is turned round), in [0, 1].
        seed: of the flips.

    Raises:
        ValueError: flips leaves [0, 1].
    """
    if not 0 <= flips <= 1:
        raise ValueError(f"flips must lie in [0, 1], got {flips!r}")
    margins = teacher.compare(pairs).margin
    return [
        float((margin > 0) != Draw("flips", seed, pair.id).chance(flips))
        for pair, margin in zip(pairs, margins.tolist(), strict=True)
    ]
