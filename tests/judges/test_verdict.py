"""The freeze of verdicts: grammar, JSON Schema, parser and writer speak of one language.

Each direction is checked on at least 5,000 texts of random rubrics, and the numbers are printed.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from strategies import forms, said, verdicts

from assay.engines import Completion, LabelDist
from assay.judges import Criterion, Form, Rubric, Verdict, verdict, verdict_form
from assay.judges import rubric as rubric_module

TEXTS = 25
RUBRICS = 210  # 5,250 texts; Hypothesis may leave out a few rubrics that it has had
property_settings = settings(
    deadline=None, max_examples=RUBRICS, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
Say = Callable[[str], None]


def parses(form: Form, text: str) -> bool:
    try:
        verdict.parse(form, text)
    except verdict.NotAVerdict:
        return False
    return True


# ---------------------------------------------------------------- grammar -> verdict


def test_every_text_of_the_grammar_is_a_verdict_and_comes_back(say: Say) -> None:
    seen: list[int] = []

    @property_settings
    @given(st.data())
    def check(data: st.DataObject) -> None:
        form = data.draw(forms())
        schema = Draft202012Validator(form.schema)
        language = st.from_regex(form.grammar.regex, fullmatch=True)
        for _ in range(TEXTS):
            text = data.draw(language)
            assert form.grammar.match(text) is not None
            schema.validate(json.loads(text))
            read = verdict.parse(form, text)
            again = verdict.write(form, read)
            assert re.fullmatch(form.grammar.regex, again)
            assert verdict.parse(form, again) == read
        seen.append(TEXTS)

    check()
    say(f"{sum(seen):,} texts of the grammars of {len(seen)} rubrics are verdicts")
    assert sum(seen) >= 5_000


# ---------------------------------------------------------------- verdict -> grammar


def test_every_verdict_is_a_text_of_the_grammar_and_comes_back(say: Say) -> None:
    seen: list[int] = []

    @property_settings
    @given(st.data())
    def check(data: st.DataObject) -> None:
        form = data.draw(forms())
        schema = Draft202012Validator(form.schema)
        for _ in range(TEXTS):
            one = data.draw(verdicts(form))
            text = verdict.write(form, one)
            assert re.fullmatch(form.grammar.regex, text)
            assert form.grammar.match(text) is not None
            schema.validate(json.loads(text))
            assert verdict.parse(form, text) == one
        seen.append(TEXTS)

    check()
    say(f"{sum(seen):,} verdicts of {len(seen)} rubrics are texts of the grammar")
    assert sum(seen) >= 5_000


# ---------------------------------------------------------------- mutated texts: three readings, one answer

_TOKENS = re.compile(r'("(?:[^"\\]|\\.)*")|[{}\[\]:,]', re.DOTALL)


def is_compact(text: str) -> bool:
    """Whether a JSON text has no space between tokens, no escape outside free texts and no raw control character.

    Free texts are the values of `rationale` and `why`.  Written without the grammar, to be compared with it.
    """
    place, before = 0, ["", ""]
    while place < len(text):
        found = _TOKENS.match(text, place)
        if found is None:
            return False
        if found[1] and "\\" in found[1] and not (before[1] == ":" and before[0] in ('"rationale"', '"why"')):
            return False
        place, before = found.end(), [before[1], found[0]]
    return not re.search("[\x00-\x1f\x7f-\x9f]", text)


_INSERTS = (
    *'{}[]":,\\ \n\tAB=1\x00\x7f\x85é😀\u2028',
    *(
        '""',
        '\\"',
        "\\u0041",
        "\\ud83d\\ude00",
        "\\ud800",
        "\\udc00",
        "\\u12",
        '"na"',
        '"tie"',
        '"A"',
        '"x":1',
        ',"c1":"A"',
    ),
)


def mutated(text: str, rng: random.Random) -> str:
    """Change a text in one to three places, often at the start of its first free text or label."""
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        start = text.find(':"') + 2
        spots = range(start, start + 6) if rng.random() < 0.4 else range(len(text) + 1)
        i, j = sorted(rng.choices(spots, k=2))
        j = min(j, i + 12)
        text = rng.choice(
            [
                text[:i] + text[i + 1 :],
                text[:i] + rng.choice(_INSERTS) + text[i:],
                text[:i] + rng.choice(_INSERTS) + text[i + 1 :],
                text[:j] + text[i:j] + text[j:],
                text[:i] + text[i:j][::-1] + text[j:],
                text[:i] + text[j:],
            ]
        )
    return text


def test_of_mutated_texts_the_expression_the_match_and_the_parser_accept_the_same(say: Say) -> None:
    seen = {True: 0, False: 0}

    @property_settings
    @given(st.data())
    def check(data: st.DataObject) -> None:
        form = data.draw(forms())
        rng = random.Random(data.draw(st.integers(0, 2**32)))
        valid = [verdict.write(form, data.draw(verdicts(form))) for _ in range(5)]
        for i in range(TEXTS):
            text = mutated(valid[i % 5], rng)
            accepted = re.fullmatch(form.grammar.regex, text) is not None
            assert (form.grammar.match(text) is not None) == accepted, text
            assert (parses(form, text) and is_compact(text)) == accepted, text
            seen[accepted] += 1

    check()
    say(f"{sum(seen.values()):,} mutated verdicts: {seen[True]:,} still are verdicts, {seen[False]:,} are none")
    assert sum(seen.values()) >= 5_000
    assert seen[True] >= 300


def test_the_byte_automaton_accepts_what_the_expression_accepts(say: Say) -> None:
    from outlines_core import Index, Vocabulary

    seen = {True: 0, False: 0}
    vocabulary = Vocabulary(256, {bytes([byte]): [byte] for byte in range(256)})

    def walks(index: Any, text: str) -> bool:
        state = index.get_initial_state()
        for byte in text.encode():
            state = index.get_next_state(state, byte)
            if state is None:
                return False
        return bool(index.is_final_state(state))

    @settings(property_settings, max_examples=40)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        form = data.draw(forms())
        index = Index(form.grammar.regex, vocabulary)
        rng = random.Random(data.draw(st.integers(0, 2**32)))
        for _ in range(8):
            text = verdict.write(form, data.draw(verdicts(form)))
            assert walks(index, text)
            other = mutated(text, rng)
            accepted = re.fullmatch(form.grammar.regex, other) is not None
            assert walks(index, other) == accepted, other
            seen[True] += 1 + accepted
            seen[False] += not accepted

    check()
    say(f"{seen[True]:,} texts accepted and {seen[False]:,} refused by the byte automata as by the expressions")
    assert seen[True] >= 300
    assert seen[False] >= 100


# ---------------------------------------------------------------- near misses


def criterion(name: str, *names: str, **rest: Any) -> Criterion:
    return Criterion(id=name, question="?", levels=tuple(rubric_module.Level(label=one) for one in names), **rest)


def made(
    mode: rubric_module.Mode, *criteria: Criterion, when: rubric_module.When = "before", answers: int | None = None
) -> Form:
    return verdict_form(
        Rubric(name="r", mode=mode, criteria=criteria, reason=rubric_module.Reason(when=when)), answers=answers
    )


SCORES = (criterion("clear", "1", "2", "10"), criterion("kind", "no", "yes", type="binary", not_applicable=True))
POINT, PAIR, EACH = made("pointwise", *SCORES), made("pairwise", *SCORES), made("pairwise", *SCORES, when="each")
WHOLE, RANK = made("pairwise"), made("listwise", answers=3)
POINT_TEXT = '{"rationale":"so","criteria":{"c1":"10","c2":"na"}}'
EACH_TEXT = '{"criteria":{"c1":{"why":"","label":"A"},"c2":{"why":"x","label":"na"}}}'
WHOLE_TEXT, RANK_TEXT = '{"rationale":"so","winner":"tie"}', '{"rationale":"","ranking":["B","A","C"]}'


def test_verdicts_of_every_mode_are_read() -> None:
    assert verdict.parse(POINT, POINT_TEXT) == Verdict(rationale="so", labels={"clear": "10", "kind": "na"})
    assert verdict.parse(PAIR, '{"rationale":"","criteria":{"c1":"A","c2":"="}}').labels == {"clear": "A", "kind": "="}
    each = verdict.parse(EACH, EACH_TEXT)
    assert (each.labels, each.why, each.rationale) == ({"clear": "A", "kind": "na"}, {"clear": "", "kind": "x"}, None)
    assert verdict.parse(WHOLE, WHOLE_TEXT) == Verdict(rationale="so", winner="tie")
    assert verdict.parse(RANK, RANK_TEXT) == Verdict(rationale="", ranking=("B", "A", "C"))
    assert verdict.parse(made("pairwise", when="none"), '{"winner":"A"}') == Verdict(winner="A")


MISSES = [
    (POINT, '{"criteria":{"c1":"10","c2":"na"},"rationale":"so"}', "order"),
    (POINT, '{"rationale":"so","criteria":{"c2":"na","c1":"10"}}', "order"),
    (POINT, '{"rationale":"so","rationale":"so","criteria":{"c1":"10","c2":"na"}}', "repeats"),
    (POINT, '{"rationale":"so","criteria":{"c1":"10","c1":"10","c2":"na"}}', "repeats"),
    (POINT, '{"rationale":"so","criteria":{"c1":"10"}}', "'c2' is a required"),
    (POINT, '{"criteria":{"c1":"10","c2":"na"}}', "'rationale' is a required"),
    (POINT, '{"rationale":"so","criteria":{"c1":"10","c2":"na","c3":"1"}}', "'c3' was unexpected"),
    (POINT, '{"rationale":"so","criteria":{"c1":"yes","c2":"na"}}', "'yes' is not one of"),
    (POINT, '{"rationale":"so","criteria":{"c1":"na","c2":"na"}}', "'na' is not one of"),
    (POINT, '{"rationale":"so","criteria":{"c1":"1 ","c2":"na"}}', "'1 ' is not one of"),
    (POINT, '{"rationale":"so","criteria":{"c1":1,"c2":"na"}}', "is not one of"),
    (POINT, '{"rationale":null,"criteria":{"c1":"1","c2":"na"}}', "is not of type 'string'"),
    (POINT, '{"rationale":"a\nb","criteria":{"c1":"1","c2":"na"}}', "Invalid control character"),
    (POINT, '{"rationale":"a\x00b","criteria":{"c1":"1","c2":"na"}}', "Invalid control character"),
    (POINT, '{"rationale":"\\ud800","criteria":{"c1":"1","c2":"na"}}', "half a surrogate"),
    (POINT, '{"rationale":"\\udc00\\ud800","criteria":{"c1":"1","c2":"na"}}', "half a surrogate"),
    (POINT, '{"rationale":"\ud800","criteria":{"c1":"1","c2":"na"}}', "half a surrogate"),
    (POINT, '{"rationale":"\\x41","criteria":{"c1":"1","c2":"na"}}', "Invalid \\\\escape"),
    (POINT, POINT_TEXT + "}", "Extra data"),
    (POINT, POINT_TEXT + POINT_TEXT, "Extra data"),
    (POINT, "\ufeff" + POINT_TEXT, "BOM"),
    (POINT, f"[{POINT_TEXT}]", "is not of type 'object'"),
    (POINT, f"```json\n{POINT_TEXT}\n```", "not JSON at character 0"),
    (POINT, EACH_TEXT, "is not one of"),
    (EACH, '{"criteria":{"c1":{"label":"A","why":""},"c2":{"why":"x","label":"na"}}}', "order"),
    (EACH, '{"criteria":{"c1":"A","c2":"na"}}', "is not of type 'object'"),
    (EACH, EACH_TEXT.replace('"A"', '"A","label":"B"'), "repeats"),
    (WHOLE, WHOLE_TEXT.replace("tie", "="), "'=' is not one of"),
    (WHOLE, WHOLE_TEXT.replace("tie", "C"), "'C' is not one of"),
    (RANK, RANK_TEXT.replace("C", "A"), "non-unique"),
    (RANK, RANK_TEXT.replace("C", "D"), "'D' is not one of"),
    (RANK, RANK_TEXT.replace(',"C"', ""), "too short"),
    (RANK, RANK_TEXT.replace('"C"', '"C","A"'), "too long"),
    (POINT, "", "not JSON at character 0"),
    (POINT, "NaN", "is not of type 'object'"),
    (POINT, "1" * 5_000, "is not of type 'object'"),
    (POINT, "[" * 100_000, "nested too deeply"),
    (POINT, '{"rationale":' * 900 + "1" + "}" * 900, "nested too deeply|is not of type|is not one of"),
]


@pytest.mark.parametrize(("form", "text", "why"), MISSES, ids=range(len(MISSES)))
def test_a_near_miss_is_no_verdict(form: Form, text: str, why: str) -> None:
    with pytest.raises(verdict.NotAVerdict, match=why) as caught:
        verdict.parse(form, text)
    assert len(str(caught.value)) < 400
    assert form.grammar.match(text) is None


@pytest.mark.parametrize(
    "text",
    [
        POINT_TEXT.replace(":", ": "),
        POINT_TEXT + "\n",
        POINT_TEXT.replace('"10"', '"\\u0031\\u0030"'),
        POINT_TEXT.replace('"c1"', '"\\u00631"'),
        POINT_TEXT.replace("so", "\x7f\x85"),
    ],
)
def test_json_that_is_not_compact_is_read_but_no_word_of_the_grammar(text: str) -> None:
    assert verdict.parse(POINT, text).labels == {"clear": "10", "kind": "na"}
    assert POINT.grammar.match(text) is None
    assert re.fullmatch(POINT.grammar.regex, text) is None


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_no_part_in_front_of_a_verdict_is_a_verdict(data: st.DataObject) -> None:
    form = data.draw(forms())
    text = verdict.write(form, data.draw(verdicts(form)))
    for end in range(len(text)):
        assert not parses(form, text[:end])
        assert form.grammar.match(text[:end]) is None


@given(st.integers(6, 26), st.randoms(use_true_random=False))
def test_a_ranking_of_many_answers_may_repeat_a_letter_in_the_grammar_but_not_in_a_verdict(
    n: int, rng: random.Random
) -> None:
    form = made("listwise", answers=n)
    order = list(form.answers)
    rng.shuffle(order)
    one = Verdict(rationale="", ranking=tuple(order))
    assert verdict.parse(form, verdict.write(form, one)) == one
    order[0] = order[-1]
    text = json.dumps({"rationale": "", "ranking": order}, separators=(",", ":"))
    assert re.fullmatch(form.grammar.regex, text)
    assert not parses(form, text)
    with pytest.raises(ValueError, match="non-unique"):
        verdict.write(form, Verdict(rationale="", ranking=tuple(order)))


# ---------------------------------------------------------------- writing


def test_control_characters_are_written_as_escapes() -> None:
    text = verdict.write(WHOLE, Verdict(rationale='a"b\\c\n\x00\x7f\x85é😀\u2028', winner="A"))
    assert text == '{"rationale":"a\\"b\\\\c\\n\\u0000\\u007f\\u0085é😀\u2028","winner":"A"}'


@given(said)
def test_any_rationale_comes_back(rationale: str) -> None:
    one = Verdict(rationale=rationale, winner="A")
    assert verdict.parse(WHOLE, verdict.write(WHOLE, one)) == one


def unwritable() -> Iterator[tuple[Form, Verdict]]:
    yield WHOLE, Verdict(status="engine_error", error="no answer")
    yield WHOLE, Verdict(rationale="\ud800", winner="A")
    yield WHOLE, Verdict(winner="C")
    yield WHOLE, Verdict(winner="A", labels={"clear": "A"})
    yield WHOLE, Verdict(winner="A", why={"clear": "because"})
    yield made("pairwise", when="none"), Verdict(winner="A", rationale="lost otherwise")
    yield POINT, Verdict(labels={"clear": "10"})
    yield POINT, Verdict(labels={"clear": "10", "kind": "na", "other": "1"})
    yield POINT, Verdict(labels={"clear": "yes", "kind": "na"})
    yield POINT, Verdict(labels={"clear": "10", "kind": "na"}, winner="A")
    yield RANK, Verdict(ranking=("A", "B"))
    yield RANK, Verdict(ranking=("A", "B", "A"))
    yield RANK, Verdict(ranking=("A", "B", "C"), labels={"clear": "A"})


@pytest.mark.parametrize(("form", "one"), list(unwritable()), ids=range(13))
def test_what_would_not_come_back_is_not_written(form: Form, one: Verdict) -> None:
    with pytest.raises(ValueError, match=r"not of this form|has no text|non-unique"):
        verdict.write(form, one)


def test_a_missing_rationale_is_written_empty() -> None:
    assert verdict.write(WHOLE, Verdict(winner="A")) == '{"rationale":"","winner":"A"}'


# ---------------------------------------------------------------- verdicts and completions


def completion(text: str, **rest: Any) -> Completion:
    return Completion(**{"id": "q", "text": text, "status": "ok", "finish": "natural", **rest})


def test_a_label_without_a_distribution_counts_as_one_hard_vote() -> None:
    read = verdict.read(
        POINT, completion(POINT_TEXT, slots={"c1": LabelDist.of({"1": 1, "2": 1, "10": 2})}), {"model": "m"}
    )
    assert read.labels == {"clear": "10", "kind": "na"}
    assert read.distributions["clear"].p.tolist() == pytest.approx([1 / 4, 1 / 4, 1 / 2])
    assert read.distributions["kind"].p.tolist() == pytest.approx([1 / 6, 1 / 6, 4 / 6])  # (k + 1/3) / 2
    assert read.provenance == {"model": "m"}
    whole = verdict.read(WHOLE, completion(WHOLE_TEXT)).distributions
    assert whole["winner"].p.tolist() == pytest.approx([1 / 6, 1 / 6, 4 / 6])
    assert list(verdict.read(RANK, completion(RANK_TEXT)).distributions) == ["rank1", "rank2", "rank3"]


def test_what_is_wrong_with_a_completion_becomes_a_status_and_never_a_label() -> None:
    broken = verdict.read(POINT, completion(POINT_TEXT[:-1], finish="steered"))
    assert (broken.status, broken.finish, dict(broken.labels), broken.distributions) == ("invalid", "steered", {}, {})
    assert "not JSON" in str(broken.error)
    cut = verdict.read(POINT, completion("{", status="engine_error", finish="length", error="budget"))
    assert (cut.status, cut.error, dict(cut.labels)) == ("engine_error", "budget", {})


@pytest.mark.parametrize("text", ["1" * 5_000, "[" * 100_000, "\ud800", "", '{"a":"\\ud800"}'])
def test_no_text_makes_reading_fail(text: str) -> None:
    assert verdict.read(POINT, completion(text)).status == "invalid"


def test_a_verdict_is_ok_exactly_where_it_says_something() -> None:
    for wrong in (
        {},
        {"winner": "A", "status": "engine_error", "error": "x"},
        {"status": "engine_error"},
        {"winner": "A", "error": "x"},
    ):
        with pytest.raises(ValueError, match="a verdict with status"):
            Verdict(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="finish must be one of"):
        Verdict(winner="A", finish="soon")  # type: ignore[arg-type]
