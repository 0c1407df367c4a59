"""Losses of pairs: values, gradients, symmetry."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from assay.eval import ties as eval_ties
from assay.scalar import loss
from assay.types import Pair

LN2, LN3, LN9 = math.log(2), math.log(3), math.log(9)
margins = st.floats(-30, 30)
shares = st.floats(0, 1)


def wide(*values: float) -> Tensor:
    return torch.tensor(values, dtype=torch.float64, requires_grad=True)


def slope(loss_B: Tensor, by: Tensor) -> list[float]:
    [gradient] = torch.autograd.grad(loss_B.sum(), by)
    found: list[float] = gradient.tolist()
    return found


def near(*values: float) -> object:
    return pytest.approx(list(values), abs=1e-12)


def test_the_loss_is_the_surprise_at_the_preferred_side() -> None:
    # −log σ(0) = ln 2;  −log σ(ln 3) = −log ¾;  and at y = 0 the other side: −log ¼
    d = wide(0.0, LN3, LN3)
    assert loss.bradley_terry(d, torch.tensor([1.0, 1.0, 0.0])).tolist() == near(LN2, -math.log(3 / 4), math.log(4))


def test_the_gradient_is_the_stated_chance_less_the_label() -> None:
    # σ(d) − y:  ½ − 1, ¾ − 1, ¾ − ¼, ½ − ½
    d = wide(0.0, LN3, LN3, 0.0)
    assert slope(loss.bradley_terry(d, torch.tensor([1.0, 1.0, 0.25, 0.5])), d) == near(-1 / 2, -1 / 4, 1 / 2, 0)


def test_without_labels_the_first_side_is_preferred() -> None:
    d = wide(-1.0, 2.0)
    assert torch.equal(loss.bradley_terry(d), loss.bradley_terry(d, torch.ones(2)))


@settings(deadline=None)
@given(margins, shares)
def test_a_soft_label_is_the_mixture_of_the_hard_ones(d: float, y: float) -> None:
    lost, won = (loss.bradley_terry(wide(d), torch.tensor([hard])).item() for hard in (0.0, 1.0))
    soft = loss.bradley_terry(wide(d), torch.tensor([y], dtype=torch.float64)).item()
    assert soft == pytest.approx(y * won + (1 - y) * lost, abs=1e-10)


def test_a_smoothed_label_stops_pulling_where_the_chance_is_one_less_the_smoothing() -> None:
    # w = 0.1: σ(d) = 0.9 at d = ln 9, so no pull there; at 0: ½ − 0.9
    d = wide(LN9, 0.0)
    assert slope(loss.bradley_terry(d, smoothing=0.1), d) == near(0, -0.4)


def test_smoothing_mixes_in_the_loss_of_the_other_side() -> None:
    d, y = wide(-1.5, 0.3), torch.tensor([1.0, 0.2])
    mixed = 0.9 * loss.bradley_terry(d, y) + 0.1 * loss.bradley_terry(d, 1 - y)
    assert loss.bradley_terry(d, y, smoothing=0.1).tolist() == pytest.approx(mixed.tolist(), abs=1e-7)


@pytest.mark.parametrize("smoothing", [-0.1, 0.5, math.nan])
def test_a_smoothing_that_loses_the_label_is_refused(smoothing: float) -> None:
    with pytest.raises(ValueError, match="smoothing"):
        loss.bradley_terry(wide(0.0), smoothing=smoothing)


def test_a_gap_moves_the_point_where_a_lead_is_worth_ln_2() -> None:
    # y = 1: −log σ(d − m) at d = m is ln 2, gradient −½;  y = 0 by symmetry at d = −m, gradient +½
    d = wide(2.0, -2.0)
    loss_B = loss.bradley_terry(d, torch.tensor([1.0, 0.0]), gap_B=torch.tensor([2.0, 2.0]))
    assert loss_B.tolist() == near(LN2, LN2)
    assert slope(loss_B, d) == near(-1 / 2, 1 / 2)


def test_a_tie_pulls_rewards_together_whatever_the_gap() -> None:
    # y = ½: gradient ½ (σ(d + m) − σ(m − d)), 0 at d = 0
    d = wide(0.0, 0.0)
    assert slope(loss.bradley_terry(d, torch.tensor([0.5, 0.5]), gap_B=torch.tensor([0.0, 3.0])), d) == near(0, 0)


def test_a_weight_scales_its_pair_only() -> None:
    d = wide(0.0, 0.0)
    assert loss.bradley_terry(d, weight_B=torch.tensor([3.0, 0.0])).tolist() == near(3 * LN2, 0)


@settings(deadline=None)
@given(margins, shares, st.floats(0, 5), st.floats(0, 0.49))
def test_exchanging_the_sides_changes_no_loss(d: float, y: float, gap: float, w: float) -> None:
    m, label = torch.tensor([gap], dtype=torch.float64), torch.tensor([y], dtype=torch.float64)
    as_is = loss.bradley_terry(wide(d), label, gap_B=m, smoothing=w).item()
    assert loss.bradley_terry(wide(-d), 1 - label, gap_B=m, smoothing=w).item() == pytest.approx(as_is, abs=1e-10)
    own = loss.confidence_auxiliary(wide(d), label, 0.7).item()
    assert loss.confidence_auxiliary(wide(-d), 1 - label, 0.7).item() == pytest.approx(own, abs=1e-10)
    votes = torch.tensor([[y, 0.5, 1 - y]], dtype=torch.float64)
    tied = loss.davidson_ties(wide(d), votes, 0.8).item()
    assert loss.davidson_ties(wide(-d), votes.flip(1), 0.8).item() == pytest.approx(tied, abs=1e-10)
    assert loss.centring(wide(d), wide(y)).item() == loss.centring(wide(y), wide(d)).item()


def test_only_centring_sees_a_shift_common_to_both_sides() -> None:
    first, second = wide(1.0, -2.0), wide(0.5, 4.0)
    assert torch.equal(loss.bradley_terry(first - second), loss.bradley_terry((first + 8) - (second + 8)))
    # (1 + 0.5)² and (−2 + 4)²; shifted by 8 each: (1.5 + 16)² and (2 + 16)²
    assert loss.centring(first, second).tolist() == near(2.25, 4)
    assert loss.centring(first + 8, second + 8).tolist() == near(17.5**2, 18**2)


def test_centring_pulls_both_sides_alike() -> None:
    first, second = wide(1.0), wide(2.0)  # 2 (1 + 2) on either side
    assert slope(loss.centring(first, second), first) == slope(loss.centring(first, second), second) == near(6)


def test_huge_margins_have_finite_losses_and_gradients() -> None:
    d = torch.tensor([1e4, -1e4], requires_grad=True)
    loss_B = loss.bradley_terry(d)
    assert loss_B.tolist() == [0, 1e4]
    assert slope(loss_B, d) == [0, -1]


def test_bfloat16_margins_are_lost_in_float32() -> None:
    d = torch.tensor([0.0], dtype=torch.bfloat16, requires_grad=True)
    assert loss.bradley_terry(d, torch.ones(1)).dtype == torch.float32
    # 0.693147 in float32; bfloat16 has 0.6914 and 0.6953 only
    assert loss.bradley_terry(d, torch.ones(1)).item() == pytest.approx(LN2, abs=1e-6)
    assert loss.centring(d, d).dtype == loss.confidence_auxiliary(d, torch.ones(1), 0.5).dtype == torch.float32


def test_a_confident_student_is_pulled_to_its_own_verdict() -> None:
    # d = ln 3: p = ¾ > ½, own verdict 1; target (1 − ½)·0 + ½·1 = ½; gradient ¾ − ½.  With t = 0.9 the verdict is 0.
    d, y = wide(LN3), torch.zeros(1)
    assert slope(loss.confidence_auxiliary(d, y, 0.5), d) == near(1 / 4)
    assert slope(loss.confidence_auxiliary(d, y, 0.5, threshold=0.9), d) == near(3 / 4)


def test_a_student_without_opinion_adds_none() -> None:
    # d = 0: own verdict ½; target ½·1 + ½·½ = ¾; gradient ½ − ¾
    d = wide(0.0)
    assert slope(loss.confidence_auxiliary(d, torch.ones(1), 0.5), d) == near(-1 / 4)


def test_without_own_weight_it_is_bradley_terry() -> None:
    d, y = wide(-1.0, 0.2), torch.tensor([0.3, 0.9])
    assert torch.equal(loss.confidence_auxiliary(d, y, 0.0), loss.bradley_terry(d, y))


@pytest.mark.parametrize(("alpha", "threshold"), [(-0.1, 0.5), (1.1, 0.5), (0.5, 0.0), (0.5, 1.0)])
def test_a_share_or_threshold_out_of_range_is_refused(alpha: float, threshold: float) -> None:
    with pytest.raises(ValueError, match="alpha must lie"):
        loss.confidence_auxiliary(wide(0.0), torch.ones(1), alpha, threshold)


def test_trust_in_oneself_grows_linearly_then_stays() -> None:
    assert [loss.confidence_alpha(step, 10, 0.75) for step in (0, 1, 2, 9)] == [0, 0.375, 0.75, 0.75]
    assert loss.confidence_alpha(0, 10, 0.75, warmup=0) == 0.75


def test_three_outcomes_are_equally_likely_between_equals_with_nu_1() -> None:
    votes = torch.eye(3)
    assert loss.davidson_ties(wide(0.0, 0.0, 0.0), votes, 1.0).tolist() == near(LN3, LN3, LN3)


def test_a_tied_vote_pulls_by_half_the_difference_of_the_chances() -> None:
    # d = 2 ln 2, ν = 1: weights 2 : 1 : ½ = 4/7, 2/7, 1/7.  Gradient ½ (P1 − P2) − ½ (share1 − share2):
    # first −½ + 3/14, tie 3/14, second ½ + 3/14
    d = wide(2 * LN2, 2 * LN2, 2 * LN2)
    assert slope(loss.davidson_ties(d, torch.eye(3), 1.0), d) == near(-2 / 7, 3 / 14, 5 / 7)


def test_the_tie_parameter_settles_where_ties_are_as_frequent_as_stated() -> None:
    # d = 0: P(tie) = ν / (2 + ν) = ½ at ν = 2; gradient by log ν is P(tie) − share of ties
    mu = wide(LN2)
    votes = torch.tensor([[1.0, 2.0, 1.0], [3.0, 0.0, 1.0]])
    assert slope(loss.davidson_ties(wide(0.0), votes[:1], mu.exp()), mu) == near(0)
    assert slope(loss.davidson_ties(wide(0.0), votes[1:], mu.exp()), mu) == near(1 / 2)


def test_davidson_agrees_with_the_map_that_is_fitted_for_evaluation() -> None:
    d = np.array([-3.0, 0.0, 0.7, 5.0])
    p_N3 = eval_ties.Davidson(scale=1.0, nu=0.6, scale_error=None, nu_error=None).probabilities(d)
    for k in range(3):
        votes = torch.eye(3)[[k] * 4]
        assert loss.davidson_ties(torch.from_numpy(d), votes, 0.6).tolist() == near(*-np.log(p_N3[:, k]))


def test_davidson_without_ties_is_bradley_terry() -> None:
    d = wide(-2.0, 0.5)
    votes = torch.tensor([[1.0, 0.0, 0.0], [1.0, 0.0, 3.0]])
    as_label = loss.bradley_terry(d, torch.tensor([1.0, 0.25]))
    assert loss.davidson_ties(d, votes, 1e-12).tolist() == pytest.approx(as_label.tolist(), abs=1e-9)


@pytest.mark.parametrize("nu", [0.0, -1.0, math.inf])
def test_a_tie_parameter_of_nothing_is_refused(nu: float) -> None:
    with pytest.raises(ValueError, match="nu must be"):
        loss.davidson_ties(wide(0.0), torch.ones(1, 3), nu)


def test_gradients_agree_with_finite_differences() -> None:
    d, r = wide(-1.3, 0.2, 4.0), wide(0.4, -0.6, 1.1)
    y, votes = torch.tensor([0.2, 1.0, 0.5], dtype=torch.float64), torch.rand(3, 3, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda m: loss.bradley_terry(m, y, gap_B=y, weight_B=y, smoothing=0.1), (d,))
    assert torch.autograd.gradcheck(loss.centring, (d, r))
    assert torch.autograd.gradcheck(lambda m, nu: loss.davidson_ties(m, votes, nu.exp()), (d, wide(0.3)))


def test_votes_become_shares_with_ties_halved_or_left_out() -> None:
    assert loss.votes_to_label((2, 1, 1)) == 2.5 / 4
    assert loss.votes_to_label((2, 1, 1), "drop") == 2 / 3
    assert loss.votes_to_label((0, 5, 0)) == 0.5
    assert loss.votes_to_label((0, 5, 0), "drop") is None


def test_impossible_votes_and_policies_are_refused() -> None:
    for votes in ((0.0, 0.0, 0.0), (-1.0, 2.0, 0.0), (math.nan, 1.0, 0.0)):
        with pytest.raises(ValueError, match="votes must be"):
            loss.votes_to_label(votes)
    with pytest.raises(ValueError, match="ties must be"):
        loss.votes_to_label((1, 0, 0), "keep")  # type: ignore[arg-type]


def pair(label: float | None, votes: tuple[float, float, float] | None = None) -> Pair:
    return Pair(id="p", group="g", prompt=(), first="a", second="b", label=label, votes=votes)


def test_dropping_ties_keeps_split_annotators() -> None:
    assert loss.pair_label(pair(0.5), "drop") is None
    assert loss.pair_label(pair(0.5, (1, 2, 1)), "drop") is None
    assert loss.pair_label(pair(0.5, (2, 0, 2)), "drop") == 0.5
    assert loss.pair_label(pair(0.5)) == 0.5


def test_the_label_or_the_votes_decide_as_asked() -> None:
    assert loss.pair_label(pair(1.0, (2, 1, 1))) == 1.0
    assert loss.pair_label(pair(1.0, (2, 1, 1)), by="votes") == 2.5 / 4
    assert loss.pair_label(pair(None, (2, 1, 1)), "drop") == 2 / 3
    assert loss.pair_label(pair(None)) is None
    assert loss.pair_label(pair(0.3), by="votes") == 0.3
