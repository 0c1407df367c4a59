"""What the importers share: a rubric from elsewhere, and how its texts and names become ours."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from assay.errors import InputError

from .rubric import Rubric
from .variables import escape_braces

__all__ = ["Imported", "Texts", "checked", "kind", "need", "slug"]

_UNWANTED = re.compile("[\x00\ud800-\udfff]")
_KINDS = {dict: "a mapping", list: "a list", str: "a text", bool: "true or false", type(None): "nothing"}


@dataclass(frozen=True, slots=True)
class Imported:
    """A rubric from elsewhere."""

    rubric: Rubric
    """It, checked."""
    notes: tuple[str, ...] = ()
    """What was changed or could not be taken over."""


class Texts:
    """Takes texts over word for word and remembers whether one had to be changed.

    Only what no rubric may hold is replaced; references to variables are escaped, so that they
    stand for themselves.
    """

    def __init__(self) -> None:
        self.changed = False

    def __call__(self, value: object, name: str) -> str:
        """Return a text as a rubric may hold it.

        Raises:
            InputError: it is no text.
        """
        if not isinstance(value, str):
            raise InputError(f"{name} is {kind(value)}; expected a text (in YAML: in quotes)")
        clean = _UNWANTED.sub("\ufffd", value)
        self.changed |= clean != value
        return escape_braces(clean)

    @property
    def notes(self) -> tuple[str, ...]:
        """What to say of the changes."""
        return ("NUL characters or half surrogate pairs were replaced by U+FFFD",) if self.changed else ()


def kind(value: object) -> str:
    """Name the kind of a value, for an error."""
    return _KINDS.get(type(value), "a number" if isinstance(value, int | float) else "a value of another kind")


def need(data: Mapping[str, Any], keys: Sequence[str], where: str) -> None:
    """Raise InputError unless all keys are there."""
    missing = [key for key in keys if key not in data]
    if missing:
        found = ", ".join(sorted(map(str, data))) or "none"
        raise InputError(f"{where} lacks {', '.join(map(repr, missing))} (found: {found}); expected {', '.join(keys)}")


def slug(text: str) -> str:
    """Return a text as a name that a rubric or criterion may have; "" where nothing is left.

    >>> slug("2. Clarté & style")
    'Clarte-style'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_]+", "-", plain).lstrip("-_0123456789")[:48].rstrip("-_")


def checked(data: Mapping[str, Any]) -> Rubric:
    """Return a pointwise rubric from plain data.

    Raises:
        InputError: the data break a rule of checks.py.
    """
    try:
        return Rubric.from_data({"schema_version": 1, "mode": "pointwise", **data})
    except ValueError as error:
        raise InputError(f"as a rubric of ours: {error}") from None
