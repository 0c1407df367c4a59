"""{{ name }} in the texts of a rubric: plain substitution, in one pass.

Rubric texts are not Jinja: nothing is evaluated, so a rubric can neither loop nor read anything.
{{ name }} takes the value of a declared variable; {{ 'text' }} stands for the text itself, which
is how two braces are written.  Any other brace is an ordinary character.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["escape_braces", "substitute", "texts", "unknown_variables", "used_variables"]

_REFERENCE = re.compile(r"\{\{[ \t]*(?:([A-Za-z_][A-Za-z0-9_]*)|'([^'\n]*)')[ \t]*\}\}")
_FIELDS = ("question", "applies_when")


def _names(text: str) -> Iterator[str]:
    for found in _REFERENCE.finditer(text):
        if found[1] is not None:
            yield found[1]


def texts(data: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield path and text of every place where variables count."""
    if "instructions" in data:
        yield ("instructions",), data["instructions"]
    for i, level in enumerate(data.get("scale", ())):
        yield ("scale", i, "anchor"), level.get("anchor", "")
    for i, one in enumerate(data.get("criteria", ())):
        for key in _FIELDS:
            yield ("criteria", i, key), one.get(key, "")
        for j, level in enumerate(one.get("levels", ())):
            yield ("criteria", i, "levels", j, "anchor"), level.get("anchor", "")


def unknown_variables(data: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield path and name of every reference that `variables` does not declare."""
    for path, text in texts(data):
        for name in _names(text):
            if name not in data.get("variables", {}):
                yield path, name


def used_variables(data: Mapping[str, Any]) -> set[str]:
    """Return the names that some text refers to."""
    return {name for _, text in texts(data) for name in _names(text)}


def substitute(text: str, values: Mapping[str, str]) -> str:
    """Put values in place of references; a value that looks like a reference stays as it is.

    >>> substitute("Judge for {{ audience }}, not {{ '{{' }}.", {"audience": "{{ x }}"})
    'Judge for {{ x }}, not {{.'

    Raises:
        KeyError: a reference without a value.
    """
    return _REFERENCE.sub(lambda found: values[found[1]] if found[1] is not None else found[2], text)


def escape_braces(text: str) -> str:
    """Return a text from elsewhere so that it stands for itself, whatever it holds.

    >>> substitute(escape_braces("a {{ b }} c"), {})
    'a {{ b }} c'
    """
    return text.replace("{{", "{{ '{{' }}")
