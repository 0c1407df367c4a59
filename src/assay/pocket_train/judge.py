"""The pocket judge: the plain language model, trained on with verdicts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ..engines.tokens import HFTokens
from ..fit import FitConfig, FitResult, fit
from .examples import judge_example
from .rows import Rows, collate_rows, padded_length, write_rows
from .verdicts import learned, verdict_loss

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

__all__ = ["CHUNK", "train_judge"]

CHUNK = 1000
"""Examples per file."""


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
        path = out / "examples" / f"{tokens.hash[:12]}-{seed}-{number:03d}.npz"
        numbers = range(number * CHUNK, (number + 1) * CHUNK)
        paths.append(write_rows(path, (learned(tokens, judge_example(index, seed)) for index in numbers)))
        on_chunk(number + 1, chunks)
    on_train()
    if base.device.type == "cpu":
        base.set_attn_implementation("eager")  # see `train_language`
    done = fit(
        base,
        Rows(paths),
        collate_rows,
        verdict_loss,
        config,
        out,
        length=padded_length,
        resume=resume,
    )
    base.set_attn_implementation("sdpa")
    return base, done
