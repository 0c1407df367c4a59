"""Rubrics as plain data and back: the form of the YAML file, defaults left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields, replace
from typing import Any

from .rubric import Criterion, Example, Gate, Level, Reason, Rubric

__all__ = ["SCHEMA_VERSION", "completed", "from_data", "to_data"]

SCHEMA_VERSION = 1
_BINARY = (Level(label="no"), Level(label="yes"))


def _levels(rows: Sequence[Mapping[str, Any]]) -> tuple[Level, ...]:
    return tuple(Level(**{**row, "label": str(row["label"])}) for row in rows)


def _criterion(row: Mapping[str, Any]) -> Criterion:
    gate = row.get("gate")
    return Criterion(
        **{key: value for key, value in row.items() if key not in ("levels", "gate", "examples")},
        levels=_levels(row.get("levels", ())),
        gate=None if gate is None else Gate(**{**gate, "when": tuple(map(str, gate.get("when", ())))}),
        examples=tuple(Example(**{**one, "label": str(one["label"])}) for one in row.get("examples", ())),
    )


def from_data(data: Mapping[str, Any]) -> Rubric:
    """Build a rubric from plain data; see `Rubric.from_data`."""
    from .checks import faults

    for path, message in faults(data):
        raise ValueError(f"{'.'.join(map(str, path)) or 'rubric'}: {message}")
    short = data.get("reason", {})
    reason: dict[str, Any] = {"when": short} if isinstance(short, str) else short
    plain = ("name", "mode", "description", "instructions", "aggregation", "prompt")
    return Rubric(
        **{name: data[name] for name in plain if name in data},
        version=str(data.get("version", "1")),
        scale=_levels(data.get("scale", ())),
        criteria=tuple(_criterion(row) for row in data.get("criteria", ())),
        ties=data.get("ties", "allow") == "allow",
        reason=Reason(**reason),
        variables=dict(data.get("variables", {})),
    )


def _set(record: Any, *leave: str) -> dict[str, Any]:
    """Return the fields of a dataclass that differ from their defaults."""
    found = {}
    for one in fields(record):
        value = getattr(record, one.name)
        default = one.default if one.default_factory is MISSING else one.default_factory()
        if one.name not in leave and value != default and value is not None:
            found[one.name] = value
    return found


def _spread(levels: Sequence[Level]) -> tuple[Level, ...]:
    """Return levels with values; where they have none, i / (L - 1) for level i of L."""
    if any(one.value is not None for one in levels):
        return tuple(levels)
    return tuple(replace(one, value=i / max(len(levels) - 1, 1)) for i, one in enumerate(levels))


def _implied(one: Criterion, scale: Sequence[Level]) -> tuple[Level, ...]:
    """Return the levels of a criterion that leaves them out."""
    return _spread({"binary": _BINARY, "ordinal": scale}.get(one.type, ()))


def _number(value: float | None) -> float | None:
    """Return one spelling per number, because the fingerprint hashes spellings: 1 is 1.0 and -0.0 is 0.0."""
    return None if value is None else float(value) + 0.0


def completed(rubric: Rubric) -> dict[str, Any]:
    """Return the fields of a checked rubric that leave something out or may be changed from outside, in full."""

    def plain(levels: Sequence[Level]) -> tuple[Level, ...]:
        return tuple(replace(one, value=_number(one.value)) for one in levels)

    scale = plain(_spread(rubric.scale))
    criteria = tuple(
        replace(
            one,
            weight=float(one.weight),
            levels=plain(one.levels if one.type == "nominal" else _spread(one.levels or _implied(one, scale))),
            gate=one.gate and replace(one.gate, when=tuple(one.gate.when), at=_number(one.gate.at)),
            examples=tuple(one.examples),
        )
        for one in rubric.criteria
    )
    return {"scale": scale, "criteria": criteria, "variables": dict(rubric.variables)}


def _level_rows(levels: Sequence[Level], *, ordered: bool = True) -> list[dict[str, Any]]:
    even = ordered and tuple(levels) == _spread([replace(one, value=None) for one in levels])
    return [_set(one, *(["value"] if even else [])) for one in levels]


def to_data(rubric: Rubric) -> dict[str, Any]:
    """Return a rubric as plain data; see `Rubric.data`."""
    data: dict[str, Any] = {"schema_version": SCHEMA_VERSION, **_set(rubric, "scale", "criteria", "ties", "reason")}
    if rubric.scale:
        data["scale"] = _level_rows(rubric.scale)
    if rubric.criteria:
        data["criteria"] = [_criterion_row(one, rubric) for one in rubric.criteria]
    if not rubric.ties:
        data["ties"] = "forbid"
    if rubric.reason != Reason():
        data["reason"] = {"when": rubric.reason.when, **_set(rubric.reason, "when")}
    if rubric.variables:
        data["variables"] = dict(rubric.variables)
    return data


def _criterion_row(one: Criterion, rubric: Rubric) -> dict[str, Any]:
    row = _set(one, "levels", "gate", "examples")
    if one.levels and one.levels != _implied(one, rubric.scale):
        row["levels"] = _level_rows(one.levels, ordered=one.type != "nominal")
    if one.gate is not None:
        row["gate"] = {key: list(value) if key == "when" else value for key, value in _set(one.gate).items()}
    if one.examples:
        row["examples"] = [_set(example) for example in one.examples]
    return row
