"""The automaton that decoding walks: which tokens may come next, and how far it is to the end.

Chains of literals and tries of labels are small and lie in dictionaries; the states inside free text
share the arrays of a compiled `FreeIndex`, placed between a beginning and its exits.

Legend: a state is a number; state 0 is *done*, behind the end token.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..types import Ints
from .free_index import FreeIndex, Int32s

__all__ = ["DONE", "Choice", "Region", "TokenIndex"]

DONE = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """What can be chosen where a slot begins."""

    name: str
    """The slot's name."""
    paths: Mapping[str, tuple[int, ...]]
    """Tokens of each label that is open here."""


class Region:
    """The states of one free part: an index of strings, put between a beginning and its exits."""

    def __init__(self, number: int, base: int, free: FreeIndex, exits: Int32s, far: Int32s) -> None:
        """Place an index.

        Args:
            number: Which free part, counted from 0.
            base: The region's states are base .. base + S.
            free: The index.
            exits: (K + 1,) state that goes on after k bytes of the closing literal; 0 where none does.
            far: (K + 1,) distance of the exits; FAR where there is none.
        """
        self.number, self.base, self.free = number, base, free
        self.distance: Int32s = (free.crossing + far).min(axis=1)
        states = np.arange(base, base + len(self.distance), dtype=np.int32)
        self.to = np.concatenate([exits[:0:-1], states])  # by column, as in FreeIndex.leads
        self.far = np.concatenate([far[:0:-1], self.distance])
        self.worst = np.where(free.leads, self.far, 0).max(axis=1)

    def edges(self, state: int) -> tuple[Int32s, Ints]:
        """Return the tokens of a state, and for each its column in `to` and `far`."""
        row = slice(*self.free.offsets[state - self.base : state - self.base + 2])
        return self.free.ids[row], self.free.columns[row]


class TokenIndex:
    """Which tokens may come next at every state; made by `index.token_index`."""

    def __init__(
        self,
        start: int,
        distance: Sequence[int],
        edges: Sequence[Mapping[int, int]],
        choices: Mapping[int, Choice],
        regions: Mapping[int, Region],
        free_parts: int,
    ) -> None:
        """Hold the automaton.

        Args:
            start: First state.
            distance: Per state, tokens to `done`, the end token counted.
            edges: Per state, token to next state; empty for `done` and inside free text.
            choices: Per state where a slot begins, the slot.
            regions: Per state inside free text, its region.
            free_parts: How many free parts the grammar has.
        """
        self.start, self.done, self.free_parts = start, DONE, free_parts
        self.distance: Int32s = np.array(distance, dtype=np.int32)
        self._edges, self._choices, self._regions = edges, choices, regions

    @property
    def min_tokens(self) -> int:
        """The smallest budget with which every answer can finish, whatever labels it takes."""
        return int(self.distance[self.start])

    def step(self, state: int, token: int) -> int | None:
        """Return the state behind a token; None if the token may not come here."""
        region = self._regions.get(state)
        if region is None:
            return self._edges[state].get(token)
        ids, columns = region.edges(state)
        at = int(np.searchsorted(ids, np.int32(token)))  # an int of Python would turn all ids into int64 first
        return int(region.to[columns[at]]) if at < len(ids) and ids[at] == token else None

    def _after(self, state: int, token: int) -> int:
        to = self.step(state, token)
        if to is None:
            raise ValueError(f"the grammar forbids token {token} at state {state}")
        return to

    def allowed(self, state: int) -> Int32s:
        """Return the tokens that may come here, ascending; none where it is done."""
        region = self._regions.get(state)
        return np.array(sorted(self._edges[state]), dtype=np.int32) if region is None else region.edges(state)[0]

    def affordable(self, state: int, left: int) -> Int32s:
        """Return the tokens after which the rest fits, when `left` tokens are left for this one and the rest."""
        region = self._regions.get(state)
        if region is None:
            edges = self._edges[state].items()
            return np.array(sorted(token for token, to in edges if self.distance[to] < left), dtype=np.int32)
        ids, columns = region.edges(state)
        return ids if region.worst[state - region.base] < left else ids.compress((region.far < left).take(columns))

    def shortest(self, state: int) -> int:
        """Return the first token of a shortest way to the end, the lowest id among equals."""
        region = self._regions.get(state)
        if region is None:
            return min(self._edges[state], key=lambda token: (self.distance[self._edges[state][token]], token))
        ids, columns = region.edges(state)
        return int(ids[np.argmin(region.far[columns])])

    def free_region(self, state: int) -> int | None:
        """Return the number of the free part that a state lies in, counted from 0; None outside free text."""
        region = self._regions.get(state)
        return None if region is None else region.number

    def slot_at(self, state: int) -> str | None:
        """Return the name of the slot that begins at a state, None where none does."""
        choice = self._choices.get(state)
        return None if choice is None else choice.name

    def paths(self, state: int) -> Mapping[str, tuple[int, ...]]:
        """Return the labels that are open where a slot begins, each with its tokens.

        Where a label's tokens begin another label, they do not decide; then the first token of the
        literal behind the slot, which does, is the last of its path.

        Raises:
            KeyError: no slot begins at this state.
        """
        return self._choices[state].paths

    def forced(self, state: int) -> tuple[list[int], int]:
        """Return the run of tokens without alternative from here, and the state behind it.

        It ends before every slot, even one of a single label, because beliefs are read there.
        """
        run: list[int] = []
        while state not in self._choices and len(allowed := self.allowed(state)) == 1:
            run.append(int(allowed[0]))
            state = self._after(state, run[-1])
        return run, state
