"""Where models come from: a folder, or an id on the hub; a folder that is not there is told at once.

`models/mine` could be either.  It is taken for a folder where `models/` is one here, so that a typing
error in a path is not answered, half a minute later, by a hub that cannot be reached.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .data.hub import is_hub_id
from .errors import InputError

__all__ = ["loading", "quietly"]


@contextmanager
def loading(where: str | Path, what: str) -> Iterator[None]:
    """Check a place, load from it inside the block, and turn what transformers raises into one line.

    Args:
        where: A folder or a hub id.
        what: What is to be loaded, for the error, such as tokenizer.

    Raises:
        InputError: there is no such folder, or nothing of the kind can be loaded from it or from the hub.
    """
    text, place = str(where), Path(where).expanduser()
    here = text.startswith((".", "/", "~")) or (len(place.parts) > 1 and place.parent.is_dir())
    if not place.is_dir() and (here or not (is_hub_id(text) or "/" not in text)):
        raise InputError(
            f"{where}: no {what} can be loaded from here: there is no such folder; name one, "
            "or a hub id such as org/name"
        )
    from safetensors import SafetensorError

    try:
        with quietly():
            yield
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
