"""A quicker way to attend where every row reads one token.

The query heads that share keys stand in for a row of queries, so the keys need not be copied for each
of them, which is most of a decoding step's time on a CPU.  A model is told so in its config for the
length of a forward; threads that share the model take turns.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from torch import Tensor, nn
from transformers import AttentionInterface, AttentionMaskInterface
from transformers.masking_utils import sdpa_mask

if TYPE_CHECKING:
    from transformers import PreTrainedModel

__all__ = ["attending"]

_FOLDED = "assay_folded"
_TURNS: WeakKeyDictionary[nn.Module, threading.Lock] = WeakKeyDictionary()


@contextmanager
def attending(model: PreTrainedModel, *, one_token: bool) -> Iterator[None]:
    """Let a model attend inside the block; folded where rows read one token and it is on torch's own attention.

    Models that do not attend by transformers' common interface (Falcon) do it their own way.
    """
    config: Any = model.config.get_text_config()
    with _TURNS.setdefault(model, threading.Lock()):
        before = config._attn_implementation
        if one_token and before == "sdpa" and getattr(model, "_supports_attention_backend", False):
            config._attn_implementation = _FOLDED
        try:
            yield
        finally:
            config._attn_implementation = before


def _folded(
    module: nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    **more: Any,
) -> tuple[Tensor, None]:
    """Attend from one token per row: the query heads of a group become the queries of their shared keys.

    Args:
        module: The attention layer.
        query: (B, H, 1, D).
        key: (B, H / g, T, D).
        value: As the keys.
        attention_mask: Broadcasts to (B, 1, 1, T), or None.
        scaling: Of the products.
        more: What transformers passes besides; nothing that one query without dropout needs.
    """
    batch, heads, _, size = query.shape
    shared = key.shape[1]
    out = nn.functional.scaled_dot_product_attention(
        query.reshape(batch, shared, heads // shared, size), key, value, attn_mask=attention_mask, scale=scaling
    )
    return out.reshape(batch, 1, heads, size), None


AttentionInterface.register(_FOLDED, _folded)
AttentionMaskInterface.register(_FOLDED, sdpa_mask)
