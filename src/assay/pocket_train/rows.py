"""Rows to learn from, token ids with weights, and the files that hold them.

Texts take long to write and to encode, so rows are made once, in chunks, into a file each; whoever
resumes a training finds them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..fit_checkpoints import writing

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Row", "Rows", "collate_rows", "padded_length", "write_rows"]

_MULTIPLE = 64
"""Of the lengths of batches: on CPUs a kernel is compiled for every shape, so that fewer shapes are quicker than less
padding."""


@dataclass(frozen=True, slots=True)
class Row:
    """A stretch of text as a model learns it."""

    ids: tuple[int, ...]
    """Token ids."""
    weights: tuple[float, ...]
    """Of predicting each id from those before it; that of the first counts for nothing."""


def padded_length(row: Row) -> int:
    """Return how many tokens a row takes in a batch where it is the longest: a multiple of 64."""
    return -(-len(row.ids) // _MULTIPLE) * _MULTIPLE


def collate_rows(rows: Sequence[Row]) -> dict[str, Tensor]:
    """Return B rows padded on the right: input_ids (B, T) int64, weights (B, T) float32, labels (B,) for `fit`."""
    import torch

    longest = max(map(padded_length, rows))
    return {
        "input_ids": torch.tensor([[*row.ids, *[0] * (longest - len(row.ids))] for row in rows]),
        "weights": torch.tensor([[*row.weights, *[0.0] * (longest - len(row.ids))] for row in rows]),
        "labels": torch.zeros(len(rows)),
    }


def write_rows(path: Path, rows: Iterable[Row]) -> Path:
    """Write rows to a file, whole or not at all; where it is there, none is made.  Ids must fit 16 bits.

    Raises:
        InputError: the file cannot be written.
    """
    if path.exists():
        return path
    made = list(rows)
    partial = path.with_name(f".{path.name}")
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            np.savez(
                file,
                ids=np.concatenate([np.array(row.ids, dtype=np.uint16) for row in made]),
                weights=np.concatenate([np.array(row.weights, dtype=np.float16) for row in made]),
                lengths=np.array([len(row.ids) for row in made]),
            )
        partial.replace(path)
    return path


class Rows(Sequence[Row]):
    """The rows of some files, each cut out when it is asked for."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Read the files that `write_rows` wrote."""
        found = [np.load(path) for path in paths]
        self._ids = np.concatenate([one["ids"] for one in found])
        self._weights = np.concatenate([one["weights"] for one in found])
        self._ends = np.cumsum(np.concatenate([one["lengths"] for one in found]))

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, index: int) -> Row:  # type: ignore[override]
        """Return row `index`; slices are not needed."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        piece = slice(int(self._ends[index - 1]) if index else 0, int(self._ends[index]))
        return Row(tuple(self._ids[piece].tolist()), tuple(self._weights[piece].tolist()))
