"""Token sequences that remember their keys and values, and one forward that reads many of them.

A *strand* is a sequence of token ids of which the first have been read: their keys and values lie
in some batch of an earlier forward.  `fork` shares them, so a common prefix is read once.

Strands of a batch have unread ends of different lengths.  A forward needs a rectangle, and a gap
between old keys and new ones would be wrong on layers with a sliding window, which count columns.
So there are never gaps: all rows are flush right, padded on the left only, and a row with fewer
new tokens than the others reads its last old ones again.  That costs what padding would cost.

Legend: B strands, T tokens of a row, H heads, D head size, V rows of the output layer.
"""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from transformers.cache_utils import DynamicCache, DynamicLayer

from ..errors import InputError
from .attention import attending

if TYPE_CHECKING:
    from transformers import PreTrainedModel

__all__ = ["Reader", "Strand"]

_ROOM = 16
"""Columns that are kept free behind a batch at least, so that writing a token copies nothing."""


class _Roomy(DynamicLayer):
    """Keys and values of a layer (B, H, T, D) in buffers with room behind them."""

    keys: Any  # Tensors; the base class says None, too
    values: Any

    def __init__(
        self, keys: Tensor | None = None, values: Tensor | None = None, length: int = 0, room: int = _ROOM
    ) -> None:
        """Hold buffers of which the first `length` columns are written; None = made by the first update, with room."""
        super().__init__()  # type: ignore[no-untyped-call]
        self._length, self._room = length, room
        if keys is not None and values is not None:
            self._begin(keys, values)

    def _begin(self, keys: Tensor, values: Tensor) -> None:
        self._k, self._v = keys, values
        self.dtype, self.device, self.is_initialized = keys.dtype, keys.device, True
        self._show()

    def _show(self) -> None:
        self.keys, self.values = self._k[:, :, : self._length], self._v[:, :, : self._length]

    def update(self, key_states: Tensor, value_states: Tensor, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
        """Write new columns, and return all."""
        end = self._length + key_states.shape[-2]
        if not self.is_initialized:
            wide = end + self._room
            self._begin(_widened(key_states[:, :, :0], wide), _widened(value_states[:, :, :0], wide))
        elif end > self._k.shape[-2]:
            self._begin(_widened(self.keys, end + end // 2), _widened(self.values, end + end // 2))
        self._k[:, :, self._length : end] = key_states
        self._v[:, :, self._length : end] = value_states
        self._length = end
        self._show()
        return self.keys, self.values

    def get_seq_length(self) -> int:
        """Return T."""
        return self._length


def _widened(old: Tensor, width: int) -> Tensor:
    wide = old.new_empty(*old.shape[:2], width, old.shape[3])
    wide[:, :, : old.shape[2]] = old
    return wide


class Strand:
    """A sequence of token ids, the first of them read."""

    __slots__ = ("_cache", "_row", "_start", "ids", "read")

    def __init__(self, ids: Sequence[int]) -> None:
        """Begin with nothing read."""
        self.ids = list(ids)
        """All tokens."""
        self.read = 0
        """How many of them have keys and values."""
        self._cache: DynamicCache | None = None
        self._row = self._start = 0

    @property
    def unread(self) -> int:
        """How many tokens the next forward must read."""
        return len(self.ids) - self.read

    def fork(self, ids: Sequence[int] | None = None, read: int | None = None) -> Strand:
        """Return a strand that shares keys and values.

        Args:
            ids: Its tokens, which begin with the first `read` of this one; None = the same.
            read: How many keys and values it takes over; None = all.
        """
        other = Strand(self.ids if ids is None else ids)
        other.read = min(self.read, len(other.ids)) if read is None else read
        other._cache, other._row, other._start = self._cache, self._row, self._start
        return other

    def detach(self) -> None:
        """Copy its own keys and values, so that it no longer holds those of its whole batch."""
        if self._cache is not None:
            layers = [
                _Roomy(keys[None].clone(), values[None].clone(), self.read)
                for keys, values in (self.states(layer, self.read) for layer in range(len(self._cache.layers)))
            ]
            self._cache, self._row, self._start = _cache(layers), 0, 0

    def states(self, layer: int, n: int) -> tuple[Tensor, Tensor]:
        """Return keys and values (H, n, D) of the first n tokens in a layer."""
        assert self._cache is not None
        here: Any = self._cache.layers[layer]
        columns = slice(self._start, self._start + n)
        return here.keys[self._row, :, columns], here.values[self._row, :, columns]

    def _placed(self, cache: DynamicCache, row: int, start: int) -> None:
        self._cache, self._row, self._start, self.read = cache, row, start, len(self.ids)


def _cache(layers: Sequence[_Roomy] = (), room: int = _ROOM) -> DynamicCache:
    cache: Any = DynamicCache()
    cache.layers, cache.layer_class_to_replicate = list(layers), partial(_Roomy, room=room)
    made: DynamicCache = cache
    return made


class Reader:
    """A causal language model that reads strands."""

    def __init__(self, model: PreTrainedModel) -> None:
        """Wrap a model; it is put into evaluation mode.

        Raises:
            InputError: the model keeps something else than keys and values of every token.
        """
        kinds = set(getattr(model.config.get_text_config(), "layer_types", None) or ())
        strange = sorted(kinds - {"full_attention", "sliding_attention"})
        if strange or getattr(model, "_is_stateful", False):
            raise InputError(
                f"{type(model).__name__} has layers of kind {', '.join(strange) or 'recurrent'}, whose past cannot be "
                "shared token by token; use a model with plain or sliding attention, or another engine"
            )
        self.model = model.eval()
        takes = inspect.signature(model.forward).parameters
        self._positions, self._keep = "position_ids" in takes, "logits_to_keep" in takes
        self._attending = partial(attending, model)
        self.tokens = 0
        """How many columns it has read, padding included."""

    @torch.inference_mode()
    def read(self, strands: Sequence[Strand], room: int = 0) -> Tensor:
        """Read what is unread, at least the last token of each strand.

        Args:
            strands: What to read.
            room: How many tokens each is likely to grow by; only time depends on it.

        Returns:
            Logits behind the last tokens, (B, V), in the model's precision.
        """
        for strand in strands:
            strand.read = min(strand.read, len(strand.ids) - 1)
        new = max(strand.unread for strand in strands)
        old = max(max(len(strand.ids) for strand in strands) - new, 0)
        cache = _going_on(strands, new) or _assembled(strands, new, old, max(room, _ROOM))
        width, device = old + new, self.model.device
        ids = torch.tensor([[0] * (new - len(strand.ids)) + strand.ids[-new:] for strand in strands])
        length, columns = torch.tensor([len(strand.ids) for strand in strands]), torch.arange(width)
        mask = (columns >= width - length[:, None]).long()
        options: dict[str, Any] = {"past_key_values": cache, "use_cache": True}
        if self._positions:
            options["position_ids"] = (columns[old:] - (width - length[:, None])).clamp(min=0).to(device)
        if self._keep:
            options["logits_to_keep"] = 1
        with self._attending(one_token=new == 1):
            out = self.model(input_ids=ids.to(device), attention_mask=mask.to(device), **options)
        self.tokens += ids.numel()
        for row, strand in enumerate(strands):
            strand._placed(cache, row, width - len(strand.ids))
        logits: Tensor = out.logits[:, -1]
        return logits


def _going_on(strands: Sequence[Strand], new: int) -> DynamicCache | None:
    """Return the cache of which these strands are the rows, where all end with it and have as much to read."""
    cache = strands[0]._cache
    if cache is None or any(strand._cache is not cache or strand.unread != new for strand in strands):
        return None
    here: Any = cache.layers[0]
    whole = [strand._row for strand in strands] == list(range(len(here.keys)))
    length = cache.get_seq_length()
    return cache if whole and all(strand._start + strand.read == length for strand in strands) else None


def _assembled(strands: Sequence[Strand], new: int, old: int, room: int) -> DynamicCache:
    """Return a cache of `old` columns, flush right, with what each strand does not read again."""
    if old == 0:
        return _cache(room=room)
    kept = [max(len(strand.ids) - new, 0) for strand in strands]
    source = strands[kept.index(max(kept))]
    assert source._cache is not None
    layers = []
    for layer in range(len(source._cache.layers)):
        keys, values = source.states(layer, 1)
        shape = len(strands), keys.shape[0], old + new + room
        k, v = keys.new_empty(*shape, keys.shape[-1]), values.new_empty(*shape, values.shape[-1])
        for row, (strand, n) in enumerate(zip(strands, kept, strict=True)):
            k[row, :, : old - n], v[row, :, : old - n] = 0, 0  # masked, but what lies there must be a number
            if n:
                k[row, :, old - n : old], v[row, :, old - n : old] = strand.states(layer, n)
        layers.append(_Roomy(k, v, old))
    return _cache(layers)
