"""Choose the anchor's weight on validation pairs of the source, never on a target."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from assay.types import Pair

from .config import ScalarConfig
from .scorer import ScalarScorer
from .train import Trained, Validation, train_scalar

__all__ = ["GRID", "choose_weight", "train_chosen"]

GRID = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Weights tried by `--lambda auto`, for relative and cosine distances (protocol.md section 5)."""


def choose_weight(found: Mapping[float, tuple[float, float]]) -> float:
    """Return the anchor weight of the best objective; among those within one standard error of it, the largest.

    Args:
        found: Per weight, (objective, standard error).

    >>> choose_weight({0.1: (0.70, 0.02), 1.0: (0.72, 0.02), 3.0: (0.705, 0.02), 10.0: (0.60, 0.02)})
    3.0
    """
    best, error = max(found.values())
    return max(weight for weight, (objective, _) in found.items() if objective >= best - error)


def train_chosen(
    config: ScalarConfig,
    pairs: Sequence[Pair],
    label_N: Sequence[float | None],
    out: Path,
    *,
    validation: Validation,
    calibrate: Callable[[ScalarScorer], Mapping[str, Any] | None] | None = None,
) -> tuple[float, Trained]:
    """Train once per weight of `anchor_grid`, choose on the validation pairs, and leave the chosen run in `out`.

    Runs of the sweep stay in out/sweep; they share one feature cache.

    Raises:
        InputError: see `train_scalar`.
    """
    assert config.anchor is not None
    shared = config.cache or str(out / "features")
    found: dict[float, tuple[float, float]] = {}
    for weight in config.anchor_grid:
        one = replace(config, anchor=replace(config.anchor, weight=weight), anchor_grid=(), cache=shared)
        made = train_scalar(one, pairs, label_N, out / "sweep" / f"{weight:g}", validation=validation)
        assert made.objective is not None
        assert made.error is not None
        found[weight] = (made.objective, made.error)
    weight = choose_weight(found)
    (out / "sweep" / "chosen.json").write_text(
        json.dumps({"chosen": weight, "objective_and_error": {f"{w:g}": list(v) for w, v in found.items()}}, indent=1)
        + "\n",
        encoding="utf-8",
    )
    final = replace(config, anchor=replace(config.anchor, weight=weight), anchor_grid=(), cache=shared)
    return weight, train_scalar(final, pairs, label_N, out, validation=validation, calibrate=calibrate)
