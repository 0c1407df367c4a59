"""Random draws that are the same on every machine and in every version of Python.

Only `random.Random.random()` is promised to be stable, so every other draw is made from it here.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from typing import TypeVar

__all__ = ["Draw"]

_T = TypeVar("_T")


class Draw:
    """A stream of draws that depends on its key alone."""

    __slots__ = ("unit",)

    def __init__(self, *key: object) -> None:
        digest = hashlib.sha256("/".join(map(str, key)).encode()).digest()
        self.unit = random.Random(int.from_bytes(digest[:8], "big")).random
        """The next number, uniform in [0, 1)."""

    def below(self, n: int) -> int:
        """Return a whole number from 0 to n - 1."""
        return int(self.unit() * n)

    def between(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both included."""
        return low + int(self.unit() * (high - low + 1))

    def chance(self, p: float) -> bool:
        """Return True with probability p."""
        return self.unit() < p

    def pick(self, values: Sequence[_T]) -> _T:
        """Return one of the values, all equally likely."""
        return values[int(self.unit() * len(values))]

    def weighted(self, weights: Mapping[_T, float]) -> _T:
        """Return a key with probability proportional to its weight."""
        left = self.unit() * sum(weights.values())
        for key, weight in weights.items():
            left -= weight
            if left < 0:
                return key
        return key  # rounding

    def sample(self, values: Sequence[_T], k: int) -> list[_T]:
        """Return k different places of a sequence, in random order."""
        left = list(values)
        for i in range(k):
            j = i + self.below(len(left) - i)
            left[i], left[j] = left[j], left[i]
        return left[:k]

    def shuffled(self, values: Sequence[_T]) -> list[_T]:
        """Return the values in random order."""
        return self.sample(values, len(values))
