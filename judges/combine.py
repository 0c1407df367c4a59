"""Independent criteria added up: the distribution of a weighted mean, a sum or a minimum.

A *term* is one criterion: per label its probability, what it adds above and below the fraction
bar, and the ceiling that it puts on the whole (a gate).  Terms are taken in one after the other;
states that agree to 12 digits become one.

    mean   value = Σ x / Σ d       sum   value = Σ x, d = 1       min   value = min x, d = 1

d = 0 everywhere means that no criterion applied: such a state has no value.

Few states are kept exactly.  Past `MANY`, those that are likelier than 1 in `MANY` stay as they
are, so that two answers that are surely alike still tie; the rest are put into cells of equal d,
ceiling and nearly equal value, and a cell becomes its centre of mass.  A mean is linear in x, so
its expectation stays what it was (where no ceiling cuts through a cell), and no value moves by
more than 1 / `FINEST` of the range over all terms.  Past `MOST`, with many criteria that may not
apply and no two weights alike, states of nearly equal d share a cell too, in cells as wide as it
takes: `States.error` says how far a value may have moved then.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from assay.types import Floats

__all__ = ["FINEST", "MANY", "MOST", "NO_CEILING", "States", "Term", "cells", "combine", "least_width", "lump"]

MANY = 20_000
"""So many states are kept one by one."""
MOST = 100_000
"""So many states are kept at all."""
FINEST = 4096
"""Values are told apart to this fraction of the range, or better."""
NO_CEILING = sys.float_info.max
"""A ceiling that nothing reaches."""
_DIGITS = 12
_NOTHING = -1e3  # stands for log 0: no sum of weights is as small as e^-1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One criterion; L labels."""

    p: Floats
    """(L,) probability of each label."""
    x: Floats
    """(L,) what it adds above the bar (mean, sum), or its worth (min)."""
    d: Floats
    """(L,) what it adds below the bar: its weight (mean), 1 (sum, min), or 0 where it does not apply."""
    ceiling: Floats
    """(L,) the most that the whole may be worth then; `NO_CEILING` = anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """What some terms come to; n states."""

    x: Floats
    """(n,) above the bar."""
    d: Floats
    """(n,) below the bar; 0 = nothing applied."""
    ceiling: Floats
    """(n,) the lowest ceiling met."""
    p: Floats
    """(n,) probability, > 0."""
    error: float = 0.0
    """No value x / d is off by more than this."""

    @property
    def value(self) -> Floats:
        """(n,) x / d; 0 where nothing applied."""
        return np.divide(self.x, self.d, out=np.zeros_like(self.x), where=self.d > 0)


def combine(terms: Sequence[Term], rule: Literal["mean", "sum", "min"], span: float = 1.0) -> States:
    """Return the joint states of independent terms.

    Args:
        terms: one per criterion.
        rule: what x and d mean, see above.
        span: highest minus lowest value there can be; `FINEST` refers to it.

    Returns:
        States whose probabilities sum to 1.  Their error leaves room for cells of `least_width`: the last states
        are the caller's to merge, who knows what becomes of the values.
    """
    states = States(
        x=np.array([1.0 if rule == "min" else 0.0]), d=np.zeros(1), ceiling=np.array([NO_CEILING]), p=np.ones(1)
    )
    for i, term in enumerate(terms):
        states = _crossed(states, term, rule)
        if i + 1 < len(terms):
            width = (span / FINEST - states.error) / (len(terms) - i)  # an even share of what is left to err by
            later = sum(float(after.d.min()) for after in terms[i + 1 :]) if rule == "mean" else 0.0
            states = _merged(states, max(width, least_width(len(terms), span)), span, later)
    return states


def least_width(terms: int, span: float = 1.0) -> float:
    """Return how wide cells may be where every term costs one."""
    return span / (FINEST * max(terms, 1))


def _crossed(states: States, term: Term, rule: str) -> States:
    """Return every state with every label; impossible ones are left out."""
    p = np.multiply.outer(states.p, term.p).ravel()
    x = (np.minimum if rule == "min" else np.add).outer(states.x, term.x).ravel()
    d = np.add.outer(states.d, term.d).ravel()
    d = d if rule == "mean" else np.minimum(d, 1.0)
    ceiling = np.minimum.outer(states.ceiling, term.ceiling).ravel()
    on = p > 0
    return States(x=x[on], d=d[on], ceiling=ceiling[on], p=p[on], error=states.error)


def _merged(states: States, width: float, span: float, later: float) -> States:
    """Return fewer states of the same distribution, at `width` wherever `MOST` allows it.

    A state (x, d) that further terms (X, D) complete is worth (x + X) / (d + D), and D is at least `later`: a
    cell h wide in x / (d + later) moves a value by h at most.  With that fixed, the derivative in log d is
    span/4 at most: 4 h / span in log d cost another h.
    """
    log_d = np.log(states.d, out=np.full_like(states.d, _NOTHING), where=states.d > 0)
    same_d = np.round(log_d, _DIGITS)
    exact = _regrouped(states, same_d, np.round(states.value / span, _DIGITS))
    if len(exact.p) <= MANY:
        return exact
    part = states.x / np.maximum(states.d + later, sys.float_info.min)
    found = _regrouped(states, same_d, cells(states.p, part, width), width)
    while len(found.p) > MOST:
        width *= 2
        near_d = np.floor(log_d * span / (4 * width))
        found = _regrouped(states, near_d, cells(states.p, part, width), 2 * width)
    return found


def _regrouped(states: States, d_key: Floats, value_key: Floats, error: float = 0.0) -> States:
    keys = (value_key, d_key, states.ceiling)
    p, x, d, ceiling = lump(states.p, keys, states.x, states.d, states.ceiling)
    return States(x=x, d=d, ceiling=ceiling, p=p, error=states.error + error)


def lump(p: Floats, keys: Sequence[Floats], *columns: Floats) -> tuple[Floats, ...]:
    """Return p summed, and each column averaged by mass, over the rows whose keys are all equal.

    Args:
        p: masses > 0, shape (n,).
        keys: at least one, each of shape (n,); the result is in the order of the last, then of the one before.
        columns: what to average, each of shape (n,).
    """
    told = [key for key in keys if (key != key[0]).any()] or keys[:1]  # sorting by a constant is slow for nothing
    order = np.lexsort(tuple(told))
    new = np.arange(len(p)) == 0
    for key in told:
        new[1:] |= key[order][1:] != key[order][:-1]
    start = np.flatnonzero(new)
    size = np.diff(start, append=len(p))
    p = p[order]
    mass = np.add.reduceat(p, start)
    averages = []
    for column in columns:
        first = column[order][start]  # averages of the difference to it: exact for equals, safe for the tiniest masses
        beside = column[order] - np.repeat(first, size)
        averages.append(first + np.add.reduceat(p * beside, start) / mass)
    return (mass, *averages)


def cells(p: Floats, value: Floats, width: float) -> Floats:
    """Return the number of each value's cell, shape (n,); a state likelier than 1 in `MANY` has one to itself."""
    cell: Floats = np.floor((value - value.min()) / width)
    return np.where(p > 1 / MANY, -1.0 - np.arange(len(p)), cell)
