"""Drift: distances and similarities worked by hand, and features that depend on their own dialogue only."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import item, model, net, tokenizer

from assay.anchoring import anchor_distance
from assay.errors import InputError
from assay.scalar import ScalarRewardModel, drift
from assay.scalar import encode as encoding
from assay.types import Floats, Item

TEXTS = ("x", "The Rhine rises in the Alps.", "42", "Name a river. " * 5, "", "The Rhône.", "It is so.")
BASE = model()
LONG = "word " * 400
NAN = float("nan")


def items(texts: Sequence[str] = TEXTS) -> list[Item]:
    return [item(text, name=str(i)) for i, text in enumerate(texts)]


def normal(n: int, d: int, seed: int = 0) -> Floats:
    return np.random.default_rng(seed).normal(size=(n, d))


def rotation(d: int, seed: int = 1) -> Floats:
    return np.asarray(np.linalg.qr(normal(d, d, seed))[0], dtype=np.float64)


def shaken(scale: float, *names: str) -> ScalarRewardModel:
    """The base, with noise on the weights whose names hold one of these."""
    made = model()
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for name, value in made.backbone.named_parameters():
            if any(part in name for part in names):
                value.add_(torch.randn(value.shape, generator=generator), alpha=scale)
    return made


def test_twice_the_features_are_at_distance_one() -> None:
    f0_ND = normal(5, 8)
    np.testing.assert_allclose(drift.relative_distance(2 * f0_ND, f0_ND), 1.0)
    assert drift.relative_distance(f0_ND, f0_ND).tolist() == [0.0] * 5


@pytest.mark.parametrize("degrees", [0, 60, 90, 180])
def test_a_rotation_in_the_plane_moves_by_its_chord(degrees: float) -> None:
    # a chord of the unit circle is 2 sin(angle / 2): 60° -> 1, 90° -> √2, 180° -> 2
    a = math.radians(degrees)
    turned = normal(4, 2) @ np.array([[math.cos(a), math.sin(a)], [-math.sin(a), math.cos(a)]])
    np.testing.assert_allclose(drift.relative_distance(turned, normal(4, 2)), 2 * math.sin(a / 2), atol=1e-12)


def test_the_distance_is_the_root_of_that_of_anchoring() -> None:
    f_ND, f0_ND = normal(6, 9, 1), normal(6, 9, 2)
    squared = anchor_distance(torch.tensor(f_ND), torch.tensor(f0_ND), "relative").numpy()
    np.testing.assert_allclose(drift.relative_distance(f_ND, f0_ND) ** 2, squared)


def test_rows_that_were_not_read_have_no_distance_and_a_zero_base_is_refused() -> None:
    f_ND = np.array([[1.0, 0.0], [NAN, NAN]])
    assert np.isnan(drift.relative_distance(f_ND, f_ND)).tolist() == [False, True]
    with pytest.raises(ValueError, match="row 1 is 0"):
        drift.relative_distance(np.ones((2, 2)), np.array([[1.0, 0], [0, 0]]))
    with pytest.raises(ValueError, match=r"shapes \(2, 2\) and \(1, 2\)"):
        drift.relative_distance(np.ones((2, 2)), np.ones((1, 2)))


def test_similarity_in_one_dimension_is_the_squared_correlation() -> None:
    # x = (0, 1, 2), y = (0, 0, 3): centred (-1, 0, 1) and (-1, -1, 2); 3² / (2 · 6) = .75
    x, y = np.array([[0.0], [1], [2]]), np.array([[0.0], [0], [3]])
    assert drift.linear_cka(x, y) == pytest.approx(0.75)
    assert float(np.corrcoef(x[:, 0], y[:, 0])[0, 1]) ** 2 == pytest.approx(0.75)


@settings(deadline=None, max_examples=25)
@given(st.integers(3, 30), st.integers(1, 12), st.floats(0.01, 100), st.integers(0, 99))
def test_similarity_survives_rotation_scale_and_shift(n: int, d: int, scale: float, seed: int) -> None:
    x_ND, y_ND = normal(n, d, seed), normal(n, d + 2, seed + 100)
    assert drift.linear_cka(scale * x_ND @ rotation(d) + 3, x_ND) == pytest.approx(1)
    assert drift.linear_cka(scale * x_ND @ rotation(d) + 3, y_ND) == pytest.approx(drift.linear_cka(x_ND, y_ND))
    assert drift.linear_cka(y_ND, x_ND) == pytest.approx(drift.linear_cka(x_ND, y_ND))


def test_similarity_is_the_normalised_hsic_of_the_gram_matrices() -> None:
    x_ND, y_NE, centre = normal(12, 5, 1), normal(12, 7, 2), np.eye(12) - 1 / 12
    k, m = centre @ x_ND @ x_ND.T @ centre, centre @ y_NE @ y_NE.T @ centre
    hsic = float((k * m).sum() / math.sqrt((k * k).sum() * (m * m).sum()))
    assert drift.linear_cka(x_ND, y_NE) == pytest.approx(hsic)


@pytest.mark.parametrize(("n", "d"), [(2000, 20), (400, 100), (30, 300)])
def test_independent_features_look_alike_where_items_are_few(n: int, d: int) -> None:
    # with n' = n - 1: E‖YᵀX‖² = n' d²; E‖XᵀX‖² = n' d (n' + d + 1); so about d / (n' + d + 1): .010, .200, .909
    expected = d / (n + d)
    assert drift.linear_cka(normal(n, d, 1), normal(n, d, 2)) == pytest.approx(expected, rel=0.1)


def test_similarity_leaves_out_what_was_not_read_and_is_unknown_where_nothing_varies() -> None:
    x_ND, y_ND = normal(9, 3, 1), normal(9, 3, 2)
    holed = x_ND.copy()
    holed[4] = NAN
    kept = np.arange(9) != 4
    assert drift.linear_cka(holed, y_ND) == drift.linear_cka(x_ND[kept], y_ND[kept])
    assert math.isnan(drift.linear_cka(np.full((9, 3), 0.1), y_ND))
    assert math.isnan(drift.linear_cka(x_ND[:1], y_ND[:1]))
    with pytest.raises(ValueError, match="9 rows against 8"):
        drift.linear_cka(x_ND, y_ND[:8])


def test_features_are_the_hidden_states_at_the_last_real_token() -> None:
    found = drift.features(BASE, items(), [0, 1, 2])
    assert found.shape == (3, len(TEXTS), 32)
    assert found.dtype == np.float64
    for n, text in enumerate(TEXTS):
        one = encoding.encode_dialogue(BASE.tokens, item("").prompt, text, max_length=256)
        assert one is not None
        with torch.no_grad():
            hidden = BASE.forward_hidden(*encoding.padded([one.ids], BASE.pad_id))[1]
        alone = np.stack([state[0, -1].numpy() for state in hidden])
        np.testing.assert_allclose(found[:, n], alone, atol=1e-5)


def test_the_last_layer_is_what_the_head_reads() -> None:
    from assay.scalar import ScalarScorer

    found = drift.features(BASE, items(), [2])[0]
    scores = ScalarScorer(model=BASE, tokens=BASE.tokens, name="rm").score(items()).value
    np.testing.assert_allclose(found @ BASE.head.weight.detach().numpy()[0].astype(np.float64), scores, atol=1e-5)


@settings(deadline=None, max_examples=10)
@given(st.permutations(range(len(TEXTS))))
def test_the_order_of_the_items_and_their_repeats_change_no_bit(order: list[int]) -> None:
    listed = items()
    whole = drift.features(BASE, listed, [1, 2], batch_tokens=60)
    again = drift.features(BASE, [listed[i] for i in [*order, order[0]]], [1, 2], batch_tokens=60)
    assert (again == whole[:, [*order, order[0]]]).all()


def test_a_dialogue_that_is_too_long_is_a_row_of_nan_and_counts_nowhere() -> None:
    listed = [*items(), item(LONG)]
    found = drift.features(BASE, listed, [1])
    assert np.isnan(found).any(axis=2).tolist() == [[False] * len(TEXTS) + [True]]
    moved = shaken(0.1, "layers")
    (short,), (whole,) = (drift.drift(moved, BASE, some, [2]) for some in (items(), listed))
    assert (whole.mean, whole.cka) == (short.mean, short.cka)
    (none,) = drift.drift(moved, BASE, listed[-1:], [2])
    assert math.isnan(none.mean)
    assert math.isnan(none.cka)


def test_a_model_has_not_moved_from_itself() -> None:
    for bf16 in (False, True):
        for one in drift.drift(BASE, model(), items(), [0, 1, 2], bf16=bf16):
            assert one.distance_N.tolist() == [0.0] * len(TEXTS)
            # every dialogue ends in the same token, so embeddings do not vary
            assert math.isnan(one.cka) if one.layer == 0 else one.cka == pytest.approx(1)


def test_a_change_of_the_last_block_leaves_the_layers_below_where_they_were() -> None:
    below, last = drift.drift(shaken(0.1, "layers.1."), BASE, items(), [1, 2])
    assert (below.layer, below.mean, last.layer) == (1, 0.0, 2)
    assert last.mean > 0.05
    assert 0 < last.cka < 1


def test_drift_grows_with_the_change_and_is_the_mean_over_items() -> None:
    (small,), (large,) = (drift.drift(shaken(scale, "layers"), BASE, items(), [2]) for scale in (0.01, 0.1))
    assert 0 < small.mean < large.mean
    assert large.cka < small.cka < 1
    f_ND, f0_ND = (drift.features(one, items(), [2])[0] for one in (shaken(0.1, "layers"), BASE))
    assert large.mean == pytest.approx(drift.relative_distance(f_ND, f0_ND).mean())


def test_a_model_that_was_saved_and_loaded_has_not_moved(tmp_path: Path) -> None:
    BASE.save(tmp_path)
    (one,) = drift.drift(ScalarRewardModel.from_pretrained(tmp_path), BASE, items(), [2])
    assert one.mean == 0.0


def test_bfloat16_is_near_float32_and_the_models_mode_is_kept() -> None:
    one = model().train()
    exact, fast = (drift.features(one, items(), [2], bf16=bf16)[0] for bf16 in (False, True))
    assert one.training
    assert 0 < float(drift.relative_distance(fast, exact).max()) < 0.1


@pytest.mark.parametrize("layers", [[], [3], [-1]])
def test_a_layer_that_is_not_there_is_refused(layers: list[int]) -> None:
    with pytest.raises(ValueError, match="layers must lie in 0 … 2"):
        drift.features(BASE, items(), layers)


def test_a_base_that_reads_other_tokens_is_refused() -> None:
    other = tokenizer(template="{% for message in messages %}{{ message['content'] }}{% endfor %}")
    with pytest.raises(InputError, match="different tokens"):
        drift.drift(ScalarRewardModel(net("llama", len(other)), other), BASE, items(), [1])
