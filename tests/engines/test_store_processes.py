"""What only processes can show of the verdict store: kills lose nothing, and two of them share the work."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest
from stored_process import SHARE, N

from assay.engines.store import VerdictStore

SCRIPT = Path(__file__).parent / "stored_process.py"
KILLS = 8
pytestmark = pytest.mark.slow


def start(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, str(SCRIPT), str(path)], stdout=subprocess.PIPE, text=True)


def begun(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "begun\n"


def calls(process: subprocess.Popen[str]) -> int:
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    return int(said.split()[-1])


def contents(path: Path) -> list[tuple[bytes, str]]:
    with VerdictStore(path) as store:
        return list(store.items())


def test_a_store_whose_writers_were_killed_equals_one_that_was_written_at_once(tmp_path: Path) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    delays = random.Random(seed)
    process = start(tmp_path / "whole")
    begun(process)
    since = time.monotonic()
    assert calls(process) == N
    whole_s = time.monotonic() - since
    kept = [0]
    for _ in range(KILLS):
        process = start(tmp_path / "killed")
        begun(process)
        try:
            process.wait(timeout=delays.uniform(0, 0.4 * whole_s))
        except subprocess.TimeoutExpired:
            process.kill()
        process.communicate()
        kept.append(len(contents(tmp_path / "killed")))
    print("answers kept after each kill:", kept[1:])
    assert kept == sorted(kept)
    assert calls(start(tmp_path / "killed")) == N - kept[-1]  # none of those is asked again
    assert contents(tmp_path / "killed") == contents(tmp_path / "whole")


def test_two_processes_on_one_store_lose_nothing_and_ask_nothing_twice(tmp_path: Path) -> None:
    both = [start(tmp_path / "store") for _ in range(2)]
    asked = [calls(process) for process in both]
    print("asked by each:", asked)
    assert N <= sum(asked) <= N + SHARE
    assert len(contents(tmp_path / "store")) == N
