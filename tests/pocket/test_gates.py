"""Bounds are kept exactly where they say, scorers of known behaviour get the figures they must, and it all runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny_pocket import write_models

from assay.errors import InputError
from assay.eval import Interval
from assay.pocket.domain import EVALUATION_FAMILIES
from assay.pocket.hacks import Hacked, hack
from assay.pocket.oracles import Oracle
from assay.pocket.teachers import axis_teacher
from assay.pocket_train import gate_figures as figures
from assay.pocket_train.gate_pairs import Source, clean_labels, groups_of, is_new, new_tasks
from assay.pocket_train.gate_runs import check_domain
from assay.pocket_train.gates import Gate, Sizes, difference_of, mean_of, price_gap
from assay.types import Family, Floats, Item, Margins, Pair, Scores

NONE = Interval(value=None, low=None, high=None)
SOURCE = Source(domain="harmlessness")


def gate(value: float | None, least: float | None = None, most: float | None = None, *, whole: bool = False) -> Gate:
    found = NONE if value is None else Interval(value=value, low=value - 0.1, high=value + 0.1)
    return Gate(name="g", found=found, least=least, most=most, whole=whole)


def normal(n: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(size=n)


def shown(pair: Pair, quirk: str) -> bool:
    return any(quirk in pair.meta[side]["quirks"] for side in ("first", "second"))


def by_name(gates: Sequence[Gate]) -> dict[str, Gate]:
    assert len({one.name for one in gates}) == len(gates)
    return {one.name: one for one in gates}


class Halting:
    """An oracle that cannot score one pair."""

    family: Family = "baseline"
    method, name = "oracle", "halting"

    def __init__(self, oracle: Oracle, silent: str) -> None:
        self._oracle, self._silent = oracle, silent

    def score(self, items: Sequence[Item]) -> Scores:
        return self._oracle.score(items)

    def compare(self, pairs: Sequence[Pair]) -> Margins:
        whole = self._oracle.compare(pairs)
        silent_N = np.array([pair.id == self._silent for pair in pairs])
        return replace(
            whole, margin=np.where(silent_N, np.nan, whole.margin), status=np.where(silent_N, "truncated", "ok")
        )


# ---------------------------------------------------------------- bounds


@pytest.mark.parametrize(
    ("value", "least", "most", "holds"),
    [
        (0.0, 0.0, None, True),
        (-0.1, 0.0, None, False),
        (0.1, None, 0.0, False),
        (0.0, None, 0.0, True),
        (0.8, 0.8, 0.92, True),
        (0.92, 0.8, 0.92, True),
        (0.93, 0.8, 0.92, False),
        (None, 0.0, None, False),
        (0.5, None, None, None),
        (None, None, None, None),
    ],
)
def test_a_bound_of_zero_is_a_bound_and_what_does_not_exist_keeps_none(
    value: float | None, least: float | None, most: float | None, holds: bool | None
) -> None:
    assert gate(value, least, most).holds is holds


def test_where_the_whole_interval_counts_its_ends_must_keep_the_bounds() -> None:
    assert gate(0.61, 0.5, whole=True).holds
    assert not gate(0.59, 0.5, whole=True).holds  # from .49
    assert gate(0.59, 0.5).holds
    assert not gate(0.59, None, 0.6, whole=True).holds  # up to .69
    assert not gate(None, 0.5, whole=True).holds


def test_a_gate_is_plain_data() -> None:
    assert gate(0.5, 0.0).data() == {
        "name": "g",
        "value": 0.5,
        "low": 0.4,
        "high": 0.6,
        "least": 0.0,
        "most": None,
        "whole": False,
        "holds": True,
    }


# ---------------------------------------------------------------- means


def test_a_mean_leaves_out_what_does_not_count_and_sees_prompts() -> None:
    assert mean_of(np.array([1.0, np.nan, 0.0, 1.0]), "abcd").value == pytest.approx(2 / 3)
    assert mean_of(np.array([]), []) == mean_of(np.array([np.nan]), "a") == NONE
    alone, shared = (mean_of(normal(200), [str(i // size) for i in range(200)]) for size in (1, 20))
    assert alone.value == shared.value
    assert alone != shared


def test_a_difference_is_that_of_the_means_with_both_their_errors() -> None:
    # variances of 0,1,1,1 and 0,0,0,1 are 1/4 each: error² = 1/16 + 1/16
    found = difference_of(np.array([0.0, 1, 1, 1]), np.array([0.0, 0, 0, 1]))
    assert found.value == pytest.approx(0.5)
    assert found.low is not None
    assert found.low == pytest.approx(0.5 - 1.96 * math.sqrt(1 / 8), abs=1e-4)
    assert difference_of(np.array([1.0]), np.array([0.0, 1.0])) == NONE


def test_a_gap_is_the_difference_of_two_ratios() -> None:
    # a quirk is worth 2 / 1 units to one scorer and 1 / 2 to the other
    effect_2N, unit_2M = np.array([[2.0] * 5, [1.0] * 5]), np.array([[1.0] * 4, [2.0] * 4])
    assert price_gap(effect_2N, unit_2M, "abcde", "fghi") == Interval(value=1.5, low=1.5, high=1.5)
    assert price_gap(effect_2N, -unit_2M, "abcde", "fghi") == NONE


def test_a_gap_does_not_know_the_units_of_margins_and_two_equal_scorers_have_none() -> None:
    effect_2N, unit_2M = 1 + normal(80).reshape(2, 40), 2 + normal(120, 1).reshape(2, 60)
    groups = [str(i) for i in range(40)], [str(i) for i in range(60)]  # of 40 prompts, both samples have some
    scale_2 = np.array([[10.0], [0.1]])
    plain = price_gap(effect_2N, unit_2M, *groups)
    assert price_gap(effect_2N * scale_2, unit_2M * scale_2, *groups).value == pytest.approx(plain.value)
    same = price_gap(np.stack([effect_2N[0]] * 2), np.stack([unit_2M[0]] * 2), *groups)
    assert same == Interval(value=0.0, low=0.0, high=0.0)


# ---------------------------------------------------------------- pairs


def test_half_of_the_test_pairs_are_of_new_families_and_the_teachers_are_of_none() -> None:
    for pairs in SOURCE.tests(200).values():
        assert 0.4 < is_new(pairs).mean() < 0.6
        assert clean_labels(pairs).mean() == pytest.approx(0.5, abs=0.15)
    assert not is_new(SOURCE.pairs("a", "student", 50)).any()


def test_quirks_are_turned_by_their_sign_in_the_source() -> None:
    pairs, signs = SOURCE.pairs("a", "test", 300), SOURCE.signs
    assert sorted(signs.values()) == [-1, 0, 1]
    quirks_NK, better_N = SOURCE.quirks(pairs), 2 * clean_labels(pairs) - 1
    for k, (quirk, sign) in enumerate(signs.items()):
        first, second = (float(quirk in pairs[0].meta[side]["quirks"]) for side in ("first", "second"))
        assert quirks_NK[0, k] == (first - second) * (sign or 1)
        # .65 - .35 of the time it stands on the better side, whatever its sign there
        assert (quirks_NK[:, k] * better_N).mean() == pytest.approx(0.3 if sign else 0.0, abs=0.12)
    signed = [k for k, sign in enumerate(signs.values()) if sign]
    np.testing.assert_array_equal(SOURCE.cue(pairs), quirks_NK[:, signed].sum(axis=1))


def test_tasks_of_new_families_come_from_source_and_targets_in_turn() -> None:
    from itertools import islice

    found = list(islice(new_tasks("reasoning"), 9))
    assert [made.id.split("/")[1] for made in found] == ["a", "b", "c"] * 3
    assert {made.part for made in found} == {"test"}
    assert all(made.task.family in EVALUATION_FAMILIES for made in found)


# ---------------------------------------------------------------- figures of scorers of known behaviour


def test_a_truthful_scorer_is_right_everywhere_and_loses_nothing_and_noise_is_right_by_chance() -> None:
    tests = SOURCE.tests(100, dose=0.5)
    true = by_name(list(figures.readable(Oracle(name="true", truth=1.0), tests)))
    assert true["true: accuracy on a"].found.value == true["true: accuracy on a, new families"].found.value == 1.0
    assert not true["true: accuracy on a"].holds  # above .92 it is no test of anything
    assert true["true: lost on b"].found.value == true["true: lost on c, new families"].found.value == 0.0
    assert true["true: lost on b"].holds
    noise = by_name(list(figures.accuracies(Oracle(name="noise", noise=1.0), "a", tests["a"])))
    assert noise["noise: accuracy on a"].found.value == pytest.approx(0.5, abs=0.2)
    assert noise["noise: accuracy on a"].holds is None


def test_a_scorer_without_an_opinion_is_half_right_and_gives_labels_of_a_half() -> None:
    pairs = SOURCE.pairs("a", "test", 20)
    [share, _] = figures.accuracies(Oracle(name="none"), "a", pairs)
    assert share.found.value == 0.5
    assert figures.labels_of(Oracle(name="none"), pairs).tolist() == [0.5] * 20
    assert figures.labels_of(Oracle(name="true", truth=2.0), pairs).tolist() == clean_labels(pairs).tolist()


def test_where_there_is_no_score_there_is_no_label_but_half_a_right_answer() -> None:
    pairs = SOURCE.pairs("a", "test", 10)
    some = Halting(Oracle(name="true", truth=1.0), pairs[0].id)
    labels_N = figures.labels_of(some, pairs)
    assert np.isnan(labels_N[0])
    assert labels_N[1:].tolist() == clean_labels(pairs)[1:].tolist()
    assert next(figures.accuracies(some, "a", pairs)).found.value == pytest.approx(0.95)


def test_labels_that_read_quirks_side_with_them_more_than_gold_and_gold_not_more_than_itself() -> None:
    pairs = SOURCE.pairs("a", "test", 400)
    gold = figures.siding(SOURCE, pairs, figures.gold_of(pairs))
    assert gold.found.value == 0.0
    assert not gold.holds
    reader = Oracle(name="reader", quirks={name: float(sign) for name, sign in SOURCE.signs.items()})
    sided = figures.siding(SOURCE, pairs, figures.labels_of(reader, pairs))
    assert sided.holds
    cue_N, gold_N = SOURCE.cue(pairs), figures.gold_of(pairs)
    told = cue_N != 0
    assert sided.found.value == pytest.approx(1 - (gold_N == (cue_N > 0))[told].mean())


def test_a_made_teacher_is_placed_where_it_was_made() -> None:
    from assay.pocket.domain import World
    from assay.pocket.plan import plan_of
    from assay.pocket.world import domain_of

    plan = plan_of("harmlessness", "a", domain_of("harmlessness").kinds, World(0))
    pairs = SOURCE.pairs("a", "student", 3000)
    labels = figures.labels_of(axis_teacher(plan, 1.0, 0.25), pairs)
    truth, *ratios = figures.placed(SOURCE, pairs, labels)
    assert truth.found.value is not None
    assert truth.found.value > 0
    for (quirk, sign), ratio in zip(SOURCE.signs.items(), ratios, strict=True):
        assert ratio.name == f"teacher's labels: units of utility per {quirk} ({'0+-'[sign]})"
        assert ratio.found.value == pytest.approx(abs(sign), abs=0.2)


def test_a_quirk_is_priced_in_the_scorers_own_units() -> None:
    [quirk] = [name for name, sign in SOURCE.signs.items() if sign > 0]
    pairs = [pair for pair in SOURCE.pairs("a", "test", 200) if not shown(pair, quirk)]  # so units are utility alone
    # 3 points per quirk at 2 per unit of utility: 1.5 units; the other pays .25
    fond, sober = Oracle(name="fond", truth=2.0, quirks={quirk: 3.0}), Oracle(name="sober", truth=4, quirks={quirk: 1})
    found = by_name(list(figures.prices(SOURCE, (fond, sober), pairs, most=40)))
    assert found[f"fond: units of utility per {quirk} added"].found.value == pytest.approx(1.5)
    assert found[f"sober: units of utility per {quirk} added"].found.value == pytest.approx(0.25)
    gap = found[f"fond pays more for {quirk} than sober"]
    assert gap.found.value == pytest.approx(1.25)
    assert gap.holds
    turned = list(figures.prices(SOURCE, (sober, fond), pairs, most=40))[-1]
    assert turned.holds is False


def test_a_scorer_that_does_not_reward_utility_has_no_price_and_the_gate_fails() -> None:
    [quirk] = [name for name, sign in SOURCE.signs.items() if sign > 0]
    pairs = SOURCE.pairs("a", "test", 30, dose=0.5)
    blind = Oracle(name="blind", quirks={quirk: 1.0})
    *_, gap = figures.prices(SOURCE, (blind, Oracle(name="true", truth=1.0)), pairs, most=20)
    assert gap.found == NONE
    assert gap.holds is False


def test_a_hack_adds_the_quirk_and_changes_no_truth() -> None:
    pairs = SOURCE.pairs("a", "test", 30)
    plain, quirky = figures.hacked(pairs, "opener", 25)
    assert len(plain) == len(quirky) <= 25
    for old, new in zip(plain, quirky, strict=True):
        assert old.id == new.id
        assert "opener" not in old.meta["quirks"]
        assert "opener" in new.meta["quirks"]
        assert old.meta["u"] == new.meta["u"]
        assert old.group in groups_of(pairs)


def test_a_hack_that_changes_the_truth_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = SOURCE.pairs("a", "test", 10)

    def spoiling(item: Item, quirk: str) -> Hacked:
        found = hack(item, quirk)
        return found if item.id.endswith("/first") else replace(found, after=replace(found.after, u=found.after.u + 1))

    monkeypatch.setattr("assay.pocket_train.gate_figures.hack", spoiling)
    old, new = figures.hacked(pairs, "opener", 99)
    assert [item.id for item in old] == [item.id for item in new]
    assert {item.id.rpartition("/")[2] for item in old} == {"first"}


# ---------------------------------------------------------------- all of it


def test_every_gate_of_a_domain_is_measured_with_models_of_random_weights(tmp_path: Path) -> None:
    models = write_models(tmp_path / "models")
    sizes, told = Sizes(teacher=40, student=60, test=40, hacked=20), list[str]()
    arguments = ("harmlessness", models / "lm", models / "weak", tmp_path / "runs", sizes)
    found = by_name(check_domain(*arguments, on_stage=told.append))
    assert [line.partition(": ")[0] for line in told] == ["harmlessness"] * 5
    gates = [name for name, one in found.items() if one.holds is not None]
    [quirk] = [name for name, sign in SOURCE.signs.items() if sign > 0]
    assert gates == [
        "clean probe: accuracy on a",
        "clean probe: accuracy on a, new families",
        "clean probe: lost on b",
        "clean probe: lost on b, new families",
        "clean probe: lost on c",
        "clean probe: lost on c, new families",
        "teacher: accuracy on a",
        "teacher: accuracy on a, new families",
        "teacher: sides with quirks more than gold",
        "naive: drift of the last block",
        f"naive pays more for {quirk} than frozen probe",
    ]
    assert len(found) == len(gates) + 4 + 2 + 12  # placement, prices, accuracies of two on three sets
    assert (tmp_path / "runs/teacher/DONE").is_file()
    with pytest.raises(InputError, match="holds checkpoints of an earlier run"):
        check_domain(*arguments)
