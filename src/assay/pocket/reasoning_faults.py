"""How solutions go wrong: a catalogue of faults, and what follows from them.

A solution is the plan carried out, with some numbers or operations *overridden*.  An override is
keyed by the place of the step and the slot: "a", "b" (operands), "op" or "r" (result); the sentence
that states the answer is the place after the last step.  All later steps are computed from what
stands above them, so an error spreads as it would on paper.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .draw import Draw
from .reasoning_plans import LIMIT, compute

__all__ = ["Overrides", "Row", "carry_out", "choose", "true_rows"]

Overrides = dict[tuple[int, str], Any]
Row = tuple[str, int, int, int]
"""Operation, operands and result of a written step, in hundredths."""

_CLOSE = (100, 200, 300, 400, 500, 900, 1000, 2000, 10_000)
_OTHER = {"+": ("-", "*"), "-": ("+", "+", "/"), "*": ("+", "+", "-"), "/": ("*", "-")}
_FACTORS = {700: (500, 600), 1200: (1000,), 6000: (10_000, 2400), 10_000: (1000, 100_000), 100_000: (10_000, 1000)}
"""What a factor of conversion is taken for: a week of 5 days, an hour of 100 minutes."""
_TRIES = 4
_TWICE = 0.2
"""How often a wrong answer holds a second error."""


def true_rows(facts: Mapping[str, Any]) -> list[Row]:
    """Return the steps of the true solution, from the results that the plan holds."""
    given, steps = facts["given"], facts["steps"]
    rows = []
    for step in steps:
        a, b = step["a"], step["b"]
        a = given[a]["value"] if a >= 0 else steps[~a]["value"]
        b = given[b]["value"] if b >= 0 else steps[~b]["value"]
        rows.append((step["op"], a, b, step["value"]))
    return rows


def carry_out(facts: Mapping[str, Any], true: list[Row], overrides: Overrides) -> tuple[list[Row], int] | None:
    """Return the written steps and the stated answer, or None where a number would look odd.

    Odd is what is not above 0, not below 10,000, or has cents where the true number has none.
    """
    given, steps, n = facts["given"], facts["steps"], len(true)
    rows = true[: min(overrides)[0]]
    for i in range(len(rows), n):
        step = steps[i]
        op, a, b = step["op"], step["a"], step["b"]
        op = overrides.get((i, "op"), op)
        a = overrides.get((i, "a")) or (given[a]["value"] if a >= 0 else rows[~a][3])
        b = overrides.get((i, "b")) or (given[b]["value"] if b >= 0 else rows[~b][3])
        result = overrides.get((i, "r")) or compute(op, a, b)
        if result is None or not 0 < result < LIMIT or (result % 100 and not step["value"] % 100):
            return None
        rows.append((op, a, b, result))
    return rows, overrides.get((n, "r"), rows[-1][3])


def _near(draw: Draw, value: int) -> int:
    """Return a number that could be taken for another: a swapped pair of digits, or a small distance."""
    whole, cents = divmod(value, 100)
    if whole >= 10 and draw.chance(0.3):
        digits = list(str(whole))
        i = draw.below(len(digits) - 1)
        digits[i], digits[i + 1] = digits[i + 1], digits[i]
        if digits[0] != "0" and int("".join(digits)) != whole:
            return int("".join(digits)) * 100 + cents
    step = draw.pick(_CLOSE[:5] if value < 2000 else _CLOSE[:7] if value < 20_000 else _CLOSE)
    return value + step if value <= step or draw.chance(0.5) else value - step


def _slip(draw: Draw, facts: Mapping[str, Any], rows: list[Row], i: int) -> Overrides:
    return {(i, "r"): _near(draw, rows[i][3])} if i < len(rows) else {}


def _operation(draw: Draw, facts: Mapping[str, Any], rows: list[Row], i: int) -> Overrides:
    if i == len(rows) or rows[i][0] == "%":
        return {}
    return {(i, "op"): draw.pick(_OTHER[rows[i][0]])}


def _misread(draw: Draw, facts: Mapping[str, Any], rows: list[Row], i: int) -> Overrides:
    if i == len(rows):
        return {}
    step, given = facts["steps"][i], facts["given"]
    slots = [s for s in "ab" if step[s] >= 0 and given[step[s]]["phrase"]]
    if not slots:
        return {}
    slot = draw.pick(slots)
    value = given[step[slot]]["value"]
    other = given[draw.pick(facts["order"])]["value"] if draw.chance(0.4) else _near(draw, value)
    return {(i, slot): other} if other != value else {}


def _results(facts: Mapping[str, Any], i: int) -> list[tuple[str, int]]:
    """Return the slots of a step that hold earlier results, each with the place of that result."""
    steps = facts["steps"]
    if i == len(steps):
        return [("r", i - 1)]
    return [(s, ~steps[i][s]) for s in "ab" if steps[i][s] < 0]


def _skip(draw: Draw, facts: Mapping[str, Any], rows: list[Row], i: int, role: str) -> Overrides:
    """Use the number as it was before a step of this role."""
    slots = [(s, k) for s, k in _results(facts, i) if facts["steps"][k]["role"] == role]
    if not slots:
        return {}
    slot, place = draw.pick(slots)
    return {(i, slot): rows[place][1]}


def _condition(draw: Draw, facts: Mapping[str, Any], rows: list[Row], i: int) -> Overrides:
    return _skip(draw, facts, rows, i, "condition")


def _unit(draw: Draw, facts: Mapping[str, Any], rows: list[Row], i: int) -> Overrides:
    """Convert by another factor, or go on with the number as it was before it was converted."""
    if i < len(rows):
        step = facts["steps"][i]
        if step["b"] >= 0 and not facts["given"][step["b"]]["phrase"]:
            return {(i, "b"): draw.pick(_FACTORS[rows[i][2]])}
    return _skip(draw, facts, rows, i, "convert")


def _carry(draw: Draw, facts: Mapping[str, Any], rows: list[Row], i: int) -> Overrides:
    """Use another number of the problem or of an earlier line where the last result belongs."""
    slots = _results(facts, i)
    if not slots:
        return {}
    slot, place = draw.pick(slots)
    step = facts["steps"][place]
    known = [row[3] for row in rows[: min(i, len(rows))]]
    known += [g["value"] for g in facts["given"] if g["phrase"]]
    barred = (rows[place][3], rows[place][1]) if step["role"] else (rows[place][3],)
    near = [v for v in known if v not in barred and v * 20 > rows[place][3]]
    return {(i, slot): draw.pick(near)} if near else {}


def _leap(draw: Draw, facts: Mapping[str, Any], rows: list[Row], i: int) -> Overrides:
    """Use a number that nothing gave."""
    slots = _results(facts, i)
    if not slots:
        return {}
    slot, place = draw.pick(slots)
    value = rows[place][3]
    new = int(value * (0.6 + 0.8 * draw.unit())) // 100 * 100 + value % 100
    seen = {row[3] for row in rows[:i]} | {g["value"] for g in facts["given"]}
    return {(i, slot): new} if new > 0 and new not in seen else {}


_FAULTS: Mapping[str, Callable[[Draw, Mapping[str, Any], list[Row], int], Overrides]] = {
    "slip": _slip,
    "operation": _operation,
    "misread": _misread,
    "carry": _carry,
    "unit": _unit,
    "condition": _condition,
    "leap": _leap,
}


def _process(draw: Draw, facts: Mapping[str, Any], rows: list[Row]) -> Overrides:
    """Put the right result at the end of a way that is not: the error is taken back, here or further on."""
    n = len(rows)
    i = draw.below(n)
    kind = draw.pick(("slip", "slip", "operation", "misread", "carry"))
    overrides = _FAULTS[kind](draw, facts, rows, i)
    if not overrides:
        return {}
    if kind != "slip" and draw.chance(0.4):
        return {**overrides, (i, "r"): rows[i][3]}  # the line contradicts itself
    j = draw.between(i + 1, n)
    if draw.chance(0.4):
        slots = [s for s, place in _results(facts, j) if place == i]
        if slots:
            return {**overrides, (j, slots[0]): rows[i][3]}  # goes on as if the line above were right
    return {**overrides, (j, "r"): rows[-1 if j == n else j][3]}  # a second error cancels the first


def choose(draw: Draw, facts: Mapping[str, Any], u: int, mix: Mapping[str, float]) -> tuple[list[Row], int]:
    """Return the written steps and the stated answer of a solution of utility u.

    Kinds are drawn by weight; one that finds no place in this problem gives way to the next.
    """
    rows = true_rows(facts)
    n, answer = len(rows), rows[-1][3]
    if u == 3:
        return rows, answer
    if u == 2:
        for _ in range(_TRIES):
            overrides = _process(draw, facts, rows)
            told = carry_out(facts, rows, overrides) if overrides else None
            if told and told[1] == answer and told[0] != rows:
                return told
        last = rows[-1]
        return [*rows[:-1], (*last[:3], last[3] + 100)], answer
    half = (n + 1) // 2
    places = range(half) if u == 0 else range(half, n + 1)
    left = {kind: mix[kind] for kind in _FAULTS if mix.get(kind, 0) > 0}
    while left:
        kind = draw.weighted(left)
        del left[kind]
        for i in draw.shuffled(places) * 2:  # the second time with other numbers
            overrides = _FAULTS[kind](draw, facts, rows, i)
            told = carry_out(facts, rows, overrides) if overrides else None
            if told and told[1] != answer:
                return _again(draw, facts, rows, overrides, told) if draw.chance(_TWICE) else told
    return _plain_slip(facts, rows, answer, places)


def _again(
    draw: Draw, facts: Mapping[str, Any], rows: list[Row], overrides: Overrides, told: tuple[list[Row], int]
) -> tuple[list[Row], int]:
    """Return a faulty solution with a slip in a later step, where one fits that leaves the answer wrong."""
    first = min(overrides)[0]
    for i in draw.shuffled(range(first + 1, len(rows))):
        more = carry_out(facts, rows, {**overrides, **_slip(draw, facts, told[0], i)})
        if more and more[1] != rows[-1][3]:
            return more
    return told


def _plain_slip(facts: Mapping[str, Any], rows: list[Row], answer: int, places: range) -> tuple[list[Row], int]:
    """Return a solution that slips at the first place where a small slip leads to another answer and to no odd number.

    Where there is none, the lines after the first slip fall back to the true results but for the last.
    """
    places = range(places.start, min(places.stop, len(rows)))
    for size in range(1, 41):
        for i in places:
            for new in (rows[i][3] + size * 100, rows[i][3] - size * 100):
                told = carry_out(facts, rows, {(i, "r"): new})
                if told and told[1] != answer:
                    return told
    held: Overrides = {(j, "r"): rows[j][3] for j in range(places.start, len(rows))}
    told = carry_out(
        facts, rows, {**held, (places.start, "r"): rows[places.start][3] + 100, (len(rows) - 1, "r"): answer + 100}
    )
    if told is None:
        raise ValueError("no slip in this problem leads to another answer")
    return told
