"""The token automaton of a grammar, built for one tokenizer.

Literals and labels are tokenised canonically and apart (`exact`).  So token boundaries lie at the
edges of slots, the place of every slot is known, forced tokens need no model, and the language
behind a free text is one token sequence per choice.  Only free text needs a compiled index.

The automaton is built from its end to its beginning, so a state's distance is known the moment
the state is made.  A *distance* counts the tokens to the end when free text is left the shortest
way and every slot takes its longest label: a budget that covers it can never decide a label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Literal as OneOf

import numpy as np

from ..errors import InputError
from .automaton import DONE, Choice, Region, TokenIndex
from .free_index import FAR, FreeIndex, cache_folder, free_index
from .grammar import Free, Grammar, Literal, Slot
from .tokens import Tokens, exact

__all__ = ["TokenIndex", "token_index"]

_Taken = tuple[tuple[str, str], ...]
"""(slot, label) of the slots that later slots exclude."""


def token_index(grammar: Grammar, tokens: Tokens, cache: Path | OneOf["default"] | None = "default") -> TokenIndex:
    """Build the automaton of a grammar for a tokenizer.

    Args:
        grammar: What the answer must look like.
        tokens: The tokenizer.
        cache: Folder of compiled free-text indexes; "default" = `cache_folder()`, None = none.

    Raises:
        InputError: the tokenizer cannot write a label or a literal unchanged, or cannot tell the end of
            a label from a longer one; or a ranking has more places than labels.
    """
    return _Builder(grammar, tokens, cache_folder() if cache == "default" else cache).build()


class _Builder:
    """Makes states from the end of the grammar to its beginning."""

    def __init__(self, grammar: Grammar, tokens: Tokens, cache: Path | None) -> None:
        self.parts, self.tokens, self.cache = grammar.parts, tokens, cache
        self.edges: list[Mapping[int, int]] = [{}]
        self.distance = [0]
        self.choices: dict[int, Choice] = {}
        self.regions: dict[int, Region] = {}
        self.frees: dict[str, FreeIndex] = {}
        self.made: dict[tuple[int, _Taken], int] = {}

    def build(self) -> TokenIndex:
        final = self.state({self.tokens.eos_id: DONE})
        self.made[len(self.parts), ()] = final
        start = self.begin(0, ())
        free_parts = sum(isinstance(part, Free) for part in self.parts)
        return TokenIndex(start, self.distance, self.edges, self.choices, self.regions, free_parts)

    def state(self, edges: Mapping[int, int]) -> int:
        """Make a state from which each of these tokens must stay affordable."""
        self.edges.append(edges)
        self.distance.append(1 + max(self.distance[to] for to in edges.values()))
        return len(self.edges) - 1

    def begin(self, i: int, taken: _Taken) -> int:
        """Return the state where part i begins, given the labels taken so far; made once."""
        later = {name for part in self.parts[i:] if isinstance(part, Slot) for name in part.excludes}
        key = i, tuple(pair for pair in taken if pair[0] in later)
        if key not in self.made:
            part, after = self.parts[i], self.parts[i + 1] if i + 1 < len(self.parts) else None
            if isinstance(part, Literal):
                self.made[key] = self.chain(part.text, self.begin(i + 1, key[1]))
            elif isinstance(part, Slot):
                self.made[key] = self.slot(i, part, key[1])
            elif isinstance(after, Literal):
                self.made[key] = self.free(i, after.text, self.begin(i + 2, key[1]))
        return self.made[key]

    def chain(self, text: str, to: int) -> int:
        """Make the states of a text that leads to a state."""
        for token in reversed(exact(self.tokens, text) if text else []):
            to = self.state({token: to})
        return to

    def slot(self, i: int, slot: Slot, taken: _Taken) -> int:
        gone = {label for name, label in taken if name in slot.excludes}
        labels = {label: tuple(exact(self.tokens, label)) for label in slot.labels if label not in gone}
        if not labels:
            raise InputError(
                f"slot {slot.name!r}: all labels {slot.labels!r} are taken by earlier places of the ranking"
            )
        behind = {label: self.begin(i + 1, (*taken, (slot.name, label))) for label in labels}
        root = self.trie(slot, sorted((ids, behind[label]) for label, ids in labels.items()))
        paths = {}
        for label, ids in labels.items():
            longer = any(other[: len(ids)] == ids for other in labels.values() if other != ids)
            paths[label] = (*ids, next(iter(self.edges[behind[label]]))) if longer else ids
        self.choices[root] = Choice(slot.name, paths)
        return root

    def trie(self, slot: Slot, paths: Sequence[tuple[tuple[int, ...], int]]) -> int:
        """Make the states of sorted (tokens, state behind them); a path that has ended goes on as what is behind it."""
        edges: dict[int, int] = {}
        for first, group in groupby((path for path in paths if path[0]), key=lambda path: path[0][0]):
            rest = [(ids[1:], to) for ids, to in group]
            edges[first] = rest[0][1] if len(rest) == 1 and not rest[0][0] else self.trie(slot, rest)
        for to in (to for ids, to in paths if not ids):
            if edges.keys() & self.edges[to].keys():
                raise InputError(
                    f"slot {slot.name!r}: a label and the text behind the slot go on with the same token; "
                    "use labels of plain ASCII"
                )
            edges |= self.edges[to]
        return self.state(edges)

    def free(self, i: int, closing: str, behind: int) -> int:
        """Make the states of a free part and of what each crossing leaves of its closing literal."""
        if closing not in self.frees:
            self.frees[closing] = free_index(closing, self.tokens, self.cache)
        free, raw = self.frees[closing], closing.encode()
        exits, far = np.zeros(free.width + 1, dtype=np.int32), np.full(free.width + 1, FAR, dtype=np.int32)
        for k in (int(k) for k in np.unique(-free.nexts[free.nexts < 0])):
            exits[k] = self.chain(raw[k:].decode(), behind)
            far[k] = self.distance[exits[k]]
        number = sum(isinstance(part, Free) for part in self.parts[:i])
        region = Region(number, len(self.edges), free, exits, far)
        for distance in region.distance.tolist():
            self.regions[len(self.edges)] = region
            self.edges.append({})
            self.distance.append(distance)
        return region.base + free.start
