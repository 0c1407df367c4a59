"""What a scripted engine believes, writes and gets wrong: functions of the caller, else draws from a seed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Literal, get_args

import numpy as np

from .base import LabelDist, Request
from .grammar import Slot
from .tokens import well_formed

__all__ = ["Fault", "Faults", "Labels", "Text", "belief", "escaped", "fault_rates", "rng", "sentence"]

Fault = Literal["fail", "truncate", "stall", "refuse", "garble"]
"""fail: engine_error · truncate: cut in the middle · stall: comes last, after a wait, as engine_error ·
refuse: refused · garble: ok, but outside the grammar and without slots, as from a server that ignores it."""
Labels = Callable[[Request, int, Slot], Mapping[str, float] | LabelDist]
Text = Callable[[Request, int, str], str]
Faults = Callable[[Request, int], Fault | None]

_WORDS = ("the", "first", "answer", "names", "its", "source", "and", "checks", "every", "sum", "briefly", "clearly")


def belief(given: Mapping[str, float] | LabelDist, slot: Slot, mass: float) -> LabelDist:
    """Return what is believed at a slot: a distribution as it is, weights normalised to a mass.

    Raises:
        ValueError: labels that are none of the slot's, or a distribution in another order.
    """
    strange = set(given.labels if isinstance(given, LabelDist) else given) - set(slot.labels)
    if strange or (isinstance(given, LabelDist) and given.labels != slot.labels):
        raise ValueError(f"labels of slot {slot.name!r} are {slot.labels!r}, in this order; got {given!r}")
    if isinstance(given, LabelDist):
        return given
    return LabelDist.of({label: given.get(label, 0.0) for label in slot.labels}, mass)


def sentence(*words: object) -> str:
    """Return a short sentence that depends on these words only."""
    draw = rng(*words)
    return " ".join(_WORDS[i] for i in draw.integers(len(_WORDS), size=draw.integers(4, 9))).capitalize() + "."


def escaped(text: str) -> str:
    """Return a text as the inside of a JSON string: quote, backslash and the controls C0, DEL and C1 escaped."""
    return "".join(
        f"\\{c}" if c in '"\\' else f"\\u{ord(c):04x}" if ord(c) < 0x20 or 0x7F <= ord(c) < 0xA0 else c
        for c in well_formed(text)
    )


def fault_rates(seed: int, **rates: float) -> Faults:
    """Return faults that come by chance, the same ones for the same seed, request and sample.

    Args:
        seed: Of the draw.
        rates: Probability of each fault (`fail=0.1`); together at most 1.
    """
    unknown = sorted(set(rates) - set(get_args(Fault)))
    if unknown or any(rate < 0 for rate in rates.values()) or sum(rates.values()) > 1 + 1e-9:
        raise ValueError(f"rates are probabilities of {', '.join(get_args(Fault))}, together at most 1; got {rates!r}")

    kinds: tuple[Fault, ...] = get_args(Fault)

    def faults(request: Request, sample: int) -> Fault | None:
        u, reached = rng(seed, "fault", request.id, sample).random(), 0.0
        for fault in kinds:
            reached += rates.get(fault, 0.0)
            if u < reached:
                return fault
        return None

    return faults


def rng(*words: object) -> np.random.Generator:
    """Return a generator that depends on these words only."""
    return np.random.default_rng(int.from_bytes(hashlib.sha256(json.dumps(words).encode()).digest()))
