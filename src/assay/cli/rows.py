"""JSON Lines files that commands write: whole, or not at all."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..errors import InputError

__all__ = ["check_out", "number", "write_rows"]


def number(value: float) -> float | None:
    """Return a number as JSON has it: NaN is null."""
    return None if value != value else value


def check_out(out: Path) -> None:
    """Make sure that a file can be written, before the work whose fruit it is to hold.

    Raises:
        InputError: it cannot.
    """
    nearest = next(folder for folder in out.absolute().parents if folder.exists())
    if out.is_dir() or not nearest.is_dir() or not os.access(nearest, os.W_OK):
        raise InputError(f"--out {out}: no file can be written there; name another file")


def write_rows(out: Path, rows: Iterable[dict[str, Any]]) -> int:
    """Write rows under another name first, so that the file is whole or absent; return how many.

    Raises:
        InputError: it cannot be written.
    """
    n, partial = 0, out.with_name(f".{out.name}.partial")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("w", encoding="utf-8", errors="backslashreplace") as file:
            for row in rows:
                file.write(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n")
                n += 1
        partial.replace(out)
    except OSError as error:
        raise InputError(f"--out {out}: cannot be written ({error.strerror}); name another file") from None
    finally:
        partial.unlink(missing_ok=True)
    return n
