"""What is shown to a judge: which answers of a record, in which order, under which names.

A *case* is one, two or more answers to one prompt.  Every *view* shows some of them:

    pointwise   each answer alone                a · b · c
    pairwise    every two of them                ab · ba · ac · ca · bc · cb
    listwise    all of them                      abc · cba

Small letters are places in the record: a is its first answer.  Capitals are the names that the
judge reads and writes; unless they are exchanged, the answer shown first is A.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random
from string import ascii_lowercase
from typing import Literal

from assay.errors import InputError
from assay.types import Item, Message, Pair

from .rubric import Rubric

__all__ = ["Case", "Draw", "Orders", "Record", "case_of", "order_of", "orderings", "views"]

Orders = Literal["both", "ab", "ba"]
"""ab: as the record has the answers · ba: the other way round · both."""
Record = Item | Pair | Sequence[Item]
"""One answer, two, or a group of answers to one prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Answers to one prompt that are judged together."""

    id: str
    """Of the item or the pair; of a group, its prompt's."""
    prompt: tuple[Message, ...]
    """The dialogue up to the answers."""
    answers: tuple[str, ...]
    """In the order of the record."""
    reference: str | None
    """A known good answer, where there is one."""


def case_of(record: Record) -> Case:
    """Return what there is to judge in a record.

    Raises:
        InputError: a group has fewer than two answers, repeats an id, or mixes prompts or references.
    """
    if isinstance(record, Item):
        return Case(id=record.id, prompt=record.prompt, answers=(record.response,), reference=record.reference)
    if isinstance(record, Pair):
        both = record.first, record.second
        return Case(id=record.id, prompt=record.prompt, answers=both, reference=record.reference)
    ids = [item.id for item in record]
    if len(ids) < 2 or len(set(ids)) < len(ids):
        raise InputError(f"group {ids}: ranking needs two or more answers with different ids; mend or leave it out")
    first = record[0]
    for item in record:
        if (item.group, item.prompt, item.reference) != (first.group, first.prompt, first.reference):
            raise InputError(
                f"group {first.group!r}: answers {first.id!r} and {item.id!r} differ in prompt or reference; "
                "rank answers to one prompt"
            )
    answers = tuple(item.response for item in record)
    return Case(id=first.group, prompt=first.prompt, answers=answers, reference=first.reference)


def views(rubric: Rubric, n: int, orders: Orders) -> list[tuple[int, ...]]:
    """Return which of n answers are shown together, as places in the order shown, one entry per judgement.

    Raises:
        InputError: there is one answer, and the rubric only compares.
    """
    if rubric.mode == "pointwise":
        return [(i,) for i in range(n)]
    if n < 2:
        raise InputError(
            f"rubric {rubric.name!r} is {rubric.mode} and only compares; give it pairs, or use a pointwise rubric"
        )
    together = list(combinations(range(n), 2)) if rubric.mode == "pairwise" else [tuple(range(n))]
    ways = {"ab": (1,), "ba": (-1,), "both": (1, -1)}[orders]
    return [places[::way] for places in together for way in ways]


def order_of(shown: Sequence[int]) -> str:
    """Return the places shown as small letters, or as numbers from 1 where letters do not reach.

    >>> order_of((1, 0)), order_of((0, 26))
    ('ba', '1-27')
    """
    if max(shown) < len(ascii_lowercase):
        return "".join(ascii_lowercase[i] for i in shown)
    return "-".join(str(i + 1) for i in shown)


def orderings(ids: Sequence[str], n: int, seed: int) -> tuple[tuple[int, ...], ...]:
    """Return n different orders of some criteria, or all there are, drawn from the seed and their ids.

    No order is special, that of the rubric neither; n = 0 gives that one alone.

    >>> orderings(["x", "y", "z"], 0, 0), len(orderings(["x", "y", "z"], 99, 0))
    (((0, 1, 2),), 6)
    """
    if not n:
        return (tuple(range(len(ids))),)
    draw, found = Random(json.dumps([seed, "criteria", *ids])), dict[tuple[int, ...], None]()
    while len(found) < min(n, math.factorial(len(ids))):
        found[tuple(draw.sample(range(len(ids)), len(ids)))] = None
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Draw:
    """What shuffling decides for one case."""

    ordering: int = 0
    """Which of the orders of the criteria."""
    renamed: bool = False
    """Whether the answer shown first is called B."""

    @classmethod
    def of(cls, case_id: str, n: int, seed: int) -> Draw:
        """Draw one of n orders, and the names, from the seed and the id."""
        draw = Random(json.dumps([seed, "case", case_id]))
        return cls(draw.randrange(n), bool(draw.getrandbits(1)))
