"""The rules of rubrics as plain data, and rubrics built in Python."""

from __future__ import annotations

import copy
import json
import random
import typing
from collections.abc import Callable
from dataclasses import MISSING, fields, replace
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rubric_cases import SOUND
from strategies import rubric_data, rubrics, texts

from assay.judges import Criterion, Rubric, checks, variables
from assay.judges import rubric as rubric_module

slow_to_draw = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def point(**rest: Any) -> dict[str, Any]:
    """Plain data of a small pointwise rubric, with more keys for its criterion."""
    one = {"id": "a", "question": "Q?", "levels": [{"label": "1"}, {"label": "2"}]}
    return {"schema_version": 1, "name": "r", "mode": "pointwise", "criteria": [one | rest]}


def pair(*criteria: dict[str, Any], **rest: Any) -> dict[str, Any]:
    return {"schema_version": 1, "name": "r", "mode": "pairwise", "criteria": list(criteria)} | rest


def listed(**rest: Any) -> dict[str, Any]:
    return {"schema_version": 1, "name": "r", "mode": "listwise", "criteria": [{"id": "a", "question": "Q?"} | rest]}


def said(data: object) -> list[tuple[checks.Path, str]]:
    return [(fault.path, fault.message) for fault in checks.faults(data)]


# ---------------------------------------------------------------- rules, one by one

AT, LEVELS = ("criteria", 0), ("criteria", 0, "levels")
EXAMPLE = (*AT, "examples", 0)
CASES: list[tuple[object, checks.Path, str]] = [
    ({}, (), "key 'schema_version' is missing; add 'schema_version: 1'"),
    (None, (), "this is nothing (null); expected a mapping (key: value lines)"),
    ([1], (), "this is a list ([1]); expected a mapping (key: value lines)"),
    (point() | {"criteria": []}, (), "mode pointwise needs at least one criterion; add a list 'criteria:'"),
    (point() | {"reason": "soon"}, ("reason",), "'reason' is \"soon\"; allowed are none, before, each"),
    (
        point() | {"reason": {"when": "eich"}},
        ("reason", "when"),
        "allowed are none, before, each (did you mean 'each'?)",
    ),
    (point() | {"reason": {}}, ("reason",), "key 'when' is missing; add 'when: none', 'before' or 'each'"),
    (
        point() | {"reason": {"when": "each", "max_tokens": 2.0}},
        ("reason", "max_tokens"),
        "is a number (2.0); expected a whole",
    ),
    (
        point() | {"reason": {"when": "each", "max_tokens": -1}},
        ("reason", "max_tokens"),
        "is -1; it must be at least 0",
    ),
    (pair(reason="each"), ("reason",), "writes one rationale per criterion, and none is judged here; use 'before'"),
    (listed() | {"reason": {"when": "each"}}, ("reason",), "use 'before'"),
    (pair(aggregation="min"), ("aggregation",), "'min' is not defined in mode pairwise; use mean, sum or logodds"),
    (listed() | {"aggregation": "mean"}, ("aggregation",), "'aggregation' has no effect in mode listwise; remove it"),
    (listed() | {"ties": "allow"}, ("ties",), "'ties' has no effect in mode listwise; remove it"),
    (listed(weight=2), (*AT, "weight"), "'weight' has no effect in mode listwise; remove it"),
    (listed(gate={"then": "reject"}), (*AT, "gate"), "'gate' has no effect in mode listwise; remove it"),
    (listed(not_applicable=False), (*AT, "not_applicable"), "has no effect in mode listwise"),
    (listed(applies_when="x"), (*AT, "applies_when"), "has no effect in mode listwise"),
    (listed(examples=[{"label": "A"}]), (*AT, "examples"), "has no effect in mode listwise"),
    (
        listed(type="nominal"),
        (*AT, "type"),
        "a nominal criterion has no better side in mode listwise; use ordinal or binary",
    ),
    (point(type="binary", levels=[{"label": c} for c in "abc"]), LEVELS, "has two levels, not 3; use type ordinal"),
    (point(type="nominal", weight=1), (*AT, "weight"), "only describes, its levels have no 'value'; remove the weight"),
    (point(type="nominal", levels=[]), LEVELS, "'levels' has 0 entries; at least 2 needed"),
    (
        point(levels=[{"label": "x" * 65}, {"label": "y"}]),
        (*LEVELS, 0, "label"),
        "has 65 characters; at most 64 allowed",
    ),
    (point(levels=[{"label": ""}, {"label": "y"}]), (*LEVELS, 0, "label"), "has 0 characters; at least 1 needed"),
    (point(levels=[{"label": "a\u200db"}, {"label": "y"}]), (*LEVELS, 0, "label"), "label 'a\\u200db' holds U+200D"),
    (point(levels=[{"label": "a\\"}, {"label": "y"}]), (*LEVELS, 0, "label"), "holds U+005C"),
    (point(levels=[{"label": 1}, {"label": "1"}]), (*LEVELS, 1, "label"), "label '1' stands twice; labels must differ"),
    (point(levels=[{"label": 1.0}, {"label": 2}]), (*LEVELS, 0, "label"), "is a number (1.0)"),
    (point(levels=[{"label": True}, {"label": 2}]), (*LEVELS, 0, "label"), "is true or false (true)"),
    (point(levels=[{"label": 10**5_000}, {"label": 2}]), (*LEVELS, 0, "label"), "a whole number beyond 1e+18"),
    (point(levels=[{"label": "a", "value": 2}, {"label": "b"}]), (*LEVELS, 0, "value"), "it must be at most 1"),
    (point(levels=[{"label": c, "value": 0.5} for c in "ab"]), (*LEVELS, 1, "value"), "values must rise"),
    (
        point(levels=[{"label": "a"}, {"label": "b", "value": 1}]),
        (*LEVELS, 0),
        "this one has none; give all of them one",
    ),
    (point(weight=float("nan")), (*AT, "weight"), "nan is no finite number; write one"),
    (point(gate={"when": ["1"], "then": "cap", "at": float("inf")}), (*AT, "gate", "at"), "inf is no finite number"),
    (point(gate={"when": ["1"], "then": "cap", "at": 1.5}), (*AT, "gate", "at"), "lie in [0, 1], so must the cap"),
    (point(gate={"when": ["1"], "then": "zero", "at": 0.5}), (*AT, "gate"), "remove 'at', or use 'then: cap'"),
    (point(gate={"then": "zero"}), (*AT, "gate"), "does not say which labels close it; add 'when: [1]'"),
    (
        point(gate={"when": ["na"], "then": "zero"}, not_applicable=True),
        (*AT, "gate", "when", 0),
        "its labels are 1, 2",
    ),
    (pair({"id": "a", "question": "?", "gate": {"then": "zero"}}), (*AT, "gate"), "write only 'then: reject'"),
    (
        pair({"id": "a", "question": "?", "gate": {"then": "reject", "when": ["A"]}}),
        (*AT, "gate"),
        "only 'then: reject'",
    ),
    (point(examples=[{"label": "na", "answer": "x"}]), (*EXAMPLE, "label"), '"na" is no label of this criterion'),
    (point(examples=[{"label": "1"}]), EXAMPLE, "an example in mode pointwise needs 'answer'"),
    (pair({"id": "a", "question": "?", "examples": [{"label": "A", "first": "x"}]}), EXAMPLE, "needs 'second'"),
    (
        pair({"id": "a", "question": "?", "examples": [{"label": "=", "first": "", "second": ""}]}, ties="forbid"),
        (*EXAMPLE, "label"),
        '"=" is no label of this criterion; its labels are A, B',
    ),
    (point() | {"variables": {"x" * 65: "y"}}, ("variables", "x" * 65), "is no name of a variable"),
    (point() | {"variables": {"x": 1}}, ("variables", "x"), "expected a text or null; put it in quotes"),
    (point(question="{{ x }}") | {"variables": {"y": ""}}, (*AT, "question"), 'variable "x" is not declared'),
    (point() | {"instructions": "{{x}}"}, ("instructions",), 'variable "x" is not declared'),
    (point(applies_when="{{x}}"), (*AT, "applies_when"), 'variable "x" is not declared'),
    (
        point(levels=[{"label": "1", "anchor": "{{\tx }}"}, {"label": "2"}]),
        (*LEVELS, 0, "anchor"),
        '"x" is not declared',
    ),
    (
        point() | {"scale": [{"label": "1"}, {"label": "2", "anchor": "{{x}}"}]},
        ("scale", 1, "anchor"),
        '"x" is not declared',
    ),
    (point(question="\ud800"), (*AT, "question"), '"\\ud800" holds a NUL or half a surrogate pair; remove it'),
    (point(question="a\x00"), (*AT, "question"), "holds a NUL"),
    (point() | {"name": "r\n"}, ("name",), "'name' is \"r\\n\"; use up to 128 letters"),
    (point() | {"criteria": ({"id": "a"},)}, ("criteria",), "found tuple; plain data are dict, list, str"),
    (point() | {1: 2}, (), "a key is of type int; keys are texts"),
]


@pytest.mark.parametrize(("data", "path", "says"), CASES, ids=range(len(CASES)))
def test_a_rule_names_the_place_what_was_found_and_the_remedy(data: object, path: checks.Path, says: str) -> None:
    assert [one for one in said(data) if one[0] == path and says in one[1]], said(data)
    if isinstance(data, dict):
        with pytest.raises(ValueError):
            Rubric.from_data(data)


def test_a_criterion_with_two_faults_shows_both() -> None:
    faults = said(point(weight=0, gate={"when": ["1"], "then": "kill"}))
    assert {path for path, _ in faults} == {(*AT, "weight"), (*AT, "gate", "then")}


def test_data_that_hold_themselves_are_refused() -> None:
    data = point()
    data["criteria"].append(data)
    assert "nested deeper than 20 levels; a rubric needs few" in {message for _, message in said(data)}


def test_what_is_at_its_bounds_is_allowed() -> None:
    scale = [{"label": str(i)} for i in range(101)]
    assert said(point(levels=scale, weight=-1000, gate={"when": ["0"], "then": "cap", "at": 1})) == []
    assert said(point(gate={"when": [1], "then": "cap", "at": -7.5}) | {"aggregation": "sum"}) == []
    assert said(point(id="a" * 64, question="x" * 20_000)) == []
    assert said(pair({"id": "a", "question": "?", "gate": {"then": "reject"}})) == []
    assert said(point(levels=[{"label": "x" * 64}, {"label": "very good"}])) == []
    assert Rubric.from_data(point(levels=scale)).criteria[0].levels[33].value == 33 / 100


# ---------------------------------------------------------------- plain data and back


@slow_to_draw
@given(rubric_data())
def test_random_sound_data_have_no_fault_and_come_back(data: dict[str, Any]) -> None:
    before = copy.deepcopy(data)
    assert said(data) == []
    rubric = Rubric.from_data(data)
    assert data == before
    assert Rubric.from_data(rubric.data()) == rubric
    assert Rubric.from_data(rubric.data()).data() == rubric.data()
    json.dumps(rubric.data(), ensure_ascii=False).encode()


@slow_to_draw
@given(rubrics(), rubrics())
def test_fingerprints_are_equal_exactly_where_the_data_are(one: Rubric, other: Rubric) -> None:
    assert Rubric.from_data(one.data()).fingerprint == one.fingerprint
    for left, right in ((one, other), (one, replace(one, description=one.description + "x"))):
        assert (left.fingerprint == right.fingerprint) == (left.data() == right.data()) == (left == right)


def test_one_number_has_one_fingerprint() -> None:
    def made(weight: float, at: float, value: float) -> Rubric:
        gate = {"when": ["1"], "then": "cap", "at": at}
        levels = [{"label": "1", "value": value}, {"label": "2", "value": 0.7}]
        return Rubric.from_data(point(weight=weight, gate=gate, levels=levels))

    assert len({one.fingerprint for one in (made(2, 0, 0), made(2.0, 0.0, 0.0), made(2.0, -0.0, -0.0))}) == 1


def test_keys_may_come_in_any_order() -> None:
    data = point(weight=2)
    data["criteria"] = [dict(reversed(data["criteria"][0].items()))]
    assert Rubric.from_data(dict(reversed(data.items()))) == Rubric.from_data(point(weight=2))


# ---------------------------------------------------------------- schema and dataclasses


def schema_of(name: str) -> dict[str, Any]:
    schema = checks.rubric_schema()
    return schema if name == "rubric" else schema["properties"]["reason"] if name == "reason" else schema["$defs"][name]


RECORDS = [
    ("rubric", Rubric),
    ("reason", rubric_module.Reason),
    *(
        (one.__name__.lower(), one)
        for one in (Criterion, rubric_module.Level, rubric_module.Gate, rubric_module.Example)
    ),
]


@pytest.mark.parametrize(("name", "record"), RECORDS)
def test_every_key_of_the_schema_has_a_field_and_back(name: str, record: Any) -> None:
    schema = schema_of(name)
    keys = set(schema["properties"]) - {"schema_version"}
    assert keys == {one.name for one in fields(record)}
    needed = {one.name for one in fields(record) if one.default is MISSING and one.default_factory is MISSING}
    short = {"when"} if name == "reason" else set()  # `reason: each` is how a file leaves out the rest
    assert set(schema["required"]) - {"schema_version"} - short == needed
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("name", "record", "key"),
    [
        ("rubric", Rubric, "mode"),
        ("rubric", Rubric, "aggregation"),
        ("reason", rubric_module.Reason, "when"),
        ("criterion", Criterion, "type"),
        ("gate", rubric_module.Gate, "then"),
    ],
)
def test_every_choice_of_the_schema_is_a_choice_of_the_field(name: str, record: Any, key: str) -> None:
    assert tuple(schema_of(name)["properties"][key]["enum"]) == typing.get_args(typing.get_type_hints(record)[key])


def test_the_schema_is_one_and_its_other_choices_agree() -> None:
    from jsonschema import Draft202012Validator

    schema = checks.rubric_schema()
    Draft202012Validator.check_schema(schema)
    assert (
        schema["properties"]["reason"]["then"]["enum"] == schema["properties"]["reason"]["properties"]["when"]["enum"]
    )
    assert schema["properties"]["ties"]["enum"] == ["allow", "forbid"]
    assert tuple(schema["properties"]["mode"]["enum"]) == rubric_module.MODES
    assert tuple(schema["properties"]["aggregation"]["enum"]) == rubric_module.AGGREGATIONS


@slow_to_draw
@given(rubric_data())
def test_the_published_schema_alone_accepts_sound_data(data: dict[str, Any]) -> None:
    from jsonschema import Draft202012Validator

    Draft202012Validator(checks.rubric_schema()).validate(data)
    Draft202012Validator(checks.rubric_schema()).validate(Rubric.from_data(data).data())


# ---------------------------------------------------------------- rubrics built in Python


def scored(**rest: Any) -> Criterion:
    return Criterion(
        **{"id": "a", "question": "?", "levels": (rubric_module.Level(label="1"), rubric_module.Level(label="2"))}
        | rest
    )


def test_what_is_left_out_is_filled_in_as_from_a_file() -> None:
    scale = (rubric_module.Level(label="1"), rubric_module.Level(label="2"), rubric_module.Level(label="3"))
    criteria = (Criterion(id="a", question="?"), Criterion(id="b", question="?", type="binary", weight=2))
    built = Rubric(name="r", mode="pointwise", scale=scale, criteria=criteria)
    assert [level.value for level in built.criteria[0].levels] == [0, 1 / 2, 1]
    assert built.criteria[1].levels == (
        rubric_module.Level(label="no", value=0.0),
        rubric_module.Level(label="yes", value=1.0),
    )
    assert built == Rubric.from_data(built.data())
    assert built.fingerprint == Rubric.from_data(built.data()).fingerprint


def test_nominal_levels_stay_without_values() -> None:
    built = Rubric(name="r", mode="pointwise", criteria=(scored(type="nominal"),))
    assert [level.value for level in built.criteria[0].levels] == [None, None]
    assert built == Rubric.from_data(built.data())


WRONG: list[tuple[Callable[[], Rubric], str]] = [
    (lambda: Rubric(name="r", mode="pointwise"), "rubric 'r': rubric: mode pointwise needs at least one criterion"),
    (lambda: Rubric(name="a b", mode="pairwise"), "rubric 'a b': name: 'name' is \"a b\""),
    (lambda: Rubric(name="r", mode="both"), "mode: 'mode' is \"both\"; allowed are pointwise, pairwise, listwise"),  # type: ignore[arg-type]
    (lambda: Rubric(name="r", mode="pointwise", criteria=(scored(weight=0),)), r"criteria\.0\.weight: 'weight' is 0"),
    (
        lambda: Rubric(name="r", mode="pointwise", criteria=(scored(weight=float("nan")),)),
        r"criteria\.0\.weight: nan is no",
    ),
    (
        lambda: Rubric(name="r", mode="pointwise", criteria=(scored(type="odd"),)),
        r"criteria\.0\.type: 'type' is \"odd\"",
    ),
    (
        lambda: Rubric(name="r", mode="pointwise", criteria=(scored(), scored())),
        r"criteria\.1\.id: criterion id 'a' is taken",
    ),
    (lambda: Rubric(name="r", mode="pointwise", criteria=(scored(levels=()),)), "ordinal criterion 'a' has no levels"),
    (
        lambda: Rubric(name="r", mode="pointwise", criteria=(scored(question="{{ x }}"),)),
        'variable "x" is not declared',
    ),
    (
        lambda: Rubric(name="r", mode="pairwise", reason=rubric_module.Reason(max_tokens=-1)),
        r"reason\.max_tokens: 'max_tokens' is -1",
    ),
    (
        lambda: Rubric(name="r", mode="listwise", criteria=(scored(weight=2.0),)),
        "'weight' has no effect in mode listwise",
    ),
    (
        lambda: Rubric(
            name="r", mode="pointwise", criteria=(scored(gate=rubric_module.Gate(when=("3",), then="zero")),)
        ),
        r'criteria\.0\.gate\.when\.0: "3" is no label of this criterion; its labels are 1, 2',
    ),
]


@pytest.mark.parametrize(("build", "says"), WRONG, ids=range(len(WRONG)))
def test_a_rubric_built_with_a_fault_names_it(build: Callable[[], Rubric], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        build()


def test_a_changed_copy_is_checked_again() -> None:
    one = Rubric(name="r", mode="pointwise", criteria=(scored(),))
    assert one.with_(aggregation="min").aggregation == "min"
    assert one.with_().fingerprint == one.fingerprint != one.with_(name="s").fingerprint
    with pytest.raises(ValueError, match="'logodds' is not defined in mode pointwise"):
        one.with_(aggregation="logodds")
    with pytest.raises(ValueError, match="needs at least one criterion"):
        one.with_(criteria=())


def test_a_rubric_does_not_change_with_what_it_was_built_from() -> None:
    names: dict[str, str | None] = {"x": "1"}
    one = Rubric(name="r", mode="pairwise", variables=names)
    before = one.fingerprint
    names["y"] = "2"
    one.data()["variables"]["z"] = "3"
    assert one.fingerprint == before


# ---------------------------------------------------------------- variables


@given(texts, st.dictionaries(st.sampled_from(["a", "b", "_c1"]), texts))
def test_a_text_from_elsewhere_stands_for_itself_once_escaped(text: str, values: dict[str, str]) -> None:
    assert variables.substitute(variables.escape_braces(text), values) == text
    assert list(variables.unknown_variables({"instructions": variables.escape_braces(text)})) == []


@pytest.mark.parametrize("text", ["{{ 'a {{ b }} c' }}", "{{{ a }}}", "{{{{ a }}}}", "{{ '{{' }}", "{{", "{ { a } }"])
def test_nested_braces_stand_for_themselves_once_escaped(text: str) -> None:
    assert variables.substitute(variables.escape_braces(text), {}) == text


def test_values_are_put_in_once() -> None:
    assert (
        variables.substitute("{{a}} {{ b }} {{ 'x}' }} {{ c-d }}", {"a": "{{ b }}", "b": "2"})
        == "{{ b }} 2 x} {{ c-d }}"
    )
    with pytest.raises(KeyError):
        variables.substitute("{{ a }}", {})


# ---------------------------------------------------------------- fuzzed data

ODD: tuple[Any, ...] = (
    *(
        None,
        True,
        False,
        0,
        -1,
        1,
        2.5,
        1e300,
        -0.0,
        float("nan"),
        float("inf"),
        10**30,
        10**5_000,
        "",
        "x",
        "na",
        "=",
        "1",
    ),
    *(
        "\x00",
        "\ud800",
        "x" * 30_000,
        "{{ x }}",
        "{{",
        "e\u0301",
        "each",
        [],
        {},
        [[]],
        [{}],
        {"label": 1},
        {"": 0},
        {1: 2},
    ),
    *((), (1,), {1}, b"x", object(), {None: 1}, {(1, 2): 3}, ["1"] * 200, {str(i): i for i in range(200)}),
)


def mutated(value: Any, rng: random.Random) -> Any:
    """Change one place of plain data: replace, remove, repeat or rename."""
    if rng.random() < 0.25 or not isinstance(value, dict | list) or not value:
        return rng.choice(ODD)
    value = copy.copy(value)
    key = rng.choice(list(value) if isinstance(value, dict) else range(len(value)))
    match rng.randrange(8):
        case 0:
            del value[key]
        case 1 if isinstance(value, dict):
            value[rng.choice(["label", "value", "when", "gate", "levels", "ties", 3, None])] = value.pop(key)
        case 1:
            value.append(value[key])
        case _:
            value[key] = mutated(value[key], rng)
    return value


def test_no_fuzzed_data_break_the_checks() -> None:
    rng, sound, faulty = random.Random(0), 0, 0
    starts = [yaml.safe_load(text) for text in SOUND]
    starts = [start for start in starts if not list(checks.faults(start))]
    assert len(starts) >= 3
    for _ in range(3_000):
        data = rng.choice(starts)
        for _ in range(rng.choice([1, 1, 2, 3])):
            data = mutated(data, rng)
        found = list(checks.faults(data))
        for fault in found:
            assert fault.message.encode()
            assert len(fault.message) < 2_000
        if found:
            faulty += 1
        else:
            sound += 1
            rubric = Rubric.from_data(data)
            assert Rubric.from_data(rubric.data()) == rubric
    assert sound > 100
    assert faulty > 1_500
