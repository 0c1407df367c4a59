"""Rubrics of BiGGen Bench and Prometheus come in word for word; files of every form are read or refused by name."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.errors import InputError
from assay.judges import Rubric, form, importers, rubric_yaml, variables

KEYS = ("criteria", *(f"score{score}_description" for score in range(1, 6)))
GOOD = dict(zip(KEYS, ["Is it so?", "Not at all.", "Hardly.", "Partly.", "Mostly.", "Wholly."], strict=True))
HOSTILE = {
    "braces": "{{ name }} and {{ 'x' }} {% if %} {{{{ a }}}} }}",
    "colons": "key: value: [a, b]: {c: d} # no comment",
    "a leading dash": "- item\n- item",
    "trailing spaces": "  line one  \nline two \t\n\n",
    "quotes": "'single' \"double\" \\ `back`",
    "specials": "&a *a !tag | > % @ ? ~ --- ...",
    "words of YAML": "yes",
    "a number": "0x1F",
    "unicode": "żółć 漢字 \U0001f9ea \u202eRTL\u202c e\u0301 \u2028\u2029 \x85 \ufeff",
    "controls": "\x01\x0b\x1b\x7f\r\n\r",
}


def same_again(rubric: Rubric) -> Rubric:
    """Return a rubric written as YAML and read back."""
    return rubric_yaml.parse(rubric_yaml.dump(rubric))


def five(parts: Mapping[str, Any]) -> Rubric:
    return importers.from_biggen({"id": "a", "score_rubric": parts}).rubric


def block(parts: Mapping[str, str]) -> str:
    """Write a rubric as Prometheus has it in its prompts."""
    criteria, *scores = (parts[key] for key in KEYS)
    return "\n".join([f"[{criteria}]", *(f"Score {i}: {text}" for i, text in enumerate(scores, 1))])


# BiGGen Bench


def test_a_row_of_biggen_becomes_one_question_with_five_anchored_levels() -> None:
    imported = importers.from_biggen({"id": "planning_3", "score_rubric": GOOD, "capability": "planning"})
    rubric = imported.rubric
    [one] = rubric.criteria
    assert (rubric.name, rubric.mode, rubric.reason.when, imported.notes) == ("planning_3", "pointwise", "before", ())
    assert (one.question, one.type, one.needs_reference, one.weight) == ("Is it so?", "ordinal", False, 1.0)
    assert [(level.label, level.value) for level in one.levels] == [
        ("1", 0),
        ("2", 0.25),
        ("3", 0.5),
        ("4", 0.75),
        ("5", 1),
    ]
    assert [level.anchor for level in one.levels] == ["Not at all.", "Hardly.", "Partly.", "Mostly.", "Wholly."]


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_texts_come_in_word_for_word_and_stand_for_themselves(kind: str) -> None:
    text = HOSTILE[kind]
    rubric = five(dict.fromkeys(KEYS, text))
    [one] = rubric.criteria
    assert same_again(rubric) == rubric
    assert {variables.substitute(found, {}) for found in (one.question, *(x.anchor for x in one.levels))} == {text}


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=200))
@settings(deadline=None)
def test_any_text_without_nul_and_half_surrogates_is_kept(text: str) -> None:
    rubric = five({**GOOD, "criteria": text, "score1_description": text})
    assert variables.substitute(rubric.criteria[0].question, {}) == text
    assert same_again(rubric) == rubric


@pytest.mark.parametrize("char", ["\0", chr(0xD800), chr(0xDFFF)])
def test_nul_and_half_surrogates_are_replaced_and_that_is_said(char: str) -> None:
    imported = importers.from_biggen({"id": "a", "score_rubric": {**GOOD, "score5_description": f"a{char}b"}})
    assert imported.rubric.criteria[0].levels[4].anchor == "a\ufffdb"
    assert imported.notes == ("NUL characters or half surrogate pairs were replaced by U+FFFD",)
    assert same_again(imported.rubric) == imported.rubric


def test_an_id_that_is_no_name_becomes_one_and_that_is_said() -> None:
    imported = importers.from_biggen({"id": "é tude/1", "score_rubric": GOOD})
    assert imported.rubric.name == "e-tude-1"
    assert imported.notes == ("id 'é tude/1' became the name 'e-tude-1'",)
    assert importers.from_biggen({"id": "漢字", "score_rubric": GOOD}).rubric.name == "biggen"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"id": "a"}, r"the row lacks 'score_rubric' \(found: id\); expected id, score_rubric"),
        ({"id": "a", "score_rubric": "x"}, "'score_rubric' is a text; expected an object"),
        ({"id": "a", "score_rubric": {**GOOD, "criteria": 3}}, "'criteria' is a number; expected a text"),
        ({"id": "a", "score_rubric": {**GOOD, "criteria": ""}}, "question"),
        ({"id": "a", "score_rubric": {"criteria": "x"}}, "lacks 'score1_description', .*'score5_description'"),
    ],
)
def test_a_row_that_is_not_biggens_is_refused(row: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        importers.from_biggen(row)


# Prometheus


def test_the_text_and_the_keys_of_a_prometheus_rubric_give_the_same() -> None:
    assert importers.from_prometheus(block(GOOD)) == importers.from_prometheus(GOOD)
    assert importers.from_prometheus(block(GOOD).replace("\n", "\r\n")) == importers.from_prometheus(GOOD)
    assert importers.from_prometheus(f"\n {block(GOOD)}\n\n") == importers.from_prometheus(GOOD)


def test_parts_of_a_prometheus_rubric_may_hold_brackets_colons_and_lines() -> None:
    parts = {**GOOD, "criteria": "Is [it] so?\nOr: not [so]", "score2_description": "Score 1: no.\nScore 9: no.\n\n[x]"}
    assert importers.from_prometheus(block(parts)) == importers.from_prometheus(parts)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no line 'Score 1: …'"),
        (block(GOOD).replace("Score 4", "Score four"), "no line 'Score 4: …'"),
        (block(GOOD).replace("Score 2", "Score 6"), "no line 'Score 2: …'"),
        (block(GOOD)[1:], r"does not start with '\[criteria\]'"),
    ],
)
def test_a_text_that_is_no_prometheus_rubric_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        importers.from_prometheus(text)


# files


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


def test_a_file_of_biggen_gives_a_rubric_per_row_and_names_the_bad_one(write: Any) -> None:
    rows = [{"id": "a", "score_rubric": GOOD}, {"id": "b", "score_rubric": GOOD}]
    for name in ("rows.json", "rows.jsonl", "rows.jsonl.gz"):
        assert [one.rubric.name for one in importers.read_imports("biggen", write(name, rows))] == ["a", "b"]
    path = write("bad.jsonl", [*rows, {"id": "c"}])
    found = importers.read_imports("biggen", path)
    assert [next(found).rubric.name, next(found).rubric.name] == ["a", "b"]
    with pytest.raises(InputError, match=rf"^{re.escape(path)}:3: the row lacks 'score_rubric'"):
        next(found)


def test_two_rows_of_biggen_with_one_id_are_refused(write: Any) -> None:
    path = write("rows.jsonl", [{"id": "a", "score_rubric": GOOD}] * 2)
    with pytest.raises(InputError, match=r":2: a rubric called 'a' came before; ids must differ"):
        list(importers.read_imports("biggen", path))


def test_prometheus_is_read_from_keys_texts_prompts_and_plain_files_and_repeats_are_given_once(
    write: Any, tmp_path: Path
) -> None:
    other = {**GOOD, "criteria": "Is it kind?"}
    prompt = f"###Response to evaluate:\nx\n\n###Score Rubrics:\n{block(other)}\n\n###Feedback: "
    rows = [GOOD, {"rubric": block(GOOD)}, {"rubric": GOOD}, {"instruction": prompt}, {"rubric": block(other)}]
    found = list(importers.read_imports("prometheus", write("My set.json", rows)))
    assert [one.rubric.name for one in found] == ["My-set-1", "My-set-2"]
    assert [one.rubric.criteria[0].question for one in found] == ["Is it so?", "Is it kind?"]
    file = tmp_path / "kind.txt"
    file.write_bytes(b"\xef\xbb\xbf" + block(other).replace("\n", "\r\n").encode())
    assert list(importers.read_imports("prometheus", file)) == [importers.from_prometheus(other, name="kind")]


def test_autorubric_is_read_from_yaml_and_json(tmp_path: Path) -> None:
    wanted = importers.from_autorubric([SCALE, BINARY], name="essay")
    (tmp_path / "essay.json").write_text(json.dumps({"rubric": [SCALE, BINARY]}))
    (tmp_path / "essay.yaml").write_text(
        """
sections:
- criteria:
  - requirement: How many sources?
    weight: 2.0
    scale_type: ordinal
    options:
    - {label: All that are needed, value: 1.0}
    - {label: None, value: 0.0}
    - {label: Some, value: 0.4}
    - {label: No claims were made, value: 0.0, na: yes}
- criteria:
  - {name: Clear words, weight: 5, requirement: The text uses plain words.}
"""
    )
    for name in ("essay.json", "essay.yaml"):
        assert list(importers.read_imports("autorubric", tmp_path / name)) == [wanted]


BOMB = "a: &a [x]\n" + "".join(
    f"{k}: &{k} [{', '.join([f'*{j}'] * 9)}]\n" for j, k in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("form_", "name", "text", "message"),
    [
        ("autorubic", "x.yaml", "", "'autorubic' is no form of rubrics .did you mean 'autorubric'.*allowed are biggen"),
        ("biggen", "x.yaml", "", "x.yaml: rubrics of BiGGen Bench come as rows"),
        ("biggen", "x.jsonl", "", "x.jsonl: the file is empty"),
        ("prometheus", "x.jsonl", '{"a": 1}\n', "x.jsonl:1: no rubric among a; expected 'criteria', 'rubric'"),
        ("prometheus", "x.txt", "hello", "x.txt: the rubric has no line 'Score 1: …'"),
        ("autorubric", "x.yaml", "- a: [", "x.yaml: this is not YAML: .*line 1"),
        ("autorubric", "x.yaml", "- !!bool maybe", "x.yaml: this is not YAML"),
        ("autorubric", "x.yaml", "- !!timestamp never", "x.yaml: this is not YAML"),
        ("autorubric", "x.yaml", "- !!python/object:os.system a", "x.yaml: this is not YAML"),
        ("autorubric", "x.yaml", "[" * 5000, "x.yaml: this is not YAML"),
        ("autorubric", "x.yaml", "&a [*a]", "x.yaml: entry 1 is a list"),
        ("autorubric", "x.yaml", "&a [{criteria: *a}]", "x.yaml: criterion 1 lacks 'requirement'"),
        ("autorubric", "x.yaml", BOMB, "x.yaml: found a mapping with a, b, c"),
        ("autorubric", "x.yaml", f"{BOMB}rubric: *i", "x.yaml: entry 1 is a list"),
        ("autorubric", "x.json", "{", "x.json: this is not JSON"),
        ("autorubric", "x.json", "[" * 100_000, "x.json: this is not JSON"),
        ("autorubric", "none/x.json", None, "x.json: cannot be read"),
    ],
)
def test_a_file_that_cannot_be_imported_is_refused_by_name(
    tmp_path: Path, form_: str, name: str, text: str | None, message: str
) -> None:
    file = tmp_path / name
    if text is not None:
        file.write_text(text)
    with pytest.raises(InputError, match=message):
        list(importers.read_imports(form_, file))


# real files


@pytest.mark.data
def test_all_765_rubrics_of_biggen_come_in_word_for_word_read_back_and_share_one_grammar(real: Path) -> None:
    found = list(importers.read_imports("biggen", real / "biggen_bench" / "instances.jsonl.gz"))
    assert len({one.rubric.name for one in found}) == len(found) == 765
    assert all(one.notes == () for one in found)
    assert all(same_again(one.rubric) == one.rubric for one in found)
    assert all("{{" not in one.rubric.criteria[0].question for one in found)  # so nothing had to be escaped
    grammars = {grammar.fingerprint: grammar for one in found if (grammar := form.verdict_form(one.rubric).grammar)}
    [grammar] = grammars.values()
    assert re.fullmatch(grammar.regex, '{"rationale":"So.","criteria":{"c1":"4"}}')
    assert not re.fullmatch(grammar.regex, '{"rationale":"So.","criteria":{"c1":"6"}}')


@pytest.mark.data
def test_all_71_rubrics_of_prometheus_come_in_and_read_back(real: Path) -> None:
    found = list(importers.read_imports("prometheus", real / "prometheus_mtbench_vicuna" / "mt_bench_eval.json.gz"))
    assert len(found) == len({one.rubric.criteria[0] for one in found}) == 71
    for one in found:
        assert one.notes == ()
        assert same_again(one.rubric) == one.rubric
        assert all(level.anchor for level in one.rubric.criteria[0].levels)
