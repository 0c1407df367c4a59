"""The form of verdicts, mode by mode: grammar, schema, and what is asked."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from strategies import forms, labels, rubric_data, rubrics

from assay.errors import InputError
from assay.judges import Criterion, Form, Rubric, verdict_form
from assay.judges import form as form_module
from assay.judges import rubric as rubric_module

slow_to_draw = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
LEVELS = tuple(rubric_module.Level(label=one) for one in ("1", "2", "10"))


def rubric(mode: rubric_module.Mode, *, when: rubric_module.When = "none", **rest: Any) -> Rubric:
    return Rubric(name="r", mode=mode, reason=rubric_module.Reason(when=when), **rest)


def words(form: Form) -> set[str]:
    """Return every text of a grammar without free parts, by trying all labels at all slots."""
    named = [(slot.name, slot.labels) for slot in form.grammar.slots]
    found = set()
    for choice in itertools.product(*(names for _, names in named)):
        picked = iter(choice)
        text = "".join(getattr(part, "text", None) or next(picked) for part in form.grammar.parts)
        if re.fullmatch(form.grammar.regex, text):
            found.add(text)
    return found


SCORES = (
    Criterion(id="a", question="?", levels=LEVELS, needs_reference=True),
    Criterion(id="b", question="?", type="binary", applies_when="it may"),
)


def test_a_pointwise_form_asks_for_the_labels_of_every_criterion() -> None:
    assert words(verdict_form(rubric("pointwise", criteria=SCORES))) == {
        f'{{"criteria":{{"c1":"{a}","c2":"{b}"}}}}' for a in ("1", "2", "10") for b in ("no", "yes", "na")
    }


def test_a_pairwise_form_asks_for_the_better_answer_of_every_criterion() -> None:
    assert words(verdict_form(rubric("pairwise", criteria=SCORES))) == {
        f'{{"criteria":{{"c1":"{a}","c2":"{b}"}}}}' for a in ("A", "B", "=") for b in ("A", "B", "=", "na")
    }
    assert words(verdict_form(rubric("pairwise", criteria=SCORES[:1], ties=False))) == {
        '{"criteria":{"c1":"A"}}',
        '{"criteria":{"c1":"B"}}',
    }


def test_a_pairwise_form_without_criteria_asks_for_the_winner() -> None:
    assert words(verdict_form(rubric("pairwise"))) == {f'{{"winner":"{one}"}}' for one in ("A", "B", "tie")}
    assert words(verdict_form(rubric("pairwise", ties=False))) == {f'{{"winner":"{one}"}}' for one in ("A", "B")}


@pytest.mark.parametrize(("n", "many"), [(2, 2), (3, 6), (4, 24), (5, 120)])
def test_a_listwise_form_has_one_word_per_order(n: int, many: int) -> None:
    found = words(verdict_form(rubric("listwise"), answers=n))
    assert found == {
        '{"ranking":[' + ",".join(f'"{one}"' for one in order) + "]}" for order in itertools.permutations("ABCDE"[:n])
    }
    assert len(found) == many


def test_rationales_stand_before_what_they_explain() -> None:
    before = verdict_form(rubric("pointwise", when="before", criteria=SCORES))
    each = verdict_form(rubric("pointwise", when="each", criteria=SCORES))
    assert before.grammar.match('{"rationale":"r","criteria":{"c1":"10","c2":"na"}}') == {
        "rationale": "r",
        "c1": "10",
        "c2": "na",
    }
    text = '{"criteria":{"c1":{"why":"x","label":"1"},"c2":{"why":"y","label":"no"}}}'
    assert each.grammar.match(text) == {"why1": "x", "c1": "1", "why2": "y", "c2": "no"}
    assert verdict_form(rubric("pairwise", when="before")).grammar.match('{"rationale":"","winner":"tie"}')
    ranked = verdict_form(rubric("listwise", when="before"), answers=2).grammar
    assert ranked.match('{"rationale":"","ranking":["B","A"]}') == {"rationale": "", "rank1": "B", "rank2": "A"}


def test_short_ids_count_all_criteria_also_where_some_are_not_asked() -> None:
    one = rubric("pointwise", criteria=SCORES)
    assert [(ask.key, ask.id) for ask in verdict_form(one).asks] == [("c1", "a"), ("c2", "b")]
    assert [(ask.key, ask.id) for ask in verdict_form(one, reference=False).asks] == [("c2", "b")]
    assert [(ask.key, ask.id) for ask in verdict_form(one, only=["b"]).asks] == [("c2", "b")]


def test_where_nothing_is_left_to_ask_the_item_is_refused() -> None:
    one = rubric("pointwise", criteria=SCORES)
    with pytest.raises(InputError, match=r"each of the criteria \['a'\] needs a reference answer .*; add one"):
        verdict_form(one, reference=False, only=["a"])
    for mode in ("pairwise", "listwise"):
        with pytest.raises(InputError, match="every criterion needs a reference answer and this item has none"):
            verdict_form(rubric(mode, criteria=SCORES[:1]), reference=False)
    with pytest.raises(ValueError, match="has no criterion 'c'; it has a, b"):
        verdict_form(one, only=["a", "c"])


@pytest.mark.parametrize(
    ("mode", "answers", "says"),
    [
        ("pointwise", 2, "judges 1 answers, not 2"),
        ("pairwise", 3, "judges 2 answers, not 3"),
        ("listwise", 0, "judges 2 to 26 answers, not 0"),
        ("listwise", 1, "judges 2 to 26 answers, not 1"),
        ("listwise", 27, "judges 2 to 26 answers, not 27"),
        ("listwise", -1, "judges 2 to 26 answers, not -1"),
    ],
)
def test_the_number_of_answers_must_fit_the_mode(mode: rubric_module.Mode, answers: int, says: str) -> None:
    with pytest.raises(InputError, match=says):
        verdict_form(rubric(mode, criteria=SCORES[:1]), answers=answers)


def test_as_many_answers_as_there_are_letters_can_be_ranked() -> None:
    assert (
        "".join(verdict_form(rubric("listwise"), answers=form_module.MOST_ANSWERS).answers)
        == "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    )


@given(st.lists(labels, min_size=2, max_size=8, unique=True))
def test_any_labels_are_told_apart(names: list[str]) -> None:
    levels = tuple(rubric_module.Level(label=one) for one in names)
    form = verdict_form(rubric("pointwise", criteria=(Criterion(id="a", question="?", levels=levels),)))
    assert {form.grammar.match(f'{{"criteria":{{"c1":"{one}"}}}}')["c1"] for one in names} == set(names)  # type: ignore[index]
    assert words(form) == {f'{{"criteria":{{"c1":"{one}"}}}}' for one in names}


@slow_to_draw
@given(rubric_data(["pointwise"]), st.floats(0.5, 9), st.sampled_from(["mean", "sum", "min"]))
def test_weights_gates_values_and_the_aggregation_change_no_form(data: dict[str, Any], weight: float, how: str) -> None:
    one = Rubric.from_data(data)
    form = verdict_form(one)
    data = {**data, "aggregation": how, "criteria": [dict(row) for row in data["criteria"]]}
    for row in data["criteria"]:
        row.pop("gate", None)
        if "weight" in row:
            row["weight"] = weight
        if "levels" in row and row.get("type") != "nominal":
            row["levels"] = [{key: level[key] for key in level if key != "value"} for level in row["levels"]]
    other = verdict_form(Rubric.from_data(data))
    assert (other, other.grammar.fingerprint, other.schema) == (form, form.grammar.fingerprint, form.schema)


@slow_to_draw
@given(rubrics())
def test_a_form_asks_what_its_rubric_asks(one: Rubric) -> None:
    form = verdict_form(one)
    if one.mode == "listwise":
        assert form.asks == ()
        return
    assert [ask.id for ask in form.asks] == [criterion.id for criterion in one.criteria]
    for ask, criterion in zip(form.asks, one.criteria, strict=True):
        assert ("na" in ask.labels) == criterion.may_skip
        if one.mode == "pointwise":
            assert ask.labels[: len(criterion.levels)] == tuple(level.label for level in criterion.levels)
        else:
            assert ("=" in ask.labels) == one.ties


@slow_to_draw
@given(forms(most_answers=form_module.MOST_ANSWERS))
def test_every_form_has_a_sound_schema_and_grammar(form: Form) -> None:
    Draft202012Validator.check_schema(form.schema)
    re.compile(form.grammar.regex)
    kinds = {"none": 0, "before": 1, "each": len(form.asks)}
    assert len(list(form.grammar.closings())) == kinds[form.reason]
