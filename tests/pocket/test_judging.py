"""Judges whose beliefs are scripted from the truth get the figures that they deserve."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from assay.engines import Request, Slot
from assay.engines.scripted import ScriptedEngine
from assay.judges import Rubric
from assay.pocket.domain import EVALUATION_FAMILIES
from assay.pocket.world import DOMAINS
from assay.pocket_train import LANGUAGES, judging
from assay.pocket_train.gates import Gate
from assay.types import Pair

N = 24
Belief = Callable[[Pair, str, Request], Mapping[int, float]]
"""From a pair and a criterion to weights of the first answer (1), the second (-1) and neither (0)."""


def sure(sign: int) -> Mapping[int, float]:
    return {one: 0.9 if one == sign else 0.05 for one in (1, 0, -1)}


def truth(pair: Pair, name: str) -> int:
    """Return which answer is better by one criterion, the new one included."""
    if name == "overall":
        return 1 if pair.meta["first"]["u"] > pair.meta["second"]["u"] else -1
    if name == "both":
        parts, _ = judging.COMPOSED[pair.group.partition("/")[0]]
        first, second = (all(pair.meta[side]["criteria"][one] == 1 for one in parts) for side in ("first", "second"))
        return first - second
    return judging.signs(pair)[name]


def asked(domain: str, request: Request) -> list[str]:
    """Return the criteria whose questions stand in a prompt, in their order there."""
    said = "".join(part.text for message in request.messages for part in message.parts)
    questions = {judging.COMPOSED[domain][1]: "both"} | {
        judging.question(domain, name, held_out=held_out): name
        for name in LANGUAGES[domain].words
        for held_out in (False, True)
    }
    return [name for _, name in sorted((said.find(text), name) for text, name in questions.items() if text in said)]


def engine(pairs: Sequence[Pair], belief: Belief) -> ScriptedEngine:
    """Return an engine that believes this of every pair, whichever answer is shown first."""
    by_id = {pair.id: pair for pair in pairs}

    def labels(request: Request, sample: int, slot: Slot) -> Mapping[str, float]:
        name, _, order = request.id.removeprefix("pocket/").rpartition("/")
        way = 1 if order == "ab" else -1
        pair = by_id[name]
        criterion = asked(pair.group.partition("/")[0], request)[int(slot.name.removeprefix("c")) - 1]
        weights = belief(pair, criterion, request)
        return {"A": weights.get(way, 0.0), "B": weights.get(-way, 0.0), "=": weights.get(0, 0.0)}

    return ScriptedEngine(labels)


def knows(pair: Pair, name: str, request: Request) -> Mapping[int, float]:
    return sure(truth(pair, name))


def halo(pair: Pair, name: str, request: Request) -> Mapping[int, float]:
    """Take the better answer for better in every respect."""
    return sure(truth(pair, "overall"))


def wrong(pair: Pair, name: str, request: Request) -> Mapping[int, float]:
    return sure(-truth(pair, name))


def figure(gates: Sequence[Gate], name: str) -> float | None:
    [found] = [one.found.value for one in gates if one.name == f"judge: {name}"]
    return found


def made(*truths: tuple[float, float]) -> Pair:
    """Return a pair of harmlessness with these truths of the two answers, in the order of its criteria."""
    names = ("harm_avoided", "helped", "reason", "respect")
    first, second = (dict(zip(names, values, strict=False)) for values in zip(*truths, strict=True))
    meta = {"first": {"criteria": first}, "second": {"criteria": second}}
    return Pair(id="harmlessness/a/0/1", group="harmlessness/a/0/1", prompt=(), first="a", second="b", meta=meta)


# ---------------------------------------------------------------- what truth demands


def test_a_criterion_turns_the_winner_where_ten_times_its_weight_outvotes_the_others() -> None:
    pair = made((1, 0), (1, 0), (0, 1))
    assert judging.signs(pair) == {"harm_avoided": 1, "helped": 1, "reason": -1}
    assert judging.winner(pair) == 1  # 1 + 1 - 1
    assert judging.turning(pair) == ["reason"]  # 1 + 1 - 10 < 0
    assert judging.turning(made((0, 1), (0, 1), (1, 0))) == ["reason"]
    assert judging.turning(made((1, 0), (0.5, 0.5), (1, 0))) == []
    even = made((1, 0), (0, 1))
    assert judging.winner(even) == 0
    assert judging.turning(even) == []  # there is no winner to turn


def test_a_heavier_criterion_is_ten_times_as_heavy_and_nothing_else_changes() -> None:
    rows = [{"id": name, "question": "Which?"} for name in ("one", "other")]
    rubric = Rubric.from_data({"schema_version": 1, "name": "r", "mode": "pairwise", "criteria": rows})
    changed = judging.heavier(rubric, "other")
    assert [one.weight for one in changed.criteria] == [1, 10]
    assert changed.with_(criteria=rubric.criteria) == rubric


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_criterion_has_a_question_for_all_tasks_in_known_and_in_held_out_words(domain: str) -> None:
    for name, wording in LANGUAGES[domain].words.items():
        known, new = (judging.question(domain, name, held_out=held_out) for held_out in (False, True))
        assert known in wording.compared.training
        assert new in wording.compared.held_out
        assert "{" not in known + new


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_composed_question_is_asked_nowhere_and_its_parts_are_known(domain: str) -> None:
    parts, text = judging.COMPOSED[domain]
    words = LANGUAGES[domain].words
    assert set(parts) < set(words)
    assert text not in {
        one for wording in words.values() for one in (*wording.compared.training, *wording.asked.training)
    }
    for pair in judging.composed_pairs(domain, 10):
        assert abs(truth(pair, "both")) == 1


@pytest.mark.parametrize("domain", DOMAINS)
def test_pairs_are_of_new_families_and_as_they_are_wanted(domain: str) -> None:
    pairs = judging.new_pairs(domain, 9, keep=lambda pair: bool(judging.turning(pair)))
    assert len({pair.id for pair in pairs}) == 9
    assert all(pair.meta["family"] in EVALUATION_FAMILIES and judging.turning(pair) for pair in pairs)
    assert judging.new_pairs(domain, 4) == judging.new_pairs(domain, 6)[:4]


# ---------------------------------------------------------------- accuracy and calibration


def test_a_judge_that_knows_is_right_in_both_orders() -> None:
    pairs = judging.new_pairs("reasoning", N)
    found = judging.judge_figures(engine(pairs, knows), pairs)
    for name in ("accuracy, both orders", "accuracy, first answer shown first", "both orders name the same winner"):
        assert figure(found, name) == 1.0
    assert figure(found, "scored") == 1.0


def test_a_judge_that_always_says_a_is_right_by_chance_and_disagrees_with_itself() -> None:
    pairs = judging.new_pairs("reasoning", N)
    found = judging.judge_figures(ScriptedEngine(lambda *_: {"A": 0.9, "B": 0.1}), pairs)
    first = sum(truth(pair, "overall") == 1 for pair in pairs) / N
    assert figure(found, "accuracy, both orders") == 0.5  # log-odds of the two orders cancel
    assert figure(found, "accuracy, first answer shown first") == pytest.approx(first)
    assert figure(found, "accuracy, second answer shown first") == pytest.approx(1 - first)
    assert figure(found, "both orders name the same winner") == 0.0


def test_margins_that_are_the_true_log_odds_of_the_labels_have_the_slope_1_on_these() -> None:
    pairs = judging.new_pairs("harmlessness", N)

    def exact(pair: Pair, name: str, request: Request) -> Mapping[int, float]:
        return {1: pair.meta["p_star"], -1: 1 - pair.meta["p_star"]}

    def twice(pair: Pair, name: str, request: Request) -> Mapping[int, float]:
        return {1: pair.meta["p_star"] ** 2, -1: (1 - pair.meta["p_star"]) ** 2}  # twice the log-odds

    slope = "calibration slope on noisy labels"
    assert figure(judging.judge_figures(engine(pairs, exact), pairs), slope) == pytest.approx(1.0, abs=1e-4)
    assert figure(judging.judge_figures(engine(pairs, twice), pairs), slope) == pytest.approx(0.5, abs=1e-4)


def test_a_judge_that_fails_scores_nothing() -> None:
    pairs = judging.new_pairs("harmlessness", 6)
    broken = ScriptedEngine(faults=lambda request, sample: "fail")
    found = judging.judge_figures(broken, pairs)
    assert figure(found, "scored") == figure(found, "both orders name the same winner") == 0.0
    assert figure(found, "accuracy, both orders") == 0.5
    assert (
        judging.follows(
            broken, judging.new_pairs("reasoning", 6, keep=lambda pair: bool(judging.turning(pair)))
        ).found.value
        == 0
    )
    assert judging.stays(broken, pairs).found.value == 0


# ---------------------------------------------------------------- obeying the rubric


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_winner_follows_a_heavier_criterion_where_each_is_judged_by_itself_and_never_under_a_halo(
    domain: str,
) -> None:
    pairs = judging.new_pairs(domain, N, keep=lambda pair: bool(judging.turning(pair)))
    obeyed = judging.follows(engine(pairs, knows), pairs)
    assert obeyed.found.value == 1.0
    assert obeyed.holds
    for belief in (halo, wrong):
        ignored = judging.follows(engine(pairs, belief), pairs)
        assert ignored.found.value == 0.0
        assert ignored.holds is False


def test_pairs_that_no_criterion_can_turn_do_not_count() -> None:
    pairs = judging.new_pairs("harmlessness", N, keep=lambda pair: not judging.turning(pair))
    assert judging.follows(engine(pairs, knows), pairs).found.value is None
    more = [*pairs, *judging.new_pairs("harmlessness", 3, keep=lambda pair: bool(judging.turning(pair)))]
    assert judging.follows(engine(more, knows), more).found.value == 1.0


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_winner_stays_in_other_words_unless_the_judge_minds_the_words(domain: str) -> None:
    pairs = judging.new_pairs(domain, N, keep=lambda pair: bool(judging.winner(pair)))
    held_out = [judging.question(domain, name, held_out=True) for name in LANGUAGES[domain].words]

    def touchy(pair: Pair, name: str, request: Request) -> Mapping[int, float]:
        said = "".join(part.text for message in request.messages for part in message.parts)
        return wrong(pair, name, request) if any(text in said for text in held_out) else knows(pair, name, request)

    assert judging.stays(engine(pairs, knows), pairs).found.value == 1.0
    assert judging.stays(engine(pairs, touchy), pairs).found.value == 0.0


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_new_criterion_counts_where_its_whole_interval_is_above_chance(domain: str) -> None:
    pairs = judging.composed_pairs(domain, N)
    judged = judging.composed(engine(pairs, knows), pairs)
    assert judged.found.value == 1.0
    assert judged.holds
    right = {pair.id for pair in pairs[: N * 5 // 8]}  # 15 of 24: above a half, but not for sure

    def unsure(pair: Pair, name: str, request: Request) -> Mapping[int, float]:
        return (knows if pair.id in right else wrong)(pair, name, request)

    close = judging.composed(engine(pairs, unsure), pairs)
    assert close.found.value == pytest.approx(15 / 24)
    assert close.holds is False
