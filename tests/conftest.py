"""What tests share: the folder of real data, and small made-up files."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("OMP_NUM_THREADS", "1")  # tiny models: threads that wait for each other cost more than they do
ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("ASSAY_DATA", ROOT.parent / "shared" / "data"))


HEAVY = ("slow", "vllm", "browser", "bench", "gpu")
ran: Counter[str] = Counter()
cases: list[int] = []


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--counts", metavar="FILE", help="write how many tests ran per marker, for tests/floors.json")


def pytest_runtest_protocol(item: pytest.Item) -> None:
    marks = {mark.name for mark in item.iter_markers()}
    item.user_properties.append(("kinds", [*marks.intersection(HEAVY)] or ["default"]))
    item.user_properties.append(("data", "data" in marks))


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.when == "teardown":  # hypothesis leaves its statistics here, as text
        text = str(report.__dict__.get("_hypothesis_stats", ""))
        if text:
            cases.append(sum(int(n) for n in re.findall(r"(\d+) passing\b", text)))
    if report.when == "call" and not report.skipped:
        facts = dict(report.user_properties)
        ran.update(list(facts["kinds"]) + (["data"] if facts["data"] else []))  # type: ignore[call-overload]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if cases:
        terminalreporter.write_line(f"{len(cases)} property tests checked {sum(cases)} cases")


def pytest_sessionfinish(session: pytest.Session) -> None:
    file = session.config.getoption("--counts")
    if file:
        Path(file).write_text(json.dumps(ran) + "\n")


@pytest.fixture(scope="session")
def real() -> Path:
    """The folder of real data; a test that asks for it is skipped where it is absent."""
    if not DATA.is_dir():
        pytest.skip("real data absent: set ASSAY_DATA")
    return DATA


Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write rows to a file: a JSON array for .json, JSON Lines otherwise, gzip for .gz; returns the path."""

    def _write(name: str, rows: Iterable[Any]) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = list(rows)
        text = (
            json.dumps(rows)
            if ".json" in name and ".jsonl" not in name
            else "".join(json.dumps(row) + "\n" for row in rows)
        )
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return str(path)

    return _write


Say = Callable[[str], None]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str]) -> Say:
    """Print a line to the terminal, past the capture."""

    def _say(line: str) -> None:
        with capsys.disabled():
            print(f"\n{line}")

    return _say


Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command line and return (exit code, stdout, stderr)."""

    def _run(*argv: str | Path) -> tuple[int, str, str]:
        from assay.cli import main

        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(one) for one in argv])
        out, err = capsys.readouterr()
        return int(end.value.code or 0), out, err

    return _run
