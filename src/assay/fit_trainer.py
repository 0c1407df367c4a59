"""`transformers.Trainer` taught two things: what a step is, and what a checkpoint is.

To Trainer the whole run is one epoch whose every item is an optimiser step: the list of forwards that
this process makes in it.  Trainer keeps the loop, AdamW, the schedule, trackers and the bar.  Ours are

    the step        backward through Σ sum of all forwards, gradients summed over the processes, then
                    divided once by Σ n; torch's generator seeded from (seed, step, process)
    the checkpoint  see `fit_checkpoints`: Trainer by itself resumes from the newest folder, whole or not

The model is not wrapped in DistributedDataParallel: a loss may then call any of its methods, and one sum
at the end of a step is exact for unequal parts.  Only `fit` imports this module, and late, since torch
and transformers load with it.
"""

from __future__ import annotations

import json
import math
import os
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed.tensor import DTensor
from torch.utils.data import DataLoader
from transformers import PrinterCallback, Trainer, TrainingArguments
from transformers.trainer_callback import ProgressCallback

from .fit_after import AfterStep
from .fit_checkpoints import OPTIMIZER, STATE, WEIGHTS
from .fit_history import History
from .fit_muon import MuonAdamW
from .fit_step import Steps, Task, clip, step_gradient
from .fit_tensors import load_moments, load_weights

if TYPE_CHECKING:
    from .fit import FitConfig

__all__ = ["StepTrainer", "train"]


def train(model: nn.Module, task: Task, config: FitConfig, out: Path, begun: Path | None) -> History:
    """Train to the end of the plan, or until early stopping; see `fit`.

    Args:
        model: trained in place.
        task: what is learnt.
        config: how.
        out: the run's folder.
        begun: the checkpoint to go on from.
    """
    before = json.loads((begun / STATE).read_text())["history"] if begun else []
    with _as_it_was(model):
        trainer = StepTrainer(model, task, config, out)
        after = AfterStep(trainer, task, config, out, before)
        trainer.add_callback(after)
        if begun and after.ended:
            load_weights(model, begun / WEIGHTS)
        else:
            trainer.train(resume_from_checkpoint=str(begun) if begun else None)
        if config.gradient_checkpointing:
            trainer.model.gradient_checkpointing_disable()
    after.settle()
    return after.history


@contextmanager
def _as_it_was(model: nn.Module) -> Iterator[None]:
    """Keep from the caller what Trainer changes besides weights: global generators and the model's modes."""
    python, array = random.getstate(), np.random.get_state()  # noqa: NPY002 - the legacy one is what Trainer seeds
    mode, settings = model.training, getattr(model, "config", None)
    use_cache = getattr(settings, "use_cache", None)
    try:
        with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(array)  # noqa: NPY002
        model.train(mode)
        if use_cache is not None:
            setattr(settings, "use_cache", use_cache)  # noqa: B010 - whatever type the config has


class _Bare(nn.Module):
    """A wrapper that does nothing, so that Trainer takes the model as wrapped already."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module


class _Bar(ProgressCallback):
    """Trainer's progress bar without the lines that it prints to stdout."""

    def on_log(self, *args: Any, **kwargs: Any) -> None:
        """Leave the log to metrics.jsonl."""


class StepTrainer(Trainer):
    """Trainer whose item is a whole optimiser step.

    Args:
        model: trained in place.
        task: what is learnt.
        config: how.
        out: the run's folder.
    """

    model: Any
    optimizer: Any
    lr_scheduler: Any
    figures: dict[str, float]
    """What the last step logs."""

    def __init__(self, model: nn.Module, task: Task, config: FitConfig, out: Path) -> None:
        self.task, self.fit_config = task, config
        args = TrainingArguments(
            output_dir=str(out),
            learning_rate=config.learning_rate,
            num_train_epochs=1,
            per_device_train_batch_size=1,
            warmup_steps=round(config.warmup * task.plan.steps),
            lr_scheduler_type="constant_with_warmup" if config.schedule == "constant" else config.schedule,
            weight_decay=config.weight_decay,
            max_grad_norm=0,  # the step clips
            seed=config.seed,
            eval_strategy="no",
            save_strategy="no",
            logging_strategy="no",
            report_to=list(config.report_to) or "none",
            gradient_checkpointing=config.gradient_checkpointing,
            remove_unused_columns=False,
            disable_tqdm=True,
            use_cpu=not torch.accelerator.is_available(),  # else processes on CPUs do not find each other
        )
        launched = int(os.environ.get("WORLD_SIZE", "1"))
        if args.world_size != launched:  # each would train alone, and all would write to one folder
            raise RuntimeError(f"{launched} processes were launched, but Trainer sees {args.world_size}: use torchrun")
        super().__init__(model=model, args=args, train_dataset=Steps(task, args.process_index, args.world_size))
        self.remove_callback(PrinterCallback)
        if sys.stderr.isatty():
            self.add_callback(_Bar())
        if args.world_size > 1:  # all begin from the weights of process 0
            for tensor in (*model.parameters(), *model.buffers()):
                if not isinstance(tensor, DTensor):
                    dist.broadcast(tensor.detach(), 0)

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Return the steps in order, not shared out again: each knows its process's part."""
        steps: Any = self.train_dataset
        return DataLoader(steps, batch_size=1, collate_fn=lambda items: items[0])

    def create_optimizer(self, model: nn.Module | None = None) -> torch.optim.Optimizer:
        """Return the optimiser: Trainer's AdamW, or Muon beside AdamW."""
        config = self.fit_config
        if self.optimizer is None and config.optimizer == "muon":
            self.optimizer = MuonAdamW(self.model, lr=config.learning_rate, weight_decay=config.weight_decay)
        optimizer: torch.optim.Optimizer = super().create_optimizer(model)
        return optimizer

    def training_step(self, model: nn.Module, inputs: Any, num_items_in_batch: Tensor | int | None = None) -> Tensor:
        """Leave the step's gradient on the parameters, clipped, and return its loss, shape ()."""
        step, config, device = self.state.global_step, self.fit_config, self.args.device
        mixed = np.random.SeedSequence([config.seed, step, self.args.process_index]).generate_state(1, np.uint64)
        torch.manual_seed(int(mixed[0]))
        self.model.train()
        figures = step_gradient(self.model, inputs, self.task.batch_loss, device=device, bf16=config.bf16)
        figures["grad_norm"] = clip(self.model, config.max_grad_norm)
        for name in ("loss", "grad_norm"):
            if not math.isfinite(figures[name]):
                rows = ", ".join(map(str, self.task.plan.rows(step)))
                raise FloatingPointError(
                    f"step {step + 1}: the {name} is {figures[name]} over rows {rows}; the weights are those of step"
                    f" {step}: look at these rows or lower learning_rate, and resume"
                )
        self.figures = {**figures, "learning_rate": float(self.lr_scheduler.get_last_lr()[0])}
        return torch.tensor(figures["loss"], device=device)

    def _get_grad_norm(self, model: nn.Module, grad_norm: Any = None) -> float:
        return self.figures["grad_norm"]  # Trainer would measure it again

    def _wrap_model(self, model: nn.Module, training: bool = True, dataloader: Any = None) -> nn.Module:
        return _Bare(model)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: nn.Module | None = None) -> None:
        load_weights(self.model, Path(resume_from_checkpoint) / WEIGHTS)

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        if checkpoint is None:
            return
        load_moments(self.optimizer, self.model, Path(checkpoint) / OPTIMIZER)
        self.lr_scheduler.load_state_dict(json.loads((Path(checkpoint) / STATE).read_text())["schedule"])
        for group, rate in zip(self.optimizer.param_groups, self.lr_scheduler.get_last_lr(), strict=True):
            group["lr"] = rate

    def _load_rng_state(self, checkpoint: str | None) -> None:
        pass  # every step seeds itself
