"""The lint: doubtful things are named at their place, and costs are what the tokenizer says."""

from __future__ import annotations

import pytest

from assay.engines.bytes_tokens import ByteTokens
from assay.judges import Rubric, lint, rubric_yaml, verdict_form

BASE = """schema_version: 1
name: r
mode: pointwise
scale:
  - {label: low, anchor: It is wrong.}
  - {label: high, anchor: It is right.}
criteria:
  - {id: right, question: "Is every statement true?"}
"""


def rubric_of(text: str) -> Rubric:
    return rubric_yaml.parse(text)


def test_a_clean_rubric_has_no_remarks() -> None:
    assert list(lint.remarks(rubric_of(BASE))) == []


@pytest.mark.parametrize(
    ("change", "path", "said"),
    [
        (
            '\n  - {id: two, question: "Is every statement there true?"}',
            ("criteria", 1, "question"),
            "ask nearly the same",
        ),
        (
            '\n  - {id: b, question: "One?"}\n  - {id: c, question: "Two?", weight: -9}',
            ("criteria", 2, "weight"),
            "outweighs all others",
        ),
        ("\nvariables: {who: me}", ("variables", "who"), "used nowhere"),
        ("\nreason: {when: before, max_tokens: 3}", ("reason",), "says nothing"),
        ('\n  - {id: b, question: "B?", levels: [{label: x}, {label: y}]}', ("criteria", 1), "no anchors"),
        (
            '\n  - {id: b, question: "B?", type: binary, levels: [{label: x}, {label: X}]}',
            ("criteria", 1, "levels"),
            "only in case",
        ),
        (
            '\n  - {id: b, question: "B?", type: binary, gate: {when: ["no", "yes"], then: zero}}',
            ("criteria", 1, "gate"),
            "every label",
        ),
    ],
)
def test_a_doubtful_thing_is_named_at_its_place(change: str, path: tuple[str | int, ...], said: str) -> None:
    found = list(lint.remarks(rubric_of(BASE.rstrip() + change + "\n")))
    assert [one.path for one in found] == [path]
    assert said in found[0].message


def test_an_unused_scale_and_a_rubric_that_lives_on_references_are_named() -> None:
    text = BASE.replace('true?"}', 'true?", type: binary, needs_reference: true}')
    assert {one.path for one in lint.remarks(rubric_of(text))} == {("criteria",), ("scale",)}


def test_more_than_twelve_criteria_are_named() -> None:
    rows = "".join(f'  - {{id: x{i}, question: "Thing {"abcdefghijklm"[i]}?"}}\n' for i in range(13))
    assert any("13 criteria" in one.message for one in lint.remarks(rubric_of(BASE.split("  - {id")[0] + rows)))


def test_labels_of_several_tokens_and_labels_that_begin_alike_are_named() -> None:
    # with one token per byte "low" is three tokens, "high" four; "yes" and "yep" share two
    rubric = rubric_of(BASE)
    [several] = lint.label_remarks(rubric, verdict_form(rubric), ByteTokens())
    assert "'low' (3), 'high' (4)" in several.message
    rubric = rubric_of(BASE.replace("label: low", "label: h"))
    [_, alike] = lint.label_remarks(rubric, verdict_form(rubric), ByteTokens())
    assert "'h' and 'high' begin with the same token" in alike.message


def test_costs_count_the_shortest_verdict_and_the_rationale() -> None:
    # one token per byte: {"rationale":" 14, ","criteria":{"c1":" 20, high (the longest label) 4, "}} 3, the end 1 = 42
    cost = lint.costs(rubric_of(BASE), ByteTokens())
    assert (cost.least, cost.budget, cost.orders) == (42, 42 + 256, 1)
    none = lint.costs(rubric_of(BASE + "reason: none\n"), ByteTokens())
    # {"criteria":{"c1":" is 19, high 4, "}} 3, the end 1 = 27
    assert (none.least, none.budget) == (27, 27)
    assert none.prompt < cost.prompt
