"""The pocket judge: the plain language model, trained on with verdicts.

Examples take longer to write than to learn from, so they are written and encoded once, in chunks of
1,000, into a file each; whoever resumes finds them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ..engines.tokens import HFTokens
from ..fit import FitConfig, FitResult, fit
from ..fit_checkpoints import writing
from .examples import judge_example
from .verdicts import Learned, collate_verdicts, learned, verdict_loss

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

__all__ = ["CHUNK", "Examples", "train_judge", "write_chunk"]

CHUNK = 1000
"""Examples per file."""


def write_chunk(tokens: HFTokens, number: int, folder: Path, seed: int = 0) -> Path:
    """Encode a chunk of examples into a file, unless it is there.

    Args:
        tokens: The pocket tokenizer; ids must fit 16 bits.
        number: Which chunk, from 0.
        folder: Where the files lie.
        seed: Of the stream of examples.

    Raises:
        InputError: the file cannot be written.
    """
    path = folder / f"{tokens.hash[:12]}-{seed}-{number:03d}.npz"
    if path.exists():
        return path
    rows = [learned(tokens, judge_example(index, seed)) for index in range(number * CHUNK, (number + 1) * CHUNK)]
    partial = path.with_name(f".{path.name}")
    with writing(path):
        folder.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            np.savez(
                file,
                ids=np.concatenate([np.array(row.ids, dtype=np.uint16) for row in rows]),
                weights=np.concatenate([np.array(row.weights, dtype=np.float16) for row in rows]),
                ends=np.cumsum([len(row.ids) for row in rows]),
            )
        partial.replace(path)
    return path


class Examples(Sequence[Learned]):
    """The examples of some files, each cut out when it is asked for."""

    def __init__(self, paths: Sequence[Path]) -> None:
        """Read the files that `write_chunk` wrote."""
        found = [np.load(path) for path in paths]
        self._ids = np.concatenate([one["ids"] for one in found])
        self._weights = np.concatenate([one["weights"] for one in found])
        lengths = np.concatenate([np.diff(one["ends"], prepend=0) for one in found])
        self._ends = np.cumsum(lengths)

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, index: int) -> Learned:  # type: ignore[override]
        """Return example `index`; slices are not needed."""
        if not 0 <= index < len(self):
            raise IndexError(index)
        piece = slice(int(self._ends[index - 1]) if index else 0, int(self._ends[index]))
        return Learned(tuple(self._ids[piece].tolist()), tuple(self._weights[piece].tolist()))


def train_judge(
    base: LlamaForCausalLM,
    tokens: HFTokens,
    steps: int,
    out: Path,
    *,
    seed: int = 0,
    resume: bool = False,
    on_chunk: Callable[[int, int], object] = lambda _done, _all: None,
    on_train: Callable[[], object] = lambda: None,
) -> tuple[LlamaForCausalLM, FitResult]:
    """Train a language model on with verdicts, in place; no example is seen twice.

    Args:
        base: The plain language model.
        tokens: The pocket tokenizer.
        steps: Optimiser steps of 8 examples, 3,600 tokens on average.
        out: The run's folder; encoded examples lie in out/examples.
        seed: Of the order.
        resume: Go on from the newest checkpoint.
        on_chunk: Told how many chunks of all are encoded.
        on_train: Called when the examples are there and training begins.
    """
    config = FitConfig(
        learning_rate=1e-3,
        max_steps=steps,
        batch_rows=8,
        batch_tokens=4096,
        warmup=0.03,
        weight_decay=0.1,
        bf16=True,
        save_every=200,
        seed=seed,
    )
    chunks = -(-steps * config.batch_rows // CHUNK)
    paths = []
    for number in range(chunks):
        paths.append(write_chunk(tokens, number, out / "examples", seed))
        on_chunk(number + 1, chunks)
    on_train()
    if base.device.type == "cpu":
        base.set_attn_implementation("eager")  # see `train_language`
    done = fit(
        base,
        Examples(paths),
        collate_verdicts,
        verdict_loss,
        config,
        out,
        length=lambda row: len(row.ids),
        resume=resume,
    )
    base.set_attn_implementation("sdpa")
    return base, done
