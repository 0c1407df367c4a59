"""Frozen features on disk: computed once, read by every epoch, seed and λ.

A cache folder has one sub-folder per `FeatureKey` (which weights, layers, tokens, number format),
and in it shards, safetensors files of one tensor (L, n, D) per row of text.  A row's name is the
sha256 of its token ids and of the positions that are anchored.  A shard carries its key and a
checksum per row, so one that is damaged, cut short or foreign is computed anew, never believed.
Shards are written under another name first: readers see whole files or none.

A feature comes back in the stored format also the first time, so an epoch that computes and one
that reads train alike.  Call `flush` before each checkpoint: a resumed run then finds on disk
exactly what the uninterrupted one had by then.

Shapes: B rows, T tokens, L layers, D hidden size, n anchored tokens of a row, N those of a batch.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from .anchoring import Anchored, Layers, TokenChoice
from .errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

    from .anchor_reference import Reference

__all__ = ["FeatureCache", "FeatureKey"]

Features: TypeAlias = npt.NDArray[np.floating[Any]]

_SHARD_BYTES = 256 << 20
"""A shard is written when this much is waiting, and at `flush`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeatureKey:
    """What all features of one sub-folder have in common."""

    model_hash: str
    """Of the frozen model; see `assay.anchor_reference.weights_hash`."""
    layers: Layers
    """Which layers, as in `AnchorConfig`."""
    tokens: TokenChoice
    """Which tokens, as in `AnchorConfig`."""
    dtype: Literal["float32", "float16"] = "float32"
    """How they are stored; float16 halves the disk, is off by up to 5e-4 of a value, and ends at 65,504."""
    compute: str = "float32"
    """How they are computed: bfloat16 under autocast gives other features."""

    @property
    def digest(self) -> str:
        """The sha256 of all fields."""
        return hashlib.sha256(json.dumps(asdict(self), sort_keys=True).encode()).hexdigest()


class FeatureCache:
    """Features by row of text, on disk and, until they are written, in memory.

    Several processes may share a folder: each writes shards of its own, and sees those that were
    there when it opened the folder.  `hits`, `misses` and `damaged` count rows since then.
    """

    def __init__(self, folder: Path, key: FeatureKey, shard_bytes: int = _SHARD_BYTES) -> None:
        """Open the features of a key; the folder is made when the first shard is written."""
        self.folder, self.key, self.shard_bytes = folder / key.digest[:24], key, shard_bytes
        self.hits = self.misses = self.damaged = 0
        self._waiting: dict[str, Features] = {}
        self._waiting_bytes = 0
        self._stored: dict[str, list[_Shard]] = {}
        for file in sorted(self.folder.glob("*.safetensors")):
            self._index(file)

    def __len__(self) -> int:
        return len(self._waiting.keys() | self._stored.keys())

    def get(self, name: str) -> Features | None:
        """Return the features of a row, (L, n, D); None where there are none that can be believed."""
        if name in self._waiting:
            return self._waiting[name]
        shards = self._stored.get(name, [])
        while shards:
            found = shards[-1].read(name)
            if found is not None:
                return found
            shards.pop()
            self.damaged += 1
        self._stored.pop(name, None)
        return None

    def put(self, name: str, features: npt.NDArray[Any]) -> Features:
        """Store the features of a row, (L, n, D), and return them as they will be read.

        Raises:
            InputError: the storage format cannot hold them; or see `flush`.
        """
        with np.errstate(over="ignore"):
            kept = np.ascontiguousarray(features, dtype=self.key.dtype)
        if not np.isfinite(kept).all():
            raise InputError(
                f"feature cache {self.folder}: a feature is {float(np.abs(features).max()):g}, which "
                f"{self.key.dtype} cannot hold; use dtype float32, or check the model if it is not finite"
            )
        self._waiting[name] = kept
        self._waiting_bytes += kept.nbytes
        if self._waiting_bytes >= self.shard_bytes:
            self.flush()
        return kept

    def flush(self) -> None:
        """Write what is waiting as one shard.

        Raises:
            InputError: the folder cannot be written to, or the disk is full; nothing half-written stays.
        """
        if not self._waiting:
            return
        from safetensors.numpy import save

        sums = {name: _checksum(name, kept) for name, kept in self._waiting.items()}
        data = save(dict(self._waiting), metadata={"key": self.key.digest, **sums})
        # named by its rows: two processes that compute the same rows write the same file
        file = self.folder / f"{hashlib.sha256(''.join(sorted(sums)).encode()).hexdigest()}.safetensors"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            handle, part = tempfile.mkstemp(dir=self.folder, suffix=".part")
            try:
                with os.fdopen(handle, "wb") as out:
                    out.write(data)
                    out.flush()
                    os.fsync(out.fileno())
                os.replace(part, file)
            finally:
                Path(part).unlink(missing_ok=True)
        except OSError as error:
            raise InputError(
                f"feature cache {self.folder}: cannot be written ({error}); free the disk, name another folder, "
                "or use the reference 'copy' or 'adapter'"
            ) from None
        self._index(file)
        self._waiting.clear()
        self._waiting_bytes = 0

    def reference(self, inner: Reference) -> Reference:
        """Return a reference that asks the cache first, and `inner` for the rows that it lacks.

        Args:
            inner: Computes features; run on the missing rows of a batch only, never where none is missing.
        """

        def features(input_ids_BT: Tensor, mask_BT: Tensor, where: Anchored) -> Tensor:
            import torch

            at_rows = where.positions()
            names = [
                _row_name(ids[mask.astype(bool)], at)
                for ids, mask, at in zip(input_ids_BT.cpu().numpy(), mask_BT.cpu().numpy(), at_rows, strict=True)
            ]
            found = {name: each for name in names if (each := self.get(name)) is not None}
            missing = [row for row, name in enumerate(names) if name not in found]
            self.hits += len(names) - len(missing)
            self.misses += len(missing)
            if missing:
                rows = torch.tensor(missing, device=input_ids_BT.device)
                fresh_LND = inner(input_ids_BT[rows], mask_BT[rows], where.take(missing)).float().cpu().numpy()
                cuts = np.cumsum([len(at_rows[row]) for row in missing])[:-1]
                for row, each in zip(missing, np.split(fresh_LND, cuts, axis=1), strict=True):
                    found[names[row]] = self.put(names[row], each)
            return torch.from_numpy(np.concatenate([found[name] for name in names], axis=1)).to(input_ids_BT.device)

        return features

    def _index(self, file: Path) -> None:
        shard = _Shard.open(file, self.key.digest)
        if shard is not None:
            for name in shard.sums:
                self._stored.setdefault(name, []).append(shard)


@dataclass(frozen=True, slots=True)
class _Shard:
    """One file of features, mapped into memory."""

    source: Any
    """The open safetensors file."""
    sums: Mapping[str, str]
    """Checksum per row's name."""

    @classmethod
    def open(cls, file: Path, digest: str) -> _Shard | None:
        """Return the shard of a file; None where it is damaged or holds the features of another key."""
        from safetensors import SafetensorError, safe_open

        try:
            source: Any = safe_open(file, framework="numpy")
        except (SafetensorError, OSError):
            return None
        told = dict(source.metadata() or {})
        return cls(source, told) if told.pop("key", None) == digest else None

    def read(self, name: str) -> Features | None:
        """Return the features of a row; None where they are not what was written."""
        from safetensors import SafetensorError

        try:
            found: Features = self.source.get_tensor(name)
        except SafetensorError:
            return None
        return found if _checksum(name, found) == self.sums[name] else None


def _checksum(name: str, features: Features) -> str:
    head = f"{name} {features.shape} {features.dtype}".encode()
    return f"{zlib.crc32(features.tobytes(), zlib.crc32(head)):08x}"


def _row_name(ids: npt.NDArray[np.int64], at: npt.NDArray[np.int64]) -> str:
    """Return the sha256 of a row's token ids and anchored positions; the count keeps the two apart."""
    parts = np.concatenate([[len(ids)], ids, at]).astype("<i8")
    return hashlib.sha256(parts.tobytes()).hexdigest()
