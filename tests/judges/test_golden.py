"""The shipped prompts and grammars are reviewed files: weights and stored verdicts depend on every character."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[1] / "tools" / "golden_prompts.py"
GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(file.stem for file in GOLDEN.glob("*.txt"))


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_rubric_renders_as_reviewed(name: str) -> None:
    made = subprocess.run([sys.executable, str(TOOL), "--print", name], capture_output=True, text=True, check=True)
    assert made.stdout == (GOLDEN / f"{name}.txt").read_text(encoding="utf-8"), "reviewed? then: make golden"


def test_every_shipped_rubric_has_its_reviewed_file() -> None:
    rubrics = TOOL.parents[2] / "rubrics"
    assert sorted(file.stem for file in rubrics.glob("*.yaml")) == NAMES
    assert len(NAMES) == 9
