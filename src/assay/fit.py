"""One training layer for every model that assay trains: rows and a loss in, a trained model out.

    fit(model, rows, collate, batch_loss, FitConfig(...), out)

The loss of a step is Σ sum / Σ n over all of its forwards and processes, so a row weighs the same
whatever batch it lands in.  Rows, their order and the randomness of a step are functions of the seed
and the step's number: a run that was killed and resumed ends with the same weights, bit by bit, and
`metrics.jsonl` holds no clock, so it ends the same as well.

Underneath is `transformers.Trainer` (see `fit_trainer`): its loop, optimiser, schedule, reports to
trackers and progress bar.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args

from .errors import InputError
from .fit_batches import Plan
from .fit_checkpoints import CHECKPOINTS, STATE, newest, steps_in, writing

if TYPE_CHECKING:
    from torch import Tensor, nn

__all__ = ["BatchLoss", "FitConfig", "FitResult", "Optimizer", "Schedule", "fit"]

Optimizer = Literal["adamw", "muon"]
Schedule = Literal["cosine", "linear", "constant"]
Row = TypeVar("Row")
_FREE = ("save_every", "keep", "report_to", "gradient_checkpointing")
"""Settings that a resumed run may change: they do not touch what is learnt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitConfig:
    """How to train; nothing here depends on the model or the data.

    Raises:
        ValueError: a number lies outside its range.
    """

    learning_rate: float = 1e-5
    """Peak rate of the optimizer."""
    optimizer: Optimizer = "adamw"
    """AdamW for all; or Muon for hidden matrices and AdamW for the rest: for training from random weights."""
    epochs: float = 1.0
    """Passes over the rows; may be a fraction."""
    max_steps: int = -1
    """Optimiser steps; -1: as many as the epochs take."""
    batch_rows: int = 32
    """Rows per optimiser step, over all processes; a row of a preference model is a pair."""
    batch_tokens: int = 16_384
    """Most padded tokens per forward and process; a longer row gets a forward of its own."""
    warmup: float = 0.03
    """Share of steps in which the rate rises from 0."""
    schedule: Schedule = "cosine"
    """What the rate does after the warm-up: cosine or linear fall to 0, or constant."""
    weight_decay: float = 0.0
    """Decoupled; biases and norms are exempt, and embeddings where the optimizer is muon."""
    max_grad_norm: float = 1.0
    """Gradients are scaled down to this norm; 0: never."""
    bf16: bool = False
    """Forward under bfloat16 autocast; weights and moments keep their type."""
    seed: int = 0
    """Fixes the order of rows and the randomness of every step."""
    eval_every: int = 0
    """Steps between evaluations; 0: at the end of each epoch. The last step is always evaluated."""
    save_every: int = 0
    """Steps between checkpoints; 0: at the end of each epoch. The last step is always saved."""
    keep: int = 2
    """How many checkpoints stay; the best one stays besides, where there is early stopping."""
    patience: int = 0
    """Stop after so many evaluations in a row without a new best objective; 0: never."""
    report_to: tuple[str, ...] = ()
    """Trackers that Trainer knows, such as tensorboard."""
    gradient_checkpointing: bool = False
    """Recompute activations in the backward pass: less memory, more time."""

    def __post_init__(self) -> None:
        for name, fine, allowed in (
            ("learning_rate", 0 < self.learning_rate < math.inf, "> 0"),
            ("optimizer", self.optimizer in get_args(Optimizer), f"one of {', '.join(get_args(Optimizer))}"),
            ("epochs", 0 < self.epochs < math.inf, "> 0"),
            ("max_steps", self.max_steps == -1 or self.max_steps > 0, "-1 or > 0"),
            ("batch_rows", self.batch_rows > 0, "> 0"),
            ("batch_tokens", self.batch_tokens > 0, "> 0"),
            ("warmup", 0 <= self.warmup < 1, "in [0, 1)"),
            ("schedule", self.schedule in get_args(Schedule), f"one of {', '.join(get_args(Schedule))}"),
            ("weight_decay", 0 <= self.weight_decay < math.inf, "≥ 0"),
            ("max_grad_norm", 0 <= self.max_grad_norm < math.inf, "≥ 0"),
            ("seed", 0 <= self.seed < 2**32, "in [0, 2³²)"),
            ("eval_every", self.eval_every >= 0, "≥ 0"),
            ("save_every", self.save_every >= 0, "≥ 0"),
            ("keep", self.keep > 0, "> 0"),
            ("patience", self.patience >= 0, "≥ 0"),
        ):
            if not fine:
                raise ValueError(f"{name} must be {allowed}; got {getattr(self, name)!r}")


@dataclass(frozen=True, slots=True)
class BatchLoss:
    """What one forward contributes to the loss of its step."""

    sum: Tensor
    """Scalar with gradient: the loss summed over the rows that count."""
    n: int
    """How many rows (or labels) those are; 0 where none has a label."""
    metrics: Mapping[str, float] = field(default_factory=dict)
    """Means over these n; logged as the mean over the step. The same names in every batch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FitResult:
    """What a run came to; the weights are in the model."""

    steps: int
    """Optimiser steps done, those before a resume included."""
    best_step: int
    """Step with the highest objective (the first of equals); the last step where none was measured."""
    history: tuple[Mapping[str, Any], ...]
    """The rows of metrics.jsonl: one per step, one per evaluation (its figures named eval_…)."""
    folder: Path
    """Holds metrics.jsonl and checkpoints/."""

    @property
    def steps_without_labels(self) -> int:
        """Steps in which no row counted (n = 0): their loss is 0 and the weights did not move."""
        return sum(row.get("rows") == 0 for row in self.history)


def fit(
    model: nn.Module,
    rows: Sequence[Row],
    collate: Callable[[list[Row]], dict[str, Tensor]],
    batch_loss: Callable[[nn.Module, dict[str, Tensor]], BatchLoss],
    config: FitConfig,
    out: Path,
    *,
    evaluate: Callable[[nn.Module], Mapping[str, float]] | None = None,
    length: Callable[[Row], int] | None = None,
    before_save: Callable[[], object] | None = None,
    resume: bool = False,
) -> FitResult:
    """Train a model in place.

    Under `torchrun` the rows of a step are shared among the processes and gradients are summed over
    them; a model that `fully_shard` has sharded stays so.  `model` is handed on as it is, never wrapped:
    `batch_loss` may call any of its methods.  The device is Trainer's choice; one process uses one GPU.
    The global generators of random, numpy and torch are left as they were.

    Args:
        model: its trainable parameters are trained; it is left with the best weights where there is
            early stopping (`patience` and `evaluate`), else with the last.
        rows: what there is to learn from; looked up by number.
        collate: makes a batch of some rows; must hold "labels" of shape (B,). `fit` adds "step" and
            "steps", two integers of shape () on the CPU: steps done before this one, and of the run.
        batch_loss: see `BatchLoss`; called with the model and a batch on the model's device, under
            autocast where `bf16` asks for it.
        config: how to train.
        out: folder for metrics.jsonl and checkpoints/.
        evaluate: called with the model in eval mode, without gradients, on every process; what it
            returns is logged. Early stopping needs the key "objective", higher is better.
        length: tokens that a row takes in a forward where it is the longest (for a pair, twice its
            longer text); None: a step is one forward per process, and `batch_tokens` has no say.
        before_save: called on every process before a checkpoint is written, to bring other files up to it:
            what a resumed run reads must be what the uninterrupted one had by then.
        resume: go on from the newest checkpoint with a DONE that holds; from the start where there
            is none. A run that had ended is only loaded.

    Raises:
        ValueError: no rows, early stopping without an objective, labels of another shape.
        InputError: the folder cannot be written to or holds checkpoints of another run.
        FloatingPointError: loss or gradient is not finite; the message names the step and its rows.
    """
    if config.patience and evaluate is None:
        raise ValueError("patience needs evaluate: there is nothing to stop early by")
    if config.gradient_checkpointing and not hasattr(model, "gradient_checkpointing_enable"):
        raise ValueError(f"{type(model).__name__} has no gradient_checkpointing_enable: turn the setting off")
    lengths = tuple(1 if length is None else length(row) for row in rows)
    plan = Plan(
        lengths=lengths,
        batch_rows=config.batch_rows,
        batch_tokens=None if length is None else config.batch_tokens,
        epochs=config.epochs,
        max_steps=config.max_steps,
        seed=config.seed,
    )
    settings = {name: value for name, value in asdict(config).items() if name not in _FREE}
    settings["rows"] = f"{len(rows)} of {hashlib.sha256(repr(lengths).encode()).hexdigest()[:12]}"
    begun = _begun(out, settings, resume)

    from .fit_step import Task
    from .fit_trainer import train  # loads torch and transformers

    task = Task(
        rows=rows,
        collate=collate,
        batch_loss=batch_loss,
        evaluate=evaluate,
        plan=plan,
        settings=settings,
        before_save=before_save,
    )
    history = train(model, task, config, out, begun)
    return FitResult(steps=history.steps, best_step=history.best_step, history=tuple(history.rows), folder=out)


def _begun(out: Path, settings: Mapping[str, Any], resume: bool) -> Path | None:
    """Make the folder, and return the checkpoint to go on from."""
    with writing(out):
        (out / CHECKPOINTS).mkdir(parents=True, exist_ok=True)
    found = newest(out / CHECKPOINTS) if resume else None
    if not resume and steps_in(out / CHECKPOINTS):
        raise InputError(f"{out}: holds checkpoints of an earlier run; resume it or name another folder")
    if found is None:
        return None
    before = json.loads((found / STATE).read_text())["settings"]
    changed = [f"{name} {before.get(name)!r}, now {now!r}" for name, now in settings.items() if before.get(name) != now]
    if changed:
        raise InputError(f"{found}: was made with {'; '.join(changed)}; resume with the same or name another folder")
    return found
