"""What README.md shows is what happens."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("code", blocks("python"), ids=["margins", "judge"])
def test_a_python_example_prints_what_stands_below_it(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert TEXT.split(code)[1].startswith(f"```\n\n```\n{done.stdout}```")


@pytest.mark.data
@pytest.mark.parametrize(
    "command",
    [line for block in blocks("bash") for line in block.replace("\\\n", "").splitlines() if line.startswith("assay ")],
)
def test_every_assay_command_runs_as_pasted(real: Path, tmp_path: Path, command: str) -> None:
    bin_folder = str(Path(sys.executable).parent)
    where = {**os.environ, "ASSAY_DATA": str(real.resolve()), "PATH": f"{bin_folder}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=where, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (shlex.split(command)[:3], done.stderr)
    assert done.stdout.strip()


@pytest.mark.data
def test_the_tables_are_those_of_a_fresh_run(real: Path) -> None:
    tool = ROOT / "tests" / "tools" / "readme_figures.py"
    where = {**os.environ, "ASSAY_DATA": str(real.resolve())}
    done = subprocess.run(
        [sys.executable, str(tool), "--check"], env=where, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_the_tables_of_the_benches_are_those_of_their_files() -> None:
    tool = ROOT / "tests" / "tools" / "bench_figures.py"
    done = subprocess.run([sys.executable, str(tool), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
