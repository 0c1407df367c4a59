"""Plans of word problems: which quantities are told, and which steps lead from them to what is asked.

A plan is plain data.  A *reference* names a number: `i >= 0` is the told quantity i, `~i` (below 0)
is the result of step i.  Amounts are whole hundredths, so that sums of money are exact.

A step's *role* says what leaving it out would mean: `condition` applies something the problem
states (a discount, rest days) to its first operand; `convert` changes the unit of its first operand.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from .domain import World
from .draw import Draw
from .reasoning_words import NAMES, THINGS

__all__ = ["LIMIT", "Plan", "amount", "compute", "show_amount", "words"]

LIMIT = 1_000_000
"""Amounts stay below 10,000, in hundredths."""


@lru_cache(maxsize=4096)
def words(world: World, name: str) -> tuple[Any, ...]:
    """Return the world's share of a word list: "names", or a key of `THINGS`."""
    return world.of(f"reasoning.{name}", NAMES if name == "names" else THINGS[name])


@lru_cache(maxsize=65_536)
def show_amount(value: int) -> str:
    """Return hundredths as a written number: 450 is "4.50", 400 is "4"."""
    whole, part = divmod(value, 100)
    return f"{whole}.{part:02d}" if part else str(whole)


def amount(value: int, unit: str) -> str:
    """Return hundredths as a written number with its unit, in the singular for 1."""
    if not unit:
        return show_amount(value)
    return f"{show_amount(value)} {unit[:-1] if value == 100 and unit.endswith('s') else unit}"


def compute(op: str, a: int, b: int) -> int | None:
    """Return a op b in hundredths, or None where it is not above 0, below 10,000 and exact to two places."""
    if op == "+":
        value = a + b
    elif op == "-":
        value = a - b
    else:
        if op == "*":
            value, rest = divmod(a * b, 100)
        elif op == "/":
            value, rest = divmod(a * 100, b) if b else (0, 1)
        else:  # a percent of b
            value, rest = divmod(a * b, 10_000)
        if rest:
            return None
    return value if 0 < value < LIMIT else None


class Plan:
    """A plan while it is drawn."""

    __slots__ = ("draw", "given", "size", "steps", "world")

    def __init__(self, draw: Draw, world: World, size: int) -> None:
        self.draw = draw
        self.world = world
        self.size = size
        self.given: list[dict[str, Any]] = []
        self.steps: list[dict[str, Any]] = []

    @property
    def room(self) -> int:
        """How many steps may still be added."""
        return self.size - len(self.steps)

    def value(self, ref: int) -> int:
        """Return the amount behind a reference."""
        return int(self.given[ref]["value"] if ref >= 0 else self.steps[~ref]["value"])

    def told(self, name: str, phrase: str, value: int, unit: str = "", *, cents: int = 0) -> int:
        """Add a quantity that the problem states; {} in the phrase is its number."""
        self.given.append({"name": name, "phrase": phrase, "value": value * 100 + cents, "unit": unit})
        return len(self.given) - 1

    def constant(self, name: str, value: int) -> int:
        """Add a number that everybody knows, such as the minutes of an hour; the problem does not state it."""
        self.given.append({"name": name, "phrase": "", "value": value * 100, "unit": ""})
        return len(self.given) - 1

    def step(self, op: str, a: int, b: int, name: str, unit: str = "", role: str = "") -> int:
        """Add a step.

        Raises:
            ValueError: the result is out of range or not exact: a fault of the scenario.
        """
        value = compute(op, self.value(a), self.value(b))
        if value is None:
            raise ValueError(f"step {name!r}: {self.value(a)} {op} {self.value(b)} (hundredths) has no plain result")
        self.steps.append({"op": op, "a": a, "b": b, "name": name, "unit": unit, "role": role, "value": value})
        return ~(len(self.steps) - 1)

    def thing(self, name: str) -> Any:
        """Return one word of a list."""
        return self.draw.pick(words(self.world, name))

    def divisor(self, ref: int, low: int, high: int, grain: int = 100) -> int:
        """Return a whole number that divides an amount into shares that are multiples of `grain`, or 0."""
        value = self.value(ref)
        found = [k for k in range(low, high + 1) if value % (k * grain) == 0]
        return self.draw.pick(found) if found else 0

    def above(self, ref: int, most: int = 5) -> int:
        """Return a whole amount, a multiple of 10, that exceeds the one behind a reference by more than 10."""
        return (self.value(ref) // 1000 + self.draw.between(2, most + 1)) * 10

    def below(self, ref: int, low: int = 2, high: int = 20) -> int:
        """Return a whole amount of at most half the one behind a reference, or 0 where none fits."""
        most = min(high, self.value(ref) // 200)
        return self.draw.between(low, most) if most >= low else 0
