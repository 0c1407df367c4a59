"""Exchange rates, attack success and siding: numbers worked by hand, and intervals that cover."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.eval import Interval, contrasts, exchange, intervals
from assay.types import Floats

attack_success, exchange_rate = exchange.attack_success, exchange.exchange_rate
sides_more, sides_with = exchange.sides_more, exchange.sides_with
NAN = float("nan")
NONE = Interval(value=None, low=None, high=None)


def prompts(n: int, each: int = 1, name: str = "p") -> list[str]:
    return [f"{name}{i // each}" for i in range(n)]


def sampled(
    rng: np.random.Generator, groups: int, hack: float, unit: float
) -> tuple[Floats, Floats, list[str], list[str]]:
    """Effects with prompt effects that the two samples share by half; 1 to 3 hacks per prompt, 0 or 2 criteria."""
    shared_G2 = 0.5 * rng.normal(size=(groups, 2)) @ np.array([[1, 0.5], [0, 0.75**0.5]])
    hack_N = np.repeat(np.arange(groups), rng.integers(1, 4, groups))
    unit_M = np.repeat(np.arange(groups), 2 * (rng.random(groups) < 0.7))
    return (
        hack + shared_G2[hack_N, 0] + rng.normal(size=len(hack_N)),
        unit + shared_G2[unit_M, 1] + rng.normal(size=len(unit_M)),
        [str(g) for g in hack_N],
        [str(g) for g in unit_M],
    )


def rate(hack: Floats, unit: Floats, **more: Any) -> exchange.ExchangeRate:
    names = {"hack_group_N": prompts(len(hack)), "unit_group_M": prompts(len(unit))}
    return exchange_rate(hack, unit, **(names | more))


# --- exchange rate -----------------------------------------------------------------------------


def test_the_rate_is_the_mean_of_the_hack_over_the_mean_of_the_unit() -> None:
    # hacks 1, 2, 3: mean 2; criteria 4, 4, 5, 3: mean 4; not the mean of ratios
    one = rate(np.array([1.0, 2, 3]), np.array([4.0, 4, 5, 3]))
    assert (one.rate.value, one.hack.value, one.unit.value, one.identified) == (0.5, 2.0, 4.0, True)
    low, high = one.rate.low or 0.0, one.rate.high or 0.0
    assert 1 / 5 <= low < 0.5 < high <= 3 / 3  # no resample is beyond 1/5 and 3/3


def test_what_was_not_scored_does_not_count() -> None:
    one = rate(np.array([1.0, NAN, 3]), np.array([4.0, 4, NAN, 4, 5, 3]))
    assert one.rate.value == 0.5


def test_a_prompt_in_both_samples_is_drawn_for_both_at_once() -> None:
    # every hack earns exactly twice what its prompt's criterion does: drawn together, each resample says 2
    unit = np.random.default_rng(0).uniform(0.5, 3, 30)
    together = rate(2 * unit, unit)
    assert (together.rate.low, together.rate.high) == pytest.approx((2.0, 2.0))
    apart = rate(2 * unit, unit, unit_group_M=prompts(30, name="q"))
    assert (apart.rate.high or 0) - (apart.rate.low or 0) > 0.5


@settings(deadline=None, max_examples=20)
@given(st.floats(1e-6, 1e6), st.integers(0, 99))
def test_the_scale_of_the_margins_does_not_matter(c: float, seed: int) -> None:
    hack, unit, hack_groups, unit_groups = sampled(np.random.default_rng(seed), 30, 1.0, 2.0)
    names = {"hack_group_N": hack_groups, "unit_group_M": unit_groups, "replicates": 200}
    one, other = exchange_rate(hack, unit, **names), exchange_rate(c * hack, c * unit, **names)  # type: ignore[arg-type]
    assert (one.rate.value, one.rate.low, one.rate.high) == pytest.approx(
        (other.rate.value, other.rate.low, other.rate.high)
    )
    assert other.hack.value == pytest.approx(c * (one.hack.value or 0))


def test_the_ends_are_those_of_a_bootstrap_by_hand() -> None:
    hack, unit, hack_groups, unit_groups = sampled(np.random.default_rng(3), 25, 1.0, 2.0)
    one = exchange_rate(hack, unit, hack_group_N=hack_groups, unit_group_M=unit_groups, replicates=2000)
    names = sorted({*hack_groups, *unit_groups})
    rng, draws = np.random.default_rng(8), []
    for _ in range(2000):
        times = dict.fromkeys(names, 0)
        for name in rng.choice(names, len(names)):
            times[str(name)] += 1
        w_N, w_M = (np.array([times[g] for g in groups]) for groups in (hack_groups, unit_groups))
        draws.append((w_N @ hack / w_N.sum()) / (w_M @ unit / w_M.sum()))
    # the two bootstraps differ by their draws alone: about .01 in a quantile of 2000
    assert (one.rate.low, one.rate.high) == pytest.approx(np.quantile(draws, [0.025, 0.975]).tolist(), abs=0.04)


def test_the_ends_are_draws_with_equally_many_beyond_them() -> None:
    # .025 · 411 = 10.275: the 11th from either end
    hack, unit, hack_groups, unit_groups = sampled(np.random.default_rng(4), 40, 1.0, 2.0)
    one = exchange_rate(hack, unit, hack_group_N=hack_groups, unit_group_M=unit_groups, replicates=411, seed=5)
    value = np.full((len(hack) + len(unit), 2), NAN)
    value[: len(hack), 0], value[len(hack) :, 1] = hack, unit
    cluster = intervals.cluster_index(hack_groups + unit_groups)
    hack_R, unit_R = intervals.bootstrap_means(value, cluster, replicates=411, seed=5).T
    for found, draws in ((one.hack, hack_R), (one.unit, unit_R), (one.rate, hack_R / unit_R)):
        assert (found.low, found.high) == (np.sort(draws)[10], np.sort(draws)[-11])


def test_a_resample_that_does_not_reward_the_criterion_puts_the_price_above_all_others() -> None:
    # hack 1; unit -3.6 in 4 of 40 prompts, else 1: mean 1 - 4.6 k/40 with k ~ Bin(40, .1).  k >= 9 (.016) prices
    # beyond all bounds, k = 8 (.026) at 1/.08 = 12.5, so 3.5 % lie above an upper end of 12.5; were the former
    # counted as prices below 0, it would be k = 7's 1/.195
    unit = np.array([-3.6] * 4 + [1.0] * 36)
    one = rate(np.ones(40), unit, level=0.93, replicates=20_000)
    assert one.rate.high == pytest.approx(12.5)


def test_no_rate_is_given_where_the_scorer_is_not_shown_to_reward_the_criterion() -> None:
    rng = np.random.default_rng(0)
    hack = rng.normal(1, 0.1, 40)
    for unit in (rng.normal(0, 1, 40), rng.normal(-2, 1, 40), np.zeros(40)):
        one = rate(hack, unit)
        assert (one.rate, one.identified) == (NONE, False)
        assert one.hack.low is not None
        assert one.unit.value == pytest.approx(unit.mean())
    assert (one.unit.low, one.unit.high) == (0.0, 0.0)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.floats(0.0, 1.5), st.floats(-1, 1))
def test_a_rate_has_finite_ends_around_it_exactly_where_the_unit_lies_above_zero(
    seed: int, unit_mean: float, hack_mean: float
) -> None:
    hack, unit, hack_groups, unit_groups = sampled(np.random.default_rng(seed), 12, hack_mean, unit_mean)
    if len(set(unit_groups)) < 2:
        return
    one = exchange_rate(hack, unit, hack_group_N=hack_groups, unit_group_M=unit_groups, replicates=300)
    assert one.identified == ((one.unit.low or 0.0) > 0)
    if one.rate.value is not None:
        assert one.rate.low is not None
        assert one.rate.high is not None
        assert -np.inf < one.rate.low <= one.rate.value <= one.rate.high < np.inf


def test_fewer_than_two_prompts_give_means_without_ends() -> None:
    one = rate(np.array([1.0, 3]), np.array([2.0, 2]), hack_group_N=["a", "a"])
    assert (one.hack, one.rate) == (Interval(value=2.0, low=None, high=None), NONE)
    assert rate(np.array([NAN]), np.array([])) == exchange.ExchangeRate(rate=NONE, hack=NONE, unit=NONE)


def test_the_interval_covers() -> None:
    # 200 draws at a coverage of .94 (few prompts cost a point) scatter by √(.94 · .06 / 200) = .017; ± 3 of these
    rng, covered = np.random.default_rng(0), 0
    for seed in range(200):
        hack, unit, hack_groups, unit_groups = sampled(rng, 50, 0.8, 1.0)
        one = exchange_rate(
            hack, unit, hack_group_N=hack_groups, unit_group_M=unit_groups, replicates=400, seed=seed
        ).rate
        covered += one.low is not None and one.high is not None and one.low <= 0.8 <= one.high
    assert 0.89 <= covered / 200 <= 0.99


@pytest.mark.parametrize("call", [rate, lambda hack, unit: attack_success(hack, prompts(len(hack)))])
def test_an_infinite_margin_is_refused(call: Any) -> None:
    with pytest.raises(ValueError, match="infinite"):
        call(np.array([np.inf, 1.0]), np.ones(2))


def test_shapes_and_levels_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"shape \(2,\), expected \(3,\)"):
        rate(np.ones(2), np.ones(2), hack_group_N=["a", "b", "c"])
    with pytest.raises(ValueError, match="level must lie between 0 and 1"):
        rate(np.ones(2), np.ones(2), level=95)
    with pytest.raises(ValueError, match="one per label"):
        sides_with(np.ones(2), np.ones(3), "ab")


# --- attack success ----------------------------------------------------------------------------


def test_a_tie_is_half_a_success_and_so_is_a_pair_without_a_margin() -> None:
    # won, lost, lost, tied: 1.5 / 4; one more without a margin: 2 / 5, between 1.5 / 5 and 2.5 / 5
    margin = np.array([2.0, -1, -3, 0])
    assert attack_success(margin, "abcd").value == 0.375
    holed = np.append(margin, NAN)
    shares = [attack_success(holed, "abcde", unscored=share).value for share in (0.0, 0.5, 1.0)]
    assert shares == pytest.approx([0.3, 0.4, 0.5])


def test_an_attack_that_never_works_has_wilsons_upper_end() -> None:
    # 20 prompts, none: z² / (n + z²) = 3.8415 / 23.8415
    one = attack_success(np.full(40, -1.0), prompts(40, 2))
    assert (one.value, one.low) == (0.0, 0.0)
    assert one.high == pytest.approx(3.8415 / 23.8415, rel=1e-4)
    assert attack_success(np.array([]), []) == NONE


@settings(deadline=None, max_examples=20)
@given(st.floats(1e-3, 1e3), st.integers(0, 99))
def test_only_signs_count(c: float, seed: int) -> None:
    margin = np.random.default_rng(seed).normal(size=20)
    one, other = (attack_success(x, prompts(20, 2), replicates=50) for x in (margin, c * margin))
    assert one == other


# --- siding ------------------------------------------------------------------------------------


def test_siding_counts_discordant_pairs_only_and_follows_the_sign() -> None:
    # discordant: label 1 with dq 1 -> sides; 1 with -1 -> not; 0 with -2 -> sides; .25 with 1 -> .25: 2.25 / 4
    label, dq = np.array([1.0, 1, 0, 0.25, 1, NAN]), np.array([1.0, -1, -2, 1, 0, 1])
    assert sides_with(label, dq, "abcdef").value == pytest.approx(2.25 / 4)
    assert sides_with(label, -dq, "abcdef").value == pytest.approx(1.75 / 4)
    assert sides_with(label, 0 * dq, "abcdef") == NONE
    assert sides_with(np.array([]), np.array([]), []) == NONE


def test_exchanging_the_sides_of_every_pair_changes_nothing() -> None:
    rng = np.random.default_rng(0)
    label, gold, dq = (rng.integers(0, 2, 60).astype(float) for _ in range(3))
    dq = 2 * dq - 1
    forth, back = sides_with(label, dq, prompts(60, 3)), sides_with(1 - label, -dq, prompts(60, 3))
    assert forth == back
    one, other = sides_more(label, gold, dq, prompts(60, 3)), sides_more(1 - label, 1 - gold, -dq, prompts(60, 3))
    assert one == other


def test_siding_more_than_gold_is_a_paired_difference_on_the_pairs_that_both_label() -> None:
    # discordant and labelled by both: pairs 0, 1, 2; labels side 1, 1, 0, gold 1, 0, 0: 2/3 - 1/3
    label, gold = np.array([1.0, 1, 0, 1, 1]), np.array([1.0, 0, 0, NAN, 1])
    dq = np.array([1.0, 1, 1, 1, 0])
    assert sides_more(label, gold, dq, "abcde").value == pytest.approx(1 / 3)
    assert sides_more(label, gold, 0 * dq, "abcde") == NONE
    assert sides_more(label[:0], gold[:0], dq[:0], []) == NONE


def test_its_interval_is_that_of_the_primary_contrast() -> None:
    rng = np.random.default_rng(1)
    label, gold = rng.integers(0, 2, 80).astype(float), rng.integers(0, 2, 80).astype(float)
    one = sides_more(label, gold, np.ones(80), prompts(80, 2), level=0.9)
    (reference,) = contrasts.contrasts(
        np.column_stack([label, gold]), np.repeat(np.arange(40), 2), ["a", "b"], primary=("a", "b"), level=0.9
    )
    assert one == reference.difference


def test_labels_that_are_gold_side_no_more_and_the_interval_says_how_sure_that_is() -> None:
    gold = np.random.default_rng(2).integers(0, 2, 100).astype(float)
    one = sides_more(gold, gold, np.ones(100), prompts(100))
    assert (one.value, round(one.low or 0, 3), round(one.high or 0, 3)) == (0.0, -0.036, 0.036)  # 1 - .025^(1/100)


def test_a_label_that_is_no_share_is_refused() -> None:
    for labels in ((np.array([2.0]), np.array([1.0])), (np.array([1.0]), np.array([-1.0]))):
        with pytest.raises(ValueError, match=r"leaves \[0, 1\]"):
            sides_more(*labels, np.ones(1), ["a"])
