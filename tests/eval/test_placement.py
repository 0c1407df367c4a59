"""Placement between truth and quirks: planted coefficients come back, references agree, what is not there is None."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.eval import Interval, intervals, placement
from assay.types import Floats

place_labels, place_margins = placement.place_labels, placement.place_margins
NAN = float("nan")
Place = Callable[[Floats, Floats, Floats, list[str]], placement.Placement]
NONE = Interval(value=None, low=None, high=None)
NOWHERE = placement.Placement(truth=NONE, quirks=(NONE, NONE), ratios=(NONE, NONE))


def drawn(n: int, seed: int, prompts: int | None = None) -> tuple[Floats, Floats, list[str]]:
    """Differences as in the pocket world: du is ±1, ±2, ±3; two quirks, each a little more in the better answer."""
    rng = np.random.default_rng(seed)
    gap = rng.choice([1, 2, 3], n, p=[0.45, 0.35, 0.2])
    better, worse = (rng.random((n, 2)) < share for share in (0.65, 0.35))
    side = rng.choice([-1.0, 1.0], n)
    return side * gap, side[:, None] * (better.astype(float) - worse), [f"p{i % (prompts or n)}" for i in range(n)]


def values(found: tuple[Interval, ...]) -> list[float | None]:
    return [one.value for one in found]


def ends(one: Interval) -> list[float]:
    assert one.low is not None
    assert one.high is not None
    return [one.low, one.high]


# --- margins -----------------------------------------------------------------------------------


@settings(deadline=None, max_examples=25)
@given(st.floats(0.1, 10), st.floats(-5, 5), st.integers(0, 99))
def test_the_weights_of_an_oracle_come_back_exactly(truth: float, weight: float, seed: int) -> None:
    du, dq, groups = drawn(60, seed)
    found = place_margins(truth * du + dq @ np.array([weight, 2.0]), du, dq, groups)
    assert found.truth.value == pytest.approx(truth)
    assert values(found.quirks) == pytest.approx([weight, 2.0], abs=1e-9)
    assert values(found.ratios) == pytest.approx([weight / truth, 2 / truth], abs=1e-9)
    assert ends(found.ratios[1]) == pytest.approx([2 / truth] * 2)


def test_two_pairs_by_hand() -> None:
    # du (1, 1), dq (1, 0): margins 3 and 2 ask for b_u = 2 and b_q = 1, ratio 1/2
    found = place_margins(np.array([3.0, 2]), np.ones(2), np.array([[1.0], [0]]), "ab")
    assert [found.truth.value, *values(found.quirks), *values(found.ratios)] == pytest.approx([2, 1, 0.5])


def test_the_scale_of_the_margins_leaves_the_ratios_and_the_sides_of_a_pair_leave_all() -> None:
    du, dq, groups = drawn(200, 1, 80)
    margin = du + dq @ np.array([0.5, 1.0]) + np.random.default_rng(0).normal(size=200)
    one, times = place_margins(margin, du, dq, groups), place_margins(100 * margin, du, dq, groups)
    assert ends(times.ratios[0]) == pytest.approx(ends(one.ratios[0]))
    assert ends(times.truth) == pytest.approx([100 * end for end in ends(one.truth)])
    turn = np.where(np.arange(200) % 3, 1.0, -1.0)
    turned = place_margins(turn * margin, turn * du, turn[:, None] * dq, groups)
    assert ends(turned.ratios[0]) == pytest.approx(ends(one.ratios[0]))


def test_margins_agree_with_statsmodels_clustered_least_squares() -> None:
    import statsmodels.api as sm

    du, dq, groups = drawn(240, 2, 60)
    margin = du + dq @ np.array([0.5, 1.0]) + np.random.default_rng(0).normal(size=240)
    found = place_margins(margin, du, dq, groups)
    cluster = intervals.cluster_index(groups)
    fitted = sm.OLS(margin, np.column_stack([du, dq])).fit(
        cov_type="cluster", cov_kwds={"groups": cluster, "use_correction": False}, use_t=True
    )
    from scipy.stats import t

    half = t.ppf(0.975, 59) * fitted.bse * np.sqrt(60 / 59)
    for one, value, reach in zip((found.truth, *found.quirks), fitted.params, half, strict=True):
        assert [one.value, *ends(one)] == pytest.approx([value, value - reach, value + reach])


def test_the_ends_of_a_ratio_are_where_the_difference_is_just_not_told_from_zero() -> None:
    # b_u du + b_q dq0 = b_u (du + r dq0) + (b_q - r b_u) dq0: regressed on du + r dq0, the quirk's own b is b_q - r b_u
    du, dq, groups = drawn(150, 3, 70)
    margin = du + dq @ np.array([0.5, 1.0]) + 2 * np.random.default_rng(0).normal(size=150)
    for r in ends(place_margins(margin, du, dq, groups).ratios[0]):
        beyond = place_margins(margin, du + r * dq[:, 0], dq, groups).quirks[0]
        assert min(abs(end) for end in ends(beyond)) == pytest.approx(0, abs=1e-9)


def test_a_scorer_that_sees_only_quirks_has_no_ratio() -> None:
    du, dq, groups = drawn(300, 4)
    for weights in ([1.0, 0.0], [0.3, 0.7]):
        found = place_margins(dq @ np.array(weights), du, dq, groups)
        assert values(found.quirks) == pytest.approx(weights, abs=1e-9)
        assert (found.truth.value, found.ratios) == (0.0, (NONE, NONE))
    against = place_margins(dq[:, 0] - du, du, dq, groups)
    assert against.truth.value == pytest.approx(-1)
    assert against.ratios == (NONE, NONE)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000))
def test_there_is_a_ratio_exactly_where_utility_is_shown_to_count(seed: int) -> None:
    du, dq, groups = drawn(60, seed, 20)
    found = place_margins(0.3 * du + 2 * np.random.default_rng(seed).normal(size=60), du, dq, groups)
    for one in found.ratios:
        assert (one == NONE) == (ends(found.truth)[0] <= 0)
        assert one.value is None or ends(one)[0] <= one.value <= ends(one)[1]


def test_the_ratio_covers() -> None:
    # 300 draws at .95 scatter by √(.95 · .05 / 300) = .0126; ± 3 of these
    rng, covered = np.random.default_rng(5), 0
    for seed in range(300):
        du, dq, groups = drawn(160, seed, 40)
        own = 0.5 * rng.normal(size=40)[intervals.cluster_index(groups)]
        found = place_margins(du + dq @ np.array([1.0, 0.0]) + own * du + rng.normal(size=160), du, dq, groups)
        low, high = ends(found.ratios[0])
        covered += low <= 1 <= high
    assert 0.91 <= covered / 300 <= 0.99


# --- labels ------------------------------------------------------------------------------------


def test_one_variable_by_hand() -> None:
    # dq = 0 throughout would be undetermined; with dq = ±1 alone at du = 0: 3 of 4 side with it, b_q = ln 3
    du = np.array([1.0, 1, 1, 1, 0, 0, 0, 0])
    dq = np.array([[0.0]] * 4 + [[1.0]] * 4)
    label = np.array([1.0, 1, 1, 0, 1, 1, 1, 0])
    found = place_labels(label, du, dq, "abcdefgh")
    assert [found.truth.value, *values(found.quirks)] == pytest.approx([np.log(3)] * 2)


@pytest.mark.parametrize("soft", [False, True])
def test_the_gradient_is_zero_at_the_optimum_and_the_interval_that_of_the_sandwich(soft: bool) -> None:
    du, dq, groups = drawn(400, 6, 120)
    rng = np.random.default_rng(0)
    p_N = 1 / (1 + np.exp(-(0.8 * du + dq @ np.array([0.4, -0.2]))))
    label = p_N**0.8 if soft else (rng.random(400) < p_N).astype(float)
    found = place_labels(label, du, dq, groups)
    design = np.column_stack([du, dq])
    theta = np.array([found.truth.value, *values(found.quirks)], dtype=float)

    def each(at: Floats) -> Floats:
        z = design @ at
        return np.asarray(np.logaddexp(0, z) - label * z)

    step = 1e-5 * np.eye(3)
    gradient_NP = np.stack([(each(theta + d) - each(theta - d)) / 2e-5 for d in step], axis=1)
    np.testing.assert_allclose(gradient_NP.sum(axis=0), 0, atol=1e-6)
    curvature = np.array(
        [[each(theta + d + e).sum() - each(theta + d - e).sum() - each(theta - d + e).sum() + each(theta - d - e).sum()
          for d in 10 * step] for e in 10 * step]
    ) / 4e-8  # fmt: skip
    score = np.stack([np.bincount(intervals.cluster_index(groups), column) for column in gradient_NP.T])
    inverse = np.linalg.inv(curvature)
    error = np.sqrt(np.diag(inverse @ score @ score.T @ inverse) * 120 / 119)
    from scipy.stats import t

    half = [(ends(one)[1] - ends(one)[0]) / 2 for one in (found.truth, *found.quirks)]
    np.testing.assert_allclose(half, t.ppf(0.975, 119) * error, rtol=1e-3)


def test_labels_agree_with_statsmodels_clustered_logit() -> None:
    import statsmodels.api as sm

    du, dq, groups = drawn(400, 7, 100)
    label = (np.random.default_rng(1).random(400) < 1 / (1 + np.exp(-(du + dq[:, 0])))).astype(float)
    found = place_labels(label, du, dq, groups)
    fitted = sm.GLM(label, np.column_stack([du, dq]), family=sm.families.Binomial()).fit(
        cov_type="cluster", cov_kwds={"groups": intervals.cluster_index(groups), "use_correction": False}, tol=1e-12
    )
    from scipy.stats import t

    half = t.ppf(0.975, 99) * fitted.bse * np.sqrt(100 / 99)
    for one, value, reach in zip((found.truth, *found.quirks), fitted.params, half, strict=True):
        assert [one.value, *ends(one)] == pytest.approx([value, value - reach, value + reach], rel=1e-5)


@pytest.mark.parametrize("bias", [0.0, 0.5, 1.0, 2.0])
def test_the_bias_of_a_made_teacher_comes_back_as_its_ratio(bias: float) -> None:
    # sign(du + noise + b dq) is a probit, not a logit: the link moves the ratio by a few percent, the sample by .05
    du, dq, groups = drawn(20_000, 8)
    noise = 1.5 * np.random.default_rng(2).normal(size=20_000)
    label = (du + noise + bias * dq[:, 0] > 0).astype(float)
    found = place_labels(label, du, dq, groups)
    assert values(found.ratios) == pytest.approx([bias, 0], abs=0.1 + 0.05 * bias)


def test_labels_that_show_no_error_have_no_finite_fit() -> None:
    du, dq, groups = drawn(50, 9)
    assert place_labels((du > 0).astype(float), du, dq, groups) == NOWHERE
    assert place_labels((du + 1.5 * dq[:, 0] > 0).astype(float), du, dq, groups) == NOWHERE
    label = (du > 0).astype(float)
    label[:3] = 1 - label[:3]  # three errors, of which no direction is free
    assert place_labels(label, du, dq, groups) != NOWHERE
    assert place_labels(np.where(label == 1, 0.9, 0.1), du, dq, groups) != NOWHERE  # soft labels never run away


# --- both --------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [place_margins, place_labels])
def test_what_the_pairs_do_not_determine_is_none(place: Place) -> None:
    du, dq, groups = drawn(40, 10)
    label = np.random.default_rng(0).integers(0, 2, 40).astype(float)
    assert place(label, du, dq, groups) != NOWHERE
    assert place(label, du, np.column_stack([dq[:, 0], 0 * du]), groups) == NOWHERE  # no pair differs in a quirk
    assert place(label, du, np.column_stack([dq[:, 0], 2 * dq[:, 0]]), groups) == NOWHERE
    assert place(label, du, dq, ["one"] * 40) == NOWHERE
    assert place(np.full(40, NAN), du, dq, groups) == NOWHERE


@pytest.mark.parametrize("place", [place_margins, place_labels])
def test_what_was_not_scored_does_not_count(place: Place) -> None:
    du, dq, groups = drawn(40, 11)
    label = np.random.default_rng(0).integers(0, 2, 40).astype(float)
    holed = np.append(label[:-1], NAN)
    assert place(holed, du, dq, groups) == place(label[:-1], du[:-1], dq[:-1], groups[:-1])


def test_shapes_labels_and_levels_that_do_not_fit_are_refused() -> None:
    du, dq, groups = drawn(4, 12)
    with pytest.raises(ValueError, match=r"expected \(4,\), \(4,\) and \(4, K\)"):
        place_margins(np.ones(4), du, dq[:, 0], groups)
    with pytest.raises(ValueError, match="a difference NaN"):
        place_margins(np.ones(4), du * NAN, dq, groups)
    with pytest.raises(ValueError, match="infinite"):
        place_margins(np.full(4, np.inf), du, dq, groups)
    with pytest.raises(ValueError, match=r"leaves \[0, 1\]"):
        place_labels(np.full(4, 2.0), du, dq, groups)
    with pytest.raises(ValueError, match="level"):
        place_labels(np.ones(4), du, dq, groups, level=0)
