"""Which rows each optimiser step sees, and in which forwards: a pure function of seed and step number.

    epoch e:  rows in a shuffled order that (seed, e) fixes
    step:     the next `batch_rows` of them, so its rows are a plain random sample
    part:     rows of a step that share a forward, sorted by length, under the token budget

Nothing here is drawn from a generator that runs along, so a resumed run and a run on another
number of processes see the same rows in the same steps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from .types import Ints

__all__ = ["Part", "Plan", "cut"]

_FORWARD = 256
"""What a forward costs besides its tokens, in tokens: a GPU reads the weights in the time that it needs for the
arithmetic of some 300 (FLOP/s over bytes/s), a CPU spends less.  So more padding than this is worth a forward."""


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that one process puts through one forward."""

    rows: tuple[int, ...]
    """Row numbers, longest first; never empty."""
    counted: bool
    """False for a stand-in: it keeps the processes in step where one has no row, and weighs nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The steps of a whole run.

    Raises:
        ValueError: there are no rows.
    """

    lengths: tuple[int, ...]
    """(N,) tokens that each row takes in a forward where it is the longest."""
    batch_rows: int
    """Rows per step, over all processes."""
    batch_tokens: int | None
    """Most padded tokens per forward (longest row × rows); None: a step is one forward per process."""
    epochs: float
    """Passes over the rows, when `max_steps` does not say otherwise."""
    max_steps: int
    """Steps of the run; -1: as many as the epochs take."""
    seed: int
    """Fixes the order of rows."""

    def __post_init__(self) -> None:
        if not self.lengths:
            raise ValueError("there are no rows to train on")

    @property
    def steps_per_epoch(self) -> int:
        """Steps of one pass; the last one may be short of rows."""
        return math.ceil(len(self.lengths) / self.batch_rows)

    @property
    def steps(self) -> int:
        """Steps of the run."""
        return self.max_steps if self.max_steps > 0 else math.ceil(self.epochs * self.steps_per_epoch)

    def rows(self, step: int) -> tuple[int, ...]:
        """Return the row numbers of a step (from 0), longest first; equal lengths in shuffled order."""
        epoch, place = divmod(step, self.steps_per_epoch)
        order = _order(len(self.lengths), self.seed, epoch)
        chosen = order[place * self.batch_rows : (place + 1) * self.batch_rows].tolist()
        return tuple(sorted(chosen, key=lambda row: -self.lengths[row]))

    def parts(self, step: int, rank: int = 0, world: int = 1) -> list[Part]:
        """Return the forwards of one process in a step.

        Every process has as many parts, of nearly equal lengths: rows of a part are dealt in turn.

        Args:
            step: number of the step, from 0.
            rank: number of the process.
            world: number of processes.
        """
        rows = self.rows(step)
        dealt = []
        for piece in cut([self.lengths[row] for row in rows], self.batch_tokens, world):
            mine = rows[piece][rank::world]
            dealt.append(Part(mine or rows[piece][-1:], bool(mine)))
        return dealt


@lru_cache(maxsize=2)
def _order(n: int, seed: int, epoch: int) -> Ints:
    return np.random.default_rng([seed, epoch]).permutation(n)


def cut(lengths: Sequence[int], budget: int | None, world: int = 1) -> list[slice]:
    """Cut rows, longest first, into pieces that fit the token budget of every process, as cheaply as can be.

    Least sum of padded tokens and 256 per forward, over all ways to cut (dynamic programming).  A row longer
    than the budget gets a forward of its own.

    >>> [(piece.start, piece.stop) for piece in cut([900, 800, 800, 200, 200], budget=3200)]
    [(0, 3), (3, 5)]

    Args:
        lengths: (N,) tokens, descending.
        budget: most padded tokens per forward and process; None: no limit.
        world: number of processes that share each piece.
    """
    if budget is None:
        return [slice(0, len(lengths))]
    least, begin = [0], [0]  # of the first i rows: the least cost, and where their last piece begins
    for end in range(1, len(lengths) + 1):
        best = None
        for start in range(end - 1, -1, -1):
            rows = math.ceil((end - start) / world)
            if rows > 1 and rows * lengths[start] > budget:
                break
            cost = least[start] + rows * lengths[start] + _FORWARD
            if best is None or cost < best[0]:
                best = cost, start
        assert best is not None
        least.append(best[0])
        begin.append(best[1])
    ends = [len(lengths)]
    while ends[-1]:
        ends.append(begin[ends[-1]])
    return [slice(start, end) for end, start in pairwise(ends)][::-1]
