"""A rubric and an engine as a scorer: arithmetic by hand, invariances, and what happens when answers fail."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from beliefs import ASKED, content, group, pair, question, rubric, shown
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.engines import LabelDist, Request, Slot
from assay.engines.scripted import Fault, ScriptedEngine
from assay.errors import InputError
from assay.judges import Judge, Rubric, ScoreDist, conclude, judge_prompt, pooled, verdict_form
from assay.types import Item, Margins, PairScorer

WINNER = rubric("pairwise", ties="forbid")
TWO = rubric("pairwise", 'id: right, question: "More right?", weight: 2', 'id: loud, question: "Louder?", weight: -1')
FOUR = rubric("pairwise", *(f'id: x{i}, question: "Question {i}?", weight: {i}' for i in (1, 2, 3, 4)))
YES = rubric("pointwise", 'id: right, question: "Right?", type: binary')
POINTS = rubric("pointwise", *(f'id: x{i}, question: "Question {i}?", type: binary, weight: {i}' for i in (1, 2, 3)))
RANK = rubric("listwise")
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)

Belief = Callable[[Request, int, Slot], Any]


def judge(what: Rubric, belief: Belief = content, **more: Any) -> Judge:
    return Judge(rubric=what, engine=more.pop("engine", None) or ScriptedEngine(belief), **more)


def calls(made: Judge) -> int:
    assert isinstance(made.engine, ScriptedEngine)
    return made.engine.calls


def same(a: Margins, b: Margins) -> None:
    for name in ("margin", "ab", "ba", "tie", "std", "status", "finish"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), strict=True)
    assert (a.ids, a.unit, a.cost) == (b.ids, b.unit, b.cost)


def faults(**of: Fault) -> Callable[[Request, int], Fault | None]:
    """Return faults by the end of the request's id, and `s1` for every second sample."""
    return lambda request, sample: next((f for end, f in of.items() if request.id.endswith(end)), None)


# by hand


def test_a_judge_who_always_picks_a_says_nothing_and_is_known_for_it() -> None:
    # ab: log(.75 / .25) = log 3; ba: the same A is now the second answer, -log 3
    said = judge(WINNER, lambda *_: {"A": 3, "B": 1}).compare([pair("p")])
    assert said.ab == pytest.approx([math.log(3)])
    assert said.ba == pytest.approx([-math.log(3)])
    assert said.margin == pytest.approx([0.0])
    assert said.std == pytest.approx([math.log(3)])
    assert said.finish is not None
    assert (said.status.tolist(), said.finish.tolist()) == (["ok"], ["natural"])
    assert (said.unit, said.scorer) == ("logit", "made")
    assert said.order.tolist() == ["both"]


def test_orders_are_averaged_in_log_odds_and_half_their_difference_is_the_deviation() -> None:
    # shown first: .9 for "good", second: .6; (log 9 + log 1.5) / 2
    def belief(request: Request, sample: int, slot: Slot) -> dict[str, float]:
        name = {text: name for name, text in shown(request).items()}["good"]
        p = 0.9 if name == "A" else 0.6
        return {name: p, "B" if name == "A" else "A": 1 - p}

    said = judge(WINNER, belief).compare([pair("p", "good", "bad")])
    assert said.margin == pytest.approx([(math.log(9) + math.log(1.5)) / 2])
    assert said.std == pytest.approx([(math.log(9) - math.log(1.5)) / 2])


@pytest.mark.parametrize(("orders", "margin", "sign"), [("ab", math.log(3), 1), ("ba", -math.log(3), -1)])
def test_one_order_alone_is_marked_as_such(orders: Any, margin: float, sign: int) -> None:
    made = judge(WINNER, lambda *_: {"A": 3, "B": 1}, orders=orders)
    said = made.compare([pair("p")])
    assert said.margin == pytest.approx([margin])
    assert said.std is None
    assert said.single_order is not None
    assert said.single_order.tolist() == [sign]
    assert calls(made) == 1


def test_samples_are_averaged_in_probability() -> None:
    # (.9 + .5) / 2 = .7, not the mean of log 9 and log 1
    said = judge(WINNER, lambda r, sample, s: {"A": [9, 1][sample], "B": 1}, samples=2, orders="ab").compare(
        [pair("p")]
    )
    assert said.margin == pytest.approx([math.log(0.7 / 0.3)])


def test_ties_of_all_orders_and_samples_are_averaged() -> None:
    # ab: ties .2 and .6, ba: the same; wins .4 and .3 against .4 and .1: p = (.35 + .2) / (.25 + .2)
    belief: Belief = lambda r, sample, s: [{"A": 4, "B": 4, "tie": 2}, {"A": 3, "B": 1, "tie": 6}][sample]  # noqa: E731
    said = judge(rubric("pairwise"), belief, samples=2, orders="ab").compare([pair("p")])
    assert said.tie == pytest.approx([0.4])
    assert said.margin == pytest.approx([math.log(0.55 / 0.45)])


def test_a_pointwise_score_is_the_expectation_over_the_mixture_of_samples() -> None:
    # yes with .8 and .4: mean .6, variance of a yes-or-no with p = .6: .24
    item = Item(id="i", group="g", prompt=ASKED, response="4")
    said = judge(YES, lambda r, sample, s: {"yes": [4, 2][sample], "no": [1, 3][sample]}, samples=2).score([item])
    assert said.value == pytest.approx([0.6])
    assert said.std == pytest.approx([math.sqrt(0.24)])
    assert (said.unit, said.ids, said.scorer) == ("points", ("i",), "made")


def test_a_pointwise_rubric_compares_two_scores_and_sees_no_order() -> None:
    # yes .8 against .4: win .8 · .6 = .48, tie .32 + .12 = .44, lose .2 · .4 = .08
    made = judge(YES, lambda request, *_: {"yes": 4, "no": 1} if shown(request)["A"] == "x" else {"yes": 2, "no": 3})
    said = made.compare([pair("p", "x", "y")])
    assert said.margin == pytest.approx([math.log((0.48 + 0.22) / (0.08 + 0.22))])
    assert said.tie == pytest.approx([0.44])
    assert (said.ab, said.ba, said.std, said.unit) == (None, None, None, "logit")
    assert [(one.order, one.id) for one in made.verdicts([pair("p", "x", "y")])] == [("a", "p"), ("b", "p")]


def test_a_listwise_rubric_compares_two_answers_by_its_first_place() -> None:
    said = judge(RANK, lambda *_: {"A": 3, "B": 2}).compare([pair("p")])
    assert said.ab == pytest.approx([math.log(1.5)])
    assert said.ba == pytest.approx([-math.log(1.5)])
    assert said.tie is None


def test_a_listwise_rubric_ranks_by_utilities_over_both_orders() -> None:
    # at every place odds by text; Plackett and Luce hold, so u = log odds - their mean, in either order
    odds = {"x": 1.0, "y": 4.0, "z": 2.0}
    made = judge(RANK, lambda request, *_: {name: odds[text] for name, text in shown(request).items()})
    [found] = made.rank([group("g", "x", "y", "z")])
    assert found.ids == ("g2", "g3", "g1")
    assert found.utilities == pytest.approx({"g1": -math.log(2), "g2": math.log(2), "g3": 0.0})
    assert [one.order for one in made.verdicts([group("g", "x", "y", "z")])] == ["abc", "cba"]


def test_a_bias_for_the_first_place_cancels_over_both_orders_of_a_list() -> None:
    [found] = judge(RANK, lambda *_: {"A": 4, "B": 2, "C": 1}).rank([group("g", "x", "y", "z")])
    assert found.utilities == pytest.approx(dict.fromkeys(["g1", "g2", "g3"], 0.0), abs=1e-12)
    assert found.ids == ("g1", "g2", "g3")


def test_a_pointwise_rubric_ranks_by_expected_score_and_equals_keep_their_order() -> None:
    likely = {"x": 1, "y": 3, "z": 3}
    made = judge(YES, lambda request, *_: {"yes": likely[shown(request)["A"]], "no": 1})
    [found] = made.rank([group("g", "x", "y", "z")])
    assert found.ids == ("g2", "g3", "g1")
    assert found.utilities == pytest.approx({"g1": 0.5, "g2": 0.75, "g3": 0.75})


def test_a_pairwise_rubric_ranks_by_the_mean_probability_of_beating_the_others() -> None:
    # odds 1, 3 and 2: x beats y with 1/4 and z with 1/3; y beats x with 3/4 and z with 3/5; z with 2/3 and 2/5
    odds = {"x": 1.0, "y": 3.0, "z": 2.0}
    made = judge(WINNER, lambda request, *_: {name: odds[text] for name, text in shown(request).items()})
    [found] = made.rank([group("g", "x", "y", "z")])
    assert found.ids == ("g2", "g3", "g1")
    assert found.utilities == pytest.approx({"g1": 7 / 24, "g2": 27 / 40, "g3": 8 / 15})
    assert calls(made) == 6


# invariances


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4), st.sampled_from([0, 3]), st.booleans())
def test_exchanging_the_answers_turns_the_margin_exactly(texts: list[Any], shuffle: int, apart: bool) -> None:
    made = judge(TWO, shuffle=shuffle, apart=apart)
    there = made.compare([pair(f"p{i}", a, b) for i, (a, b) in enumerate(texts)])
    back = made.compare([pair(f"p{i}", b, a) for i, (a, b) in enumerate(texts)])
    assert there.ab is not None
    assert back.ba is not None
    np.testing.assert_array_equal(there.margin, -back.margin)
    np.testing.assert_array_equal(there.ab, -back.ba)
    np.testing.assert_array_equal(there.tie, back.tie)
    np.testing.assert_array_equal(there.std, back.std)


def test_equal_answers_have_a_margin_of_exactly_0_whatever_the_bias() -> None:
    assert judge(TWO).compare([pair("p", "same", "same")]).margin.tolist() == [0.0]


PAIRS = [pair(f"p{i}", f"first {i}", f"second {i}") for i in range(24)]


def prompts(made: Judge) -> list[Request]:
    """Return what a judge would ask about PAIRS."""
    seen: list[Request] = []
    engine = ScriptedEngine(lambda request, sample, slot: seen.append(request) or {"A": 1})  # type: ignore[func-returns-value]
    replace(made, engine=engine).verdicts(PAIRS)
    return list({request.id: request for request in seen}.values())


def order(request: Request) -> tuple[str, ...]:
    return tuple(question(request, f"c{i}") for i in (1, 2, 3, 4))


def test_shuffling_changes_prompts_and_no_result() -> None:
    plain = judge(FOUR)
    for n in (1, 4):
        found, plainly = replace(plain, shuffle=n).compare(PAIRS), plain.compare(PAIRS)
        for name in ("margin", "ab", "ba", "tie", "std"):  # names that are exchanged sum up the other way round
            np.testing.assert_allclose(getattr(found, name), getattr(plainly, name), rtol=1e-12, atol=1e-12)
    assert {request.messages for request in prompts(plain)}.isdisjoint(
        request.messages for request in prompts(replace(plain, shuffle=1, seed=3))
    )


def test_n_orders_of_the_criteria_are_used_each_by_both_orders_of_a_pair() -> None:
    made = judge(FOUR, shuffle=3)
    asked = prompts(made)
    by_pair: dict[str, set[tuple[tuple[str, ...], str]]] = {}
    for request in asked:
        by_pair.setdefault(request.id.split("/")[1], set()).add((order(request), next(iter(shown(request)))))
    assert all(len(found) == 1 for found in by_pair.values())
    assert len({order(request) for request in asked}) == 3
    assert 6 < sum(next(iter(shown(request))) == "B" for request in asked) / 2 < 18
    assert len({order(request) for request in prompts(replace(made, seed=1))} | {order(r) for r in asked}) > 3
    assert len({order(request) for request in prompts(replace(made, shuffle=100))}) > 10


def test_without_shuffling_the_answer_shown_first_is_a() -> None:
    assert {tuple(shown(request)) for request in prompts(judge(FOUR))} == {("A", "B")}
    assert {order(request) for request in prompts(judge(FOUR))} == {tuple(f"Question {i}?" for i in (1, 2, 3, 4))}


def test_new_weights_change_no_prompt_even_shuffled_and_need_no_new_verdict() -> None:
    other = FOUR.with_(criteria=tuple(replace(one, weight=-one.weight) for one in FOUR.criteria))
    old, new = judge(FOUR, shuffle=3), judge(other, shuffle=3)
    assert [(r.id, r.messages) for r in prompts(old)] == [(r.id, r.messages) for r in prompts(new)]
    again = new.margins(PAIRS, old.verdicts(PAIRS))
    same(again, new.compare(PAIRS))
    np.testing.assert_allclose(again.margin, -old.compare(PAIRS).margin, atol=1e-9)


def test_criteria_asked_apart_say_what_they_say_together() -> None:
    together, apart = judge(FOUR), judge(FOUR, apart=True)
    np.testing.assert_array_equal(together.compare(PAIRS).margin, apart.compare(PAIRS).margin)
    assert calls(apart) == 4 * calls(together)
    points, single = judge(POINTS), judge(POINTS, apart=True)
    np.testing.assert_array_equal(points.compare(PAIRS).margin, single.compare(PAIRS).margin)
    items = group("g", "x", "y")
    np.testing.assert_array_equal(points.score(items).value, single.score(items).value)


@pytest.mark.parametrize("when", ["before", "each"])
def test_asked_apart_every_criterion_keeps_its_own_reason(when: Any) -> None:
    engine = ScriptedEngine(content, lambda request, sample, name: f"because of {request.id.rpartition('/')[2]}")
    made = judge(TWO.with_(reason=replace(TWO.reason, when=when)), engine=engine, apart=True, orders="ab")
    [one] = made.verdicts([pair("p")])
    assert one.verdict.why == {"right": "because of right", "loud": "because of loud"}
    assert one.verdict.rationale is None
    assert one.verdict.provenance["request"] == "made/p/ab/right made/p/ab/loud"


def test_the_async_twins_say_the_same() -> None:
    async def all_of(made: Judge, points: Judge) -> tuple[Any, ...]:
        groups = [group("g", "x", "y", "z")]
        return await made.acompare(PAIRS), await points.ascore(groups[0]), await made.arank(groups)

    class Plain(ScriptedEngine):
        arun = None  # type: ignore[assignment]

    for kind in (ScriptedEngine, Plain):
        made, points = judge(TWO, engine=kind(content)), judge(POINTS, engine=kind(content))
        margins, scores, rankings = asyncio.run(all_of(made, points))
        same(margins, made.compare(PAIRS))
        np.testing.assert_array_equal(scores.value, points.score(group("g", "x", "y", "z")).value)
        assert rankings == made.rank([group("g", "x", "y", "z")])


def test_results_come_in_the_order_asked_although_answers_do_not() -> None:
    one_by_one = [judge(TWO).compare([one]).margin[0] for one in PAIRS]
    assert judge(TWO).compare(PAIRS).margin.tolist() == one_by_one


# failures


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
def test_one_order_failed_and_the_pair_is_unscored_for_its_reason(fault: Fault, status: str) -> None:
    engine = ScriptedEngine(content, faults=faults(**{"p1/ba": fault}), sleep=lambda seconds: None)
    said, whole = judge(TWO, engine=engine).compare(PAIRS[:3]), judge(TWO).compare(PAIRS[:3])
    assert said.status.tolist() == ["ok", status, "ok"]
    assert math.isnan(said.margin[1])
    assert said.finish is not None
    assert said.finish.tolist() == ["natural", "", "natural"]
    for name in ("margin", "std", "tie"):
        np.testing.assert_array_equal(getattr(said, name)[[0, 2]], getattr(whole, name)[[0, 2]])
        assert math.isnan(getattr(said, name)[1])
    assert said.ab is not None
    assert said.ba is not None
    assert not math.isnan(said.ab[1])
    assert math.isnan(said.ba[1])


def test_the_first_failure_names_the_status() -> None:
    engine = ScriptedEngine(content, faults=faults(ab="refuse", ba="fail"))
    assert judge(TWO, engine=engine).compare([pair("p")]).status.tolist() == ["refused"]
    apart = ScriptedEngine(content, faults=faults(loud="truncate"))
    [one] = judge(TWO, engine=apart, apart=True, orders="ab").verdicts([pair("p")])
    assert (one.verdict.status, one.verdict.labels) == ("truncated", {})
    assert one.verdict.error is not None
    assert one.verdict.error.startswith("criterion 'loud': cut after")


def test_one_sample_of_many_failed_and_there_is_no_result() -> None:
    engine = ScriptedEngine(content, faults=lambda request, sample: "fail" if sample == 2 else None)
    items = group("g", "x", "y")
    assert judge(YES, engine=engine, samples=3).score(items).status.tolist() == ["engine_error"] * 2
    assert judge(YES, engine=engine, samples=2).score(items).status.tolist() == ["ok"] * 2
    assert judge(YES, engine=engine, samples=3).compare([pair("p")]).status.tolist() == ["engine_error"]


@pytest.mark.parametrize("what", [YES, TWO, RANK], ids=["pointwise", "pairwise", "listwise"])
def test_a_group_with_a_failed_judgement_is_not_ranked(what: Rubric) -> None:
    engine = ScriptedEngine(faults=lambda request, sample: "fail" if "/g/" in request.id else None)
    failed, ranked = judge(what, engine=engine).rank([group("g", "x", "y"), group("h", "x", "y")])
    assert (failed.ids, failed.utilities, failed.status) == ((), {}, "engine_error")
    assert failed.error is not None
    assert "failed, as scripted" in failed.error
    assert (sorted(ranked.ids), ranked.status, ranked.error) == (["h1", "h2"], "ok", None)


def test_where_no_criterion_applies_there_is_no_score() -> None:
    what = rubric("pointwise", 'id: a, question: "A?", type: binary, not_applicable: true')
    never: Belief = lambda *_: LabelDist(labels=("no", "yes", "na"), logp=np.array([-np.inf, -np.inf, 0.0]))  # noqa: E731
    made = judge(what, never)
    assert made.score(group("g", "x", "y")).status.tolist() == ["invalid", "invalid"]
    assert made.compare([pair("p")]).status.tolist() == ["invalid"]
    [found] = made.rank([group("g", "x", "y")])
    assert (found.status, found.error) == ("invalid", "no criterion applies")


def test_where_nothing_applies_in_one_sample_there_is_no_margin() -> None:
    what = rubric("pairwise", 'id: a, question: "A?", not_applicable: true')

    def second_never(request: Request, sample: int, slot: Slot) -> LabelDist:
        p = [0.0, 0.0, 0.0, 1.0] if sample == 1 else [0.5, 0.2, 0.2, 0.1]
        with np.errstate(divide="ignore"):
            return LabelDist(labels=slot.labels, logp=np.log(p))

    assert judge(what, second_never).compare([pair("p")]).status.tolist() == ["ok"]
    assert judge(what, second_never, samples=2).compare([pair("p")]).status.tolist() == ["invalid"]


def test_a_steered_part_marks_the_whole_pair() -> None:
    what = TWO.with_(reason=replace(TWO.reason, when="before", max_tokens=40))
    long: Callable[[Request, int, str], str] = lambda request, *_: "on and on " * (30 if "ba" in request.id else 1)  # noqa: E731
    said = judge(what, engine=ScriptedEngine(content, long)).compare([pair("p")])
    assert said.finish is not None
    assert (said.status.tolist(), said.finish.tolist()) == (["ok"], ["steered"])


def test_empty_answers_are_judged_like_any_text() -> None:
    said = judge(TWO).compare([pair("p", "", "two"), pair("q", "", "")])
    assert said.status.tolist() == ["ok", "ok"]
    assert said.margin[1] == 0


# what is asked


def test_requests_carry_what_the_judge_was_told() -> None:
    made = judge(TWO, samples=3, seed=5, think=7, shuffle=2)
    asked = prompts(made)
    assert {(r.samples, r.seed, r.think, r.temperature) for r in asked} == {(3, 5, 7, 1.0)}
    assert {r.temperature for r in prompts(replace(made, samples=1))} == {0.0}
    assert {r.temperature for r in prompts(replace(made, temperature=0.3))} == {0.3}
    assert sorted(r.id for r in asked) == sorted(f"made/p{i}/{o}" for i in range(24) for o in ("ab", "ba"))


def test_a_budget_is_what_any_verdict_needs_and_the_rationales_besides() -> None:
    engine = ScriptedEngine()
    [least] = {r.max_new_tokens for r in prompts(judge(TWO))}
    [more] = {
        r.max_new_tokens for r in prompts(judge(TWO.with_(reason=replace(TWO.reason, when="each", max_tokens=99))))
    }
    [form] = {r.grammar for r in prompts(judge(TWO)) if r.grammar}
    assert least == engine.min_tokens(form)
    assert more > least + 99
    assert {r.max_new_tokens for r in prompts(judge(TWO, budget=500))} == {500}


def test_a_budget_too_small_for_any_verdict_is_said_before_anything_is_asked() -> None:
    made = judge(TWO, budget=10)
    with pytest.raises(InputError, match=r"budget of 10 tokens.*the shortest needs \d\d"):
        made.compare(PAIRS)
    assert calls(made) == 0


def test_a_budget_that_some_verdicts_fit_is_left_to_the_engine() -> None:
    [short], [long] = ({r.max_new_tokens for r in prompts(judge(RANK))} for _ in range(2))
    assert short == long
    made = judge(RANK, engine=ScriptedEngine(), budget=short)
    two, three = made.rank([group("g", "x", "y"), group("h", "x", "y", "z")])
    assert (two.status, three.status) == ("ok", "refused")
    assert re.search(r"max_new_tokens is \d+; this grammar needs at least \d+", str(three.error))


def test_a_reference_is_shown_and_opens_the_criteria_that_need_one() -> None:
    what = rubric(
        "pointwise",
        'id: a, question: "A?", type: binary',
        'id: b, question: "B?", type: binary, needs_reference: true',
    )
    bare, guided = judge(what).verdicts([pair("p"), pair("q", reference="the truth")])[::2]
    assert (set(bare.verdict.labels), set(guided.verdict.labels)) == ({"a"}, {"a", "b"})
    only = judge(what.with_(criteria=what.criteria[1:]))
    with pytest.raises(InputError, match=r"p: .* needs a reference answer and this item has none"):
        only.compare([pair("q", reference="r"), pair("p")])
    assert calls(only) == 0


def test_a_verdict_says_where_it_comes_from() -> None:
    made = judge(TWO, shuffle=2, samples=2)
    for one in made.verdicts(PAIRS):
        found = one.verdict.provenance
        assert found["rubric"] == TWO.fingerprint
        assert (found["model"], found["tokenizer"]) == ("scripted", made.engine.tokenizer_hash)
        assert len(found["grammar"]) == 64
        assert (found["order"], found["sample"], found["names"]) == (one.order, str(one.sample), "".join(one.letters))
        assert found["ordering"] in ("1 of 2", "2 of 2")
        assert found["request"] == f"made/{one.id}/{one.order}"


def test_progress_counts_every_answer_and_costs_are_summed() -> None:
    told: list[tuple[int, int]] = []
    made = judge(TWO, apart=True, samples=2, on_progress=lambda done, total: told.append((done, total)))
    said = made.compare(PAIRS[:3])
    assert told == [(i + 1, 24) for i in range(24)]  # 3 pairs, 2 orders, 2 criteria, 2 samples
    found = made.verdicts(PAIRS[:3])
    assert said.cost.prompt_tokens == sum(one.cost.prompt_tokens for one in found) > 0
    assert said.cost.new_tokens == sum(one.cost.new_tokens for one in found) > 0


def test_more_answers_than_letters_can_be_ranked_alone() -> None:
    [found] = judge(YES).rank([group("g", *(f"text {i}" for i in range(30)))])
    assert len(found.ids) == 30
    with pytest.raises(InputError, match="2 to 26 answers"):
        judge(RANK).rank([group("g", *(f"text {i}" for i in range(30)))])


def test_names_are_shown_in_the_order_given_and_must_be_those_of_the_form() -> None:
    form = verdict_form(WINNER)
    chat = judge_prompt(WINNER, form, answers=["one", "two"], letters="BA")
    assert shown(Request(id="r", messages=chat, max_new_tokens=1)) == {"B": "one", "A": "two"}
    with pytest.raises(ValueError, match="the form's letters are"):
        judge_prompt(WINNER, form, answers=["one", "two"], letters="AC")


# refusals


@pytest.mark.parametrize(
    ("what", "more", "why"),
    [
        (YES, {"orders": "ab"}, "sees no order"),
        (WINNER, {"apart": True}, "leave apart out"),
        (RANK, {"apart": True}, "leave apart out"),
        (TWO, {"variables": {"who": "children"}}, "no variable 'who'"),
        (rubric("pairwise", variables="{who: null}", instructions="'For {{ who }}.'"), {}, "give it a value"),
    ],
)
def test_what_cannot_be_asked_is_refused_at_once(what: Rubric, more: Any, why: str) -> None:
    with pytest.raises(InputError, match=why):
        judge(what, **more)


@pytest.mark.parametrize(
    "more", [{"samples": 0}, {"shuffle": -1}, {"budget": 0}, {"think": -1}, {"temperature": -1}, {"orders": "aa"}]
)
def test_arguments_out_of_range_are_a_callers_bug(more: Any) -> None:
    with pytest.raises(ValueError, match=next(iter(more))) as error:
        judge(TWO, **more)
    assert not isinstance(error.value, InputError)


def test_a_rubric_that_compares_scores_no_single_answer() -> None:
    for what in (TWO, RANK):
        made = judge(what)
        with pytest.raises(InputError, match="only compares"):
            made.score(group("g", "x"))
        assert calls(made) == 0


def test_groups_must_hold_two_answers_to_one_prompt() -> None:
    made = judge(YES)
    x, y = group("g", "x", "y")
    for bad in ([x], [], [x, x]):
        with pytest.raises(InputError, match="two or more answers with different ids"):
            made.rank([bad])
    with pytest.raises(InputError, match="'g1' and 'g2' differ in prompt or reference"):
        made.rank([[x, replace(y, reference="r")]])
    with pytest.raises(ValueError, match="'p' occurs twice"):
        made.compare([pair("p"), pair("p")])
    assert calls(made) == 0


# pieces


def test_a_judge_is_a_pair_scorer_with_its_rubrics_name() -> None:
    made = judge(TWO)
    assert isinstance(made, PairScorer)
    assert (made.name, made.family, made.method) == ("made", "judge", "rubric")
    assert judge(TWO, name="mine").compare([pair("p")]).scorer == "mine"


def test_nothing_to_judge_gives_nothing() -> None:
    assert judge(TWO).compare([]).margin.shape == (0,)
    assert judge(YES).score([]).value.shape == (0,)
    assert judge(YES).rank([]) == ()


def test_a_mixture_weighs_its_parts_alike() -> None:
    two = ScoreDist(value=np.array([0.0, 1.0]), p=np.array([0.5, 0.5])), ScoreDist(value=np.ones(1), p=np.ones(1))
    found = pooled.mixture(two)
    assert (found.value.tolist(), found.p.tolist()) == ([0.0, 1.0, 1.0], [0.25, 0.25, 0.5])
    assert found.mean == 0.75


@pytest.mark.parametrize("name", ["helpfulness", "conciseness", "honesty", "mathematical_reasoning"])
def test_shipped_rubrics_judge_pairs_with_every_option_at_once(name: str) -> None:
    engine = ScriptedEngine(seed=2, context=1 << 17)
    made = Judge(rubric=Rubric.load(name), engine=engine, samples=2, apart=True, shuffle=2, seed=1)
    pairs = [pair(f"p{i}", f"one {i}", f"two {i}", reference="4") for i in range(3)]
    said = made.compare(pairs)
    assert said.status.tolist() == ["ok"] * 3
    assert (
        conclude.margins(made.rubric, pairs, made.verdicts(pairs), scorer="x").margin.tolist() == said.margin.tolist()
    )
