"""What follows a step: log it, measure the model, stop early, keep a checkpoint."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.distributed as dist
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from .errors import InputError
from .fit_checkpoints import CHECKPOINTS, STATE, WEIGHTS, is_done, prune, write_checkpoint
from .fit_history import OBJECTIVE, History
from .fit_step import Task
from .fit_tensors import load_weights, moments_of, weights_of

if TYPE_CHECKING:
    from .fit import FitConfig
    from .fit_trainer import StepTrainer

__all__ = ["AfterStep"]

_TRAINER_STATE = "trainer_state.json"
"""Trainer reads the step to go on from in a file of this name."""


class AfterStep(TrainerCallback):
    """Watches a trainer, on every process alike; only the first one writes.

    Args:
        trainer: whose steps these are.
        task: what is learnt.
        config: how.
        out: the run's folder.
        before: rows logged before a resume.
    """

    def __init__(
        self, trainer: StepTrainer, task: Task, config: FitConfig, out: Path, before: list[dict[str, Any]]
    ) -> None:
        self.trainer, self.task, self.config, self.folder = trainer, task, config, out / CHECKPOINTS
        self.writes = trainer.is_world_process_zero()
        self.history = History(out / "metrics.jsonl" if self.writes else None, before)

    @property
    def ended(self) -> bool:
        """Whether the plan is done, or early stopping says so."""
        stale = 0 < self.config.patience <= self.history.stale
        return stale or self.history.steps >= self.task.plan.steps

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> TrainerControl:
        """Log a finished step; evaluate and save where they are due."""
        step, config = state.global_step, self.config
        self._log(state, self.trainer.figures)
        if self.task.evaluate is not None and self._due(step, config.eval_every):
            self._log(state, {f"eval_{name}": value for name, value in self._measured().items()})
        improved = config.patience > 0 and self.history.measured and self.history.best_step == step
        if self.ended or improved or self._due(step, config.save_every):
            self._keep(step)
        control.should_training_stop = self.ended
        return control

    def _due(self, step: int, every: int) -> bool:
        return step == self.task.plan.steps or step % (every or self.task.plan.steps_per_epoch) == 0

    def _log(self, state: TrainerState, figures: Mapping[str, float]) -> None:
        state.epoch = state.global_step / self.task.plan.steps_per_epoch
        self.history.add({"step": state.global_step, "epoch": state.epoch, **figures})
        self.trainer.log(dict(figures))
        state.log_history.clear()  # it would be a second copy of the history in every checkpoint

    def _measured(self) -> dict[str, float]:
        """Return what `evaluate` measures, as process 0 sees it: all must stop at the same step."""
        model, evaluate = self.trainer.model, self.task.evaluate
        model.eval()
        with torch.no_grad():
            found = [{name: float(value) for name, value in evaluate(model).items()} if evaluate else {}]
        if self.trainer.args.world_size > 1:
            dist.broadcast_object_list(found, 0)
        if self.config.patience and OBJECTIVE.removeprefix("eval_") not in found[0]:
            raise ValueError(f"early stopping needs evaluate to return 'objective'; got {', '.join(found[0])}")
        return found[0]

    def _keep(self, step: int) -> None:
        if self.task.before_save is not None:
            self.task.before_save()
        model, optimizer = self.trainer.model, self.trainer.optimizer
        weights, moments = weights_of(model), moments_of(optimizer, model)
        if self.writes:
            write_checkpoint(self.folder, step, weights, moments, self._write_state)
            prune(self.folder, step, self.config.keep, self.history.best_step if self.config.patience else None)

    def _write_state(self, folder: Path) -> None:
        self.trainer.state.save_to_json(str(folder / _TRAINER_STATE))
        schedule = self.trainer.lr_scheduler.state_dict()
        state = {"settings": dict(self.task.settings), "schedule": schedule, "history": self.history.rows}
        (folder / STATE).write_text(json.dumps(state))

    def settle(self) -> None:
        """Put the best weights into the model where there is early stopping.

        Raises:
            InputError: their checkpoint is damaged.
        """
        best = self.folder / f"step-{self.history.best_step}"
        if self.config.patience and self.history.best_step != self.history.steps:
            if self.trainer.args.world_size > 1:
                dist.barrier()  # process 0 may still be writing
            if not is_done(best):
                raise InputError(f"{best}: is damaged or gone, and it holds the best weights; train again")
            load_weights(self.trainer.model, best / WEIGHTS)
