"""Where models come from: a folder, an id on the hub, or `pocket:NAME`; what is not there is told at once.

`models/mine` could be either.  It is taken for a folder where `models/` is one here, so that a typing
error in a path is not answered, half a minute later, by a hub that cannot be reached.  `pocket:lm`
is a model that ships with assay, a folder of the package.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .data.hub import is_hub_id
from .errors import InputError

__all__ = ["loading", "located", "quietly"]

_POCKET = "pocket:"


def located(where: str | Path) -> str | Path:
    """Return the folder that `pocket:NAME` stands for, checked; anything else as it is.

    Raises:
        InputError: see `assay.pocket.models.model_folder`.
    """
    if not isinstance(where, str) or not where.startswith(_POCKET):
        return where
    from .pocket.models import model_folder

    return model_folder(where.removeprefix(_POCKET))


@contextmanager
def loading(where: str | Path, what: str) -> Iterator[str | Path]:
    """Check a place, load from what is given to the block, and turn what transformers raises into one line.

    Args:
        where: A folder, a hub id, or `pocket:NAME`, of which the block gets the folder.
        what: What is to be loaded, for the error, such as tokenizer.

    Raises:
        InputError: there is no such folder, nothing of the kind can be loaded from it or from the hub, or
            see `located`.
    """
    source = located(where)
    text, place = str(source), Path(source).expanduser()
    here = text.startswith((".", "/", "~")) or (len(place.parts) > 1 and place.parent.is_dir())
    if not place.is_dir() and (here or not (is_hub_id(text) or "/" not in text)):
        raise InputError(
            f"{where}: no {what} can be loaded from here: there is no such folder; name one, "
            "or a hub id such as org/name"
        )
    from safetensors import SafetensorError

    try:
        with quietly():
            yield source
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:  # the last: damaged weights
        where_else = "" if place.is_dir() else "; it is no folder here, and the hub does not give it"
        raise InputError(f"{where}: no {what} can be loaded from here{where_else} ({_first(str(error))})") from None


@contextmanager
def quietly() -> Iterator[None]:
    """Keep transformers from reporting what it reads and writes inside the block; its bars stay on a terminal."""
    from huggingface_hub.utils import logging as hub
    from transformers.utils import logging as shown

    level, own, bars = hub.get_verbosity(), shown.get_verbosity(), shown.is_progress_bar_enabled()
    hub.set_verbosity(logging.ERROR)  # its retries are told by the one line of `loading`
    shown.set_verbosity_error()  # a new head is no accident: whoever loads checks which weights are missing
    if not sys.stderr.isatty():
        shown.disable_progress_bar()
    try:
        yield
    finally:
        hub.set_verbosity(level)
        shown.set_verbosity(own)
        if bars:
            shown.enable_progress_bar()


def _first(text: str) -> str:
    """Return the first sentence of an error."""
    return text.strip().splitlines()[0].split(". ")[0] if text.strip() else "no reason given"
