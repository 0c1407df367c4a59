"""Muon for the matrices of a network and AdamW for the rest, as one optimiser.

Muon makes the momentum of a matrix orthogonal before it steps along it, so directions that gradients
seldom point to are learnt as fast as the others (Keller Jordan, "Muon: an optimizer for hidden layers
in neural networks", 2024).  Embeddings, heads, norms and biases are left to AdamW, as there.  Both are
torch's own; steps of a matrix are scaled to the size that AdamW's have (arXiv 2502.16982, eq. 4), so one
learning rate serves both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.distributed.tensor import DTensor

__all__ = ["MuonAdamW"]


class MuonAdamW(torch.optim.Optimizer):
    """See above.

    Args:
        model: its trainable parameters are trained; tied ones once.
        lr: learning rate of all.
        weight_decay: of Muon's matrices; the rest has none.

    Raises:
        ValueError: the model is sharded, so that no process sees a whole matrix.
    """

    def __init__(self, model: nn.Module, *, lr: float, weight_decay: float) -> None:
        tables = {id(p) for part in model.modules() if isinstance(part, nn.Embedding) for p in part.parameters()}
        if (head := getattr(model, "get_output_embeddings", lambda: None)()) is not None:
            tables |= {id(p) for p in head.parameters()}
        trained = [p for p in model.parameters() if p.requires_grad]
        if any(isinstance(p, DTensor) for p in trained):
            raise ValueError("optimizer 'muon' needs whole matrices, but the model is sharded: use 'adamw'")
        matrices = [p for p in trained if p.ndim == 2 and min(p.shape) > 1 and id(p) not in tables]
        hidden = {id(p) for p in matrices}
        rest = [p for p in trained if id(p) not in hidden]
        self.parts: list[torch.optim.Optimizer] = []
        if matrices:
            self.parts.append(
                torch.optim.Muon(matrices, lr=lr, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw")
            )
        if rest:
            self.parts.append(torch.optim.AdamW(rest, lr=lr, betas=(0.9, 0.95), weight_decay=0.0))
        super().__init__([{"params": trained, "lr": lr}], {})  # for its hooks and its state_dict
        self._share()

    def _share(self) -> None:
        """Let the parts work on this optimiser's groups and state, so that schedules and checkpoints see one."""
        self.param_groups = [group for part in self.parts for group in part.param_groups]
        for part in self.parts:
            part.state = self.state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over the state of another one of the same model."""
        super().load_state_dict(state_dict)
        groups = iter(self.param_groups)
        for part in self.parts:
            part.param_groups = [next(groups) for _ in part.param_groups]
        self._share()

    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Step all parameters along their gradients."""
        loss = None if closure is None else closure()
        for part in self.parts:
            part.step()
        return loss
