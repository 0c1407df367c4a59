"""The gradient of a step is that of Σ sum / Σ n, however its rows are cut."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from assay.fit import BatchLoss
from assay.fit_step import clip, step_gradient

CPU = torch.device("cpu")
X = torch.tensor([[1.0, 0.0], [3.0, 2.0], [5.0, 4.0]])


def line() -> nn.Linear:
    model = nn.Linear(2, 1, bias=False)
    nn.init.zeros_(model.weight)
    return model


def total(model: nn.Module, batch: dict[str, Tensor]) -> BatchLoss:
    """Σ w·x: its gradient in w is Σ x."""
    return BatchLoss(model(batch["x"]).sum(), len(batch["x"]), {"first": float(batch["x"][:, 0].mean())})


def gradient(*batches: Tensor, counted: tuple[bool, ...] = (True, True, True)) -> tuple[list[float], dict[str, float]]:
    model = line()
    parts = [({"x": x}, counts) for x, counts in zip(batches, counted, strict=False)]
    figures = step_gradient(model, parts, total, device=CPU)
    return ([] if model.weight.grad is None else model.weight.grad.flatten().tolist()), figures


def test_unequal_batches_weigh_their_rows_equally() -> None:
    found, figures = gradient(X[:1], X[1:])
    assert found == [3.0, 2.0]  # ((1, 0) + (3, 2) + (5, 4)) / 3; the mean of means would be (2.5, 1.5)
    assert figures == {"loss": 0.0, "rows": 3, "first": 3.0}


def test_a_stand_in_weighs_nothing() -> None:
    assert gradient(X[:1], X[1:], counted=(True, False)) == ([1.0, 0.0], {"loss": 0.0, "rows": 1, "first": 1.0})


def test_a_batch_without_labels_adds_nothing_not_even_its_nan() -> None:
    def loss(model: nn.Module, batch: dict[str, Tensor]) -> BatchLoss:
        n = int((batch["x"][:, 0] > 1).sum())
        scale = 1.0 if n else math.nan  # such as a mean over no rows
        return BatchLoss(model(batch["x"]).sum() * scale, n, {"mean": float(batch["x"].mean()) * scale})

    model = line()
    figures = step_gradient(model, [({"x": X[:1]}, True), ({"x": X[1:]}, True)], loss, device=CPU)
    assert figures == {"loss": 0.0, "rows": 2, "mean": 3.5}  # (3 + 2 + 5 + 4) / 4
    assert model.weight.grad is not None
    assert model.weight.grad.tolist() == [[4.0, 3.0]]  # ((3, 2) + (5, 4)) / 2


def test_a_step_without_labels_has_loss_zero_and_no_gradient() -> None:
    def loss(model: nn.Module, batch: dict[str, Tensor]) -> BatchLoss:
        return BatchLoss(model(batch["x"]).sum() * math.nan, 0)

    model = line()
    assert step_gradient(model, [({"x": X}, True)], loss, device=CPU) == {"loss": 0.0, "rows": 0}
    assert model.weight.grad is None


def test_a_loss_without_gradient_is_a_bug_of_the_caller() -> None:
    with pytest.raises(ValueError, match="without gradient"):
        step_gradient(line(), [({"x": X}, True)], lambda m, b: BatchLoss(b["x"].sum(), 3), device=CPU)


def test_clipping_scales_to_the_norm_and_returns_the_norm_before() -> None:
    model = line()
    model.weight.grad = torch.tensor([[3.0, 4.0]])
    assert clip(model, 1.0) == pytest.approx(5.0)  # √(9 + 16)
    assert model.weight.grad.flatten().tolist() == pytest.approx([0.6, 0.8], abs=1e-5)
    assert clip(model, 0.0) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("bf16", [True, False])
def test_autocast_is_on_where_bf16_asks_for_it(bf16: bool) -> None:
    seen = []

    def loss(model: nn.Module, batch: dict[str, Tensor]) -> BatchLoss:
        out = model(batch["x"])
        seen.append(out.dtype)
        return BatchLoss(out.float().sum(), 3)

    model = line()
    step_gradient(model, [({"x": X}, True)], loss, device=CPU, bf16=bf16)
    assert seen == [torch.bfloat16 if bf16 else torch.float32]
    assert model.weight.grad is not None
    assert model.weight.grad.dtype == torch.float32
