"""`assay train`: reward models from a configuration file, one run folder per seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import InputError

if TYPE_CHECKING:
    from assay.scalar import ScalarConfig, ScalarScorer, Validation

    from ..types import Floats, Ints, Pair

__all__ = ["app", "teacher_labels"]

app = typer.Typer(no_args_is_help=True, help="Train reward models.")


@app.callback()
def _group() -> None:
    """Keep `scalar` a command of its own, although it is alone."""


@app.command(no_args_is_help=True)
def scalar(
    config: Annotated[Path, typer.Argument(help="A YAML file with the fields of ScalarConfig.")],
    out: Annotated[Path, typer.Option(help="Run folder; with several seeds, one folder per seed inside it.")],
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the newest whole checkpoint.")] = False,
    weight: Annotated[
        str, typer.Option("--lambda", help="Weight of the anchor: a number, or auto to choose on the validation pairs.")
    ] = "",
    seeds: Annotated[str, typer.Option(help="Seeds, such as 0,1,2; each makes a run of its own.")] = "",
) -> None:
    """Train a scalar Bradley-Terry reward model, naive or anchored, from gold labels or a teacher's.

    A minimal file:  {base: models/my-lm, train: ["hh-rlhf:helpful-base.jsonl.gz?part=student"]}

    [bold]Example[/bold]: assay train scalar rm.yaml --out runs/rm --lambda auto --seeds 0,1,2
    """
    from assay.scalar import ScalarConfig

    from ..configs import load_config

    settings = _with_weight(load_config(ScalarConfig, config), weight, str(config))
    chosen = _seeds(seeds)
    pairs, labels, validation = _data(settings)
    typer.echo(f"{len(pairs):,} training pairs, {sum(label is None for label in labels):,} without a label")
    for seed in chosen or [settings.fit.seed]:
        one = replace(settings, fit=replace(settings.fit, seed=seed))
        _train(one, pairs, labels, validation, out / f"seed-{seed}" if len(chosen) > 1 else out, resume)


def _with_weight(settings: ScalarConfig, weight: str, where: str) -> ScalarConfig:
    from assay.scalar import GRID

    if not weight:
        return settings
    if settings.anchor is None:
        raise InputError(f"{where}: --lambda needs an anchor; add 'anchor: {{weight: 1, reference: copy}}'")
    if weight == "auto":
        return replace(settings, anchor_grid=settings.anchor_grid or GRID)
    try:
        return replace(settings, anchor=replace(settings.anchor, weight=float(weight)), anchor_grid=())
    except ValueError:
        raise InputError(f"--lambda {weight!r}: expected a number >= 0, or auto") from None


def _seeds(text: str) -> list[int]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    if not all(word.isdigit() for word in words) or len(set(words)) < len(words):
        raise InputError(f"--seeds {text!r}: expected different whole numbers, such as 0,1,2")
    return [int(word) for word in words]


def _data(settings: ScalarConfig) -> tuple[list[Pair], list[float | None], Validation | None]:
    """Return training pairs, their labels, and the validation pairs with surface-balanced weights."""
    from assay.eval import surface
    from assay.scalar import Validation, pair_label

    from ..data import load_pairs

    pairs = [pair for text in settings.train for pair in load_pairs(text).records]
    held = [pair for text in settings.validation for pair in load_pairs(text).records]
    shared = {pair.group for pair in pairs} & {pair.group for pair in held}
    if shared:
        raise InputError(
            f"{len(shared)} prompts stand in both train and validation; "
            "split by prompt, such as ?part=student and ?part=val"
        )
    gold = [pair_label(pair, "half") for pair in held]
    kept = [(pair, label) for pair, label in zip(held, gold, strict=True) if label is not None]
    validation = None
    if kept:
        import numpy as np

        sided = [pair for pair, _ in kept]
        label_N = np.array([label for _, label in kept])
        validation = Validation(pairs=sided, label_N=label_N, weight_N=surface.surface_balanced_weights(sided))
    if settings.labels == "gold":
        return pairs, [pair_label(pair, settings.ties) for pair in pairs], validation
    return pairs, list(teacher_labels(settings.labels, pairs, validation, hard=settings.hard)), validation


def teacher_labels(
    spec: str, pairs: Sequence[Pair], validation: Validation | None, *, hard: bool
) -> list[float | None]:
    """Return a teacher's P(first preferred) per pair, None where it could not score one.

    Its temperature is fitted on the validation pairs, because margins of a teacher are in units of its own.

    Raises:
        InputError: the SPEC is wrong, or soft labels are wanted and there are no validation pairs to fit them on.
    """
    import numpy as np

    from assay.eval import calibration, fit_temperature, probability

    from .scorers import SurfaceFromSource, load_scorers

    [loaded] = load_scorers([spec])
    if isinstance(loaded.scorer, SurfaceFromSource):
        raise InputError(f"{spec}: a surface baseline is fitted on a source and cannot teach")
    margins = loaded.scorer.compare(pairs)
    if hard:
        sure = np.where(margins.margin == 0, 0.5, margins.margin > 0)
        return [None if np.isnan(m) else float(p) for m, p in zip(margins.margin, sure, strict=True)]
    calibrator = loaded.calibrator
    if calibrator is None:
        if validation is None:
            raise InputError(
                "soft labels need validation pairs to calibrate the teacher on; add 'validation:', or hard: true"
            )
        seen = loaded.scorer.compare(validation.pairs)
        try:
            calibrator = fit_temperature(
                seen, validation.label_N, source="validation", cluster_N=_clusters(validation.pairs)
            )
        except calibration.NoFitError as error:
            raise InputError(f"{spec}: no temperature can be fitted on the validation pairs ({error})") from None
    p_N = probability(calibrator.nats(margins))
    return [None if np.isnan(p) else float(p) for p in p_N]


def _train(
    settings: ScalarConfig,
    pairs: Sequence[Pair],
    labels: Sequence[float | None],
    validation: Validation | None,
    out: Path,
    resume: bool,
) -> None:
    from assay.scalar import train_chosen, train_scalar

    if (out / "DONE").exists():
        typer.echo(f"{out}: is finished already")
        return

    def calibrate(scorer: ScalarScorer) -> dict[str, Any] | None:
        return None if validation is None else _calibrator(scorer, validation.pairs, validation.label_N)

    if settings.anchor_grid:
        if validation is None:
            raise InputError("choosing the anchor's weight needs validation pairs of the source; add 'validation:'")
        weight, made = train_chosen(settings, pairs, labels, out, validation=validation, calibrate=calibrate)
        typer.echo(f"anchor weight {weight:g} chosen on {len(validation.pairs):,} validation pairs")
    else:
        made = train_scalar(settings, pairs, labels, out, validation=validation, calibrate=calibrate, resume=resume)
    accuracy = ""
    if made.objective is not None and made.error is not None:
        accuracy = f", surface-balanced validation accuracy {made.objective:.3f} (standard error {made.error:.3f})"
    typer.echo(f"{out}: {made.result.steps} steps, {made.left_out} pairs left out{accuracy}")


def _calibrator(scorer: ScalarScorer, pairs: Sequence[Pair], label_N: Floats) -> dict[str, Any] | None:
    """Return a temperature fitted on the validation pairs; None where they allow none."""
    from assay.eval import calibration, fit_temperature

    from ..data.read import fingerprint

    try:
        fitted = fit_temperature(
            scorer.compare(pairs),
            label_N,
            source="validation",
            cluster_N=_clusters(pairs),
            fingerprint=fingerprint(pairs),
        )
        return fitted.to_json()
    except calibration.NoFitError:
        return None


def _clusters(pairs: Sequence[Pair]) -> Ints:
    """Return the prompt of each pair as an integer."""
    import numpy as np

    return np.unique(np.array([pair.group for pair in pairs]), return_inverse=True)[1].astype(np.int64)
