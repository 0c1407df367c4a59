"""Which beginnings a batch of prompts shares, as a tree: each is read once, before what stands behind it.

Prompts of a rubric begin alike, both orders of a pair up to the answers, the samples of a request
altogether.  A beginning is worth a forward of its own only where it is long enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

__all__ = ["LEAST", "Prefix", "common", "shared_prefixes"]

LEAST = 16
"""Fewest tokens that a shared beginning must add to be read on its own."""


@dataclass(frozen=True, slots=True)
class Prefix:
    """A beginning that several rows share."""

    parent: int | None
    """Number of the prefix that it goes on from; it stands earlier in the list."""
    row: int
    """One of the rows that begin so."""
    length: int
    """Its tokens, those of its parent included."""
    depth: int
    """How many prefixes stand before it."""


def common(a: Sequence[int], b: Sequence[int]) -> int:
    """Return how many first tokens two rows share.

    >>> common([1, 2, 3], [1, 2, 4, 5])
    2
    """
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def shared_prefixes(rows: Sequence[tuple[int, ...]], least: int = LEAST) -> tuple[list[Prefix], list[int | None]]:
    """Return the shared beginnings of rows, and for each row the number of the longest it has.

    No beginning is a whole row: at least its last token is left to read.

    Args:
        rows: Token ids; at least one each.
        least: Fewest tokens that a beginning must add to the one before it.

    >>> prefixes, home = shared_prefixes([(1, 2, 3, 4), (1, 2, 3, 5), (1, 9)], least=2)
    >>> [(one.length, one.parent) for one in prefixes], home
    ([(3, None)], [0, 0, None])
    """
    prefixes: list[Prefix] = []
    home: list[int | None] = [None] * len(rows)

    order = sorted(range(len(rows)), key=lambda row: rows[row])
    open_groups: list[tuple[list[int], int | None]] = [(order, None)]  # no recursion: rows may nest a thousand deep
    while open_groups:
        group, parent = open_groups.pop()
        if len(group) < 2:
            continue
        reach = common(rows[group[0]], rows[group[-1]])  # of all between them, too: they are sorted
        usable = min(reach, min(len(rows[row]) for row in group) - 1)
        if usable - (0 if parent is None else prefixes[parent].length) >= least:
            depth = 0 if parent is None else prefixes[parent].depth + 1
            prefixes.append(Prefix(parent, group[0], usable, depth))
            parent = len(prefixes) - 1
            for row in group:
                home[row] = parent
        longer = (row for row in group if len(rows[row]) > reach)
        branches = [list(branch) for _, branch in groupby(longer, key=lambda row: rows[row][reach])]
        open_groups += [(branch, parent) for branch in reversed(branches)]
    return prefixes, home
