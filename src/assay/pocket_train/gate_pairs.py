"""The pairs that gates are measured on: a domain of a world, its first data set being the source.

Half of the test pairs are of *new* families, which no pocket model was trained on.

Shapes: N pairs, K quirks.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
import numpy.typing as npt

from ..pocket.domain import EVALUATION_FAMILIES, World
from ..pocket.plan import plan_of
from ..pocket.world import Made, domain_of, stream
from ..types import Floats, Pair

__all__ = ["SOURCE", "TARGETS", "Source", "clean_labels", "groups_of", "is_new", "new_tasks"]

SOURCE = "a"
TARGETS = ("b", "c")


def clean_labels(pairs: Sequence[Pair]) -> Floats:
    """Return 1 where the first answer has the higher utility, else 0, (N,): pairs of the world never tie."""
    return np.array([float(pair.meta["first"]["u"] > pair.meta["second"]["u"]) for pair in pairs])


def groups_of(pairs: Sequence[Pair]) -> npt.NDArray[np.str_]:
    """Return the prompt of each pair, (N,)."""
    return np.array([pair.group for pair in pairs], dtype=np.str_)


def is_new(pairs: Sequence[Pair]) -> npt.NDArray[np.bool_]:
    """Return whether a pair is of a family that no pocket model was trained on, (N,)."""
    return np.array([pair.meta["family"] in EVALUATION_FAMILIES for pair in pairs], dtype=np.bool_)


def new_tasks(domain: str, seed: int = 0) -> Iterator[Made]:
    """Yield test tasks of new families without end, from the source and the targets in turn.

    Quirks stand in half of all answers, whichever is better, and so help nobody.
    """
    test = frozenset({"test"})
    sets = (stream(domain, which, seed=seed, dose=0.5, parts=test) for which in (SOURCE, *TARGETS))
    new = ((made for made in one if made.task.family in EVALUATION_FAMILIES) for one in sets)
    yield from chain.from_iterable(zip(*new, strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A domain of a world."""

    domain: str
    """reasoning, helpfulness or harmlessness."""
    seed: int = 0
    """Of the world."""

    def data(self, which: str, part: str, n: int, dose: float | None = None) -> str:
        """Return DATA of a part of a data set; with dose .5 its quirks go with neither answer."""
        tail = "" if dose is None else f"&dose={dose}"
        return f"world:{self.domain}/{which}?part={part}&n={n}&seed={self.seed}{tail}"

    def pairs(self, which: str, part: str, n: int, dose: float | None = None) -> list[Pair]:
        """Return the pairs of `data`."""
        from ..data import load_pairs

        return list(load_pairs(self.data(which, part, n, dose)).records)

    def tests(self, n: int, dose: float | None = None) -> dict[str, list[Pair]]:
        """Return n test pairs of the source and of each target."""
        return {which: self.pairs(which, "test", n, dose) for which in (SOURCE, *TARGETS)}

    @property
    def signs(self) -> dict[str, int]:
        """Per quirk: does it go with the better answers of the source (1), the worse (-1), or neither (0)?"""
        return dict(plan_of(self.domain, SOURCE, domain_of(self.domain).kinds, World(self.seed)).signs)

    def quirks(self, pairs: Sequence[Pair]) -> Floats:
        """Return first minus second in every quirk, times its sign where it has one; (N, K)."""
        shown = [[pair.meta[side]["quirks"] for side in ("first", "second")] for pair in pairs]
        found = [[(sign or 1) * ((q in a) - (q in b)) for q, sign in self.signs.items()] for a, b in shown]
        return np.array(found, dtype=np.float64).reshape(len(pairs), len(self.signs))

    def cue(self, pairs: Sequence[Pair]) -> Floats:
        """Return to which side the quirks that have a sign point together: > 0 the first, < 0 the second; (N,)."""
        return np.asarray(self.quirks(pairs) @ np.array([float(sign != 0) for sign in self.signs.values()]))
