"""What only processes can show: kills, several processes, sharded models, missing rights."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from safetensors.torch import load_file

from assay.fit_checkpoints import is_done, newest, steps_in

HERE = Path(__file__).parent
TORCHRUN = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
KILLS = 6
pytestmark = pytest.mark.slow


def start(out: Path, kind: str, *more: str, runner: tuple[str, ...] = (sys.executable,)) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*runner, str(HERE / "process.py"), str(out), kind, *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def finished(out: Path, kind: str, runner: tuple[str, ...] = (sys.executable,)) -> str:
    process = start(out, kind, runner=runner)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return hashlib.sha256((out / "final.safetensors").read_bytes()).hexdigest()


def losses(out: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (out / "metrics.jsonl").read_text().splitlines()]


def difference(a: Path, b: Path) -> float:
    one, two = load_file(a / "final.safetensors"), load_file(b / "final.safetensors")
    assert one.keys() == two.keys()
    return max(float((one[name] - two[name]).abs().max()) for name in one)


def test_a_run_killed_at_random_moments_ends_as_one_that_was_not(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    delays = random.Random(seed)
    whole = finished(tmp_path / "whole", "killed")
    begun_from = []
    for _ in range(KILLS):
        process = start(tmp_path / "killed", "killed")
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=delays.uniform(0, 0.5))
        process.kill()
        process.communicate()
        last = newest(tmp_path / "killed" / "checkpoints")
        begun_from.append(last.name if last else "the start")
    print("killed; newest whole checkpoints:", ", ".join(begun_from))
    assert finished(tmp_path / "killed", "killed") == whole
    assert (tmp_path / "killed/metrics.jsonl").read_bytes() == (tmp_path / "whole/metrics.jsonl").read_bytes()


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run of one process."""
    out = tmp_path_factory.mktemp("one")
    finished(out, "plain")
    return out


@pytest.mark.parametrize("kind", ["plain", "sharded"])
def test_two_processes_equal_one_and_go_on_from_each_others_checkpoints(tmp_path: Path, one: Path, kind: str) -> None:
    two = tmp_path / "two"
    finished(two, kind, tuple(TORCHRUN))
    assert json.loads((two / "world.json").read_text()) == 2
    assert [*steps_in(two / "checkpoints")] == [3, 6]
    assert difference(one, two) < 1e-6
    for runner, name in ((tuple(TORCHRUN), kind), ((sys.executable,), "plain")):
        shutil.rmtree(two / "checkpoints" / "step-6")
        (two / "final.safetensors").unlink()
        finished(two, name, runner)
        assert difference(one, two) < 1e-6
    assert losses(one) == pytest.approx(losses(two), abs=1e-6)


def test_without_the_right_to_write_the_error_is_clear_and_the_checkpoints_stand() -> None:
    with tempfile.TemporaryDirectory() as name:
        out = Path(name) / "run"
        finished(out, "plain")
        shutil.rmtree(out / "checkpoints" / "step-6")
        Path(name).chmod(0o755)
        for path in (*out.rglob("*"), out):
            path.chmod(0o555 if path.is_dir() else 0o444)
        process = start(out, "plain", "65534" if os.getuid() == 0 else "0")  # root may write anywhere
        _, errors = process.communicate(timeout=300)
        for path in (out, out / "checkpoints", out / "checkpoints" / "step-3"):
            path.chmod(0o755)
        assert process.returncode == 1
        assert "metrics.jsonl: cannot be written" in errors
        assert "checkpoints finished before are intact" in errors
        assert is_done(out / "checkpoints" / "step-3")
