r"""The token automaton of one free JSON string and the literal that closes it.

`outlines_core` compiles the expression; this is its result as flat arrays, cut where our own
literals begin.  A model that ends a sentence likes merged tokens such as `."` or `.","`.  So a token
may *cross* from the string into the closing literal by k >= 1 bytes, for any k that splits no
character; what is left of the literal is then spelled by `exact`.

It depends on the closing literal and the tokenizer only.  So one entry of the disk cache serves
every rubric whose strings are closed alike, and changing a criterion's text compiles nothing.

Legend: S states inside the string, E edges, K bytes of the closing literal.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ..errors import InputError
from ..types import Ints
from .grammar import STRING_BODY, Grammar, Literal
from .tokens import Tokens, exact

__all__ = ["FAR", "FreeIndex", "Int32s", "cache_folder", "free_index"]

Int32s = npt.NDArray[np.int32]
FAR = 2**28
"""A distance that no budget reaches; two of them can be added in int32."""
_VERSION = "assay-free-index/1"


@dataclass(frozen=True, slots=True, eq=False)
class FreeIndex:
    """Which tokens may stand where in a free string, and where they lead."""

    offsets: Ints
    """(S + 1,) edges of state s are offsets[s] .. offsets[s + 1]."""
    ids: Int32s
    """(E,) token of each edge, ascending within a state."""
    nexts: Int32s
    """(E,) where it leads: a state >= 0, or -k = out of the string, k bytes of the closing literal consumed."""
    start: int
    """State at the beginning of the string."""
    width: int
    """K."""
    columns: Ints = field(init=False)
    """(E,) K + next, an index into tables of all nexts."""
    leads: npt.NDArray[np.bool_] = field(init=False)
    """(S, K + S) which columns occur at a state."""
    crossing: Int32s = field(init=False)
    """(S, K + 1) fewest tokens from a state to leaving the string with k bytes of the closing; FAR = never."""

    def __post_init__(self) -> None:
        if not self._sound():
            raise ValueError("arrays of a free index disagree")
        states, columns = len(self.offsets) - 1, self.nexts.astype(np.int64) + self.width
        leads = np.zeros((states, self.width + states), dtype=np.bool_)
        leads[np.repeat(np.arange(states), np.diff(self.offsets)), columns] = True
        crossing = np.full((states, self.width + 1), FAR, dtype=np.int32)
        crossing[:, 1:][leads[:, : self.width][:, ::-1]] = 1
        for _ in range(states):  # Bellman-Ford: a shortest way visits a state at most once
            before = crossing.copy()
            for state in range(states):
                inner = np.flatnonzero(leads[state, self.width :])
                if len(inner):
                    crossing[state] = np.minimum(crossing[state], crossing[inner].min(axis=0) + 1)
            if np.array_equal(before, crossing):
                break
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "leads", leads)
        object.__setattr__(self, "crossing", crossing)

    def _sound(self) -> bool:
        """Tell whether the arrays fit each other, as those of a damaged file do not."""
        states, edges = len(self.offsets) - 1, len(self.ids)
        return bool(
            states > 0
            and [array.dtype.name for array in (self.offsets, self.ids, self.nexts)] == ["int64", "int32", "int32"]
            and self.offsets.ndim == self.ids.ndim == self.nexts.ndim == 1
            and len(self.nexts) == edges > 0
            and self.offsets[0] == 0
            and self.offsets[-1] == edges
            and (np.diff(self.offsets) > 0).all()
            and self.ids.min() >= 0
            and -self.width <= self.nexts.min()
            and self.nexts.max() < states
            and 0 <= self.start < states
        )


def cache_folder() -> Path:
    """Return where compiled indexes lie unless told otherwise: `$XDG_CACHE_HOME` or `~/.cache`, then `assay/index`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "assay" / "index"


def free_index(closing: str, tokens: Tokens, cache: Path | None) -> FreeIndex:
    """Return the index of a free string closed by a literal, from the disk cache or compiled.

    Args:
        closing: The literal behind the string; it starts with a quote.
        tokens: The tokenizer.
        cache: Folder of compiled indexes; None, or one that cannot be written = no cache.  A damaged
            file, or one of another version, is compiled anew.

    Raises:
        InputError: the tokenizer has no way to end the string.
    """
    key = hashlib.sha256(
        "\n".join([_VERSION, version("outlines_core"), STRING_BODY, tokens.hash, closing]).encode()
    ).hexdigest()
    file = cache / f"{key}.npz" if cache else None
    found = _load(file, key, tokens.size, len(closing.encode())) if file else None
    if found is None:
        found = _compile(closing, tokens)
        if file:
            with suppress(OSError):
                _save(file, key, found)
    return found


def _load(file: Path, key: str, size: int, width: int) -> FreeIndex | None:
    try:
        with open(file, "rb") as source, np.load(source, allow_pickle=False) as stored:
            if str(stored["key"]) != key or int(stored["width"]) != width:
                return None
            index = FreeIndex(stored["offsets"], stored["ids"], stored["nexts"], int(stored["start"]), width)
    except (OSError, ValueError, TypeError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error):
        return None
    return index if index.ids.max() < size else None


def _save(file: Path, key: str, index: FreeIndex) -> None:
    """Write under another name first, so that no reader and no second writer sees half a file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.stem, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as out:
            np.savez(
                out,
                key=key,
                offsets=index.offsets,
                ids=index.ids,
                nexts=index.nexts,
                start=index.start,
                width=index.width,
            )
        os.replace(name, file)
    finally:
        Path(name).unlink(missing_ok=True)


def _compile(closing: str, tokens: Tokens) -> FreeIndex:
    from outlines_core import Index, Vocabulary

    ids_of: dict[bytes, list[int]] = {}
    for token, piece in enumerate(tokens.bytes_of):
        if piece:
            ids_of.setdefault(piece, []).append(token)
    expression = STRING_BODY + Grammar((Literal(closing),)).regex
    by_token = Index(expression, Vocabulary(tokens.eos_id, ids_of))
    by_byte = Index(expression, Vocabulary(256, {bytes([byte]): [byte] for byte in range(256)}))
    start, bytes_at, edges = by_byte.get_initial_state(), by_byte.get_transitions(), by_token.get_transitions()
    if by_token.get_initial_state() != start or not edges.keys() <= bytes_at.keys():
        raise RuntimeError("outlines_core numbers the states of one expression in two ways; use another version")

    consumed, state = {}, start  # state of the whole expression: bytes of the closing literal behind it
    for k, byte in enumerate(closing.encode(), 1):
        state = bytes_at[state][byte]
        consumed[state] = k
    exits = {state: k for state, k in consumed.items() if _writable(closing, k, tokens)}
    body = _body(start, edges, consumed, exits)
    if start not in body:
        raise InputError(f"the tokenizer has no token that ends a string before {closing!r}; use another model")
    local = {state: number for number, state in enumerate(body)}
    rows = []
    for state in body:
        row = {
            token: local[to] if to in local else -exits[to]
            for token, to in edges[state].items()
            if to in local or to in exits
        }
        rows.append(np.array(sorted(row.items()), dtype=np.int32).reshape(-1, 2))
    table = np.concatenate(rows)
    return FreeIndex(
        np.cumsum([0, *map(len, rows)], dtype=np.int64),
        np.ascontiguousarray(table[:, 0]),
        np.ascontiguousarray(table[:, 1]),
        local[start],
        len(closing.encode()),
    )


def _writable(closing: str, k: int, tokens: Tokens) -> bool:
    """Tell whether the literal can go on by whole characters after k bytes, as this tokenizer writes it."""
    try:
        exact(tokens, closing.encode()[k:].decode())
    except (UnicodeDecodeError, InputError):
        return False
    return True


def _body(
    start: int, edges: Mapping[int, Mapping[int, int]], consumed: Mapping[int, int], exits: Mapping[int, int]
) -> list[int]:
    """Return the states inside the string that can be reached and from which it can be left, the start first."""
    leads = {state: set(row.values()) for state, row in edges.items() if state not in consumed}
    reached, new = {start}, [start]
    while new:
        new = [to for to in leads.get(new.pop(), ()) if to in leads and to not in reached] + new
        reached.update(new)
    able: set[int] = set()
    while True:
        more = {state for state in reached - able if any(to in exits or to in able for to in leads[state])}
        if not more:
            return sorted(able, key=lambda state: (state != start, state))
        able |= more
