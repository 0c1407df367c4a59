"""A probe: planted directions are found, exchange of the answers negates, and only the head changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import model, pair

from assay.scalar import ScalarScorer, probe
from assay.types import Floats


def normal(n: int, d: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(size=(n, d))


def groups(n: int) -> list[str]:
    return [str(i) for i in range(n)]


def test_a_planted_direction_is_found() -> None:
    w_D = np.array([2.0, -1.0, 0.5, 0.0])
    x_ND = normal(4000, 4)
    label_N = 1 / (1 + np.exp(-x_ND @ w_D))  # soft labels: the truth itself, without noise
    np.testing.assert_allclose(probe.probe_weights(x_ND, label_N, groups(4000)), w_D, atol=0.05)


def test_the_unit_of_a_feature_does_not_matter() -> None:
    x_ND, label_N = normal(200, 3), (normal(200, 1)[:, 0] > 0).astype(float)
    scale_D = np.array([1.0, 1e3, 1e-3])
    plain = probe.probe_weights(x_ND, label_N, groups(200))
    np.testing.assert_allclose(probe.probe_weights(x_ND * scale_D, label_N, groups(200)) * scale_D, plain, rtol=1e-3)


def test_exchanging_the_answers_negates_nothing_but_the_labels() -> None:
    x_ND, label_N = normal(100, 3), (normal(100, 1, 1)[:, 0] > 0).astype(float)
    turned = probe.probe_weights(-x_ND, 1 - label_N, groups(100))
    np.testing.assert_allclose(turned, probe.probe_weights(x_ND, label_N, groups(100)), atol=1e-4)


def test_a_feature_that_never_differs_gets_no_weight() -> None:
    x_ND = normal(100, 3)
    x_ND[:, 1] = 0
    found = probe.probe_weights(x_ND, (x_ND[:, 0] > 0).astype(float), groups(100))
    assert found[1] == 0
    assert found[0] > 0


def test_a_soft_label_counts_as_its_shares_of_two_hard_ones() -> None:
    # P(first) = 3/4 where x = 1 and 1/4 where x = -1: w = log 3
    x_ND, soft_N = np.tile([[1.0], [-1.0]], (200, 1)), np.tile([0.75, 0.25], 200)
    hard_N = np.tile([1.0, 1, 1, 0, 0, 0, 0, 1], 200)
    soft = probe.probe_weights(x_ND, soft_N, groups(400))
    hard = probe.probe_weights(np.repeat(x_ND, 4, axis=0), hard_N, np.repeat(groups(400), 4).tolist())
    assert soft[0] == pytest.approx(np.log(3), abs=0.02)
    assert hard[0] == pytest.approx(np.log(3), abs=0.02)


def test_labels_of_one_side_are_refused() -> None:
    with pytest.raises(ValueError, match="one side"):
        probe.probe_weights(normal(50, 2), np.ones(50), groups(50))


def test_a_fitted_model_ranks_what_it_was_fitted_on_and_keeps_its_backbone() -> None:
    made = model()
    before = {name: value.clone() for name, value in made.backbone.state_dict().items()}
    rng = np.random.default_rng(3)
    pairs, labels = [], []
    for i in range(60):
        good, bad = (f"{rng.integers(100)} yes yes yes.", f"{rng.integers(100)} no")
        first = bool(rng.integers(2))
        pairs.append(replace(pair(*((good, bad) if first else (bad, good)), name=str(i)), group=str(i)))
        labels.append(float(first))
    probe.fit_probe(made, pairs, labels)
    scorer = ScalarScorer(model=made, tokens=made.tokens, name="probe")
    assert ((scorer.compare(pairs).margin > 0) == (np.array(labels) > 0.5)).mean() > 0.95
    for name, value in made.backbone.state_dict().items():
        assert torch.equal(value, before[name])


def test_too_few_pairs_are_refused() -> None:
    with pytest.raises(ValueError, match="3 of 3 pairs can be read; a probe needs 10"):
        probe.fit_probe(model(), [pair("a", "b", name=str(i)) for i in range(3)], [1.0, 0.0, 1.0])


def test_one_prompt_is_refused() -> None:
    with pytest.raises(ValueError, match="1 prompts; a probe needs 5"):
        probe.probe_weights(normal(20, 2), np.tile([0.0, 1.0], 10), ["same"] * 20)
