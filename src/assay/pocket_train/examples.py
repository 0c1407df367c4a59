"""What the pocket judge learns from: rubrics over tasks of the world, with the verdicts that the truth programs give.

    example i of seed s = a function of (s, i):  task -> answers -> rubric -> prompt -> verdict

Everything about a rubric varies: criteria and their order, questions, label names, scales and their
anchors, instructions, rationales, ties, skipping.  The verdict is read off the truth and nothing
else; quirks stand in 40 % of answers, independent of it.  Only the five training families occur.

So that no label is the usual one, an example is *about* one criterion: tasks and answers are drawn
again until that one has the outcome wanted, or tries run out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from ..engines import ChatMessage
from ..judges import Form, Rubric, Verdict, judge_prompt, verdict_form
from ..judges import rubric as rubrics
from ..judges import verdict as verdicts
from ..pocket import wordings_harmlessness, wordings_helpfulness, wordings_reasoning
from ..pocket.corpus import QUIRK_RATE, WORLDS
from ..pocket.domain import TRAINING_FAMILIES, Answer, Domain, Task, World
from ..pocket.draw import Draw
from ..pocket.plan import active_quirks
from ..pocket.wordings import (
    BINARY,
    COUNTED,
    GRADES,
    OVERALL,
    Language,
    Scale,
    Split,
    Wording,
    comparison,
    filled,
    statement,
    value_of,
)
from ..pocket.world import DOMAINS, domain_of, truth_of

__all__ = ["INSTRUCTIONS", "LANGUAGES", "JudgeExample", "judge_example", "judge_examples"]

LANGUAGES: Mapping[str, Language] = {
    "reasoning": wordings_reasoning.LANGUAGE,
    "helpfulness": wordings_helpfulness.LANGUAGE,
    "harmlessness": wordings_harmlessness.LANGUAGE,
}
"""The wordings of each domain."""
INSTRUCTIONS: Split[str] = Split(
    (
        "Read the request first, then judge.",
        "Be strict but fair.",
        "Judge what is written, not how it is dressed up.",
        "Politeness, layout and flourishes do not count unless a criterion names them.",
        "Take each criterion on its own; one failure says nothing about the others.",
        "Check every claim against the request before you decide.",
        "The user will act on your judgement, so look closely.",
        "When in doubt, go by the wording of the request.",
        "Style does not matter here.",
    ),
    (
        "Weigh substance only and ignore decoration.",
        "Compare the text with what was wanted, point by point.",
        "You are a careful examiner.",
    ),
)
"""What may stand above the criteria."""
_UTILITY = {3: 0.4, 2: 0.2, 1: 0.2, 0: 0.2}
_CRITERIA = {1: 0.25, 2: 0.25, 3: 0.25, 4: 0.15, 5: 0.1}
_REASON = {"none": 0.4, "before": 0.4, "each": 0.2}
_FAULTS = {"misread": 2.0, "condition": 2.0, "unit": 2.0}
"""Weights of faults that would otherwise be too rare for their criterion; the others weigh 1."""
_SENTENCES = {1: 0.2, 2: 0.3, 3: 0.5}
_TRIES = 8
_MOST_WORDS = 60
_SKIPPED = (
    "The request sets nothing of the kind.",
    "The user does not ask for this.",
    "Nothing in the request calls for it.",
    "That does not apply to this request.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeExample:
    """A judgement to learn from."""

    rubric: Rubric
    """What is asked."""
    form: Form
    """The form of its verdicts."""
    messages: tuple[ChatMessage, ...]
    """The prompt."""
    verdict: Verdict
    """The right verdict, with a truthful rationale where one is asked for."""
    text: str
    """The verdict as the judge should write it."""
    domain: str
    """Of the task."""
    truth: dict[str, Any]
    """Family, scenario and facts of the task; per answer, in the order shown, its truth and its quirks."""


@dataclass(frozen=True, slots=True)
class _Case:
    """A task with the answers to be judged."""

    domain: Domain
    language: Language
    task: Task
    answers: tuple[Answer, ...]


def _outcome(case: _Case, name: str) -> int:
    """Return what is true of a criterion: 0 or 1 of one answer; -1, 0 or 1 for A, neither, B of two."""
    values = [value_of(answer, name) for answer in case.answers]
    return int(values[0] == 1) if len(values) == 1 else (values[1] > values[0]) - (values[1] < values[0])


def _drawn(draw: Draw, name: str, n: int) -> _Case:
    domain, world = domain_of(name), World(draw.below(WORLDS))
    task = domain.task(draw, world, draw.pick(TRAINING_FAMILIES), draw.pick(domain.scenarios))
    mix = {kind: _FAULTS.get(kind, 1.0) for kind in domain.kinds}
    answers = [domain.answer(draw, world, task, draw.weighted(_UTILITY), mix) for _ in range(n)]
    return _Case(domain, LANGUAGES[name], task, tuple(answers))


def _asked(case: _Case) -> list[str]:
    """Return the criteria that the task has a truth for."""
    return [name for name in case.language.words if name == OVERALL or name in case.answers[0].criteria]


def _case(draw: Draw, name: str, n: int) -> tuple[_Case, str]:
    """Return a case and the criterion that it is about."""
    about = draw.pick(tuple(LANGUAGES[name].words))
    wanted = draw.weighted({0: 3, 1: 2} if n == 1 else {-1: 2, 0: 1, 1: 2})
    for _ in range(_TRIES):
        case = _drawn(draw, name, n)
        if about in _asked(case) and ((about == OVERALL and n == 1) or _outcome(case, about) == wanted):
            return case, about
    return case, draw.pick(_asked(case))


def _level(answer: Answer, name: str, n: int) -> int:
    """Return the place of a truth on a scale of n levels, worst first."""
    value = value_of(answer, name)
    if name == OVERALL:
        return answer.u * n // 4
    return 3 if value == 1 else 2 if value >= 0.5 else int(value > 0)


def _levels(draw: Draw, wording: Wording, scale: Scale, held_out: bool) -> list[dict[str, Any]]:
    meanings = [one for one in wording.anchors.of(held_out) if len(one) == len(scale.labels)]
    if scale.speaks and draw.chance(0.5):
        return [{"label": label} for label in scale.labels]
    return [{"label": a, "anchor": b} for a, b in zip(scale.labels, draw.pick(meanings), strict=True)]


def _criterion(draw: Draw, case: _Case, name: str, held_out: bool) -> dict[str, Any]:
    """Return a criterion as rubric data."""
    wording, asks = case.language.words[name], case.language.asks(case.task, name)
    if len(case.answers) == 2:
        row: dict[str, Any] = {"id": name, "question": filled(draw, wording.compared.of(held_out), asks)}
        if wording.anchors.training and draw.chance(0.15):  # a scale of single answers, kept from another use
            scales = GRADES if name == OVERALL else COUNTED
            return {**row, "levels": _levels(draw, wording, draw.pick(scales.of(held_out)), held_out)}
        return row if draw.chance(0.5) else {**row, "type": "binary"}
    if wording.anchors.training and draw.chance(0.8 if name == OVERALL else 0.5):
        scale = draw.pick((GRADES if name == OVERALL else COUNTED).of(held_out))
        question = filled(draw, wording.graded.of(held_out), asks)
        return {"id": name, "question": question, "levels": _levels(draw, wording, scale, held_out)}
    labels = draw.pick(BINARY.of(held_out)).labels
    row = {"id": name, "type": "binary", "question": filled(draw, wording.asked.of(held_out), asks)}
    return row if labels == ("no", "yes") else {**row, "levels": [{"label": label} for label in labels]}


def _missing(draw: Draw, case: _Case, held_out: bool) -> dict[str, Any]:
    """Return a criterion about something that the task does not ask for, so that its label is `na`."""
    words = LANGUAGES["helpfulness"].words
    name = draw.pick([one for one, wording in words.items() if wording.applies and one not in _asked(case)])
    wording = words[name]
    questions = (wording.asked if len(case.answers) == 1 else wording.compared).of(held_out)
    skip = {"applies_when": draw.pick(wording.applies)} if draw.chance(0.5) else {"not_applicable": True}
    return {"id": name, "type": "binary", "question": filled(draw, questions, {}), **skip}


def _rubric(draw: Draw, case: _Case, names: Sequence[str], ties: bool, held_out: bool) -> Rubric:
    rows = [_criterion(draw, case, name, held_out) for name in names]
    for row in rows:
        if draw.chance(0.05):
            row["not_applicable"] = True
    if rows and draw.chance(0.1):
        rows.insert(draw.below(len(rows) + 1), _missing(draw, case, held_out))
    reason = draw.weighted(_REASON)
    data: dict[str, Any] = {
        "schema_version": 1,
        "name": "pocket",
        "mode": "pointwise" if len(case.answers) == 1 else "pairwise",
        "reason": "before" if reason == "each" and not rows else reason,
    }
    if rows:
        data["criteria"] = rows
    if not ties:
        data["ties"] = "forbid"
    if draw.chance(0.4):
        data["instructions"] = draw.pick(INSTRUCTIONS.of(held_out))
    shared = [row for row in rows if len(case.answers) == 1 and row["id"] == OVERALL and row.get("type") != "binary"]
    if shared and draw.chance(0.3):
        data["scale"] = shared[0].pop("levels")
    return Rubric.from_data(data)


def _label(case: _Case, rubric: Rubric, name: str) -> str:
    if name not in _asked(case):
        return rubrics.NOT_APPLICABLE
    if rubric.mode == "pairwise":
        return {-1: "A", 0: "=", 1: "B"}[_outcome(case, name)]
    [one] = [one for one in rubric.criteria if one.id == name]
    binary = one.type == "binary"
    return one.levels[_outcome(case, name) if binary else _level(case.answers[0], name, len(one.levels))].label


def _sentence(draw: Draw, case: _Case, name: str) -> str:
    """Return the truth about a criterion, in words."""
    if name not in _asked(case):
        return draw.pick(_SKIPPED)
    if len(case.answers) == 1:
        return statement(draw, case.language, case.task, case.answers[0], name)
    first, second = case.answers
    return comparison(draw, case.language, case.task, first, second, name)


def _rationale(draw: Draw, case: _Case, names: Sequence[str]) -> str:
    """Return up to three sentences, what decides first: a fault of one answer, a difference of two."""
    deciding = [name for name in names if bool(_outcome(case, name)) == (len(case.answers) > 1)]
    leads = case.language.leads(case.task)
    sentences = [draw.pick(leads)] if leads and draw.chance(0.6) else []
    most = draw.weighted(_SENTENCES)
    for name in (*deciding, *(name for name in names if name not in deciding)):
        sentence = _sentence(draw, case, name)
        if sentences and (len(sentences) >= most or len(" ".join((*sentences, sentence)).split()) > _MOST_WORDS):
            break
        sentences.append(sentence)
    return " ".join(sentences)


def judge_example(index: int, seed: int = 0, *, held_out: bool = False) -> JudgeExample:
    """Return example `index`, a function of the arguments alone.

    Args:
        index: which one, from 0.
        seed: which stream.
        held_out: ask in the held-out wordings and label names, still about tasks of the training families.
    """
    draw = Draw("pocket", "judge", "held out" if held_out else "training", seed, index)
    name, n = draw.pick(DOMAINS), draw.between(1, 2)
    case, about = _case(draw, name, n)
    asked = _asked(case)
    names = [about, *draw.shuffled([one for one in asked if one != about])][: draw.weighted(_CRITERIA)]
    plain = n == 2 and draw.chance(0.1)
    unequal = [one for one in ([OVERALL] if plain else names) if _outcome(case, one)]
    ties = n == 1 or not unequal or draw.chance(0.85)
    rubric = _rubric(draw, case, [] if plain else draw.shuffled(names if ties else unequal), ties, held_out)
    planted = [tuple(one for one in active_quirks(name) if draw.chance(QUIRK_RATE)) for _ in range(n)]
    case = _with_quirks(draw, case, planted)
    form = verdict_form(rubric)
    ids = [one.id for one in rubric.criteria]
    verdict = Verdict(
        labels={one: _label(case, rubric, one) for one in ids},
        winner={-1: "A", 0: "tie", 1: "B"}[_outcome(case, OVERALL)] if plain else None,
        rationale=_rationale(draw, case, [one for one in ids if one in asked] or [OVERALL])
        if form.reason == "before"
        else None,
        why={one: _sentence(draw, case, one) for one in ids} if form.reason == "each" else {},
    )
    task = case.task
    truth = {
        "family": task.family,
        "scenario": task.scenario,
        "facts": dict(task.facts),
        "answers": [truth_of(answer, quirks) for answer, quirks in zip(case.answers, planted, strict=True)],
    }
    return JudgeExample(
        rubric=rubric,
        form=form,
        messages=judge_prompt(rubric, form, dialogue=task.prompt, answers=[one.text for one in case.answers]),
        verdict=verdict,
        text=verdicts.write(form, verdict),
        domain=name,
        truth=truth,
    )


def _with_quirks(draw: Draw, case: _Case, planted: Sequence[Sequence[str]]) -> _Case:
    """Return the case with quirks in its answers; the truth is read again from the finished texts."""
    answers = []
    for answer, quirks in zip(case.answers, planted, strict=True):
        text = answer.text
        for quirk in quirks:
            text = case.domain.plant(draw, case.task, text, quirk)
        answers.append(case.domain.check(case.task, text))
    return replace(case, answers=tuple(answers))


def judge_examples(seed: int = 0, start: int = 0) -> Iterator[JudgeExample]:
    """Yield the training examples without end, from any place."""
    return (judge_example(index, seed) for index in count(start))
