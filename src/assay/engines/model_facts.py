"""What an engine has to know of a model: which it is, how much it reads, what ends its texts, what a token costs."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from .tokens import Tokens

if TYPE_CHECKING:
    from transformers import PreTrainedModel

__all__ = ["context_of", "flops_of", "identity_of", "stops_of"]

_NAMES = ("_name_or_path", "transformers_version", "dtype", "torch_dtype", "_attn_implementation_autoset")
"""What a configuration says besides what the model computes; the precision is that of the weights themselves."""
_SAMPLED = 64


def context_of(config: Any) -> int:
    """Return how many tokens a model reads.

    Positions that are stretched by the longest row of a batch (dynamic, LongRoPE) would let neighbours change an
    answer; of such models only the length that they were trained on is used.
    """
    most = int(getattr(config, "max_position_embeddings", 0) or 2**31)
    rope: Any = getattr(config, "rope_parameters", None) or getattr(config, "rope_scaling", None) or {}
    if rope.get("rope_type") not in ("dynamic", "longrope"):
        return most
    first = rope.get("original_max_position_embeddings") or getattr(config, "original_max_position_embeddings", None)
    return min(most, int(first)) if first else most


def identity_of(model: PreTrainedModel) -> str:
    """Return 64 hex digits that tell models with other weights, precision or configuration apart, wherever they lie.

    Of every tensor 64 elements are read, evenly spaced: training changes all of them, and a look at everything would
    take long.
    """
    import torch

    config = {key: value for key, value in model.config.to_diff_dict().items() if key not in _NAMES}
    found = hashlib.sha256(json.dumps(config, sort_keys=True, default=str).encode())
    for name, weight in model.named_parameters():
        flat = weight.detach().flatten()
        places = torch.linspace(0, flat.numel() - 1, min(flat.numel(), _SAMPLED), dtype=torch.float64).long()
        some = flat[places.to(flat.device)].cpu().contiguous().view(torch.uint8)
        found.update(f"{name} {weight.dtype} {tuple(weight.shape)}".encode() + some.numpy().tobytes())
    return found.hexdigest()


def stops_of(model: PreTrainedModel, tokens: Tokens) -> frozenset[int]:
    """Return the ids that end a text: the tokenizer's, and those that the model names."""
    told = getattr(model.generation_config, "eos_token_id", None)
    return frozenset([tokens.eos_id, *(told if isinstance(told, list) else [told] if told is not None else [])])


def flops_of(model: PreTrainedModel) -> tuple[float, float]:
    """Return the operations of reading a token, and of making its logits: twice the weights that it meets.

    Of the embeddings it meets one row, which is looked up.
    """
    embeddings: Any = model.get_input_embeddings().weight
    output: Any = model.get_output_embeddings().weight
    every = sum(weight.numel() for weight in model.parameters())
    met = every - output.numel() - (0 if embeddings is output else embeddings.numel())
    return 2.0 * met, 2.0 * output.numel()
