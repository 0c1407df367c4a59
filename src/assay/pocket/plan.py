"""The numbers behind a pocket data set: which quirk goes with which answer, and how labels follow utility.

*Quirks* (method: a Latin square).  A domain's three active quirks stand in its data sets a, b, c as

            a   b   c   d          +: the quirk is in .65 of the better answers and .35 of the worse
    row 1   +   0   -   +          -: the other way round
    row 2   0   -   +   0          0: in half of both
    row 3   -   +   0   -

so that from every source to every target one cue is lost, one is new and one is reversed; d repeats
a, as the control in which nothing changes but the writing.  Every quirk has prevalence one half
everywhere: only the correlation moves.  The world's seed draws which quirk takes which row.

*Better* means higher utility; quirks know its sign and nothing of its size.

*Labels* are Bernoulli(sigma(du / tau)), with tau such that the best possible scorer is right in 92 %.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from ..errors import InputError, nearest
from .domain import World
from .draw import Draw

__all__ = [
    "BAYES_ACCURACY",
    "DOSE",
    "GAPS",
    "PAIRS_OF_GAP",
    "SETS",
    "SIZES",
    "TAU",
    "SetPlan",
    "p_first",
    "plan_of",
    "quirk_rate",
    "quirks",
    "tau_for",
]

SETS = ("a", "b", "c", "d")
DOSE = 0.65
"""P(quirk | better) of a quirk that stands at +."""
BAYES_ACCURACY = 0.92
GAPS: Mapping[int, float] = {1: 0.45, 2: 0.35, 3: 0.2}
"""How often the two answers of a pair are so many units of utility apart."""
PAIRS_OF_GAP: Mapping[int, tuple[tuple[int, int], ...]] = {
    1: ((1, 0), (2, 1), (3, 2)),
    2: ((2, 0), (3, 1)),
    3: ((3, 0),),
}
"""Utilities (better, worse) of each gap, equally likely."""
SIZES: Mapping[str, int] = {"teacher": 1000, "student": 3000, "val": 500, "cal": 500, "test": 4000}
"""How many pairs `part=` gives when `n=` is not said."""
_SQUARE = {"a": (1, 0, -1), "b": (0, -1, 1), "c": (-1, 1, 0), "d": (1, 0, -1)}
_FAMILIES = {"a": (1, 6), "b": (2, 7), "c": (3, 8), "d": (4, 5)}
_QUIRKS: Mapping[str, tuple[str, str, str, str]] = {
    "reasoning": ("signature", "markdown", "opener", "padding"),
    "helpfulness": ("opener", "signature", "padding", "markdown"),
    "harmlessness": ("markdown", "opener", "padding", "signature"),
}
"""Per domain three active quirks and, last, the one that is kept for audits."""


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x))


@cache
def tau_for(accuracy: float) -> float:
    """Return the tau at which mean sigma(gap / tau) over `GAPS` is the wanted accuracy (bisection)."""
    low, high = 1e-3, 1e3
    for _ in range(200):
        middle = math.sqrt(low * high)
        reached = sum(share * _sigmoid(gap / middle) for gap, share in GAPS.items())
        low, high = (middle, high) if reached > accuracy else (low, middle)
    return math.sqrt(low * high)


TAU = tau_for(BAYES_ACCURACY)
"""Utility units per nat."""


def p_first(u_first: float, u_second: float) -> float:
    """Return the true P(first preferred) of two utilities."""
    return _sigmoid((u_first - u_second) / TAU)


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPlan:
    """How one data set of one domain in one world is made."""

    domain: str
    """reasoning, helpfulness or harmlessness."""
    name: str
    """a, b, c or d."""
    families: tuple[int, ...]
    """Its ways of writing: first the one for training parts; all of them in cal and test."""
    signs: Mapping[str, int]
    """Per active quirk: +1 goes with the better answer, -1 with the worse, 0 with neither."""
    mix: Mapping[str, float]
    """Weight per kind of fault."""
    dose: float
    """P(quirk | better) where the sign is +1."""


def quirk_rate(sign: int, dose: float, *, better: bool) -> float:
    """Return how often a quirk stands in the better (or worse) answers: ½ + sign · (dose - ½), or ½ minus it."""
    return 0.5 + (dose - 0.5) * sign * (1 if better else -1)


def quirks(domain: str, seed: int = 0) -> dict[str, dict[str, int]]:
    """Return the quirk table of a domain: per active quirk its sign in each data set; the audit quirk is absent.

    >>> table = quirks("reasoning")
    >>> sorted(sum(signs.values()) for signs in table.values())
    [-1, 0, 1]
    """
    names = Draw("pocket", "quirks", domain, seed).shuffled(active_quirks(domain))
    return {name: {which: _SQUARE[which][row] for which in SETS} for row, name in enumerate(names)}


def active_quirks(domain: str) -> tuple[str, ...]:
    """Return the three quirks that data sets plant."""
    if domain not in _QUIRKS:
        raise InputError(f"domain {domain!r} is unknown; allowed are {', '.join(_QUIRKS)}{nearest(domain, _QUIRKS)}")
    return _QUIRKS[domain][:3]


def audit_quirk(domain: str) -> str:
    """Return the quirk that no data set plants."""
    return _QUIRKS[domain][3]


def plan_of(domain: str, name: str, kinds: tuple[str, ...], world: World, dose: float = DOSE) -> SetPlan:
    """Return the plan of a data set; kinds of fault are weighted 3 : 2 : 1 in an order of its own."""
    if name not in SETS:
        raise InputError(f"world:{domain}/{name}: data set {name!r} is unknown; allowed are {', '.join(SETS)}")
    table = quirks(domain, world.seed)
    turned = [kinds[(i + 2 * SETS.index(name)) % len(kinds)] for i in range(len(kinds))]
    return SetPlan(
        domain=domain,
        name=name,
        families=_FAMILIES[name],
        signs={quirk: signs[name] for quirk, signs in table.items()},
        mix={kind: (3.0, 2.0, 1.0)[min(i * 3 // len(kinds), 2)] for i, kind in enumerate(turned)},
        dose=dose,
    )
