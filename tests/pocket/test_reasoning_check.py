"""The truth program of word problems, held against solutions written by hand, and the catalogue of faults."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.pocket.domain import Task, World
from assay.pocket.draw import Draw
from assay.pocket.reasoning import DOMAIN
from assay.pocket.reasoning_check import holds, read_amount
from assay.pocket.reasoning_faults import carry_out, choose, true_rows
from assay.pocket.reasoning_plans import LIMIT, amount, compute, show_amount
from assay.types import Message

WORLD = World(0)
PENS: dict[str, Any] = {  # 12 pens at 4 euros, less a voucher of 8 euros, shared by 5 friends, 2 hours in minutes
    "given": [
        {"name": "the number of pens", "phrase": "{} pens", "value": 1200, "unit": ""},
        {"name": "the price of one pen", "phrase": "{} euros per pen", "value": 400, "unit": "euros"},
        {"name": "the value of the voucher", "phrase": "a voucher of {} euros", "value": 800, "unit": "euros"},
        {"name": "the number of friends", "phrase": "{} friends", "value": 500, "unit": ""},
    ],
    "steps": [
        {"op": "*", "a": 0, "b": 1, "name": "the cost", "unit": "euros", "role": "", "value": 4800},
        {"op": "-", "a": -1, "b": 2, "name": "the bill", "unit": "euros", "role": "condition", "value": 4000},
        {"op": "/", "a": -2, "b": 3, "name": "the share", "unit": "euros", "role": "", "value": 800},
    ],
    "answer": 800,
    "order": [0, 1, 2, 3],
    "who": "Amara",
    "doing": "buying pens",
}
TASK = Task(prompt=(Message(role="user", content="?"),), family=1, scenario="prices", facts=PENS)


@pytest.mark.parametrize(
    ("lines", "u", "labels", "kind"),
    [
        # 12 * 4 = 48, 48 - 8 = 40, 40 / 5 = 8
        (("12 * 4 = 48", "48 - 8 = 40", "40 / 5 = 8", "It is 8"), 3, (1, 1, 1, 1), ""),
        (("4 times 12 is 48", "8 taken from 48 makes 40", "40 ÷ 5 = 8", "It is 8"), 3, (1, 1, 1, 1), ""),
        # 12 * 4 is 48, not 43; 43 - 8 = 35 and 35 / 5 = 7 only carry it on; place 0 < 3/2
        (("12 * 4 = 43", "43 - 8 = 35", "35 / 5 = 7", "It is 7"), 0, (0, 1, 1, 1), "slip"),
        (("12 + 4 = 16", "16 - 8 = 8", "8 / 5 = 1.6", "It is 1.60"), 0, (0, 1, 1, 1), "operation"),
        (("12 * 5 = 60", "60 - 8 = 52", "52 / 5 = 10.4", "It is 10.4"), 0, (0, 1, 1, 1), "misread"),
        # the cost of 48 is left aside for the 12 of the problem; place 1 < 3/2
        (("12 * 4 = 48", "12 - 8 = 4", "4 / 5 = 0.8", "It is 0.80"), 0, (1, 0, 1, 1), "carry"),
        # the voucher is forgotten: 48 / 5; place 2 >= 3/2
        (("12 * 4 = 48", "48 - 8 = 40", "48 / 5 = 9.6", "It is 9.60"), 1, (1, 1, 0, 1), "condition"),
        # 33 is neither told nor found
        (("12 * 4 = 48", "48 - 8 = 40", "33 / 5 = 6.6", "It is 6.60"), 1, (1, 1, 0, 1), "leap"),
        (("12 * 4 = 48", "48 - 8 = 40", "40 / 5 = 8", "It is 9"), 1, (1, 1, 1, 0), "leap"),
        # two errors that cancel, a line against itself, and a result that no line gave
        (("12 * 4 = 43", "43 - 8 = 40", "40 / 5 = 8", "It is 8"), 2, (0, 0, 1, 1), "process"),
        (("12 + 4 = 48", "48 - 8 = 40", "40 / 5 = 8", "It is 8"), 2, (0, 1, 1, 1), "process"),
        (("12 * 4 = 48", "48 - 8 = 40", "40 / 5 = 7", "It is 8"), 2, (1, 1, 0, 0), "process"),
    ],
)
def test_check_reads_solutions_written_by_hand(
    lines: tuple[str, ...], u: int, labels: tuple[int, ...], kind: str
) -> None:
    found = DOMAIN.check(TASK, "\n".join(lines))
    assert (found.u, found.step_labels, found.kind) == (u, labels, kind)
    assert found.first_error == (labels.index(0) if 0 in labels else -1)
    assert found.right is (u >= 2)
    assert found.steps == lines
    assert found.criteria["steps"] == sum(labels) / 4
    assert found.criteria["result"] == (u >= 2)


def test_criteria_tell_false_sums_from_false_quantities() -> None:
    slip = DOMAIN.check(TASK, "12 * 4 = 43\n43 - 8 = 35\n35 / 5 = 7\nIt is 7").criteria
    misread = DOMAIN.check(TASK, "12 * 5 = 60\n60 - 8 = 52\n52 / 5 = 10.4\nIt is 10.4").criteria
    assert (slip["setup"], slip["arithmetic"]) == (1, 0)
    assert (misread["setup"], misread["arithmetic"]) == (0, 1)


def test_a_factor_of_conversion_that_is_taken_for_another_is_a_fault_of_units() -> None:
    given = [
        {"name": "the time", "phrase": "{} hours", "value": 200, "unit": "hours"},
        {"name": "the minutes of an hour", "phrase": "", "value": 6000, "unit": ""},
        {"name": "the delay", "phrase": "{} minutes", "value": 1500, "unit": "minutes"},
    ]
    steps = [
        {"op": "*", "a": 0, "b": 1, "name": "the minutes", "unit": "minutes", "role": "convert", "value": 12000},
        {"op": "+", "a": -1, "b": 2, "name": "the whole", "unit": "minutes", "role": "", "value": 13500},
    ]
    facts = {**PENS, "given": given, "steps": steps, "answer": 13500, "order": [0, 2]}
    task = Task(prompt=TASK.prompt, family=1, scenario="travel", facts=facts)
    assert DOMAIN.check(task, "2 * 60 = 120\n120 + 15 = 135\n135").u == 3
    assert DOMAIN.check(task, "2 * 100 = 200\n200 + 15 = 215\n215").kind == "unit"  # an hour of 100 minutes
    assert DOMAIN.check(task, "2 * 60 = 120\n2 + 15 = 17\n17").kind == "unit"  # hours and minutes added


@pytest.mark.parametrize(
    ("text", "u"),
    [
        ("", 0),  # nothing written: the first missing step is in the first half
        ("12 * 4 = 48", 0),  # 1 of 3 steps: place 1 < 3/2
        ("12 * 4 = 48\n48 - 8 = 40\n40 / 5 = 8", 1),  # all steps, no answer
    ],
)
def test_an_unfinished_solution_is_wrong_from_where_it_stops(text: str, u: int) -> None:
    found = DOMAIN.check(TASK, text)
    assert (found.u, found.right, found.first_error) == (u, False, -1)
    assert DOMAIN.reaction(Draw(1), WORLD, TASK, found)


@pytest.mark.parametrize("number", ["9" * 5000, "8.125", "8.0.0"])
def test_numbers_that_are_no_amounts_are_not_read(number: str) -> None:
    lines = "12 * 4 = 48\n48 - 8 = 40\n40 / 5 = 8\n"
    assert DOMAIN.check(TASK, f"{lines}It is {number}").right is False
    assert DOMAIN.check(TASK, f"{lines}It is {number}").steps == tuple(lines.split("\n")[:3])
    assert DOMAIN.check(TASK, f"{lines}It is 8.").u == 3


def test_a_bare_answer_is_a_leap() -> None:
    found = DOMAIN.check(TASK, "It is 8.")
    assert (found.u, found.step_labels, found.kind) == (2, (0,), "process")


@given(st.text(alphabet="0123456789.*+-/ =×%of\ntimesandABC"))
@settings(deadline=None)
def test_check_reads_any_text(text: str) -> None:
    found = DOMAIN.check(TASK, text)
    assert found.u in range(4)
    assert found.steps is not None
    assert found.step_labels is not None
    assert len(found.steps) == len(found.step_labels)


@given(st.integers(0, LIMIT))
def test_amounts_are_read_as_they_are_written(value: int) -> None:
    assert read_amount(show_amount(value)) == value


@given(st.sampled_from("+-*/%"), st.integers(1, 200_000), st.integers(1, 200_000))
def test_what_is_computed_holds_and_nothing_else_does(op: str, a: int, b: int) -> None:
    result = compute(op, a, b)
    if result is not None:
        assert holds(op, a, b, result)
        assert not holds(op, a, b, result + 1)


def test_one_is_singular() -> None:
    assert [amount(100, "euros"), amount(150, "euros"), amount(100, "km"), amount(100, "")] == [
        *("1 euro", "1.50 euros", "1 km", "1")
    ]


def test_faults_spread_to_what_is_computed_from_them() -> None:
    rows = true_rows(PENS)
    assert rows == [("*", 1200, 400, 4800), ("-", 4800, 800, 4000), ("/", 4000, 500, 800)]
    # 12 * 4 = 43 by a slip; 43 - 8 = 35; 35 / 5 = 7
    told = carry_out(PENS, rows, {(0, "r"): 4300})
    assert told == ([("*", 1200, 400, 4300), ("-", 4300, 800, 3500), ("/", 3500, 500, 700)], 700)
    assert carry_out(PENS, rows, {(0, "r"): 4400}) is None  # 36 / 5 has cents where the true share has none
    assert carry_out(PENS, rows, {(0, "r"): 700}) is None  # 7 - 8 is below 0


def test_a_problem_in_which_no_small_slip_can_be_carried_on_still_gets_its_error() -> None:
    odd = {**PENS, "given": [*PENS["given"][:3], {**PENS["given"][3], "value": 4000}]}  # 40 friends: only 40 / 40 = 1
    steps = [*PENS["steps"][:2], {**PENS["steps"][2], "value": 100}]
    task = Task(prompt=TASK.prompt, family=1, scenario="prices", facts={**odd, "steps": steps, "answer": 100})
    for u in (0, 1):
        for seed in range(20):
            rows, stated = choose(Draw(seed), task.facts, u, {"condition": 1.0})
            assert (len(rows), stated != 100) == (3, True)
            assert DOMAIN.answer(Draw(seed), WORLD, task, u, {"condition": 1.0}).u == u
