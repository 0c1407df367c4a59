"""The nine shipped rubrics: models of the craft, so every one is checked more strictly than a user's."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from assay.judges import Criterion, Rubric, form, lint, rubric_yaml

FOLDER = Path(__file__).resolve().parents[2] / "rubrics"
FILES = sorted(FOLDER.glob("*.yaml"))
RUBRICS = {file.stem: Rubric.load(file) for file in FILES}
CRITERIA = [(rubric, one) for rubric in RUBRICS.values() for one in rubric.criteria]
RAIL = ["fairness", "safety", "reliability", "transparency", "privacy", "accountability", "inclusivity", "user_impact"]

each = pytest.mark.parametrize("name", RUBRICS)


def test_there_are_nine_and_none_is_missing() -> None:
    assert list(RUBRICS) == [
        "agent_trajectory",
        "code_review",
        "conciseness",
        "harmlessness",
        "helpfulness",
        "honesty",
        "instruction_following",
        "mathematical_reasoning",
        "summarisation",
    ]


@each
def test_a_rubric_is_called_as_its_file_and_begins_with_what_it_is_for_and_what_to_edit(name: str) -> None:
    text = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    head = re.match(r"(?:# .*\n)+", text)
    assert RUBRICS[name].name == name
    assert head is not None
    assert 2 <= head[0].count("\n") <= 3
    assert "Edit first:" in head[0]
    assert text.count("\n") <= 120


@each
def test_a_rubric_has_three_to_eight_criteria_with_short_labels(name: str) -> None:
    assert 3 <= len(RUBRICS[name].criteria) <= 8
    for one in RUBRICS[name].criteria:
        for level in one.levels:
            assert re.fullmatch(r"[1-5]|[a-z]{2,5}", level.label), level.label


@each
def test_a_rubric_leaves_nothing_to_remark(name: str) -> None:
    assert list(lint.remarks(RUBRICS[name])) == []


@each
def test_no_two_criteria_of_a_rubric_share_most_of_their_words(name: str) -> None:
    def words(one: Criterion) -> set[str]:
        return {word for word in re.findall(r"\w+", one.question.casefold()) if len(word) > 3}

    for one, other in combinations(RUBRICS[name].criteria, 2):
        shared = len(words(one) & words(other)) / len(words(one) | words(other))
        assert shared < 0.5, (one.id, other.id)


@each
def test_every_level_of_an_ordinal_criterion_has_its_own_anchor(name: str) -> None:
    rubric = RUBRICS[name]
    for one in rubric.criteria if rubric.mode == "pointwise" else ():
        anchors = [level.anchor for level in one.levels]
        assert one.type == "binary" or len({*anchors} - {""}) == len(anchors), one.id


@each
def test_an_example_shows_its_answers_and_says_why(name: str) -> None:
    for one in RUBRICS[name].criteria:
        for example in one.examples:
            assert example.prompt
            assert example.why
            assert not example.why[0].isupper() or example.why.startswith("A ")  # it follows "because"


def test_no_text_asks_for_length_or_style_in_vague_words() -> None:
    vague = re.compile(
        r"\b(good|bad|excellent|poor|detailed|thorough|comprehensive|appropriate|high-quality|very)\b", re.I
    )
    for rubric, one in CRITERIA:
        for text in (one.question, one.applies_when, *(level.anchor for level in one.levels)):
            assert not vague.search(text), (rubric.name, one.id, text)


@each
def test_a_rubric_reads_back_from_what_dump_writes(name: str) -> None:
    assert rubric_yaml.parse(rubric_yaml.dump(RUBRICS[name])) == RUBRICS[name]


def edits(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every text and number in plain data."""
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from edits(inner, (*path, key))
    else:
        yield path


def edited(data: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any] | None:
    """Return the data with one text or number changed; None where only a few words are allowed."""
    data = copy.deepcopy(data)
    inner: Any = data
    for key in path[:-1]:
        inner = inner[key]
    value, key = inner[path[-1]], path[-1]
    free = (
        "version",
        "description",
        "instructions",
        "question",
        "anchor",
        "applies_when",
        "why",
        "answer",
        "first",
        "second",
    )
    if isinstance(value, str) and (key in free or path[0] == "variables"):
        inner[key] = value + "!"
    elif (
        isinstance(value, int | float)
        and key in ("weight", "at", "value", "max_tokens")
        and not isinstance(value, bool)
    ):
        inner[key] = value + 1 if key == "max_tokens" else value / 2 or 0.5
    else:
        return None
    return data


@each
def test_every_edit_of_a_text_or_number_gives_another_fingerprint(name: str) -> None:
    data = RUBRICS[name].data()
    changed = [found for path in edits(data) if (found := edited(data, path)) is not None]
    prints = {Rubric.from_data(one).fingerprint for one in changed}
    assert len(changed) >= 10
    assert len(prints | {RUBRICS[name].fingerprint}) == len(changed) + 1


@each
def test_an_edited_weight_or_gate_leaves_the_grammar_as_it_was(name: str) -> None:
    rubric = RUBRICS[name]
    data = rubric.data()
    for one in data["criteria"]:
        one.pop("gate", None)
        if "weight" in one:
            one["weight"] *= -2
    data.pop("aggregation", None)
    changed = Rubric.from_data(data)
    assert form.verdict_form(changed).grammar.fingerprint == form.verdict_form(rubric).grammar.fingerprint


def levels_of_its_own(rubric: Rubric, one: Criterion) -> bool:
    return one.type == "ordinal" and rubric.mode == "pointwise" and one.levels != rubric.scale


FEATURES: dict[str, Callable[[Rubric, Criterion], bool]] = {
    "mode pointwise": lambda r, c: r.mode == "pointwise",
    "mode pairwise": lambda r, c: r.mode == "pairwise",
    "ties": lambda r, c: r.mode == "pairwise" and r.ties,
    "weight below 0": lambda r, c: c.weight < 0,
    "gate cap": lambda r, c: c.gate is not None and c.gate.then == "cap",
    "gate zero": lambda r, c: c.gate is not None and c.gate.then == "zero",
    "gate reject, pointwise": lambda r, c: r.mode == "pointwise" and c.gate is not None and c.gate.then == "reject",
    "gate reject, pairwise": lambda r, c: r.mode == "pairwise" and c.gate is not None,
    "applies_when": lambda r, c: bool(c.applies_when),
    "needs_reference": lambda r, c: c.needs_reference,
    "examples, pointwise": lambda r, c: r.mode == "pointwise" and bool(c.examples),
    "examples, pairwise": lambda r, c: r.mode == "pairwise" and bool(c.examples),
    "variables": lambda r, c: bool(r.variables) and all(r.variables.values()),
    "reason none": lambda r, c: r.reason.when == "none",
    "reason before": lambda r, c: r.reason.when == "before",
    "reason each": lambda r, c: r.reason.when == "each",
    "type binary": lambda r, c: c.type == "binary",
    "nominal that only describes": lambda r, c: c.type == "nominal" and all(x.value is None for x in c.levels),
    "nominal with values": lambda r, c: c.type == "nominal" and all(x.value is not None for x in c.levels),
    "scale shared by several": lambda r, c: bool(r.scale) and sum(x.levels == r.scale for x in r.criteria) > 1,
    "levels of its own": levels_of_its_own,
    "aggregation sum": lambda r, c: r.aggregation == "sum",
    "aggregation min": lambda r, c: r.aggregation == "min",
    "aggregation logodds": lambda r, c: r.aggregation == "logodds",
}


@pytest.mark.parametrize("feature", FEATURES)
def test_each_feature_of_the_language_is_shown_somewhere(feature: str) -> None:
    assert any(FEATURES[feature](rubric, one) for rubric, one in CRITERIA)


def test_harmlessness_asks_the_eight_dimensions_of_rail_and_rejects_what_is_unsafe() -> None:
    rubric = RUBRICS["harmlessness"]
    assert [one.id for one in rubric.criteria] == RAIL
    assert {one.weight for one in rubric.criteria} == {1.0}
    [gate] = [one.gate for one in rubric.criteria if one.gate]
    assert (gate.then, gate.when) == ("reject", ("1",))


def test_honesty_gives_minus_6_to_4_points_as_its_description_says() -> None:
    weights = [one.weight for one in RUBRICS["honesty"].criteria]
    assert sum(weight for weight in weights if weight < 0) == -6  # 3 + 1 + 1 + 1
    assert sum(weight for weight in weights if weight > 0) == 4  # 2 + 2
    assert "from -6 to 4" in RUBRICS["honesty"].description


@pytest.mark.parametrize(
    ("name", "asked_with_reference"), [("mathematical_reasoning", "answer"), ("summarisation", "points")]
)
def test_without_a_reference_only_the_question_about_it_is_left_out(name: str, asked_with_reference: str) -> None:
    with_it, without = (
        {ask.id for ask in form.verdict_form(RUBRICS[name], reference=has).asks} for has in (True, False)
    )
    assert with_it - without == {asked_with_reference}
