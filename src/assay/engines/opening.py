"""How the prompts of a batch are read: what they share once, the rest side by side.

The beginnings of the last batches are kept, so a rubric is read once for many batches, and once for
many calls that bring one item each.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from .prefixes import common, shared_prefixes
from .strands import Reader, Strand

__all__ = ["OpeningReader"]

_KEPT = 4
"""How many beginnings outlive their batch."""
_SHORT = 64
"""Unread ends up to so many tokens are read in one forward, however uneven."""


class OpeningReader:
    """Reads prompts, and remembers some of their beginnings."""

    def __init__(self, reader: Reader, share: bool) -> None:
        """Take a model.

        Args:
            reader: The model.
            share: Whether what prompts share is read once.
        """
        self.reader, self.share = reader, share
        self._kept: list[Strand] = []

    def read(self, rows: Sequence[tuple[int, ...]], room: int = 0) -> tuple[list[Strand], Tensor, list[int]]:
        """Read the prompts of a batch.

        Args:
            rows: Token ids, all distinct.
            room: How many tokens each is likely to grow by.

        Returns:
            A strand per prompt, read to its end; the logits behind them, (B, V); and how many tokens were read
            for each, those of a shared beginning counted once, for the first that has it.
        """
        if not self.share:
            strands = [Strand(row) for row in rows]
            return strands, self._evenly(strands, room), [len(row) for row in rows]
        prefixes, home = shared_prefixes(rows)
        nodes: dict[int, Strand] = {}
        cost = [0] * len(rows)
        for depth in range(max((one.depth for one in prefixes), default=-1) + 1):
            level = [number for number, one in enumerate(prefixes) if one.depth == depth]
            for number in level:
                one = prefixes[number]
                ids = rows[one.row][: one.length]
                nodes[number] = self._remembered(ids) if one.parent is None else nodes[one.parent].fork(ids)
                cost[one.row] += nodes[number].unread
            self._evenly([nodes[number] for number in level if nodes[number].unread])
        strands = [
            self._remembered(row) if at is None else nodes[at].fork(row) for row, at in zip(rows, home, strict=True)
        ]
        cost = [n + max(strand.unread, 1) for n, strand in zip(cost, strands, strict=True)]
        logits = self._evenly(strands, room)
        for strand in [nodes[number] for number, one in enumerate(prefixes) if one.depth == 0] or strands[:1]:
            self._keep(strand)
        return strands, logits, cost

    def forget(self) -> None:
        """Let go of all that was kept."""
        self._kept.clear()

    def _remembered(self, ids: tuple[int, ...]) -> Strand:
        """Return a strand of which the longest kept beginning is read already."""
        found, most = None, 0
        for strand in self._kept:
            n = common(strand.ids, ids)
            if n > most:
                found, most = strand, n
        if found is None:
            return Strand(ids)
        self._kept = [*(strand for strand in self._kept if strand is not found), found]
        return found.fork(ids, most)

    def _keep(self, strand: Strand) -> None:
        """Keep a beginning in place of those that it contains; the one not used for longest goes."""
        if any(common(one.ids, strand.ids) == len(strand.ids) for one in self._kept):
            return
        self._kept = [one for one in self._kept if common(one.ids, strand.ids) < len(one.ids)]
        mine = strand.fork()
        mine.detach()
        self._kept = [*self._kept, mine][-_KEPT:]

    def _evenly(self, strands: Sequence[Strand], room: int = 0) -> Tensor:
        """Read strands, those with about as much to read together; return their logits (B, V), in order."""
        order = sorted(range(len(strands)), key=lambda row: strands[row].unread)
        groups: list[list[int]] = []
        for row in order:
            if groups and strands[row].unread <= max(_SHORT, 2 * strands[groups[-1][0]].unread):
                groups[-1].append(row)
            else:
                groups.append([row])
        logits = [self.reader.read([strands[row] for row in group], room) for group in groups]
        if not logits:
            return torch.empty(0)
        back = torch.empty(len(order), dtype=torch.long)
        back[torch.tensor([row for group in groups for row in group])] = torch.arange(len(order))
        return torch.cat(logits)[back.to(logits[0].device)]
