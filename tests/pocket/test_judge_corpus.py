"""The judge's corpus: verdicts in the exact form, labels that are true, nothing that leaks."""

from __future__ import annotations

import hashlib
import itertools
import math
import re
import subprocess
import sys
from functools import cache

import pytest

from assay.judges import verdict as verdicts
from assay.pocket.domain import TRAINING_FAMILIES, Answer, Task
from assay.pocket.plan import active_quirks, audit_quirk
from assay.pocket.world import domain_of
from assay.pocket_train import INSTRUCTIONS, LANGUAGES, JudgeExample, judge_example, judge_examples
from assay.types import Message

N = 2000


@cache
def examples() -> tuple[JudgeExample, ...]:
    """Return the first training examples."""
    return tuple(itertools.islice(judge_examples(0), N))


@cache
def held_out() -> tuple[JudgeExample, ...]:
    """Return examples in held-out wordings."""
    return tuple(judge_example(i, held_out=True) for i in range(400))


def judged(example: JudgeExample) -> tuple[Task, list[Answer]]:
    """Return task and answers, the truth re-derived from the judged parts of the prompt alone."""
    [message] = example.messages
    prompt, *texts = [part.text for part in message.parts if part.kind == "judged"]
    truth = example.truth
    task = Task(
        prompt=(Message(role="user", content=prompt),),
        family=truth["family"],
        scenario=truth["scenario"],
        facts=truth["facts"],
    )
    return task, [domain_of(example.domain).check(task, text) for text in texts]


def worth(answer: Answer, name: str) -> float | None:
    """Return the truth of a criterion, None where the task has none."""
    return float(answer.u) if name == "overall" else answer.criteria.get(name)


def true_label(example: JudgeExample, name: str) -> str:
    """Return the label that the truth programs demand."""
    _, answers = judged(example)
    values = [worth(answer, name) for answer in answers]
    if values[0] is None:
        return "na"
    if len(values) == 2:
        first, second = values
        assert first is not None
        assert second is not None
        return "A" if first > second else "B" if second > first else "="
    value = values[0]
    [one] = [one for one in example.rubric.criteria if one.id == name]
    labels = [level.label for level in one.levels]
    if one.type == "binary":
        return labels[value == (3 if name == "overall" else 1)]
    if name == "overall":
        return labels[int(value)] if len(labels) == 4 else labels[value >= 2]
    return labels[3 if value == 1 else 2 if value >= 0.5 else 1 if value > 0 else 0]


@pytest.mark.parametrize("part", ["training", "held out"])
def test_every_label_is_what_the_truth_program_finds_in_the_prompt(part: str) -> None:
    for one in examples() if part == "training" else held_out():
        for name, label in one.verdict.labels.items():
            assert label == true_label(one, name), f"{one.text} {name}"
        if one.verdict.winner is not None:
            a, b = (answer.u for answer in judged(one)[1])
            assert one.verdict.winner == ("A" if a > b else "B" if b > a else "tie")


@pytest.mark.parametrize("part", ["training", "held out"])
def test_every_text_is_a_word_of_its_grammar_and_parses_back(part: str) -> None:
    for one in examples() if part == "training" else held_out():
        assert re.fullmatch(one.form.grammar.regex, one.text)
        assert verdicts.parse(one.form, one.text) == one.verdict


def test_modes_reasons_ties_and_criteria_vary_as_meant() -> None:
    def share(rows: list[bool]) -> float:
        return sum(rows) / len(rows)

    pairs = [one for one in examples() if one.rubric.mode == "pairwise"]
    with_criteria = [one for one in examples() if one.rubric.criteria]
    assert len(pairs) / N == pytest.approx(0.5, abs=0.05)
    assert share([not one.rubric.criteria for one in pairs]) == pytest.approx(0.1, abs=0.04)
    assert share([one.rubric.ties for one in pairs]) > 0.8
    reasons = {when: share([one.rubric.reason.when == when for one in with_criteria]) for when in ("none", "before")}
    assert reasons == pytest.approx({"none": 0.4, "before": 0.4}, abs=0.05)
    assert {len(one.rubric.criteria) for one in with_criteria} >= {1, 2, 3, 4, 5}
    skips = [(one, c.id) for one in with_criteria for c in one.rubric.criteria if c.may_skip]
    assert 0.2 < share([one.verdict.labels[name] == "na" for one, name in skips]) < 0.8  # may skip is not must skip
    assert share(["na" in one.verdict.labels.values() for one in with_criteria]) == pytest.approx(0.1, abs=0.03)
    winners = [label for one in pairs for label in one.verdict.labels.values() if label in "AB"]
    assert share([label == "A" for label in winners]) == pytest.approx(0.5, abs=0.05)
    forbidden = [label for one in pairs if not one.rubric.ties for label in one.verdict.labels.values()]
    assert set(forbidden) <= {"A", "B", "na"}


def test_no_answer_to_a_criterion_is_the_usual_one() -> None:
    # 40 to 90 labels per criterion: the share of yes has a standard error of at most .08
    for domain, language in LANGUAGES.items():
        for name in language.words:
            rows = [
                (one.verdict.labels[c.id], c)
                for one in examples()
                if one.domain == domain and one.rubric.mode == "pointwise"
                for c in one.rubric.criteria
                if c.id == name and c.type == "binary" and one.verdict.labels[c.id] != "na"
            ]
            share = sum(label == c.levels[1].label for label, c in rows) / len(rows)
            assert 0.2 < share < 0.8, f"{domain} {name}: {share:.2f}"


def test_only_training_families_occur_and_never_the_audit_quirk() -> None:
    for one in (*examples(), *held_out()):
        assert one.truth["family"] in TRAINING_FAMILIES
        _, answers = judged(one)
        for answer, truth in zip(answers, one.truth["answers"], strict=True):
            domain = domain_of(one.domain)
            shown = {quirk for quirk in active_quirks(one.domain) if domain.has(answer.text, quirk)}
            assert shown == set(truth["quirks"])
            assert not domain.has(answer.text, audit_quirk(one.domain))


def test_quirks_are_independent_of_truth_within_four_standard_errors() -> None:
    # per domain and quirk: rate among best answers minus rate among worst; se = sqrt(p q (1 / n + 1 / m)), p = .4
    for name in LANGUAGES:
        for quirk in active_quirks(name):
            rows = [
                (row["u"], quirk in row["quirks"])
                for one in examples()
                if one.domain == name
                for row in one.truth["answers"]
            ]
            high, low = ([has for u, has in rows if (u >= 2) == side] for side in (True, False))
            error = math.sqrt(0.24 * (1 / len(high) + 1 / len(low)))
            assert abs(sum(high) / len(high) - sum(low) / len(low)) < 4 * error
            assert abs(sum(has for _, has in rows) / len(rows) - 0.4) < 4 * math.sqrt(0.24 / len(rows))


def test_the_side_with_a_quirk_wins_no_more_often_than_the_other() -> None:
    wins = []
    for one in examples():
        quirks = [len(row["quirks"]) for row in one.truth["answers"]]
        if len(quirks) == 2 and quirks[0] != quirks[1]:
            more = "A" if quirks[0] > quirks[1] else "B"
            wins += [label == more for label in one.verdict.labels.values() if label in "AB"][:1]
    assert abs(sum(wins) / len(wins) - 0.5) < 4 * math.sqrt(0.25 / len(wins))


def said(example: JudgeExample) -> list[str]:
    """Return the rationales of an example."""
    return [*([example.verdict.rationale] if example.verdict.rationale else []), *example.verdict.why.values()]


def test_a_rationale_is_short_and_names_no_label_quirk_or_score() -> None:
    banned = re.compile(r"\b(score|points?|rating|utility|quirk|verdict|label|signature|markdown|padding)\b", re.I)
    seen = 0
    for one in (*examples(), *held_out()):
        labels = (
            {level.label for c in one.rubric.criteria for level in c.levels}
            if one.rubric.mode == "pointwise"
            else set()
        )
        assert bool(said(one)) == (one.rubric.reason.when != "none")
        for text in said(one):
            seen += 1
            assert 3 <= len(text.split()) <= 60, text
            assert re.fullmatch(r"[A-Z][^{}]*[.]", text), text
            own = re.sub(r"\bbus pass\b|\bkeys (\w+, )*\w+ and \w+", "thing", text)  # words of the world, not ours
            assert not banned.search(own), text
            assert not re.search(r"(?<![\w.:£])\d(?!\w|[.:]\d)", own), text  # a lone digit may be a label elsewhere
            for label in labels:
                assert not re.search(rf"(?<![\w.:]){re.escape(label)}(?![\w:]|\.\d)", own), f"{label!r} in {text!r}"
        if one.rubric.reason.when == "before":
            assert len(re.findall(r"[.](?: |$)", text)) <= 4
    assert seen > N / 2


def test_rationales_of_two_answers_tell_apart_what_differs() -> None:
    for one in examples():
        if one.rubric.mode == "pairwise":
            for name, why in one.verdict.why.items():
                if one.verdict.labels[name] in "AB":
                    assert set(re.findall(r"\b[AB]\b", why)) == {"A", "B"}, why
                    assert not re.search(r"so does|as does|Either one", why), why


def pattern(template: str) -> str:
    """Return an expression for a filled template, without case and punctuation."""
    pieces = [" ".join(re.findall(r"\w+", piece.casefold())) for piece in re.split(r"\{\w+\}", template)]
    return r"\s*" + r".+".join(rf"\s*{piece}\s*" for piece in pieces)


def test_held_out_wordings_never_occur_in_training_examples() -> None:
    splits = [s for one in LANGUAGES.values() for w in one.words.values() for s in (w.asked, w.compared, w.graded)]
    unseen = re.compile("|".join(pattern(text) for split in splits for text in split.held_out))
    seen = re.compile("|".join(pattern(text) for split in splits for text in split.training))

    def questions(rows: tuple[JudgeExample, ...]) -> set[str]:
        return {" ".join(re.findall(r"\w+", c.question.casefold())) for one in rows for c in one.rubric.criteria}

    assert not [text for text in questions(examples()) if unseen.fullmatch(text)]
    assert not [text for text in questions(held_out()) if seen.fullmatch(text)]
    assert all(unseen.fullmatch(text) for text in questions(held_out()))  # the expression does find them
    assert not {one.rubric.instructions for one in examples()} & set(INSTRUCTIONS.held_out)


def test_examples_are_distinct() -> None:
    texts = {(one.messages[0].text, one.text) for one in examples()}
    assert len(texts) > 0.99 * N


def test_an_example_is_a_function_of_index_and_seed_in_every_process() -> None:
    script = (
        "import hashlib; from assay.pocket_train import judge_example\n"
        "made = [judge_example(i, 3) for i in range(5, 25)]\n"
        "print(hashlib.sha256(''.join(e.messages[0].text + e.text for e in made).encode()).hexdigest())"
    )
    other = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.strip()
    made = list(itertools.islice(judge_examples(3, start=5), 20))
    assert hashlib.sha256("".join(e.messages[0].text + e.text for e in made).encode()).hexdigest() == other
    assert judge_example(5, 3) == made[0]
    assert judge_example(5, 4) != made[0]
