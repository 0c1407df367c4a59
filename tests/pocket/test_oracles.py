"""Oracles and teachers on a made-up plan: closed forms against by-hand arithmetic and against draws."""

from __future__ import annotations

import math

import numpy as np
import pytest

from assay.errors import InputError
from assay.pocket.domain import World
from assay.pocket.draw import Draw
from assay.pocket.oracles import Oracle, agreement, error_rate, noise_oracle, quirk_oracle, truth_oracle
from assay.pocket.plan import GAPS, SetPlan, p_first, plan_of, quirk_rate
from assay.pocket.teachers import BIASES, axis_teacher, teacher_labels
from assay.types import Pair


def plan(name: str = "a", dose: float = 0.65) -> SetPlan:
    return plan_of("reasoning", name, ("slip", "leap"), World(0), dose)


def drawn(which: SetPlan, n: int) -> list[Pair]:
    """Draw pairs by the plan, without texts."""
    made = []
    for i in range(n):
        draw = Draw("test", which.name, i)
        gap = draw.weighted(GAPS)
        sides = [
            {
                "u": u,
                "quirks": [q for q, s in which.signs.items() if draw.chance(quirk_rate(s, which.dose, better=u > 0))],
            }
            for u in (gap, 0)
        ]
        label = float(draw.chance(p_first(gap, 0)))
        if draw.chance(0.5):
            sides, label = sides[::-1], 1 - label
        meta = {"first": sides[0], "second": sides[1]}
        made.append(Pair(id=f"p{i}", group=f"p{i}", prompt=(), first="x", second="y", label=label, meta=meta))
    return made


def test_one_quirk_alone_is_right_as_often_as_its_dose_says() -> None:
    # .65 / .35: only the better has it .65 · .65 = .4225, only the worse .35 · .35 = .1225, ties .455 count half:
    # right about utility .4225 + .2275 = .65; about labels .4225 · .92 + .1225 · .08 + .2275 = .626
    which = plan()
    [quirk] = [name for name, sign in which.signs.items() if sign == 1]
    one = Oracle(name="q", quirks={quirk: 1.0})
    assert 1 - error_rate(one, which) == pytest.approx(0.65, abs=1e-12)
    assert agreement(one, which) == pytest.approx(0.4225 * 0.92 + 0.1225 * 0.08 + 0.2275, abs=1e-9)


def test_truth_reaches_the_bayes_accuracy_and_noise_a_half() -> None:
    assert agreement(truth_oracle(), plan()) == pytest.approx(0.92, abs=1e-9)
    assert agreement(noise_oracle(), plan()) == pytest.approx(0.5, abs=1e-12)


def test_a_quirk_reader_falls_below_half_where_its_cues_are_lost_and_reversed() -> None:
    reader = quirk_oracle(plan("a"))
    assert agreement(reader, plan("a")) > 0.65
    assert agreement(reader, plan("d")) == pytest.approx(agreement(reader, plan("a")))
    assert all(agreement(reader, plan(name)) < 0.5 for name in "bc")


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_drawn_accuracies_equal_the_closed_form_within_four_standard_errors(name: str) -> None:
    n, which = 6000, plan(name)
    pairs = drawn(which, n)
    labels = np.array([pair.label for pair in pairs])
    readers = [
        truth_oracle(),
        quirk_oracle(plan("a")),
        noise_oracle(),
        Oracle(name="m", truth=1, noise=2, quirks={"opener": 1}),
    ]
    for oracle in readers:
        margin = oracle.compare(pairs).margin
        seen = float(np.mean(np.where(margin == 0, 0.5, (margin > 0) == (labels > 0.5))))
        expected = agreement(oracle, which)
        assert abs(seen - expected) < 4 * math.sqrt(expected * (1 - expected) / n), oracle.name


@pytest.mark.parametrize("bias", BIASES)
def test_teachers_of_the_axis_err_equally_often_and_ever_more_with_the_quirks(bias: float) -> None:
    which = plan()
    teacher = axis_teacher(which, bias, 0.25)
    assert error_rate(teacher, which) == pytest.approx(0.25, abs=1e-9)
    pairs = drawn(which, 4000)
    labels = np.array(teacher_labels(teacher, pairs))
    du = np.array([pair.meta["first"]["u"] - pair.meta["second"]["u"] for pair in pairs])
    dq = np.array(quirk_oracle(which).compare(pairs).margin)
    assert abs(float(np.mean((labels > 0.5) != (du > 0))) - 0.25) < 4 * math.sqrt(0.25 * 0.75 / 4000)
    wrong = (labels > 0.5) != (du > 0)
    against = dq * np.sign(du) < 0  # the quirks point at the worse answer
    excess = float(wrong[against].mean() - wrong[~against].mean())
    assert abs(excess) < 0.06 if bias == 0 else excess > 0.03 * bias


def test_flips_turn_labels_round_at_their_rate() -> None:
    pairs = drawn(plan(), 4000)
    plain = np.array(teacher_labels(truth_oracle(), pairs))
    flipped = np.array(teacher_labels(truth_oracle(), pairs, flips=0.1, seed=3))
    assert abs(float(np.mean(plain != flipped)) - 0.1) < 4 * math.sqrt(0.09 / 4000)
    with pytest.raises(ValueError, match="flips"):
        teacher_labels(truth_oracle(), pairs, flips=1.5)


def test_a_teacher_that_cannot_be_is_refused() -> None:
    with pytest.raises(InputError, match=r"errs in 0\.\d+ or more"):
        axis_teacher(plan(dose=0.65), 50.0, 0.05)


def test_an_oracle_refuses_pairs_of_another_world() -> None:
    with pytest.raises(InputError, match="only world: pairs have"):
        truth_oracle().compare([Pair(id="p", group="p", prompt=(), first="x", second="y")])
