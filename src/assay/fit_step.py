"""One optimiser step: its batches, and the gradient of Σ sum / Σ n over its forwards and processes.

    each forward    backward through its sum, not its mean: gradients add up on the parameters
    once, at last   gradients and counts are summed over the processes and divided by Σ n

so unequal forwards weigh their rows equally, and n may be known only after the forward.
torch loads with this module; `fit` imports it late.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.tensor import DTensor
from torch.utils.data import Dataset

from .fit_batches import Plan

if TYPE_CHECKING:
    from .fit import BatchLoss

__all__ = ["Steps", "Task", "clip", "step_gradient"]

_CLOCK = ("step", "steps")
"""Entries of a batch that stay on the CPU: reading them costs no wait for the device."""
_METRIC = "metric "


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is learnt; see `fit` for the fields that it shares with it."""

    rows: Sequence[Any]
    """What there is to learn from."""
    collate: Callable[[list[Any]], dict[str, Tensor]]
    """Makes a batch of rows."""
    batch_loss: Callable[[nn.Module, dict[str, Tensor]], BatchLoss]
    """Loss of a batch."""
    evaluate: Callable[[nn.Module], Mapping[str, float]] | None
    """Measures the model."""
    plan: Plan
    """Which rows each step sees."""
    settings: Mapping[str, Any]
    """What a resumed run must share; kept in every checkpoint."""
    before_save: Callable[[], object] | None = None
    """Called on every process before a checkpoint is written."""


class Steps(Dataset[list[tuple[dict[str, Tensor], bool]]]):
    """Item i: the batches of one process in step i, each with whether its rows count."""

    def __init__(self, task: Task, rank: int, world: int) -> None:
        self.task, self.rank, self.world = task, rank, world

    def __len__(self) -> int:
        return self.task.plan.steps

    def __getitem__(self, step: int) -> list[tuple[dict[str, Tensor], bool]]:
        plan = self.task.plan
        clock = dict(zip(_CLOCK, (torch.tensor(step), torch.tensor(plan.steps)), strict=True))
        found = []
        for part in plan.parts(step, self.rank, self.world):
            batch = self.task.collate([self.task.rows[row] for row in part.rows])
            shape = tuple(batch["labels"].shape) if "labels" in batch else None
            if shape != (len(part.rows),):
                raise ValueError(f"collate must give labels of shape ({len(part.rows)},), one per row; got {shape}")
            found.append(({**batch, **clock}, part.counted))
        return found


def step_gradient(
    model: nn.Module,
    parts: Iterable[tuple[Mapping[str, Tensor], bool]],
    batch_loss: Callable[[nn.Module, dict[str, Tensor]], BatchLoss],
    *,
    device: torch.device,
    bf16: bool = False,
) -> dict[str, float]:
    """Leave the gradient of Σ sum / Σ n on the parameters.

    Where Σ n = 0 no parameter has a gradient (so AdamW leaves all as they are) and the loss is 0.
    A loss that is not finite is returned as it is, with gradients undivided.

    Args:
        model: plain, or sharded by `fully_shard`; parameters hold no gradient yet.
        parts: this process's batches, each with whether its rows count.
        batch_loss: see `BatchLoss`.
        device: where the batches go.
        bf16: forward under bfloat16 autocast.

    Returns:
        "loss", "rows" (Σ n) and the mean of each metric, equal on every process.

    Raises:
        ValueError: a batch has rows that count, and a loss without gradient.
    """
    sharded = any(isinstance(p, DTensor) for p in model.parameters())  # its backward must run on all processes
    sums = {"loss": 0.0, "rows": 0.0}
    for batch, counted in parts:
        placed = {name: value if name in _CLOCK else value.to(device) for name, value in batch.items()}
        with torch.autocast(device.type, torch.bfloat16, enabled=bf16):
            loss = batch_loss(model, placed)
        n = loss.n if counted else 0
        if loss.sum.requires_grad and (n or sharded):
            (loss.sum if n else loss.sum * 0).backward()
        elif n:
            raise ValueError("batch_loss returned a sum without gradient: nothing would be learnt")
        sums["rows"] += n
        figures = {"loss": loss.sum.item(), **{_METRIC + name: n * value for name, value in loss.metrics.items()}}
        for name, value in figures.items():
            sums[name] = sums.get(name, 0.0) + (value if n else 0.0)  # 0 × NaN would be NaN
    sums = _over_processes(sums, device)
    n_total = sums.pop("rows")
    if not n_total:
        model.zero_grad(set_to_none=True)  # a sharded model has gradients of 0, and AdamW would move on them
        return {"loss": 0.0, "rows": 0}
    means = {name.removeprefix(_METRIC): value / n_total for name, value in sorted(sums.items())}
    if math.isfinite(sums["loss"]):
        _divide([p for p in model.parameters() if p.requires_grad], n_total, device)
    return {**means, "loss": sums["loss"] / n_total, "rows": int(n_total)}


def clip(model: nn.Module, most: float) -> float:
    """Scale the gradient down to a norm of at most `most` (0: leave it); return the norm before."""
    norm = nn.utils.clip_grad_norm_(model.parameters(), most or math.inf)
    return (norm.full_tensor() if isinstance(norm, DTensor) else norm).item()


def _processes() -> int:
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def _over_processes(sums: Mapping[str, float], device: torch.device) -> dict[str, float]:
    if _processes() == 1:
        return dict(sums)
    values = torch.tensor([sums[name] for name in sorted(sums)], dtype=torch.float64, device=device)
    dist.all_reduce(values)
    return dict(zip(sorted(sums), values.tolist(), strict=True))


def _divide(parameters: list[nn.Parameter], n: float, device: torch.device) -> None:
    """Sum gradients over the processes and divide them by n.

    Those of a sharded parameter are averaged over the processes by its backward already.
    """
    world = _processes()
    if world > 1:
        held = torch.tensor([p.grad is not None for p in parameters], dtype=torch.uint8, device=device)
        dist.all_reduce(held, dist.ReduceOp.MAX)
        plain = [p for p, anywhere in zip(parameters, held.tolist(), strict=True) if anywhere]
        waiting = []
        for p in plain:
            p.grad = torch.zeros_like(p) if p.grad is None else p.grad
            if not isinstance(p, DTensor):
                waiting.append(dist.all_reduce(p.grad, async_op=True))
        for work in waiting:
            work.wait()
    for p in parameters:
        if p.grad is not None:
            p.grad.mul_((world if isinstance(p, DTensor) else 1) / n)
