"""The fourteen topics of the word problems, and the facts of a task."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .domain import World
from .draw import Draw
from .reasoning_measures import building, classroom, cooking, reading, sport, tank, travel, warehouse
from .reasoning_money import gardening, prices, printing, savings, tickets, wages
from .reasoning_plans import Plan, words
from .reasoning_words import DOING, EXTRAS

__all__ = ["SCENARIOS", "draw_plan"]

_DRAW: Mapping[str, Callable[[Plan], None]] = {
    "prices": prices,
    "travel": travel,
    "cooking": cooking,
    "savings": savings,
    "gardening": gardening,
    "printing": printing,
    "classroom": classroom,
    "warehouse": warehouse,
    "tank": tank,
    "wages": wages,
    "tickets": tickets,
    "building": building,
    "reading": reading,
    "sport": sport,
}

SCENARIOS = tuple(_DRAW)


_TRIES, _EASY = 10, 10_000
"""Of so many plans the easiest is taken, the first one without cents and with no number above 100: a tiny model is
to learn the sums."""


def _hard(plan: Plan) -> tuple[int, int]:
    """Return how hard the sums of a plan are: how many have cents, then the largest number."""
    numbers = [one["value"] for one in (*plan.given, *plan.steps)]
    return sum(number % 100 > 0 for number in numbers), max(_EASY, *numbers)


def draw_plan(draw: Draw, world: World, scenario: str, short: bool = False) -> dict[str, Any]:
    """Return the facts of a problem: its plan, who it is about, and the order in which its quantities are told.

    Args:
        draw: where randomness comes from.
        world: names and things.
        scenario: one of `SCENARIOS`.
        short: whether it takes two steps, the fewest; else 2 to 5.

    Raises:
        ValueError: the scenario is unknown.
    """
    if scenario not in _DRAW:
        raise ValueError(f"scenario must be one of {', '.join(SCENARIOS)}; got {scenario!r}")
    size, plans = 2 if short else draw.between(2, 5), list[Plan]()
    while len(plans) < _TRIES and (not plans or _hard(plans[-1]) > (0, _EASY)):
        plans.append(Plan(draw, world, size))
        _DRAW[scenario](plans[-1])
    plan = min(plans, key=_hard)
    if draw.chance(0.3):
        name, phrase, low, high, unit = draw.pick(EXTRAS[scenario])
        plan.told(name, phrase, draw.between(low, high), unit)
    told = [i for i, q in enumerate(plan.given) if q["phrase"]]
    return {
        "given": plan.given,
        "steps": plan.steps,
        "answer": plan.steps[-1]["value"],
        "order": draw.shuffled(told) if draw.chance(0.5) else told,
        "who": draw.pick(words(world, "names")),
        "doing": draw.pick(DOING[scenario]),
    }
