"""Representation anchoring: distances, selection, references, and what a large λ does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from anchored_models import Batch, backbone, batch, with_lora
from torch import Tensor, nn

from assay.anchor_reference import FrozenCopy, adapter_reference, disabled_adapters, hidden_states, weights_hash
from assay.anchoring import (
    AnchorConfig,
    Distance,
    anchor_distance,
    anchor_layers,
    anchor_loss,
    anchored_tokens,
    lambda_weight,
    packed,
    packed_loss,
)
from assay.scalar import loss


def near(*values: float) -> object:
    return pytest.approx(list(values), abs=1e-6)


def test_distances_of_small_vectors_are_those_by_hand() -> None:
    # h − h⁰ = (0, 4): ‖·‖² = 16; D = 2; ‖h⁰‖² = 9; cos of (3, 4) and (3, 0) = 9 / 15
    h, h0 = torch.tensor([[3.0, 4.0]]), torch.tensor([[3.0, 0.0]])
    assert anchor_distance(h, h0, "scaled").tolist() == near(8)
    assert anchor_distance(h, h0, "relative").tolist() == near(16 / 9)
    assert anchor_distance(h, h0, "cosine").tolist() == near(1 - 3 / 5)
    assert anchor_distance(h, h0, "difference").tolist() == near(8)


def test_gradients_are_those_by_hand_and_never_reach_the_reference() -> None:
    # scaled 2 (h − h⁰) / D = (0, 4); relative 2 (h − h⁰) / 9 = (0, 8/9);
    # cosine: −(u⁰ − cos · u) / ‖h‖ with u = (.6, .8), u⁰ = (1, 0): −((1, 0) − .6 (.6, .8)) / 5 = (−.128, .096)
    h0 = torch.tensor([3.0, 0.0], requires_grad=True)
    by_hand: dict[Distance, tuple[float, float]] = {
        "scaled": (0.0, 4.0),
        "relative": (0.0, 8 / 9),
        "cosine": (-0.128, 0.096),
    }
    for distance, expected in by_hand.items():
        h = torch.tensor([3.0, 4.0], requires_grad=True)
        anchor_distance(h, h0, distance).backward()
        assert h.grad is not None
        assert h.grad.tolist() == near(*expected)
    assert h0.grad is None


def test_relative_and_cosine_know_no_scale_and_an_unmoved_state_is_at_0() -> None:
    generator = torch.Generator().manual_seed(0)
    h, h0 = torch.randn(5, 16, generator=generator), torch.randn(5, 16, generator=generator)
    distances: tuple[Distance, ...] = ("relative", "cosine")
    for distance in distances:
        once, scaled = anchor_distance(h, h0, distance), anchor_distance(1e3 * h, 1e3 * h0, distance)
        assert scaled.tolist() == pytest.approx(once.tolist(), rel=1e-5)
    assert anchor_distance(h, h, "cosine").tolist() == [0.0] * 5
    assert anchor_distance(torch.zeros(3), torch.zeros(3), "relative").item() == 0


def test_bfloat16_states_are_compared_in_float32() -> None:
    h, h0 = (torch.randn(64, generator=torch.Generator().manual_seed(seed)).bfloat16() for seed in (0, 1))
    exact = (h.double() - h0.double()).square().mean().item()
    assert anchor_distance(h, h0, "scaled").item() == pytest.approx(exact, rel=1e-6)


def test_layers_are_chosen_by_name_or_by_stride_from_the_end() -> None:
    assert anchor_layers("final", 6) == (6,)
    assert anchor_layers("middle", 6) == (3,)
    assert anchor_layers("all", 4) == (1, 2, 3, 4)
    assert anchor_layers(3, 7) == (1, 4, 7)
    assert anchor_layers(9, 4) == (4,)


def random_states(layers: int, rows: int, length: int, size: int, seed: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(rows, length, size, generator=generator) for _ in range(layers + 1)]


def by_loops(h: Sequence[Tensor], h0: Sequence[Tensor], rows: Batch, config: AnchorConfig) -> list[float]:
    """The same loss, one token at a time."""
    found = []
    for row in range(len(rows.ids)):
        tokens = {
            "scored": [int(rows.scored[row])],
            "response": [t for t in range(rows.ids.shape[1]) if rows.response[row, t]],
            "all": [t for t in range(rows.ids.shape[1]) if rows.mask[row, t]],
        }[config.tokens]
        layers = {"final": [4], "middle": [2], "all": [1, 2, 3, 4], 3: [1, 4]}[config.layers]
        total = sum(
            float(anchor_distance(h[k][row, t], h0[k][row, t], config.distance)) for k in layers for t in tokens
        )
        found.append(total / len(layers) / len(tokens))
    return found


@pytest.mark.parametrize("layers", ["final", "middle", "all", 3])
@pytest.mark.parametrize("tokens", ["scored", "response", "all"])
@pytest.mark.parametrize("distance", ["scaled", "relative", "cosine"])
def test_the_loss_is_the_mean_over_exactly_the_chosen_layers_and_tokens(
    layers: Any, tokens: Any, distance: Any
) -> None:
    rows = batch([3, 6, 5, 4])
    h, h0 = random_states(4, 4, 6, 8, seed=1), random_states(4, 4, 6, 8, seed=2)
    config = AnchorConfig(weight=1.0, layers=layers, tokens=tokens, distance=distance)
    found = anchor_loss(h, h0, rows.mask, rows.scored, rows.response, config)
    assert found.tolist() == pytest.approx(by_loops(h, h0, rows, config), rel=1e-5)


@pytest.mark.parametrize("tokens", ["scored", "response", "all"])
def test_padding_contributes_neither_value_nor_gradient(tokens: Any) -> None:
    rows, config = batch([3, 6]), AnchorConfig(weight=1.0, layers="all", tokens=tokens)
    h, h0 = random_states(2, 2, 6, 8, seed=1), random_states(2, 2, 6, 8, seed=2)
    clean = anchor_loss(h, h0, rows.mask, rows.scored, rows.response, config)
    for state in h:
        state[rows.mask == 0] = math.nan
        state.requires_grad_()
    spoilt = anchor_loss(h, h0, rows.mask, rows.scored, rows.response, config)
    assert torch.equal(spoilt, clean)
    spoilt.sum().backward()
    for state in h[1:]:
        assert state.grad is not None
        assert not state.grad[rows.mask == 0].any()


def test_a_response_mask_that_runs_into_the_padding_is_cut() -> None:
    rows = batch([3, 6])
    where = anchored_tokens(rows.mask, rows.scored, torch.ones_like(rows.mask), "response")
    assert [at.tolist() for at in where.positions()] == [[0, 1, 2], [0, 1, 2, 3, 4, 5]]


def test_a_row_without_response_tokens_is_not_anchored_and_no_nan() -> None:
    rows = batch([2, 5])  # two tokens of prompt
    h, h0 = random_states(1, 2, 5, 8, seed=1), random_states(1, 2, 5, 8, seed=2)
    config = AnchorConfig(weight=1.0, tokens="response")
    empty, full = anchor_loss(h, h0, rows.mask, rows.scored, rows.response, config).tolist()
    assert empty == 0
    assert full > 0
    assert anchor_loss(h, h0, rows.mask, rows.scored, 0 * rows.response, config).tolist() == [0, 0]


def test_difference_is_blind_to_a_shift_common_to_both_answers() -> None:
    # pair: h(a) − h(b) = (2, 0) against (0, 0): ‖·‖² / D = 4 / 2, carried by both rows
    config = AnchorConfig(weight=1.0, distance="difference")
    mask, scored = torch.ones(2, 1, dtype=torch.long), torch.zeros(2, dtype=torch.long)
    h = torch.tensor([[[3.0, 1.0]], [[1.0, 1.0]]])
    h0 = torch.zeros(2, 1, 2)
    for shift in (torch.zeros(2), torch.tensor([16.0, -4.0])):
        found = anchor_loss([h, h + shift], [h0, h0], mask, scored, mask, config)
        assert found.tolist() == [2, 2]


def test_difference_needs_pairs_of_rows() -> None:
    rows = batch([3, 3, 3])
    h = random_states(1, 3, 3, 4, seed=0)
    with pytest.raises(ValueError, match="needs pairs of rows"):
        anchor_loss(h, h, rows.mask, rows.scored, rows.response, AnchorConfig(weight=1.0, distance="difference"))


def test_part_of_a_batch_selects_the_same_tokens() -> None:
    rows = batch([3, 6, 2, 5])
    where = anchored_tokens(rows.mask, rows.scored, rows.response, "response")
    assert [at.tolist() for at in where.positions()] == [[2], [2, 3, 4, 5], [], [2, 3, 4]]
    part = where.take([1, 2, 3])
    expected = anchored_tokens(rows.mask[1:], rows.scored[1:], rows.response[1:], "response")
    assert torch.equal(part.flat, expected.flat)
    assert (part.rows, part.length) == (3, 6)


def test_lambda_follows_its_schedule() -> None:
    def at(schedule: Any, *steps: int) -> list[float]:
        config = AnchorConfig(weight=8.0, schedule=schedule, warmup=0.5)
        return [lambda_weight(config, step, 8) for step in steps]

    assert at("constant", 0, 7) == [8, 8]
    assert at("warmup", 0, 1, 4, 7) == [0, 2, 8, 8]
    assert at("decay", 0, 4, 8) == [8, 4, 0]


@pytest.mark.parametrize(
    "wrong",
    [
        {"weight": -1.0},
        {"weight": math.inf},
        {"layers": "first"},
        {"layers": 0},
        {"layers": True},
        {"tokens": "prompt"},
        {"distance": "l1"},
        {"schedule": "cosine"},
        {"reference": "disk"},
        {"warmup": 0.0},
        {"distance": "difference", "tokens": "all"},
    ],
)
def test_a_wrong_setting_is_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=f"anchor: {next(iter(wrong))}"):
        AnchorConfig(**{"weight": 1.0, **wrong})


@pytest.mark.parametrize("family", ["llama", "qwen3", "gemma3"])
@pytest.mark.parametrize("tokens", ["scored", "response"])
def test_disabled_adapters_and_a_copy_are_the_model_before_training(family: str, tokens: Any) -> None:
    rows = batch([4, 9, 7])
    where = anchored_tokens(rows.mask, rows.scored, rows.response, tokens)
    model = backbone(family)
    copied = FrozenCopy(model).reference("all")
    with torch.no_grad():
        before = packed(hidden_states(model, rows.ids, rows.mask), where, "all")
    adapted = with_lora(model).train()
    disabled = adapter_reference(adapted, "all")(rows.ids, rows.mask, where)
    assert (disabled - before).abs().max() <= 1e-6
    assert (copied(rows.ids, rows.mask, where) - before).abs().max() <= 1e-6
    moved = packed(hidden_states(adapted, rows.ids, rows.mask), where, "all")
    assert (moved - before).abs().max() > 1e-2


def test_after_the_block_adapters_modes_and_gradients_are_as_they_were() -> None:
    adapted = with_lora(backbone()).train()
    next(adapted.children()).eval()
    frozen = next(weight for name, weight in adapted.named_parameters() if "lora_A" in name)
    frozen.requires_grad_(False)
    modes = [module.training for module in adapted.modules()]
    needed = [weight.requires_grad for weight in adapted.parameters()]
    rows = batch([5, 5])
    with torch.no_grad():
        before = hidden_states(adapted.eval(), rows.ids, rows.mask)[-1]
        for module, mode in zip(adapted.modules(), modes, strict=True):
            module.training = mode
        with pytest.raises(RuntimeError, match="stop"), disabled_adapters(adapted):
            raise RuntimeError("stop")
        assert [module.training for module in adapted.modules()] == modes
        assert [weight.requires_grad for weight in adapted.parameters()] == needed
        assert torch.equal(hidden_states(adapted.eval(), rows.ids, rows.mask)[-1], before)


def test_a_reference_between_forward_and_backward_leaves_the_gradients_alone() -> None:
    rows, gradients = batch([5, 8]), []
    where = anchored_tokens(rows.mask, rows.scored, rows.response, "scored")
    for between in (False, True):
        adapted = with_lora(backbone(), dropout=0.0).train()
        value = hidden_states(adapted, rows.ids, rows.mask)[-1].square().sum()
        if between:
            assert not adapter_reference(adapted, "final")(rows.ids, rows.mask, where).requires_grad
        value.backward()
        gradients.append([weight.grad for weight in adapted.parameters() if weight.requires_grad])
    assert len(gradients[0]) == len(gradients[1]) > 0
    for alone, beside in zip(*gradients, strict=True):
        assert alone is not None
        assert beside is not None
        assert torch.equal(alone, beside)


def test_dropout_is_off_in_a_reference_of_a_model_in_training() -> None:
    model, rows = backbone(dropout=0.5), batch([9, 9])
    where = anchored_tokens(rows.mask, rows.scored, rows.response, "scored")
    before = FrozenCopy(model).reference("all")(rows.ids, rows.mask, where)
    in_training = FrozenCopy(model.train()).reference("all")
    assert torch.equal(in_training(rows.ids, rows.mask, where), before)
    adapted = with_lora(model).train()
    assert (adapter_reference(adapted, "all")(rows.ids, rows.mask, where) - before).abs().max() <= 1e-6


def test_a_model_without_adapters_has_none_to_disable() -> None:
    with pytest.raises(ValueError, match="no adapter layers"), disabled_adapters(backbone()):
        pass


def test_a_copy_neither_learns_nor_follows_and_keeps_its_frequencies_exact() -> None:
    model = backbone()
    frozen = FrozenCopy(model, torch.bfloat16)
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(1.0)
    assert {weight.dtype for weight in frozen.module.parameters()} == {torch.bfloat16}
    assert {buffer.dtype for buffer in frozen.module.buffers()} == {torch.float32}
    assert not any(weight.requires_grad for weight in frozen.module.parameters())
    rows = batch([6, 4])
    where = anchored_tokens(rows.mask, rows.scored, rows.response, "all")
    exact = FrozenCopy(backbone()).reference("final")(rows.ids, rows.mask, where)
    rounded = frozen.reference("final")(rows.ids, rows.mask, where)
    assert anchor_distance(rounded, exact, "relative").max() < 1e-3  # 8 bits of mantissa: about (2⁻⁸)² a value


def test_a_hash_of_weights_sees_weights_and_settings_not_names() -> None:
    model = backbone()
    first = weights_hash(model)
    assert weights_hash(backbone()) == first
    model.config._name_or_path = "elsewhere"
    assert weights_hash(model) == first
    model.config.rms_norm_eps = 1e-3
    assert weights_hash(model) != first
    assert weights_hash(backbone(seed=1)) != first


def trained(weight: float, frozen: bool = False) -> tuple[list[float], Tensor, float]:
    """Train 30 steps; return the Bradley–Terry losses, the head, and the largest relative drift of a scored state."""
    model, head = backbone(), nn.Linear(32, 1, bias=False)
    nn.init.zeros_(head.weight)
    rows = batch([5, 7] * 16, seed=3)
    where = anchored_tokens(rows.mask, rows.scored, rows.response, "scored")
    h0 = FrozenCopy(model).reference("final")(rows.ids, rows.mask, where)
    groups = [{"params": list(head.parameters()), "lr": 2e-2}, {"params": list(model.parameters()), "lr": 1e-5}]
    optimiser = torch.optim.AdamW(groups[:1] if frozen else groups, weight_decay=0.0)
    losses = []
    for _ in range(30):
        h = packed(hidden_states(model, rows.ids, rows.mask), where, "final")
        reward = head(h[-1]).squeeze(-1)
        task = loss.bradley_terry(reward[0::2] - reward[1::2]).mean()
        optimiser.zero_grad()
        (task + weight * packed_loss(h, h0, where, "relative").mean()).backward()
        optimiser.step()
        losses.append(task.item())
    with torch.no_grad():
        h = packed(hidden_states(model, rows.ids, rows.mask), where, "final")
    return losses, head.weight.detach(), float(((h - h0).norm(dim=-1) / h0.norm(dim=-1)).max())


def test_a_large_lambda_trains_the_head_as_on_frozen_features() -> None:
    probe, probe_head, _ = trained(0.0, frozen=True)
    free, free_head, free_drift = trained(0.0)
    held, held_head, held_drift = trained(1e4)
    assert held_drift < 1e-3 < 50 * held_drift < free_drift  # measured: 2.7e-4 against 7.1e-2
    assert held[0] == pytest.approx(math.log(2), abs=1e-6)
    assert held[-1] < 0.05  # the head learns: measured 0.0341, the probe too
    assert held[-1] == pytest.approx(probe[-1], abs=1e-3)
    assert (held_head - probe_head).abs().max() < 2e-3  # measured 7e-4, without anchor 4e-2
    assert (free_head - probe_head).abs().max() > 1e-2
    assert free[-1] < probe[-1]
