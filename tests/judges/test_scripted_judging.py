"""From a shipped rubric through prompt, grammar, engine and verdict to a margin, with scripted beliefs."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from assay.engines import Completion, Request, Slot
from assay.engines.scripted import ScriptedEngine, fault_rates
from assay.judges import Rubric, Verdict, judge_prompt, margin, rubric_yaml, score_dist, verdict, verdict_form
from assay.types import Message

ASKED = (Message(role="user", content="What is 2 + 2?"),)


def judged(rubric: Rubric, engine: ScriptedEngine, n: int = 1, **more: object) -> list[tuple[Completion, Verdict]]:
    """Ask an engine n times about made-up answers and read what it says."""
    form = verdict_form(rubric)
    answers = [f"It is {i}." for i in range(4, 4 + len(form.answers))]
    chat = judge_prompt(
        rubric, form, dialogue=ASKED, answers=answers, reference="4" if rubric.needs_reference else None
    )
    budget = engine.min_tokens(form.grammar) + (rubric.reason.max_tokens if rubric.reason.when != "none" else 0)
    made = [
        Request(id=f"r{i}", messages=chat, grammar=form.grammar, max_new_tokens=budget, **more)  # type: ignore[arg-type]
        for i in range(n)
    ]
    return [(one, verdict.read(form, one)) for one in engine.run(made)]


@pytest.mark.parametrize("name", rubric_yaml.shipped())
def test_every_shipped_rubric_gives_whole_verdicts_and_finite_results(name: str) -> None:
    rubric = Rubric.load(name)
    for _, said in judged(rubric, ScriptedEngine(seed=1, context=32_768), 20):
        assert said.status == "ok"
        assert set(said.distributions) == {one.id for one in rubric.criteria}
        if rubric.mode == "pairwise":
            result = margin.verdict_margin(rubric, said)
            assert result is not None
            assert result.win + result.tie + result.lose == pytest.approx(1)
        else:
            score = score_dist.verdict_score(rubric, said)
            assert score is not None
            assert score.p.sum() == pytest.approx(1)


def sure(request: Request, sample: int, slot: Slot) -> Mapping[str, float]:
    """Believe in the first label with .9."""
    return {label: 0.9 if i == 0 else 0.1 / (len(slot.labels) - 1) for i, label in enumerate(slot.labels)}


def test_what_the_judge_believes_is_what_comes_back() -> None:
    rubric = Rubric.load("conciseness")
    [(one, said)] = judged(rubric, ScriptedEngine(labels=sure, mass=0.5))
    assert said.labels == dict.fromkeys(["needed", "padding", "repetition", "direct"], "A")
    for dist in said.distributions.values():
        assert dist.labels == ("A", "B", "=")
        assert dist.p.tolist() == pytest.approx([0.9, 0.05, 0.05])
        assert dist.mass == pytest.approx(0.5)
    assert one.finish == "natural"


def test_a_rationale_that_does_not_fit_is_steered_to_its_end_and_still_a_verdict() -> None:
    rubric = Rubric.load("helpfulness")
    engine = ScriptedEngine(text=lambda request, sample, name: "On and on. " * 200, context=32_768)
    [(one, said)] = judged(rubric, engine)
    assert (said.status, said.finish) == ("ok", "steered")
    assert said.rationale is not None
    assert said.rationale.startswith("On and on.")
    assert one.cost.new_tokens <= engine.min_tokens(verdict_form(rubric).grammar) + rubric.reason.max_tokens


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        ("fail", "engine_error"),
        ("truncate", "truncated"),
        ("stall", "engine_error"),
        ("refuse", "refused"),
        ("garble", "invalid"),
    ],
)
def test_every_fault_of_an_engine_ends_as_a_status_and_never_as_a_label(fault: str, status: str) -> None:
    rubric = Rubric.load("conciseness")
    slept: list[float] = []
    engine = ScriptedEngine(faults=fault_rates(0, **{fault: 1.0}), sleep=slept.append, stall_s=5)
    [(_, said)] = judged(rubric, engine)
    assert said.status == status
    assert said.error
    assert not said.labels
    assert not said.distributions
    assert slept == ([5] if fault == "stall" else [])


def test_one_bad_request_leaves_its_neighbours_alone() -> None:
    rubric = Rubric.load("conciseness")
    engine = ScriptedEngine(faults=fault_rates(3, fail=0.2, truncate=0.2, garble=0.2), sleep=lambda seconds: None)
    clean = judged(rubric, ScriptedEngine(), 50)
    faulty = judged(rubric, engine, 50)
    hurt = sum(said.status != "ok" for _, said in faulty)
    assert 15 <= hurt <= 45
    for (_, a), (_, b) in zip(clean, faulty, strict=True):
        assert b.status != "ok" or a == b


def test_a_verdict_without_distributions_counts_as_one_hard_vote() -> None:
    # one vote for A among A, B, =: (1 + 1/3) / 2, (1/3) / 2, (1/3) / 2
    rubric = Rubric.load("conciseness")
    form = verdict_form(rubric)
    text = '{"criteria":{"c1":"A","c2":"A","c3":"=","c4":"B"}}'
    said = verdict.read(form, Completion(id="r", text=text, status="ok", finish="natural"))
    assert said.distributions["needed"].p.tolist() == pytest.approx([2 / 3, 1 / 6, 1 / 6])
