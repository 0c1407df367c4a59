"""Configuration files: one frozen dataclass per trainer, its YAML file has its fields and no other.

Unknown keys, wrong types and missing keys are refused with file, key, what is allowed
and the nearest name; whatever else is wrong the dataclass itself says in `__post_init__`.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from .errors import InputError, nearest

__all__ = ["from_mapping", "load_config", "to_mapping"]

_T = TypeVar("_T")


def load_config(cls: type[_T], path: str | Path) -> _T:
    """Read a YAML file into a dataclass.

    Raises:
        InputError: the file cannot be read, is no mapping, or does not fit the dataclass.
    """
    import yaml

    try:
        data = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}; name a YAML file") from None
    except (yaml.YAMLError, UnicodeDecodeError, ValueError) as error:
        raise InputError(f"{path}: this is not YAML: {error}") from None
    return from_mapping(cls, data, str(path))


def from_mapping(cls: type[_T], data: object, where: str) -> _T:
    """Build a dataclass from plain data, nested dataclasses, tuples and choices included.

    Raises:
        InputError: a key is unknown or missing, or a value is of the wrong type or refused by the dataclass.
    """
    if not isinstance(data, Mapping):
        raise InputError(f"{where}: found {type(data).__name__}; expected key: value lines")
    assert dataclasses.is_dataclass(cls)
    fields = {one.name: one for one in dataclasses.fields(cls)}
    hints = get_type_hints(cls)
    for key in data:
        if key not in fields:
            raise InputError(
                f"{where}: unknown key {key!r}{nearest(str(key), fields)}; allowed are {', '.join(fields)}"
            )
    for name, one in fields.items():
        needed = one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING
        if needed and name not in data:
            raise InputError(f"{where}: key {name!r} is missing; add '{name}: …'")
    values = {key: _value(hints[key], value, f"{where}: {key}") for key, value in data.items()}
    try:
        return cls(**values)
    except ValueError as error:
        raise InputError(f"{where}: {error}") from None


def _value(kind: Any, value: Any, where: str) -> Any:
    """Return a value as the type that a field has."""
    origin, args = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return _one_of(args, value, where)
    if origin is Literal:
        if value not in args:
            words = [str(one) for one in args]
            raise InputError(f"{where}: found {value!r}; allowed are {', '.join(words)}{nearest(str(value), words)}")
        return value
    if origin is tuple:
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise InputError(f"{where}: found {value!r}; expected a list")
        return tuple(_value(args[0], one, f"{where}[{i}]") for i, one in enumerate(value))
    if dataclasses.is_dataclass(kind):
        return from_mapping(kind, value, where)  # type: ignore[arg-type]
    if kind is float and isinstance(value, int | float | str) and not isinstance(value, bool):
        try:
            return float(value)  # YAML 1.1 reads 1e-5 as a text
        except ValueError:
            pass
    if kind is float or type(value) is not kind:
        raise InputError(f"{where}: found {value!r}; expected {'a number' if kind is float else kind.__name__}")
    return value


def _one_of(kinds: Sequence[Any], value: Any, where: str) -> Any:
    if value is None and type(None) in kinds:
        return None
    errors = []
    for kind in (one for one in kinds if one is not type(None)):
        try:
            return _value(kind, value, where)
        except InputError as error:
            errors.append(str(error))
    raise InputError(errors[-1])


def to_mapping(config: Any) -> dict[str, Any]:
    """Return a dataclass as plain data that `from_mapping` reads back equal."""
    plain: dict[str, Any] = _plain(dataclasses.asdict(config))
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, tuple | list) else value
