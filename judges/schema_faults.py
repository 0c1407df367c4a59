"""What the published schema of rubric files objects to, in the words of someone who writes rubrics."""

from __future__ import annotations

import importlib.resources
import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

from assay.errors import nearest

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from jsonschema.protocols import Validator

__all__ = ["Fault", "Path", "brief", "rubric_schema", "schema_faults"]

Path = tuple[str | int, ...]
_MOST_ERRORS = 200  # more help nobody, and finding near names for each takes time
_MOST_DEPTH = 20
_MOST_INT = 10**18
_KINDS = {
    dict: "a mapping",
    list: "a list",
    str: "a text",
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    type(None): "nothing",
}
_NAMES = {
    "object": "a mapping (key: value lines)",
    "array": "a list (lines that start with '- ')",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "null",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong."""

    path: Path
    """Keys and indices that lead to it."""
    message: str
    """What was found, what is allowed, what to do."""
    at_key: bool = False
    """It is the key itself that is wrong, not what stands behind it."""

    def __iter__(self) -> Iterator[Any]:
        return iter((self.path, self.message))


def rubric_schema() -> dict[str, Any]:
    """Return the published JSON Schema (Draft 2020-12) of rubric files."""
    text = (importlib.resources.files("assay.rubrics") / "rubric.schema.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@cache
def _validator() -> Validator:
    """Return the schema's validator, stricter in two points where Python and JSON Schema differ.

    JSON Schema takes 1.0 for an integer, so that a label 1.0 would be written "1.0".  Python's `$`
    also matches before a last line break, so that a name could end in one; our patterns are whole.
    """
    from jsonschema import Draft202012Validator, ValidationError
    from jsonschema.validators import extend

    def whole(_: object, pattern: str, value: object, schema: object) -> Iterator[ValidationError]:
        if isinstance(value, str) and not re.fullmatch(pattern, value):
            yield ValidationError(f"{value!r} does not match {pattern!r}")

    kinds = Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int)
    strict: type[Validator] = extend(Draft202012Validator, {"pattern": whole}, type_checker=kinds)  # type: ignore[no-untyped-call]
    return strict(rubric_schema())


def schema_faults(data: Any) -> list[Fault]:
    """Return what keeps data from being plain or from the form of a rubric file, at most a few hundred faults."""
    found = list(islice(_plain(data, ()), _MOST_ERRORS))
    if found:
        return found
    errors = islice(_validator().iter_errors(data), _MOST_ERRORS)
    ordered = sorted(errors, key=lambda error: [str(step) for step in error.absolute_path])
    return [fault for error in ordered for fault in _explain(error)]


def brief(value: object) -> str:
    """Return a value as JSON, cut to a line; what a terminal cannot show is escaped."""
    text = json.dumps(value, ensure_ascii=False)
    text = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text[:61])
    return text if len(text) <= 60 else f"{text[:60]}…"


def _explain(error: ValidationError) -> Iterator[Fault]:
    """Say what the schema objects to, in the words of someone who writes rubrics."""
    path = tuple(error.absolute_path)
    value: Any = error.instance
    rule: Any = error.validator_value
    schema: Any = error.schema
    what = repr(path[-1]) if path and isinstance(path[-1], str) else "this"
    match error.validator:
        case "additionalProperties":
            allowed = list(schema["properties"])
            for key in islice((key for key in value if key not in allowed), _MOST_ERRORS):
                message = f"unknown key {brief(key)}{nearest(key, allowed)}; allowed here are {', '.join(allowed)}"
                yield Fault((*path, key), message, at_key=True)
        case "required":
            for key in rule:
                if key not in value:
                    yield Fault(path, f"key {key!r} is missing; add {_hint(key)}")
        case "type":
            kinds = " or ".join(_NAMES[one] for one in ([rule] if isinstance(rule, str) else rule))
            remedy = ""
            if isinstance(value, bool | int | float) and "string" in rule:
                remedy = "; put it in quotes"
            elif isinstance(value, str) and rule in ("number", "integer"):
                remedy = ", such as 2 or 0.5, without quotes" if rule == "number" else ", such as 2, without quotes"
            yield Fault(path, f"{what} is {_KINDS[type(value)]} ({brief(value)}); expected {kinds}{remedy}")
        case "enum":
            yield Fault(path, f"{what} is {brief(value)}; allowed are {', '.join(rule)}{nearest(str(value), rule)}")
        case "const":
            yield Fault(path, f"{what} is {brief(value)}; this version of assay reads {rule}")
        case "not":
            yield Fault(path, f"{what} is 0, so the criterion would count for nothing; give it a weight or remove it")
        case "minimum" | "maximum":
            side = "at least" if error.validator == "minimum" else "at most"
            yield Fault(path, f"{what} is {brief(value)}; it must be {side} {rule}")
        case "pattern" if "propertyNames" in error.absolute_schema_path:
            message = f"{brief(value)} is no name of a variable; use up to 64 letters, digits and '_', no digit first"
            yield Fault((*path, value), message, at_key=True)
        case "pattern":
            characters = {
                "name": "up to 128 letters A-Z, digits, '.', '-' and '_', a letter or digit first",
                "id": "up to 64 letters A-Z, digits, '-' and '_', a letter first",
            }
            yield Fault(path, f"{what} is {brief(value)}; use {characters[str(path[-1])]}")
        case "minItems" | "minLength":
            yield Fault(path, f"{what} has {len(value)} {_units(value)}; at least {rule} needed, add some or remove it")
        case "maxItems" | "maxLength" | "maxProperties":
            yield Fault(path, f"{what} has {len(value)} {_units(value)}; at most {rule} allowed, shorten it")
        case _:
            yield Fault(path, error.message)


def _units(value: object) -> str:
    return "characters" if isinstance(value, str) else "entries"


def _hint(key: str) -> str:
    hints = {
        "schema_version": "'schema_version: 1'",
        "mode": "'mode: pointwise', 'pairwise' or 'listwise'",
        "then": "'then: cap', 'zero' or 'reject'",
        "when": "'when: none', 'before' or 'each'",
    }
    return hints.get(key, f"a line '{key}: …'")


def _plain(value: object, path: Path) -> Iterator[Fault]:
    """Find what no JSON text could say, and texts that cannot be written as UTF-8 or would end a text elsewhere."""
    if len(path) > _MOST_DEPTH:
        yield Fault(path, f"nested deeper than {_MOST_DEPTH} levels; a rubric needs few")
    elif isinstance(value, str):
        if "\x00" in value or any("\ud800" <= char <= "\udfff" for char in value):
            yield Fault(path, f"{brief(value)} holds a NUL or half a surrogate pair; remove it")
    elif isinstance(value, float):
        if not math.isfinite(value):
            yield Fault(path, f"{value} is no finite number; write one")
    elif isinstance(value, int):
        if abs(value) > _MOST_INT:
            yield Fault(path, f"a whole number beyond {_MOST_INT:.0e}; write a smaller one")
    elif isinstance(value, dict):
        for key, inner in value.items():
            if isinstance(key, str):
                yield from (Fault((*path, key), fault.message, at_key=True) for fault in _plain(key, path))
                yield from _plain(inner, (*path, key))
            else:
                yield Fault(path, f"a key is of type {type(key).__name__}; keys are texts")
    elif isinstance(value, list):
        for i, inner in enumerate(value):
            yield from _plain(inner, (*path, i))
    elif value is not None:
        yield Fault(path, f"found {type(value).__name__}; plain data are dict, list, str, bool, int, float and None")
