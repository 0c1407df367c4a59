"""Every form of autorubric's rubrics comes in, and everything that is lost is said."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.errors import InputError
from assay.judges import form, importers, rubric_yaml

BINARY = {"name": "Clear words", "weight": 5, "requirement": "The text uses plain words."}
SCALE = {
    "requirement": "How many sources?",
    "weight": 2.0,
    "scale_type": "ordinal",
    "options": [
        {"label": "All that are needed", "value": 1.0},
        {"label": "None", "value": 0.0},
        {"label": "Some", "value": 0.4},
        {"label": "No claims were made", "value": 0.0, "na": True},
    ],
}


def test_a_criterion_without_options_is_met_or_not() -> None:
    [one] = importers.from_autorubric([BINARY]).rubric.criteria
    assert (one.id, one.weight, one.type, one.question) == ("Clear-words", 5.0, "binary", "The text uses plain words.")
    assert [(level.label, level.value) for level in one.levels] == [("no", 0.0), ("yes", 1.0)]
    assert [level.anchor for level in one.levels] == ["The requirement is not met.", "The requirement is met."]
    assert not one.may_skip


def test_options_become_numbers_from_worst_to_best_and_keep_their_values() -> None:
    imported = importers.from_autorubric([SCALE])
    [one] = imported.rubric.criteria
    assert [(level.label, level.value, level.anchor) for level in one.levels] == [
        ("1", 0.0, "None"),
        ("2", 0.4, "Some"),
        ("3", 1.0, "All that are needed"),
    ]
    assert one.not_applicable
    assert imported.notes == ("criterion 1, option 4: 'No claims were made' became the label 'na'",)


def test_options_without_an_order_become_letters_in_their_order() -> None:
    options = [{"label": "too few", "value": 0}, {"label": "too many", "value": 0}, {"label": "right", "value": 1}]
    [one] = importers.from_autorubric(
        [{"requirement": "x", "scale_type": "nominal", "options": options}]
    ).rubric.criteria
    assert one.type == "nominal"
    assert [(level.label, level.value, level.anchor) for level in one.levels] == [
        ("A", 0, "too few"),
        ("B", 0, "too many"),
        ("C", 1, "right"),
    ]


def test_thirty_options_without_an_order_are_numbered() -> None:
    options = [{"label": f"kind {i}", "value": 0.5} for i in range(30)]
    [one] = importers.from_autorubric(
        [{"requirement": "x", "scale_type": "nominal", "options": options}]
    ).rubric.criteria
    assert [level.label for level in one.levels] == [str(i + 1) for i in range(30)]


@pytest.mark.parametrize("labels", [["5", "3", "1"], [5, 3, 1]])
def test_options_that_are_numbers_stay_as_they_are(labels: list[Any]) -> None:
    options = [{"label": label, "value": value} for label, value in zip(labels, (0.0, 0.3, 1.0), strict=True)]
    [one] = importers.from_autorubric([{"requirement": "x", "options": options}]).rubric.criteria
    assert [(x.label, x.value, x.anchor) for x in one.levels] == [("5", 0.0, ""), ("3", 0.3, ""), ("1", 1.0, "")]


def test_ordinal_options_of_equal_value_become_labels_without_an_order_and_that_is_said() -> None:
    options = [{"label": "over", "value": 0}, {"label": "under", "value": 0}, {"label": "fit", "value": 1}]
    imported = importers.from_autorubric([{"requirement": "x", "options": options}])
    assert imported.rubric.criteria[0].type == "nominal"
    assert "criterion 1: two options have the same value, so they are labels without an order here" in imported.notes


def test_every_way_of_nesting_gives_the_same_criteria() -> None:
    section = [{"criteria": [BINARY]}, {"criteria": [SCALE]}]
    shapes: list[Any] = [
        [BINARY, SCALE],
        section,
        [BINARY, {"criteria": [SCALE]}],
        {"sections": section},
        {"rubric": [BINARY, SCALE]},
        {"rubric": section},
        {"rubric": {"sections": section}},
    ]
    first, *rest = (importers.from_autorubric(shape) for shape in shapes)
    assert len(first.rubric.criteria) == 2
    assert all(one == first for one in rest)


def test_the_weight_is_ten_where_none_is_given_and_faults_keep_theirs() -> None:
    rubric = importers.from_autorubric([{"requirement": "a"}, {"requirement": "b", "weight": -2.5}]).rubric
    assert [one.weight for one in rubric.criteria] == [10.0, -2.5]


def test_ids_come_from_names_and_differ() -> None:
    names = ["Clear", "clear!", "clear", "clear", "2. Über", "漢字", None, "clear-2", "c6"]
    rubric = importers.from_autorubric([{"requirement": "x", "name": name} for name in names]).rubric
    assert [one.id for one in rubric.criteria] == [
        "Clear", "clear", "clear-2", "clear-3", "Uber", "c6", "c7", "clear-2-2", "c6-2",
    ]  # fmt: skip


def test_everything_that_is_lost_is_said() -> None:
    data = {
        "name": "essay",
        "length_penalty": {"free_budget": 100},
        "rubric": {
            "sections": [
                {
                    "name": "Style",
                    "criteria": [
                        {**BINARY, "wieght": 3, "aggregation": "mode"},
                        {"requirement": "b", "weight": 0},
                        {"requirement": "c", "weight": -1},
                    ],
                }
            ]
        },
    }
    assert importers.from_autorubric(data).notes == (
        "field 'name' beside 'rubric' was left out",
        "field 'length_penalty' beside 'rubric' was left out",
        "section 1 was merged with the others; left out: name",
        "criterion 1: unknown field 'wieght' (did you mean 'weight'?) was left out",
        "criterion 1: 'aggregation' says how the votes of several judges are pooled, and was left out",
        "criterion 2 (c2) has weight 0, so it counts for nothing, and was left out",
        "autorubric divides the points by the positive weights and clips at 0 and 1; "
        "here the same points are spread over [0, 1] without a clip",
        "autorubric lets a judge abstain from every criterion; here only where an option says so",
    )


OPTIONS: list[Any] = SCALE["options"]  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "found nothing; expected a list of criteria"),
        ("text", "found a text; expected a list of criteria"),
        ({"criteria": []}, "found a mapping with criteria; expected a list of criteria, or 'rubric:' or 'sections:'"),
        ({}, "found a mapping with no key"),
        ({"sections": {"a": 1}}, "found a mapping with a"),
        ([], "criterion"),
        ([{"criteria": []}], "criterion"),
        ([3], "entry 1 is a number"),
        ([{"criteria": {}}], "section 1: 'criteria' is a mapping; expected a list"),
        ([{"criteria": ["x"]}], "section 1, entry 1 is a text"),
        ([BINARY, {"name": "x"}], r"criterion 2 lacks 'requirement' \(found: name\)"),
        ([{"requirement": None}], "criterion 1: 'requirement' is nothing; expected a text"),
        ([{"requirement": "x", "weight": "10"}], r"criterion 1: 'weight' is a text \(10\); expected a finite number"),
        ([{"requirement": "x", "weight": True}], "criterion 1: 'weight' is true or false"),
        ([{"requirement": "x", "weight": float("nan")}], r"'weight' is a number \(nan\)"),
        ([{"requirement": "x", "weight": 10**400}], "expected a finite number"),
        ([{"requirement": "x", "weight": 5000}], "weight.*1000"),
        ([{"requirement": "x", "weight": 0}], "criterion"),
        ([{**SCALE, "scale_type": "interval"}], "'interval'; allowed are ordinal and nominal"),
        ([{**SCALE, "options": "abc"}], "'options' is no list of mappings"),
        ([{**SCALE, "options": []}], "criterion 1 has 0 options that are not 'na'; expected at least 2"),
        ([{**SCALE, "options": OPTIONS[2:]}], "criterion 1 has 1 options"),
        ([{**SCALE, "options": [{"label": "a"}]}], r"criterion 1, option 1 lacks 'value'"),
        ([{**SCALE, "options": [{"label": True, "value": 1}]}], "option 1: 'label' is true or false; .* in quotes"),
        ([{**SCALE, "options": [*OPTIONS, {"label": "a", "value": 2}]}], "'value' is 2"),
        ([{**SCALE, "options": [{"label": "a", "value": 1, "na": "no"}]}], "'na' is a text; expected true or false"),
    ],
)
def test_a_form_that_is_not_autorubrics_is_refused(data: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        importers.from_autorubric(data)


TEXTS = st.text(min_size=1, max_size=30)
OPTION: dict[str, st.SearchStrategy[Any]] = {"label": TEXTS, "value": st.floats(0, 1, allow_subnormal=False)}
NEEDED: dict[str, st.SearchStrategy[Any]] = {
    "requirement": TEXTS,
    "weight": st.floats(0.1, 100) | st.floats(-100, -0.1),
}
OTHERS: dict[str, st.SearchStrategy[Any]] = {
    "name": TEXTS,
    "scale_type": st.sampled_from(["ordinal", "nominal"]),
    "options": st.lists(st.fixed_dictionaries(OPTION), min_size=2, max_size=6, unique_by=lambda one: str(one["label"])),
}
AUTO = st.fixed_dictionaries(NEEDED, optional=OTHERS)


@given(data=st.lists(AUTO, min_size=1, max_size=8))
@settings(deadline=None)
def test_any_rubric_of_autorubric_comes_in_reads_back_and_has_a_grammar(data: list[dict[str, Any]]) -> None:
    rubric = importers.from_autorubric(data).rubric
    assert rubric_yaml.parse(rubric_yaml.dump(rubric)) == rubric
    assert [one.weight for one in rubric.criteria] == [row["weight"] for row in data]
    asks = form.verdict_form(rubric).asks
    assert [len(ask.labels) for ask in asks] == [len(row.get("options", "no")) for row in data]  # else no and yes
    for one, row in zip(rubric.criteria, data, strict=True):
        if "options" in row:
            assert sorted(x.value or 0 for x in one.levels) == sorted(x["value"] for x in row["options"])
