"""The pocket world: generated, so DATA names a set instead of a file.

world:reasoning/a?n=600&seed=0&part=test

domain   reasoning, helpfulness or harmlessness
set      a, b, c, or d (a's quirks in other words)
n        how many pairs: of the named part, else of all parts; by default the part's usual size
seed     0 = shipped, 1 to 4 for development, 5 to 12 for confirmation
dose     P(quirk | better) of a quirk at +, .5 to 1, default .65
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from ..errors import InputError, nearest
from ..specs import Spec
from ..types import Chain, Item, Pair
from .rows import Row
from .schema import Schema
from .split import parts_named

if TYPE_CHECKING:
    from ..pocket.world import Made

__all__ = ["SCHEMA"]


def _made(spec: Spec) -> Iterator[Made]:
    from ..pocket.corpus import WORLDS
    from ..pocket.plan import DOSE, SETS, SIZES
    from ..pocket.world import DOMAINS, stream

    domain, slash, which = spec.where.partition("/")
    for value, allowed, what in ((domain, DOMAINS, "domain"), (which, SETS, "data set")):
        if not slash or value not in allowed:
            raise InputError(
                f"{spec.text}: {what} {value!r} is unknown{nearest(value, allowed)}; write world:DOMAIN/SET, "
                f"with DOMAIN {', '.join(DOMAINS)} and SET {', '.join(SETS)}"
            )
    part = spec.options.get("part")
    parts = parts_named(part) if part else frozenset(SIZES)
    n = spec.count("n", sum(SIZES[one] for one in parts))
    try:
        dose = float(spec.options.get("dose", DOSE))
    except ValueError:
        dose = -1.0
    if not 0.5 <= dose <= 1:
        raise InputError(f"{spec.text}: option dose={spec.options['dose']!r} must be a number from .5 to 1")
    seed = spec.count("seed", 0, least=0)
    assert n is not None
    assert seed is not None
    if seed >= WORLDS:
        raise InputError(f"{spec.text}: option seed={seed}: there is no such world; they are 0 to {WORLDS - 1}")
    yield from islice(stream(domain, which, seed=seed, dose=dose, parts=parts if part else None), n)


def _pairs(rows: Iterator[Row], spec: Spec) -> Iterator[Pair]:
    from ..pocket.world import pairs

    for made in _made(spec):
        yield pairs(made)


def _chains(rows: Iterator[Row], spec: Spec) -> Iterator[Chain]:
    from ..pocket.world import chains

    if not spec.where.startswith("reasoning/"):
        raise InputError(f"{spec.text}: only the domain reasoning has chains; read it as pairs or items")
    for made in _made(spec):
        yield from chains(made)


def _items(rows: Iterator[Row], spec: Spec) -> Iterator[Item]:
    from ..pocket.world import items

    for made in _made(spec):
        yield from items(made)


SCHEMA = Schema(
    name="world",
    summary="the pocket world: generated pairs, chains and answers whose truth and quirks are known",
    views={"pairs": _pairs, "chains": _chains, "items": _items},
    options={"n": (), "seed": (), "dose": ()},
    ids="given",
    generated=True,
)
