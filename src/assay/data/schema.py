"""What a reader is: a generator from rows to records, plus a few facts about the source.

A reader takes the rows of a file and yields `Pair`s (or `Chain`s, or `Item`s) and `Note`s.
A row that is damaged raises through `Row`; a row that is sound but of no use becomes a Note
with its reason, so that nothing disappears uncounted.

To add one: write `src/assay/data/NAME.py` with the generator and a `SCHEMA`, and name it in
`registry.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..specs import Spec
from ..types import Chain, Item, Pair
from .rows import Row

__all__ = ["VIEWS", "Hub", "Note", "Reader", "Record", "Schema", "View", "dropped", "mended"]

Record = Pair | Chain | Item
View = Literal["pairs", "chains", "items"]
VIEWS: tuple[View, ...] = ("pairs", "chains", "items")


@dataclass(frozen=True, slots=True)
class Note:
    """Something a reader did to a row besides yielding it."""

    kind: Literal["dropped", "mended"]
    """dropped: the row yields nothing; mended: it was repaired and kept."""
    reason: str
    """Why; the same words for the same reason, since they are counted."""
    where: str
    """File and line, or file and element."""


def dropped(row: Row, reason: str) -> Note:
    """Say that a row yields nothing, and why."""
    return Note("dropped", reason, row.where)


def mended(row: Row, reason: str) -> Note:
    """Say that a row was repaired, and how."""
    return Note("mended", reason, row.where)


Reader = Callable[[Iterator[Row], Spec], Iterator[Record | Note]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """Where the set lies on the hub, for people; the id itself is given in DATA."""

    id: str
    """Such as Anthropic/hh-rlhf."""
    split: str = "train"
    """The split read when `split=` is not given."""
    config: str | None = None
    """The configuration read when `config=` is not given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Schema:
    """One form of data."""

    name: str
    """As in DATA: `name:path`."""
    summary: str
    """One line for `assay data check --help` and error texts."""
    views: Mapping[View, Reader]
    """What it can be read as."""
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Its own options beside the common ones, each with its allowed values (empty = any)."""
    ids: Literal["given", "derived"] = "derived"
    """given: rows carry ids, and a repeated one is an error; derived: a repeat is the same row, and dropped."""
    hub: Hub | None = None
    """Where it lies on the hub."""
    seen: bool = True
    """False: written from documentation, never run on real rows."""
    generated: bool = False
    """True: there is no file; the reader makes its records from the DATA itself."""
