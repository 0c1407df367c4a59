"""What training changes, as plain tensors by name, and back into a live model and its optimiser.

Tensors of a model sharded by `fully_shard` are gathered on the way out and cut again on the way in,
so what is saved is the same for any number of processes; with such a model every process must call
these functions.  Nothing is pickled.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .errors import InputError

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer

__all__ = ["load_moments", "load_weights", "moments_of", "weights_of"]


def weights_of(model: nn.Module) -> dict[str, Tensor]:
    """Return trainable parameters and saved buffers by name, whole and on the CPU.

    Frozen parameters are left out: a LoRA model gives its adapters and whatever else it trains.
    """
    return {name: _whole(tensor) for name, tensor in _changing(model).items()}


def load_weights(model: nn.Module, file: Path) -> None:
    """Put saved weights into the model, in place.

    Raises:
        InputError: names or shapes of the tensors differ from the model's.
    """
    import torch
    from safetensors.torch import load_file

    saved, mine = load_file(file), _changing(model)
    odd = sorted(
        name
        for name in saved.keys() | mine.keys()
        if name not in saved or name not in mine or saved[name].shape != mine[name].shape
    )
    if odd:
        raise InputError(
            f"{file}: {len(odd)} tensors are missing, unknown or of another shape than the model trains, such as "
            f"{odd[0]}; resume with the model that the run began with"
        )
    with torch.no_grad():
        for name, tensor in saved.items():
            mine[name].copy_(_like(tensor, mine[name]))


def moments_of(optimizer: Optimizer, model: nn.Module) -> dict[str, Tensor]:
    """Return the optimiser's state as "quantity parameter" -> tensor, whole and on the CPU."""
    state, names = optimizer.state_dict()["state"], _names(optimizer, model)
    return {f"{key} {names[i]}": _whole(tensor) for i, kept in state.items() for key, tensor in kept.items()}


def load_moments(optimizer: Optimizer, model: nn.Module, file: Path) -> None:
    """Put saved moments into the optimiser; its settings, such as the learning rate, stay."""
    from safetensors.torch import load_file

    parameters = dict(model.named_parameters())
    place = {name: i for i, name in enumerate(_names(optimizer, model))}
    state: dict[int, dict[str, Tensor]] = {}
    for label, tensor in load_file(file).items():
        key, name = label.split(" ", 1)
        state.setdefault(place[name], {})[key] = _like(tensor, parameters[name])
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _changing(model: nn.Module) -> dict[str, Tensor]:
    """Return the live tensors that training changes; a tied parameter once, under its first name."""
    saved = model.state_dict().keys()
    found: dict[str, Tensor] = {name: p.detach() for name, p in model.named_parameters() if p.requires_grad}
    return found | {name: b for name, b in model.named_buffers() if name in saved}


def _names(optimizer: Optimizer, model: nn.Module) -> list[str]:
    """Return the parameters' names in the optimiser's own order."""
    known = {id(p): name for name, p in model.named_parameters()}
    return [known[id(p)] for group in optimizer.param_groups for p in group["params"]]


def _whole(tensor: Tensor) -> Tensor:
    from torch.distributed.tensor import DTensor

    if isinstance(tensor, DTensor):
        tensor = tensor.full_tensor()
    return tensor.detach().cpu().contiguous()


def _like(tensor: Tensor, live: Tensor) -> Tensor:
    """Shard a whole tensor as a live one is sharded; a scalar such as the step count stays whole."""
    from torch.distributed.tensor import DTensor, distribute_tensor

    if isinstance(live, DTensor) and tensor.shape == live.shape:
        return distribute_tensor(tensor.to(live.device), live.device_mesh, live.placements)
    return tensor
