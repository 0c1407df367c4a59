"""`fit` learns what the loss says, the same every time, and leaves the right weights behind."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import models
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from assay.fit import BatchLoss, FitConfig, FitResult, fit
from assay.fit_tensors import weights_of

ROWS = models.pairs(40)
CONFIG = FitConfig(learning_rate=1e-3, batch_rows=8, batch_tokens=80)


@pytest.fixture(autouse=True, scope="module")
def threads() -> Iterator[None]:
    with models.one_thread():
        yield


def run(model: nn.Module, out: Path, config: FitConfig = CONFIG, rows: Any = ROWS, **more: Any) -> FitResult:
    loss = more.pop("loss", models.bradley_terry)
    return fit(model, rows, models.collate, loss, config, out, **{"length": lambda row: row.tokens, **more})


def losses(result: FitResult) -> list[float]:
    return [row["loss"] for row in result.history if "loss" in row]


class Objective:
    """Hands out objectives in turn, and remembers the weights that it saw."""

    def __init__(self, *values: float) -> None:
        self.values, self.seen = list(values), list[str]()

    def __call__(self, model: nn.Module) -> Mapping[str, float]:
        assert not model.training
        assert not torch.is_grad_enabled()
        self.seen.append(models.weight_hash(model))
        return {"objective": self.values[len(self.seen) - 1]}


def test_identical_pairs_have_loss_log_two_and_no_gradient(tmp_path: Path) -> None:
    result = run(models.tiny(), tmp_path, rows=[replace(row, second=row.first) for row in ROWS])
    assert losses(result) == pytest.approx([math.log(2)] * 5)
    assert max(row["grad_norm"] for row in result.history) < 1e-6


def test_pairs_that_can_be_told_apart_are_learnt(tmp_path: Path) -> None:
    result = run(models.tiny(), tmp_path, replace(CONFIG, epochs=8, learning_rate=1e-2))
    assert losses(result)[-1] < 0.1
    assert result.history[-1]["accuracy"] == 1.0
    assert result.steps == result.best_step == 40


def test_the_rate_warms_up_and_falls_in_a_line(tmp_path: Path) -> None:
    config = replace(CONFIG, max_steps=10, warmup=0.2, schedule="linear", learning_rate=8e-3)
    rates = [row["learning_rate"] for row in run(models.tiny(), tmp_path, config).history]
    assert rates == pytest.approx([0, 4e-3, 8e-3, 7e-3, 6e-3, 5e-3, 4e-3, 3e-3, 2e-3, 1e-3])


def test_many_small_forwards_equal_one_big_one(tmp_path: Path) -> None:
    big, small = models.tiny(), models.tiny()
    one = run(big, tmp_path / "big", length=None)
    many = run(small, tmp_path / "small", replace(CONFIG, batch_tokens=1))
    assert models.gap(big, small) < 1e-6
    assert losses(one) == pytest.approx(losses(many), abs=1e-6)


@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_one_seed_gives_one_result(tmp_path: Path, dropout: float) -> None:
    found: list[tuple[str, bytes]] = []
    for name, seed in (("a", 0), ("b", 0), ("c", 1)):
        model = models.tiny(dropout=dropout)
        torch.manual_seed(len(found))  # the caller's generator must not matter
        run(model, tmp_path / name, replace(CONFIG, seed=seed))
        found.append((models.weight_hash(model), (tmp_path / name / "metrics.jsonl").read_bytes()))
    assert found[0] == found[1]
    assert found[0][0] != found[2][0]


def test_the_callers_generators_and_the_models_modes_are_left_alone(tmp_path: Path) -> None:
    def drawn() -> tuple[float, float, float]:
        return random.random(), float(np.random.rand()), float(torch.rand(()))  # noqa: NPY002

    model = models.tiny().eval()
    for seeded in (random.seed, np.random.seed, torch.manual_seed):
        seeded(5)
    before = drawn()
    for seeded in (random.seed, np.random.seed, torch.manual_seed):
        seeded(5)
    run(model, tmp_path)
    assert drawn() == before
    assert not model.training
    assert model.config.use_cache


def test_weights_stay_in_float32_under_bf16_and_the_loss_stays_near(tmp_path: Path) -> None:
    half, full = models.tiny(), models.tiny()
    near = losses(run(half, tmp_path / "half", replace(CONFIG, bf16=True)))
    assert near == pytest.approx(losses(run(full, tmp_path / "full")), abs=0.02)
    assert near != losses(run(models.tiny(), tmp_path / "again"))
    assert {p.dtype for p in half.parameters()} == {torch.float32}


def test_recomputed_activations_change_nothing(tmp_path: Path) -> None:
    plain, thrifty = models.tiny(), models.tiny()
    run(plain, tmp_path / "plain")
    run(thrifty, tmp_path / "thrifty", replace(CONFIG, gradient_checkpointing=True))
    assert models.gap(plain, thrifty) < 1e-6
    assert not thrifty.is_gradient_checkpointing


def test_early_stopping_ends_the_run_and_leaves_the_best_weights(tmp_path: Path) -> None:
    objective = Objective(0.1, 0.5, 0.4, 0.3, 0.9)
    model = models.tiny()
    result = run(model, tmp_path, replace(CONFIG, eval_every=1, patience=2, keep=1), evaluate=objective)
    assert (result.steps, result.best_step) == (4, 2)
    assert models.weight_hash(model) == objective.seen[1]
    assert sorted(path.name for path in (tmp_path / "checkpoints").iterdir()) == ["step-2", "step-4"]


def test_an_objective_that_is_not_a_number_is_never_the_best(tmp_path: Path) -> None:
    objective = Objective(math.nan, 0.5, math.nan, 0.5, 0.5)
    assert run(models.tiny(), tmp_path, replace(CONFIG, eval_every=1), evaluate=objective).best_step == 2


def test_without_patience_the_last_weights_stay(tmp_path: Path) -> None:
    objective = Objective(0.9, 0.1)
    model = models.tiny()
    result = run(model, tmp_path, replace(CONFIG, epochs=2), evaluate=objective)
    assert (result.steps, result.best_step) == (10, 5)
    assert models.weight_hash(model) == objective.seen[1]


def test_metrics_jsonl_holds_the_history(tmp_path: Path) -> None:
    result = run(models.tiny(), tmp_path, evaluate=Objective(0.5))
    lines = [json.loads(line) for line in (tmp_path / "metrics.jsonl").read_text().splitlines()]
    assert lines == list(result.history)
    assert lines[-1] == {"step": 5, "epoch": 1.0, "eval_objective": 0.5}


def test_the_loss_is_told_the_step(tmp_path: Path) -> None:
    seen = []

    def loss(model: nn.Module, batch: dict[str, Tensor]) -> BatchLoss:
        seen.append((int(batch["step"]), int(batch["steps"])))
        return models.bradley_terry(model, batch)

    run(models.tiny(), tmp_path, loss=loss, length=None)
    assert seen == [(step, 5) for step in range(5)]


def test_nothing_is_printed_where_no_terminal_watches(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    run(models.tiny(), tmp_path)
    assert capfd.readouterr() == ("", "")


def test_other_files_are_brought_up_to_each_checkpoint(tmp_path: Path) -> None:
    # 40 rows in steps of 8: checkpoints behind steps 2, 4 and 5; each is announced before it is there
    seen = list[int]()

    def note() -> None:
        seen.append(len(list((tmp_path / "checkpoints").glob("step-*"))))

    run(models.tiny(), tmp_path, replace(CONFIG, save_every=2, keep=9), before_save=note)
    assert seen == [0, 1, 2]


def test_rows_without_labels_are_counted_and_move_nothing(tmp_path: Path) -> None:
    model = models.tiny()
    result = run(model, tmp_path, replace(CONFIG, weight_decay=0.1), [replace(row, label=-1.0) for row in ROWS])
    assert result.steps_without_labels == 5
    assert losses(result) == [0.0] * 5
    assert models.weight_hash(model) == models.weight_hash(models.tiny())


def test_a_few_rows_without_labels_weigh_nothing(tmp_path: Path) -> None:
    labelled = [row for i, row in enumerate(ROWS[:16]) if i % 2]
    mixed = [row if i % 2 else replace(row, label=-1.0) for i, row in enumerate(ROWS[:16])]
    a, b = models.tiny(), models.tiny()
    run(a, tmp_path / "a", rows=labelled)
    result = run(b, tmp_path / "b", replace(CONFIG, batch_rows=16), mixed)
    assert models.gap(a, b) < 1e-6
    assert result.history[0]["rows"] == 8


def test_a_loss_that_is_not_finite_stops_the_run_and_names_its_step_and_rows(tmp_path: Path) -> None:
    def loss(model: nn.Module, batch: dict[str, Tensor]) -> BatchLoss:
        found = models.bradley_terry(model, batch)
        return replace(found, sum=found.sum * (math.nan if batch["step"] == 3 else 1.0))

    model = models.tiny()
    with pytest.raises(FloatingPointError, match=r"step 4: the loss is nan over rows (\d+, ){7}\d+; .* of step 3"):
        run(model, tmp_path, replace(CONFIG, save_every=1), loss=loss)
    short = models.tiny()
    run(short, tmp_path / "short", replace(CONFIG, max_steps=5), loss=lambda m, b: models.bradley_terry(m, b))
    assert run(model, tmp_path, replace(CONFIG, save_every=1), resume=True).steps == 5
    assert models.weight_hash(model) == models.weight_hash(short)  # max_steps=5 is one epoch: the same schedule


def test_a_gradient_that_is_not_finite_stops_the_run(tmp_path: Path) -> None:
    def loss(model: nn.Module, batch: dict[str, Tensor]) -> BatchLoss:
        found = models.bradley_terry(model, batch)
        return replace(found, sum=found.sum + torch.sqrt(0 * found.sum))  # √ has an infinite slope at 0

    with pytest.raises(FloatingPointError, match="step 1: the grad_norm is nan"):
        run(models.tiny(), tmp_path, loss=loss)


def test_a_lora_model_trains_its_adapters_and_head_only(tmp_path: Path) -> None:
    from peft import LoraConfig, TaskType, get_peft_model

    def adapted() -> nn.Module:
        torch.manual_seed(1)
        lora = LoraConfig(task_type=TaskType.SEQ_CLS, r=2, target_modules=["q_proj"], modules_to_save=["score"])
        return get_peft_model(models.tiny(), lora)

    model, again = adapted(), adapted()
    frozen = {name: p.clone() for name, p in model.named_parameters() if not p.requires_grad}
    run(model, tmp_path, replace(CONFIG, learning_rate=1e-2))
    saved = weights_of(model)
    assert {"lora_A", "lora_B", "modules_to_save"} == {
        word for name in saved for word in name.split(".") if "lora" in word or word == "modules_to_save"
    }
    assert all(torch.equal(p, frozen[name]) for name, p in model.named_parameters() if name in frozen)
    run(again, tmp_path, replace(CONFIG, learning_rate=1e-2), resume=True)
    assert models.weight_hash(again) == models.weight_hash(model)


def test_labels_of_another_shape_are_refused(tmp_path: Path) -> None:
    def collate(rows: list[models.Row]) -> dict[str, Tensor]:
        return {"labels": torch.zeros(2 * len(rows))}

    with pytest.raises(ValueError, match=r"labels of shape \(8,\), one per row; got \(16,\)"):
        fit(models.tiny(), ROWS, collate, models.bradley_terry, CONFIG, tmp_path)


def test_early_stopping_needs_an_objective(tmp_path: Path) -> None:
    config = replace(CONFIG, patience=1)
    with pytest.raises(ValueError, match="patience needs evaluate"):
        run(models.tiny(), tmp_path / "a", config)
    with pytest.raises(ValueError, match="needs evaluate to return 'objective'; got loss"):
        run(models.tiny(), tmp_path / "b", config, evaluate=lambda model: {"loss": 1.0})


def test_a_model_that_cannot_recompute_activations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="Linear has no gradient_checkpointing_enable"):
        run(nn.Linear(1, 1), tmp_path, replace(CONFIG, gradient_checkpointing=True))


@pytest.mark.parametrize(
    ("setting", "allowed"),
    [
        ({"learning_rate": 0.0}, "learning_rate must be > 0"),
        ({"learning_rate": math.nan}, "learning_rate must be > 0"),
        ({"epochs": -1.0}, "epochs must be > 0"),
        ({"max_steps": 0}, "max_steps must be -1 or > 0"),
        ({"batch_rows": 0}, "batch_rows must be > 0"),
        ({"batch_tokens": 0}, "batch_tokens must be > 0"),
        ({"warmup": 1.0}, r"warmup must be in \[0, 1\)"),
        ({"schedule": "step"}, "schedule must be one of cosine, linear, constant; got 'step'"),
        ({"max_grad_norm": -1.0}, "max_grad_norm must be ≥ 0"),
        ({"keep": 0}, "keep must be > 0"),
        ({"patience": -1}, "patience must be ≥ 0"),
    ],
)
def test_a_setting_outside_its_range_is_refused(setting: dict[str, Any], allowed: str) -> None:
    with pytest.raises(ValueError, match=allowed):
        FitConfig(**setting)
