"""A run goes on from the last checkpoint that is whole, and ends as if it had never stopped."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import models
import pytest
from torch import Tensor, nn

from assay import InputError
from assay.fit import BatchLoss, FitConfig, FitResult, fit
from assay.fit_checkpoints import is_done, newest, prune, steps_in, write_done

ROWS = models.pairs(40)
CONFIG = FitConfig(learning_rate=1e-3, batch_rows=8, batch_tokens=80, epochs=2, save_every=2)  # 10 steps


@pytest.fixture(autouse=True, scope="module")
def threads() -> Iterator[None]:
    with models.one_thread():
        yield


def run(model: nn.Module, out: Path, config: FitConfig = CONFIG, **more: Any) -> FitResult:
    loss = more.pop("loss", models.bradley_terry)
    return fit(model, ROWS, models.collate, loss, config, out, length=lambda row: row.tokens, **more)


@contextmanager
def limited(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size: writing more fails as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class StoppedError(Exception):
    """Ends a run in the middle of a step."""


def stopping(at: int) -> Any:
    def loss(model: nn.Module, batch: dict[str, Tensor]) -> BatchLoss:
        if batch["step"] == at:
            raise StoppedError
        return models.bradley_terry(model, batch)

    return loss


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Hash of the weights, and the log, of a run that nothing interrupts."""
    out, model = tmp_path_factory.mktemp("whole"), models.tiny(dropout=0.3)
    run(model, out)
    return models.weight_hash(model), (out / "metrics.jsonl").read_text()


def ended(out: Path, **more: Any) -> tuple[str, str]:
    model = models.tiny(seed=9, dropout=0.3)  # its weights must not matter
    run(model, out, resume=True, **more)
    return models.weight_hash(model), (out / "metrics.jsonl").read_text()


@pytest.mark.parametrize("at", [3, 5, 9])
def test_a_run_that_stopped_in_any_step_ends_with_the_same_weights_and_the_same_log(
    tmp_path: Path, whole: tuple[str, str], at: int
) -> None:
    with pytest.raises(StoppedError):
        run(models.tiny(dropout=0.3), tmp_path, loss=stopping(at))
    assert newest(tmp_path / "checkpoints") == tmp_path / "checkpoints" / f"step-{at // 2 * 2}"
    assert ended(tmp_path) == whole


def stopped(out: Path) -> Path:
    """Return the newest of the checkpoints 4 and 6."""
    with pytest.raises(StoppedError):
        run(models.tiny(dropout=0.3), out, loss=stopping(7))
    assert [*steps_in(out / "checkpoints")] == [4, 6]
    return out / "checkpoints" / "step-6"


@pytest.mark.parametrize("name", ["weights.safetensors", "optimizer.safetensors", "fit.json", "trainer_state.json"])
def test_a_checkpoint_with_a_changed_file_is_passed_over(tmp_path: Path, whole: tuple[str, str], name: str) -> None:
    file = stopped(tmp_path) / name
    file.write_bytes(file.read_bytes()[:-1])
    assert newest(tmp_path / "checkpoints") == tmp_path / "checkpoints" / "step-4"
    assert ended(tmp_path) == whole


@pytest.mark.parametrize("name", ["weights.safetensors", "DONE"])
def test_a_checkpoint_that_lacks_a_file_is_passed_over(tmp_path: Path, whole: tuple[str, str], name: str) -> None:
    (stopped(tmp_path) / name).unlink()
    assert newest(tmp_path / "checkpoints") == tmp_path / "checkpoints" / "step-4"
    assert ended(tmp_path) == whole


def test_a_half_written_checkpoint_is_passed_over_and_cleared_away(tmp_path: Path, whole: tuple[str, str]) -> None:
    half = stopped(tmp_path).rename(tmp_path / "checkpoints" / ".step-7.partial")  # a step that is not saved again
    (half / "DONE").unlink()
    assert ended(tmp_path) == whole
    assert sorted(path.name for path in (tmp_path / "checkpoints").iterdir()) == ["step-10", "step-8"]


def test_without_a_whole_checkpoint_a_run_starts_again(tmp_path: Path, whole: tuple[str, str]) -> None:
    model = models.tiny(dropout=0.3)
    run(model, tmp_path, resume=True)
    assert (models.weight_hash(model), (tmp_path / "metrics.jsonl").read_text()) == whole


def test_a_run_that_had_ended_is_only_loaded(tmp_path: Path, whole: tuple[str, str]) -> None:
    run(models.tiny(dropout=0.3), tmp_path)
    assert ended(tmp_path, loss=stopping(10)) == whole


def test_a_run_that_had_stopped_early_is_only_loaded(tmp_path: Path) -> None:
    values = iter([0.1, 0.5, 0.4, 0.3])
    config = replace(CONFIG, patience=2, eval_every=1)
    first, again = models.tiny(), models.tiny(seed=9)
    result = run(first, tmp_path, config, evaluate=lambda model: {"objective": next(values)})
    assert run(again, tmp_path, config, evaluate=lambda model: {}, resume=True) == result
    assert models.weight_hash(again) == models.weight_hash(first)


def test_only_the_newest_checkpoints_stay(tmp_path: Path) -> None:
    run(models.tiny(), tmp_path, replace(CONFIG, keep=3, save_every=1))
    assert [*steps_in(tmp_path / "checkpoints")] == [8, 9, 10]


def test_the_best_checkpoint_stays_and_those_of_a_future_given_up_go(tmp_path: Path) -> None:
    for step in (2, 4, 6, 8, 10):
        (tmp_path / f"step-{step}").mkdir()
    prune(tmp_path, step=8, keep=1, best=4)
    assert [*steps_in(tmp_path)] == [4, 8]


def test_where_best_weights_are_damaged_the_run_says_so(tmp_path: Path) -> None:
    config, objectives = replace(CONFIG, patience=2, eval_every=1), {1: 0.1, 2: 0.5}

    def evaluate(model: nn.Module) -> dict[str, float]:
        steps = len((tmp_path / "metrics.jsonl").read_text().splitlines()) // 2 + 1
        if steps == 4:
            (tmp_path / "checkpoints/step-2/weights.safetensors").write_bytes(b"")
        return {"objective": objectives.get(steps, 0.0)}

    with pytest.raises(InputError, match=r"step-2: is damaged or gone, and it holds the best weights; train again"):
        run(models.tiny(), tmp_path, config, evaluate=evaluate)


def test_checkpoints_of_an_earlier_run_are_not_mixed_with_a_new_one(tmp_path: Path) -> None:
    stopped(tmp_path)
    with pytest.raises(InputError, match="holds checkpoints of an earlier run; resume it or name another folder"):
        run(models.tiny(), tmp_path)


def test_a_run_is_not_resumed_with_other_settings_or_rows(tmp_path: Path) -> None:
    stopped(tmp_path)
    with pytest.raises(
        InputError, match=r"step-6: was made with learning_rate 0\.001, now 0\.01; resume with the same"
    ):
        run(models.tiny(), tmp_path, replace(CONFIG, learning_rate=0.01), resume=True)
    with pytest.raises(InputError, match="was made with rows '40 of "):
        fit(models.tiny(), ROWS[1:], models.collate, models.bradley_terry, CONFIG, tmp_path, resume=True)


def test_how_often_to_save_may_change(tmp_path: Path, whole: tuple[str, str]) -> None:
    stopped(tmp_path)
    model = models.tiny(dropout=0.3)
    run(model, tmp_path, replace(CONFIG, save_every=3, keep=1), resume=True)
    assert (models.weight_hash(model), (tmp_path / "metrics.jsonl").read_text()) == whole


def test_a_run_is_not_resumed_with_another_model(tmp_path: Path) -> None:
    stopped(tmp_path)
    other = models.tiny()
    other.score = nn.Linear(16, 2, bias=False)
    with pytest.raises(
        InputError, match=r"1 tensors are missing, unknown or of another shape .* such as score\.weight"
    ):
        run(other, tmp_path, resume=True)


@pytest.mark.parametrize(
    ("size", "place"),
    [
        (1_000, "metrics.jsonl"),
        (10_000, "checkpoints/step-8"),  # in the middle of the weights
        (40_000, "checkpoints/step-8"),  # in the middle of the moments
    ],
)
def test_on_a_full_disk_the_error_is_clear_and_the_last_checkpoint_serves(
    tmp_path: Path, whole: tuple[str, str], size: int, place: str
) -> None:
    stopped(tmp_path)
    why = rf"{place}: cannot be written \(.*File too large.*; checkpoints finished before are intact"
    with pytest.raises(InputError, match=why), limited(size):
        run(models.tiny(dropout=0.3), tmp_path, resume=True)
    assert newest(tmp_path / "checkpoints") == tmp_path / "checkpoints" / "step-6"
    assert not [*(tmp_path / "checkpoints").glob(".*")]
    assert ended(tmp_path) == whole


def test_a_place_that_cannot_be_written_to_is_refused_before_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"file/run: cannot be written \(.*Not a directory"):
        run(models.tiny(), tmp_path / "file" / "run", loss=stopping(0))
    with pytest.raises(InputError, match=r"cannot be written"):
        run(models.tiny(), Path("/proc/run"), loss=stopping(0))


def test_done_names_every_file(tmp_path: Path) -> None:
    (tmp_path / "a b").write_text("x")
    assert not is_done(tmp_path)
    write_done(tmp_path)
    assert (
        tmp_path / "DONE"
    ).read_text() == f"{'2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881'}  a b\n"
    assert is_done(tmp_path)
    (tmp_path / "a b").write_text("y")
    assert not is_done(tmp_path)


def test_an_empty_done_does_not_count(tmp_path: Path) -> None:
    (tmp_path / "DONE").write_text("")
    assert not is_done(tmp_path)
