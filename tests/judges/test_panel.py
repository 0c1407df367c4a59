"""Several judges as one, by hand."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from beliefs import content, group, pair, rubric, shown
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.engines.scripted import ScriptedEngine, fault_rates
from assay.errors import InputError
from assay.judges import Judge, Panel
from assay.types import PairScorer

WINNER = rubric("pairwise")
YES = rubric("pointwise", 'id: right, question: "Right?", type: binary')
TWO = rubric("pairwise", 'id: right, question: "More right?", weight: 2', 'id: loud, question: "Louder?", weight: -1')


def member(first: float, tie: float, second: float, bias: float = 1.0, **more: Any) -> Judge:
    """Return a judge with these weights for "x", a tie and "y", times a bias for what is shown first."""

    def belief(request: Any, *_: object) -> dict[str, float]:
        name = {text: name for name, text in shown(request).items()}
        weight = {name["x"]: first, name["y"]: second}
        return {"A": bias * weight["A"], "B": weight["B"], "tie": tie}

    return Judge(rubric=WINNER, engine=ScriptedEngine(belief), **more)


def scored(x: float, y: float, **more: Any) -> Judge:
    """Return a judge whose P(yes) is x for "x" and y for "y"."""

    def belief(request: Any, *_: object) -> dict[str, float]:
        p = {"x": x, "y": y}[shown(request)["A"]]
        return {"yes": p, "no": 1 - p}

    return Judge(rubric=YES, engine=ScriptedEngine(belief, **more))


XY = [pair("p", "x", "y")]


def test_the_mean_is_taken_in_probability_per_order_and_then_in_log_odds() -> None:
    # .9 and .5: .7; in both orders alike
    said = Panel(judges=(member(9, 0, 1), member(1, 0, 1))).compare(XY)
    assert said.margin == pytest.approx([math.log(0.7 / 0.3)])
    assert said.ab == pytest.approx(said.margin)
    assert said.ba == pytest.approx(said.margin)
    # odds with bias 2: 2 : 1 and 1 : 2 of the first, 1 : 1 twice of the second; ab (2/3 + 1/2) / 2 = 7/12, ba 5/12
    said = Panel(judges=(member(1, 0, 1, bias=2), member(1, 0, 1))).compare(XY)
    assert said.ab == pytest.approx([math.log(7 / 5)])
    assert said.ba == pytest.approx([math.log(5 / 7)])
    assert said.margin == pytest.approx([0.0])


def test_the_deviation_is_that_of_the_judges_own_margins() -> None:
    # log 9, log 1 and log 3 = 2, 0 and 1 times log 3: deviation log 3 with divisor 2
    said = Panel(judges=(member(9, 0, 1), member(1, 0, 1), member(3, 0, 1))).compare(XY)
    assert said.std == pytest.approx([math.log(3)])


def test_a_judge_who_sees_no_order_counts_in_both() -> None:
    # yes .8 against .5: p = .4 + (.4 + .1) / 2 = .65; with 2 : 1 and 1 : 2 of the other
    said = Panel(judges=(scored(0.8, 0.5), member(1, 0, 1, bias=2))).compare(XY)
    assert said.ab == pytest.approx([math.log((0.65 + 2 / 3) / (0.35 + 1 / 3))])
    assert said.ba == pytest.approx([math.log((0.65 + 1 / 3) / (0.35 + 2 / 3))])
    assert said.margin == pytest.approx((said.ab + said.ba) / 2 if said.ab is not None and said.ba is not None else 0)


def test_judges_who_all_see_no_order_make_a_panel_that_sees_none() -> None:
    said = Panel(judges=(scored(0.8, 0.5), scored(0.5, 0.5))).compare(XY)
    assert (said.ab, said.ba) == (None, None)
    assert said.margin == pytest.approx([math.log((0.65 + 0.5) / (0.35 + 0.5))])
    assert said.tie == pytest.approx([(0.5 + 0.5) / 2])


def test_the_mean_of_sure_judges_keeps_both_tails() -> None:
    # odds 1e12 and 1e13: the small tails 1e-12 and 1e-13 are added as such
    said = Panel(judges=(member(1e12, 0, 1), member(1e13, 0, 1))).compare(XY)
    assert said.margin == pytest.approx([math.log(2 / (1e-12 + 1e-13))], rel=1e-9)


def test_votes_count_one_each_and_a_tie_half() -> None:
    # two for x, one for neither: log((2 + ½ + ½) / (0 + ½ + ½)) = log 3; how sure they are is nothing
    judges = member(99, 0, 1), member(2, 0, 1), member(1, 1, 1)
    said = Panel(judges=judges, by="vote").compare(XY)
    assert said.margin == pytest.approx([math.log(3)])
    assert said.tie == pytest.approx([1 / 3])
    assert said.std == pytest.approx([np.std([math.log(99), math.log(2), 0], ddof=1)])
    assert Panel(judges=judges, by="vote").method == "panel-vote"


def test_each_order_has_votes_of_its_own() -> None:
    # the first judge goes by place: for x in ab, for y in ba, for neither together
    said = Panel(judges=(member(1, 0, 1, bias=2), member(3, 0, 1)), by="vote").compare(XY)
    assert said.ab == pytest.approx([math.log(2.5 / 0.5)])
    assert said.ba == pytest.approx([0.0])
    assert said.margin == pytest.approx([math.log(2 / 1)])


def test_the_score_is_the_mean_of_expected_scores() -> None:
    said = Panel(judges=(scored(0.8, 0.5), scored(0.4, 0.5))).score(group("g", "x", "y"))
    assert said.value == pytest.approx([0.6, 0.5])
    assert said.std == pytest.approx([math.sqrt(0.08), 0.0])
    assert (said.unit, said.scorer) == ("points", "panel")


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.text("ab", max_size=6), st.text("ab", max_size=6)), min_size=1, max_size=4))
def test_exchanging_the_answers_turns_a_panels_margin_exactly(texts: list[tuple[str, str]]) -> None:
    judges = tuple(Judge(rubric=what, engine=ScriptedEngine(content)) for what in (TWO, YES, TWO))
    panel = Panel(judges=judges)
    there = panel.compare([pair(f"p{i}", a, b) for i, (a, b) in enumerate(texts)])
    back = panel.compare([pair(f"p{i}", b, a) for i, (a, b) in enumerate(texts)])
    np.testing.assert_array_equal(there.margin, -back.margin)


def test_one_judge_failed_and_so_has_the_panel_for_the_first_reason() -> None:
    bad = Judge(rubric=WINNER, engine=ScriptedEngine(faults=fault_rates(0, refuse=1.0)))
    for by in ("mean", "vote"):
        said = Panel(judges=(member(3, 0, 1), bad, member(3, 0, 1)), by=by).compare(XY)
        assert said.status.tolist() == ["refused"]
        assert np.isnan(said.margin).all()
        assert np.isnan(said.ab if said.ab is not None else 0).all()
        assert said.finish is not None
        assert said.finish.tolist() == [""]
    half = Judge(rubric=WINNER, engine=ScriptedEngine(faults=lambda r, s: "fail" if r.id.endswith("ba") else None))
    said = Panel(judges=(member(3, 0, 1), half)).compare(XY)
    assert said.status.tolist() == ["engine_error"]
    assert np.isnan(said.margin).all()
    broken = scored(0.8, 0.5, faults=fault_rates(0, fail=1.0))
    assert Panel(judges=(scored(0.8, 0.5), broken)).score(group("g", "x", "y")).status.tolist() == ["engine_error"] * 2


def test_one_order_alone_stays_one_order() -> None:
    said = Panel(judges=(member(3, 0, 1, orders="ab"), member(1, 0, 1, orders="ab"))).compare(XY)
    assert said.margin == pytest.approx([math.log(0.625 / 0.375)])
    assert said.order.tolist() == ["ab"]


def test_costs_add_up_and_a_panel_is_a_pair_scorer() -> None:
    panel = Panel(judges=(member(3, 0, 1), scored(0.5, 0.5)), name="mine")
    said = panel.compare(XY)
    assert said.cost.prompt_tokens == sum(judge.compare(XY).cost.prompt_tokens for judge in panel.judges) > 0
    assert isinstance(panel, PairScorer)
    assert (panel.name, panel.family, panel.method, said.scorer) == ("mine", "judge", "panel-mean", "mine")
    assert panel.compare([]).margin.shape == (0,)


def test_what_makes_no_panel_is_refused() -> None:
    one = member(3, 0, 1)
    with pytest.raises(ValueError, match="two judges or more"):
        Panel(judges=(one,))
    with pytest.raises(ValueError, match="by='median'"):
        Panel(judges=(one, one), by="median")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="in orders ab, both; use one"):
        Panel(judges=(one, member(3, 0, 1, orders="ab"), scored(0.5, 0.5)))
    with pytest.raises(InputError, match="needs two answers"):
        Panel(judges=(scored(0.8, 0.5), scored(0.4, 0.5)), by="vote").score(group("g", "x"))
    with pytest.raises(InputError, match="only compares"):
        Panel(judges=(one, one)).score(group("g", "x"))
