"""What a run has logged so far, and everything that follows from it: the best step, and when to stop."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from .fit_checkpoints import writing

__all__ = ["OBJECTIVE", "History"]

OBJECTIVE = "eval_objective"
"""The logged name of an evaluation's "objective"; higher is better."""


class History:
    """Rows of metrics.jsonl, one per step and one per evaluation; nothing else is remembered of a run.

    Args:
        file: metrics.jsonl; None on processes that do not write.
        rows: what was logged before a resume; later lines in the file are dropped.

    Raises:
        InputError: the file cannot be written.
    """

    def __init__(self, file: Path | None, rows: Iterable[Mapping[str, Any]] = ()) -> None:
        self.rows = [dict(row) for row in rows]
        self._file = file
        self._write("w", self.rows)

    def add(self, row: Mapping[str, Any]) -> None:
        """Log a row, in memory and on disk."""
        self.rows.append(dict(row))
        self._write("a", self.rows[-1:])

    def _write(self, mode: str, rows: Iterable[Mapping[str, Any]]) -> None:
        if self._file is not None:
            with writing(self._file), self._file.open(mode, encoding="utf-8") as lines:
                lines.writelines(f"{json.dumps(row)}\n" for row in rows)

    @property
    def steps(self) -> int:
        """Steps done."""
        return int(self.rows[-1]["step"]) if self.rows else 0

    @property
    def _objectives(self) -> list[tuple[int, float]]:
        """(step, objective) of each evaluation; one that is not a number is worse than any."""
        found = ((int(row["step"]), float(row[OBJECTIVE])) for row in self.rows if OBJECTIVE in row)
        return [(step, -math.inf if math.isnan(value) else value) for step, value in found]

    @property
    def measured(self) -> bool:
        """Whether an objective has been logged."""
        return bool(self._objectives)

    @property
    def best_step(self) -> int:
        """The first step with the highest objective; the last step where none was measured."""
        return max(self._objectives, key=lambda seen: seen[1], default=(self.steps, 0.0))[0]

    @property
    def stale(self) -> int:
        """Evaluations since the best one."""
        return sum(step > self.best_step for step, _ in self._objectives)
