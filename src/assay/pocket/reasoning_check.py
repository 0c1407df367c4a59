"""The truth program of word problems: it reads a solution line by line and holds it against the plan.

A line with a computation is a step; it is held against the plan's step of the same place.  A step is
sound where its operation and operands are the plan's (results as *written* above, so that a step
which only carries on an earlier error is sound) and its arithmetic is true.  A line with a number and
no computation states the answer.  Lines without numbers and asterisks around numbers are no matter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from .domain import Answer, Task

__all__ = ["COMPUTATION", "KINDS", "check", "holds", "read_amount"]

KINDS = ("slip", "operation", "misread", "carry", "unit", "condition", "leap", "process")

_SIGNS = {
    " * ": "*",
    " × ": "*",
    " times ": "*",
    " multiplied by ": "*",
    " + ": "+",
    " plus ": "+",
    " added to ": "+",
    " - ": "-",
    " minus ": "-",
    " taken from ": "from",
    " / ": "/",
    " ÷ ": "/",
    " divided by ": "/",
    "% of ": "%",
    " percent of ": "%",
}
_NUMBER = r"(?<![0-9.])([0-9]{1,9}(?:\.[0-9]{1,2})?)(?!\.?[0-9])"
COMPUTATION = re.compile(
    f"{_NUMBER}({'|'.join(map(re.escape, _SIGNS))}){_NUMBER}(?: = | is | makes | gives |, which is ){_NUMBER}"
)
"""A written computation: first operand, sign, second operand, result."""
_AMOUNT = re.compile(_NUMBER)


@lru_cache(maxsize=65_536)
def read_amount(text: str) -> int:
    """Return a written number in hundredths: "4.50" is 450."""
    whole, _, part = text.partition(".")
    return int(whole) * 100 + (int(f"{part}0"[:2]) if part else 0)


def holds(op: str, a: int, b: int, result: int) -> bool:
    """Tell whether a op b = result, all in hundredths; "%" is a percent of b."""
    if op == "*":
        return a * b == result * 100
    if op == "+":
        return a + b == result
    if op == "-":
        return a - b == result
    if op == "/":
        return b != 0 and a * 100 == result * b
    return a * b == result * 10_000


def _wrong_operand(facts: Mapping[str, Any], ref: int, found: int, known: list[int], written: list[int]) -> str:
    """Name the fault of an operand that should be `ref` and was found to be another number."""
    given, steps = facts["given"], facts["steps"]
    if ref >= 0:
        return "misread" if given[ref]["phrase"] else "unit"
    step = steps[~ref]
    role, before = step["role"], step["a"]
    if role and found == (given[before]["value"] if before >= 0 else written[~before]):
        return "condition" if role == "condition" else "unit"
    return "carry" if found in known or found in written else "leap"


def _fault(
    facts: Mapping[str, Any], place: int, line: tuple[str, int, int, int], written: list[int]
) -> tuple[str, int | None]:
    """Return the kind of fault of a computation, "" where it is sound, and the reference that it should have used."""
    op, a, b, result = line
    steps = facts["steps"]
    if place >= len(steps):
        return "leap", None
    step, given = steps[place], facts["given"]
    if op != step["op"]:
        return "operation", None
    left, right = step["a"], step["b"]
    want_a = given[left]["value"] if left >= 0 else written[~left]
    want_b = given[right]["value"] if right >= 0 else written[~right]
    if op in "+*" and (a == want_b or b == want_a):
        a, b = b, a
    if a == want_a and b == want_b:
        return ("" if holds(op, a, b, result) else "slip"), None
    known = [g["value"] for g in given if g["phrase"]]
    if a != want_a:
        return _wrong_operand(facts, left, a, known, written), left
    return _wrong_operand(facts, right, b, known, written), right


def check(task: Task, text: str) -> Answer:
    """Return the truth about a solution, from its text and the task's facts.

    The steps are the computations and the sentence that states the answer, each a line.  u: 3 = no
    wrong step and the right result; 2 = the right result in spite of a wrong step; 1 = a wrong or
    missing result whose first fault lies in the second half of the plan's steps; 0 = in the first half.
    Computations are matched to the plan in order: a sound solution by another plan counts as faulty.
    """
    facts = task.facts
    plan = facts["steps"]
    lines: list[str] = []
    faults: list[str] = []
    parts: list[int | None] = []
    written: list[int] = []
    found: list[int] = []
    arithmetic, stated = 1.0, None
    for line in text.replace("**", "").split("\n"):
        match = COMPUTATION.search(line)
        if match:
            first, sign, second, equal = match.groups()
            op, a, b, result = _SIGNS[sign], read_amount(first), read_amount(second), read_amount(equal)
            if op == "from":
                op, a, b = "-", b, a
            if not holds(op, a, b, result):
                arithmetic = 0.0
            fault, part = _fault(facts, len(written), (op, a, b, result), written)
            written.append(result)
        else:
            numbers = _AMOUNT.findall(line)
            if not numbers:
                continue
            result = stated = read_amount(numbers[-1])
            if len(written) < len(plan):
                fault, part = "leap", None
            elif result == written[len(plan) - 1]:
                fault, part = "", None
            else:
                part = -len(plan)
                known = [g["value"] for g in facts["given"] if g["phrase"]]
                fault = _wrong_operand(facts, part, result, known, written)
        faults.append(fault)
        parts.append(part)
        lines.append(line)
        found.append(result)
    labels = tuple([0.0 if fault else 1.0 for fault in faults])
    error = labels.index(0.0) if 0.0 in labels else -1
    right = stated == facts["answer"]
    half = (error if error >= 0 else len(written)) * 2 >= len(plan)
    kind = faults[error] if error >= 0 else ""
    return Answer(
        text=text,
        u=(3 if error < 0 else 2) if right else int(half),
        criteria={
            "result": float(right),
            "steps": sum(labels) / len(labels) if labels else 0.0,
            "setup": float(not {"misread", "condition", "unit"}.intersection(faults)),
            "arithmetic": arithmetic,
        },
        kind="process" if kind and right else kind,
        steps=tuple(lines),
        step_labels=labels,
        first_error=error,
        right=right,
        notes={
            "fault": kind,
            "stated": stated,
            "found": found[error] if error >= 0 else None,
            "part": parts[error] if error >= 0 else None,
        },
    )
