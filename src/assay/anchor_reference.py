"""Where the frozen features of representation anchoring come from.

    adapter   the model in training with its adapters switched off: no second model in memory
    copy      a frozen copy of the model, made before training
    cache     either of them once, then the disk (`assay.feature_cache`)

A `Reference` is a function from a batch to the h⁰ of its anchored tokens.  All three run without
gradient and without dropout, and agree on the same weights.

Shapes: B rows, T tokens, L layers, D hidden size, N anchored tokens.
"""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeAlias

from .anchoring import Anchored, Layers, packed

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

__all__ = [
    "Forward",
    "FrozenCopy",
    "Reference",
    "adapter_reference",
    "disabled_adapters",
    "hidden_states",
    "weights_hash",
]

_NOT_FEATURES = ("_name_or_path", "transformers_version", "architectures", "id2label", "label2id", "problem_type")
"""What a model's config says without any bearing on its hidden states."""

Forward: TypeAlias = "Callable[[nn.Module, Tensor, Tensor], Sequence[Tensor]]"
"""(model, input_ids (B, T), attention_mask (B, T)) -> all hidden states, embeddings first, each (B, T, D)."""
Reference: TypeAlias = "Callable[[Tensor, Tensor, Anchored], Tensor]"
"""(input_ids (B, T), attention_mask (B, T), which tokens) -> their h⁰, (L, N, D), without gradient."""


def hidden_states(model: nn.Module, input_ids_BT: Tensor, mask_BT: Tensor) -> Sequence[Tensor]:
    """Return all hidden states of a transformers model, with or without peft around it; the usual `Forward`.

    Args:
        model: A backbone; one with a head works too, if its head takes any batch.
        input_ids_BT: Token ids, padded on the right.
        mask_BT: Attention mask, 0 = padding.
    """
    output = model(input_ids=input_ids_BT, attention_mask=mask_BT, output_hidden_states=True, use_cache=False)
    states: Sequence[Tensor] = output.hidden_states
    return states


def weights_hash(backbone: nn.Module) -> str:
    """Return the sha256 of a model's weights and config: equal hash, equal features.

    Take it of the backbone alone, before adapters are put on: a head or adapters that start at
    random would give every seed a cache of its own.
    """
    import torch

    digest = hashlib.sha256()
    config: Any = getattr(backbone, "config", None)
    settings: Mapping[str, Any] = config.to_dict() if config is not None else {}
    told = {name: value for name, value in settings.items() if name not in _NOT_FEATURES}
    digest.update(json.dumps(told, sort_keys=True, default=str).encode())
    for name, weight in sorted(backbone.state_dict().items()):
        digest.update(f"{name} {weight.dtype} {tuple(weight.shape)}\n".encode())
        digest.update(weight.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


@contextmanager
def disabled_adapters(model: nn.Module) -> Iterator[None]:
    """Make a model with peft adapters the frozen one inside the block: adapters and dropout off.

    Afterwards every adapter, every module's train or eval mode and every `requires_grad` is as it
    was.  Weights trained outside adapters are not undone, so train nothing but adapters and the head.

    Raises:
        ValueError: the model has no adapters that could be switched off.
    """
    from peft.tuners.tuners_utils import BaseTunerLayer
    from peft.utils import AuxiliaryTrainingWrapper

    layers = [module for module in model.modules() if isinstance(module, BaseTunerLayer | AuxiliaryTrainingWrapper)]
    if not any(isinstance(module, BaseTunerLayer) for module in layers):
        raise ValueError("this model has no adapter layers to disable; use the reference 'copy' or 'cache'")
    active = [module for module in layers if not module.disable_adapters]
    modes = [(module, module.training) for module in model.modules()]
    grads = [(weight, weight.requires_grad) for weight in model.parameters()]
    try:
        model.eval()
        for module in active:
            module.enable_adapters(False)
        yield
    finally:
        for module in active:
            module.enable_adapters(True)
        for part, training in modes:
            part.training = training
        for weight, needed in grads:  # peft sets it by its own rule when it toggles
            weight.requires_grad_(needed)


def adapter_reference(model: nn.Module, layers: Layers, forward: Forward = hidden_states) -> Reference:
    """Return a reference that runs the model in training with its adapters disabled.

    Args:
        model: The model, adapters included.
        layers: Which layers.
        forward: How its hidden states are had.
    """
    import torch

    def features(input_ids_BT: Tensor, mask_BT: Tensor, where: Anchored) -> Tensor:
        with torch.no_grad(), disabled_adapters(model):
            return packed(forward(model, input_ids_BT, mask_BT), where, layers)

    return features


class FrozenCopy:
    """A copy of a model that never learns; a submodule of nothing, so no optimiser and no checkpoint sees it."""

    def __init__(self, model: nn.Module, dtype: torch.dtype | None = None) -> None:
        """Copy a model as it is now.

        Args:
            model: The backbone, before training.
            dtype: Of the copy's weights; None = as they are.  Buffers keep theirs: rotary frequencies in
                bfloat16 would put tokens in wrong places.
        """
        self.module = copy.deepcopy(model).eval().requires_grad_(False)
        for weight in self.module.parameters() if dtype else ():
            weight.data = weight.data.to(dtype)

    def reference(self, layers: Layers, forward: Forward = hidden_states) -> Reference:
        """Return a reference that runs the copy.

        Args:
            layers: Which layers.
            forward: How its hidden states are had.
        """
        import torch

        def features(input_ids_BT: Tensor, mask_BT: Tensor, where: Anchored) -> Tensor:
            with torch.no_grad():
                return packed(forward(self.module, input_ids_BT, mask_BT), where, layers)

        return features
