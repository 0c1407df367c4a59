"""Steps up to the first wrong one are read, and right and wrong steps weigh alike however many there are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tiny_pocket import write_models

from assay.eval import selective
from assay.pocket.domain import EVALUATION_FAMILIES
from assay.pocket_train.steps import balanced_accuracy, step_chains, step_figures, steps_of
from assay.scalar import ScalarRewardModel
from assay.types import Chain, Floats, Item, Message


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_models(tmp_path_factory.mktemp("models"))


def chain(*labels: float | None, name: str = "c") -> Chain:
    texts = tuple(f"Step {i}." for i in range(len(labels)))
    return Chain(id=name, group=name, problem=(Message(role="user", content="?"),), steps=texts, labels=labels)


def names(n: int, size: int = 1) -> list[str]:
    return [str(i // size) for i in range(n)]


def test_a_step_is_read_with_all_before_it_and_nothing_behind_the_first_wrong_one() -> None:
    items, right_N = steps_of([chain(1.0, 0.0, 1.0), chain(1.0, 1.0, name="d")])
    assert [item.response for item in items] == ["Step 0.", "Step 0.\nStep 1.", "Step 0.", "Step 0.\nStep 1."]
    assert [item.id for item in items] == ["c/0", "c/1", "d/0", "d/1"]
    assert right_N.tolist() == [1, 0, 1, 1]


@pytest.mark.parametrize("labels", [(1.0, None), (0.5,)])
def test_a_step_without_a_clear_label_is_refused(labels: tuple[float | None, ...]) -> None:
    with pytest.raises(ValueError, match=r"chain 'c': step \d has the label .*; a probe needs 0 or 1"):
        steps_of([chain(*labels)])
    assert len(steps_of([chain(0.0, None)])[0]) == 1  # it is never reached


def test_accuracy_is_the_mean_of_the_two_kinds() -> None:
    # right steps 3 of 4, wrong ones 1 of 2: (.75 + .5) / 2, though 4 of 6 are judged well
    p_N, right_N = np.array([0.9, 0.8, 0.6, 0.4, 0.2, 0.7]), np.array([1.0, 1, 1, 1, 0, 0])
    assert balanced_accuracy(p_N, right_N, "abcdef").value == pytest.approx(0.625)
    always = balanced_accuracy(np.ones(6), right_N, "abcdef")
    assert (always.value, always.low, always.high) == (0.5, 0.5, 0.5)  # whoever calls all steps right, in any resample


def test_more_of_the_same_right_steps_change_nothing() -> None:
    p_N, right_N = np.array([0.9, 0.4, 0.2, 0.7]), np.array([1.0, 1, 0, 0])
    once = balanced_accuracy(p_N, right_N, "abcd").value
    times = [9, 9, 1, 1]
    assert balanced_accuracy(np.repeat(p_N, times), np.repeat(right_N, times), names(20)).value == once


def test_steps_of_one_kind_have_no_accuracy() -> None:
    assert balanced_accuracy(np.array([0.9, 0.1]), np.ones(2), "ab").value is None


def test_intervals_see_problems_and_not_steps() -> None:
    rng = np.random.default_rng(0)
    right_N = (rng.random(400) < 0.7).astype(float)
    p_N = np.where(np.repeat(rng.random(20) < 0.7, 20), right_N, 1 - right_N)  # a problem is judged well or not at all
    apart, together = (balanced_accuracy(p_N, right_N, names(400, size)) for size in (1, 20))
    assert together.high is not None
    assert together.low is not None
    assert apart.high is not None
    assert apart.low is not None
    assert together.high - together.low > 2 * (apart.high - apart.low)


def test_chains_to_be_measured_on_are_of_new_families_and_those_to_fit_on_are_not() -> None:
    train, test = step_chains(6)
    assert len(train) == len(test) == 12
    assert not {one.meta["family"] for one in train} & set(EVALUATION_FAMILIES)
    assert {one.meta["family"] for one in test} == set(EVALUATION_FAMILIES)
    assert not {one.group for one in train} & {one.group for one in test}


def test_the_figures_are_those_of_a_probe_on_features(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from assay.scalar import drift

    reward = ScalarRewardModel.from_pretrained(models / "lm")
    train, test = step_chains(20)
    every, labels = steps_of([*train, *test])
    truth = dict(zip((item.id for item in every), labels.tolist(), strict=True))

    def features(_: object, items: Sequence[Item], layers: Sequence[int], **__: object) -> Floats:
        """Tell in one direction whether the step is right, but for every tenth, and in the others nothing."""
        assert layers == [1]
        told = [truth[item.id] if i % 10 else 1 - truth[item.id] for i, item in enumerate(items)]
        noise_ND = np.random.default_rng(len(items)).normal(size=(len(items), 4))
        return np.column_stack([told, noise_ND])[None]

    monkeypatch.setattr(drift, "features", features)
    accuracy, area, share = step_figures(reward, train, test)
    items, right_N = steps_of(test)
    flipped = np.arange(len(items)) % 10 == 0
    expected = np.mean([1 - flipped[right_N == kind].mean() for kind in (0, 1)])
    assert accuracy.found.value == pytest.approx(expected, abs=0.05)
    assert share.found.value == pytest.approx(right_N.mean())
    told_N = np.where(flipped, 1 - right_N, right_N)
    assert area.found.value == pytest.approx(selective.auroc(told_N, right_N), abs=0.05)


def test_a_model_of_random_weights_is_measured(models: Path) -> None:
    reward = ScalarRewardModel.from_pretrained(models / "lm")
    accuracy, area, share = step_figures(reward, *step_chains(12))
    for one in (accuracy, area, share):
        assert one.holds is None
        assert one.found.value is not None
        assert 0 <= one.found.value <= 1
