"""`assay demo`: the main job, live on the pocket world and on real recorded judgements."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import InputError, nearest
from .compare import run_compare
from .memory import keep_memory

__all__ = ["demo"]

_PASSES = ("live", "recorded")


def demo(
    out: Annotated[Path, typer.Option(help="Folder for the runs and reports.")] = Path("runs/demo"),
    only: Annotated[str, typer.Option(help="live or recorded; both where it is left out.")] = "",
) -> None:
    """Put scorers of every kind on one calibrated scale: train some and report, then report recorded ones.

    The live pass trains tiny reward models on language models that ship with assay: minutes on two cores, without
    network, GPU or data. The recorded one makes three reports from judgements in $ASSAY_DATA; no model runs.

    [bold]Example[/bold]: ASSAY_DATA=~/assay-data assay demo --out runs/demo
    """
    from ..demo import run_demo
    from ..demo_live import run_live

    if only and only not in _PASSES:
        raise InputError(f"--only {only!r}: allowed are {', '.join(_PASSES)}{nearest(only, _PASSES)}")
    pages = []
    if only == "live" or (not only and _has_weights()):
        keep_memory()
        pages.append(run_live(out, run_compare, tell=_tell))
    if only == "recorded" or (not only and _has_data()):
        pages += run_demo(out, run_compare)
    if not pages:
        raise InputError("the demo has neither its models nor recorded judgements; the lines above say what it needs")
    for page in pages:
        typer.echo(page)


def _has_weights() -> bool:
    """Tell whether the pocket models are installed, and in words where not; damaged ones are an error later."""
    from ..pocket import models

    missing = [name for name in ("weak", "lm") if not (models.WEIGHTS / name / "DONE").is_file()]
    if missing:
        _tell(f"without the live pass: {' and '.join(f'pocket:{name}' for name in missing)} are not installed")
    return not missing


def _has_data() -> bool:
    """Tell whether there are recorded judgements, and in words where there are none."""
    from ..demo import data_folder

    try:
        data_folder()
    except InputError as error:
        _tell(f"without recorded judgements: {error}")
        return False
    return True


def _tell(words: str) -> None:
    typer.echo(words, err=True)
