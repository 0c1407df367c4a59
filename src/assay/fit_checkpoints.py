"""Checkpoints that are whole or do not count: a folder, its files, and a DONE that lists their sha256.

    out/checkpoints/step-N/   weights.safetensors    trainable parameters and buffers
                              optimizer.safetensors  the optimiser's moments, by parameter
                              fit.json               settings, schedule, history
                              trainer_state.json     the step, for Trainer
                              DONE                   "sha256  name" per file, written last

A folder is written under a partial name and renamed when whole.  After a crash of the machine the
name may outlive the content, so a checkpoint is believed only where every sha256 agrees.
"""

from __future__ import annotations

import errno
import hashlib
import re
import shutil
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import InputError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = [
    "CHECKPOINTS",
    "DONE",
    "OPTIMIZER",
    "STATE",
    "WEIGHTS",
    "damaged",
    "is_done",
    "newest",
    "prune",
    "steps_in",
    "write_checkpoint",
    "write_done",
    "writing",
]

WEIGHTS = "weights.safetensors"
OPTIMIZER = "optimizer.safetensors"
CHECKPOINTS = "checkpoints"
STATE = "fit.json"
"""The settings of the run, its schedule and its history."""
DONE = "DONE"
_STEP = re.compile(r"step-(\d+)")


def write_done(folder: Path, skip: Collection[str] = ()) -> None:
    """List the sha256 of every file below a folder in its DONE, but for the folders in it that are named."""
    files = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    partial = folder / f".{DONE}"  # renamed at the end: a DONE is whole or absent
    names = sorted(str(path) for path in files if path.parts[0] not in (DONE, partial.name, *skip))
    partial.write_text("".join(f"{_sha256(folder / name)}  {name}\n" for name in names))
    partial.replace(folder / DONE)


def damaged(folder: Path) -> list[str]:
    """Return the files that a folder's DONE lists and that are missing or changed; DONE itself where it lists none."""
    try:
        lines = (folder / DONE).read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return [DONE]
    if not lines:
        return [DONE]
    return [line[66:] or DONE for line in lines if not _is_unchanged(folder / line[66:], line[:64])]


def is_done(folder: Path) -> bool:
    """Tell whether a folder has a DONE and every file that it lists is there, unchanged."""
    return not damaged(folder)


def _is_unchanged(path: Path, sha256: str) -> bool:
    try:
        return _sha256(path) == sha256
    except (OSError, ValueError):  # the latter: a name that no file can have
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def writing(place: Path) -> Iterator[None]:
    """Turn a failed write into one clear line.

    Raises:
        InputError: the disk is full, or the place cannot be written to.
    """
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, SafetensorError) as error:
        why = "No space left on device" if getattr(error, "errno", None) == errno.ENOSPC else str(error)
        raise InputError(
            f"{place}: cannot be written ({why}); checkpoints finished before are intact: free space or mend the "
            "folder's rights and resume, or name another folder"
        ) from error


def steps_in(folder: Path) -> dict[int, Path]:
    """Return the checkpoints of a folder, finished or not, by step, ascending."""
    found = ((_STEP.fullmatch(path.name), path) for path in folder.glob("step-*"))
    return dict(sorted((int(match[1]), path) for match, path in found if match))


def newest(folder: Path) -> Path | None:
    """Return the newest checkpoint with a DONE that holds; None where there is none."""
    return next((path for path in reversed(steps_in(folder).values()) if is_done(path)), None)


def write_checkpoint(
    folder: Path,
    step: int,
    weights: Mapping[str, Tensor],
    moments: Mapping[str, Tensor],
    rest: Callable[[Path], object],
) -> None:
    """Write folder/step-N, whole or not at all.

    Args:
        folder: the run's checkpoints.
        step: N.
        weights: from `fit_tensors.weights_of`.
        moments: from `fit_tensors.moments_of`.
        rest: writes further files into the folder it is given.

    Raises:
        InputError: see `writing`; earlier checkpoints stand as they were.
    """
    from safetensors.torch import save_file

    place, partial = folder / f"step-{step}", folder / f".step-{step}.partial"
    try:
        with writing(place):
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            save_file(dict(weights), partial / WEIGHTS)
            save_file(dict(moments), partial / OPTIMIZER)
            rest(partial)
            write_done(partial)
            if place.exists():  # left by a run that was not resumed from it: its DONE did not hold
                shutil.rmtree(place)
            partial.rename(place)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def prune(folder: Path, step: int, keep: int, best: int | None) -> None:
    """Remove all checkpoints but the newest up to `step` and the best one.

    Those beyond `step` are of a future that was given up, and go as well, and so does what a killed
    process left half-written.
    """
    found = steps_in(folder)
    kept = {*[n for n in found if n <= step][-keep:], best}
    for path in [*(path for n, path in found.items() if n not in kept), *folder.glob(".step-*.partial")]:
        shutil.rmtree(path)
