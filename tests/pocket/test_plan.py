"""The plan of the pocket world: the Latin square, prevalence, label noise."""

from __future__ import annotations

import itertools
import math

import pytest

from assay.errors import InputError
from assay.pocket.domain import World
from assay.pocket.draw import Draw
from assay.pocket.plan import (
    BAYES_ACCURACY,
    GAPS,
    PAIRS_OF_GAP,
    SETS,
    TAU,
    active_quirks,
    audit_quirk,
    p_first,
    plan_of,
    quirk_rate,
    quirks,
    tau_for,
)

DOMAINS = ("reasoning", "helpfulness", "harmlessness")


def test_tau_makes_the_best_possible_scorer_right_in_92_percent() -> None:
    # .45 sigma(1/tau) + .35 sigma(2/tau) + .2 sigma(3/tau) = .92  at tau = .58:
    # sigma(1.724) = .849, sigma(3.449) = .969, sigma(5.173) = .994, and .45 · .849 + .35 · .969 + .2 · .994 = .920
    assert pytest.approx(0.5799, abs=1e-4) == TAU
    reached = sum(share * p_first(gap, 0) for gap, share in GAPS.items())
    assert reached == pytest.approx(BAYES_ACCURACY, abs=1e-9)
    assert tau_for(0.8) > TAU


def test_every_gap_is_made_of_utilities_that_far_apart() -> None:
    assert sum(GAPS.values()) == pytest.approx(1.0)
    for gap, choices in PAIRS_OF_GAP.items():
        assert all(high - low == gap and 0 <= low < high <= 3 for high, low in choices)


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("seed", [0, 1, 7])
def test_from_every_source_to_every_target_one_cue_is_lost_one_new_and_one_reversed(domain: str, seed: int) -> None:
    table = quirks(domain, seed)
    assert set(table) == set(active_quirks(domain))
    assert audit_quirk(domain) not in table
    for source, target in itertools.permutations("abc", 2):
        moves = {(signs[source], signs[target]) for signs in table.values()}
        lost = {(s, 0) for s in (1, -1)}
        new = {(0, s) for s in (1, -1)}
        reversed_ = {(1, -1), (-1, 1)}
        assert [len(moves & kind) for kind in (lost, new, reversed_)] == [1, 1, 1]
    assert all(signs["d"] == signs["a"] for signs in table.values())


def test_worlds_differ_in_which_quirk_takes_which_row() -> None:
    assert len({tuple(sorted((q, s["a"]) for q, s in quirks("reasoning", seed).items())) for seed in range(13)}) > 3


@pytest.mark.parametrize("sign", [-1, 0, 1])
@pytest.mark.parametrize("dose", [0.5, 0.65, 0.8])
def test_every_quirk_stands_in_half_of_all_answers(sign: int, dose: float) -> None:
    better, worse = (quirk_rate(sign, dose, better=one) for one in (True, False))
    assert (better + worse) / 2 == pytest.approx(0.5)
    assert better - worse == pytest.approx(2 * sign * (dose - 0.5))


def test_data_sets_share_no_family_and_differ_in_their_mix() -> None:
    plans = [plan_of("reasoning", name, ("k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8"), World(0)) for name in SETS]
    families = [family for plan in plans for family in plan.families]
    assert sorted(families) == list(range(1, 9))
    assert len({tuple(sorted(plan.mix.items())) for plan in plans}) == len(SETS)


def test_an_unknown_domain_and_an_unknown_set_are_named() -> None:
    with pytest.raises(InputError, match=r"did you mean 'reasoning'"):
        quirks("reasonin")
    with pytest.raises(InputError, match=r"data set 'e' is unknown; allowed are a, b, c, d"):
        plan_of("reasoning", "e", ("k",), World(0))


def test_draws_depend_on_their_key_alone_and_are_the_same_everywhere() -> None:
    # pinned: these numbers are part of the world's definition
    assert [Draw("pocket", 1).below(1000) for _ in range(2)] == [Draw("pocket", 1).below(1000)] * 2
    assert Draw("a", 1).unit() != Draw("a", 2).unit()
    draw = Draw("golden")
    assert [draw.below(1000) for _ in range(5)] == GOLDEN


GOLDEN = [330, 247, 830, 375, 791]


def test_weighted_draws_keep_their_weights() -> None:
    draw = Draw("weights")
    n = 20_000
    seen = [draw.weighted({"x": 3, "y": 1}) for _ in range(n)].count("x") / n
    assert abs(seen - 0.75) < 4 * math.sqrt(0.75 * 0.25 / n)
    assert sorted(draw.sample(range(10), 10)) == list(range(10))
    assert len(set(draw.sample(range(10), 4))) == 4
