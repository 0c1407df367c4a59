"""Rubrics of autorubric (arXiv 2603.00077): criteria with weights and options, in sections or not.

A criterion without options is binary: its requirement is met or not.  Options become levels 1 to k
from the worst to the best by value, or letters where they have no order; their texts become the
anchors.  Options that are whole numbers stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from assay.errors import InputError, nearest

from .form import MOST_ANSWERS, letters
from .imported import Imported, Texts, checked, kind, need, slug

__all__ = ["from_autorubric"]

_DEFAULT_WEIGHT = 10.0  # autorubric's own
_MOST = 1e300  # beyond it float() overflows; false for nan too
_CRITERION = ("requirement", "weight", "name", "options", "scale_type", "aggregation")
_OPTION = ("label", "value", "na")
_MET = ({"label": "no", "anchor": "The requirement is not met."}, {"label": "yes", "anchor": "The requirement is met."})


def from_autorubric(data: object, *, name: str = "autorubric") -> Imported:
    """Return a rubric of autorubric, from its YAML or JSON as plain data.

    Args:
        data: a list of criteria or of sections {criteria: […]}, {sections: […]}, or {rubric: any of these}.
        name: what it is to be called.

    Raises:
        InputError: the form is another one, or a criterion breaks a rule.
    """
    text, notes = Texts(), list[str]()
    rows = list(_rows(data, notes))
    criteria = []
    for number, (row, own) in enumerate(zip(rows, _ids(rows), strict=True), 1):
        criterion = _criterion(row, own, f"criterion {number}", text, notes)
        if criterion["weight"] == 0:
            notes.append(f"criterion {number} ({own}) has weight 0, so it counts for nothing, and was left out")
        else:
            criteria.append(criterion)
    rubric = checked({"name": name, "description": "A rubric of autorubric (arXiv 2603.00077).", "criteria": criteria})
    weights = [one.weight for one in rubric.criteria]
    if min(weights) < 0 < max(weights):
        notes.append(
            "autorubric divides the points by the positive weights and clips at 0 and 1; "
            "here the same points are spread over [0, 1] without a clip"
        )
    if not all(one.not_applicable for one in rubric.criteria):
        notes.append("autorubric lets a judge abstain from every criterion; here only where an option says so")
    return Imported(rubric, (*notes, *text.notes))


def _rows(data: object, notes: list[str]) -> Iterator[Mapping[str, Any]]:
    """Yield the criteria of all sections, and note what stands around them."""
    for key in ("rubric", "sections"):
        if isinstance(data, Mapping) and key in data:
            notes.extend(f"field {str(other)!r} beside {key!r} was left out" for other in data if other != key)
            data = data[key]
    if not isinstance(data, list):
        keys = f" with {', '.join(map(str, data)) or 'no key'}" if isinstance(data, Mapping) else ""
        raise InputError(
            f"found {kind(data)}{keys}; expected a list of criteria, or 'rubric:' or 'sections:' above one"
        )
    for i, entry in enumerate(data, 1):
        if not isinstance(entry, Mapping):
            raise InputError(f"entry {i} is {kind(entry)}; expected a criterion or a section, a mapping")
        if "criteria" in entry:
            yield from _section(entry, f"section {i}", notes)
        else:
            yield entry


def _section(section: Mapping[str, Any], where: str, notes: list[str]) -> Iterator[Mapping[str, Any]]:
    lost = [str(key) for key in section if key != "criteria"]
    if lost:
        notes.append(f"{where} was merged with the others; left out: {', '.join(lost)}")
    if not isinstance(section["criteria"], list):
        raise InputError(f"{where}: 'criteria' is {kind(section['criteria'])}; expected a list")
    for i, one in enumerate(section["criteria"], 1):
        if not isinstance(one, Mapping):
            raise InputError(f"{where}, entry {i} is {kind(one)}; expected a criterion, a mapping")
        yield one


def _ids(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Yield distinct ids: from the names, c1, c2 … for unnamed ones, repeated ones with a number at the end."""
    taken: set[str] = set()
    for i, row in enumerate(rows, 1):
        name = stem = slug(str(row.get("name") or "")) or f"c{i}"
        again = count(2)
        while name in taken:
            name = f"{stem}-{next(again)}"
        taken.add(name)
        yield name


def _criterion(row: Mapping[str, Any], own: str, where: str, text: Texts, notes: list[str]) -> dict[str, Any]:
    need(row, ("requirement",), where)
    _unknown(row, _CRITERION, where, notes)
    if row.get("aggregation") is not None:
        notes.append(f"{where}: 'aggregation' says how the votes of several judges are pooled, and was left out")
    found = {
        "id": own,
        "question": text(row["requirement"], f"{where}: 'requirement'"),
        "weight": _number(row.get("weight", _DEFAULT_WEIGHT), f"{where}: 'weight'"),
    }
    if row.get("options") is None:
        return {**found, "type": "binary", "levels": [*_MET]}
    return {**found, **_options(row, where, text, notes)}


def _unknown(row: Mapping[str, Any], known: Sequence[str], where: str, notes: list[str]) -> None:
    for key in row:
        if key not in known:  # autorubric passes over it too, so the meaning stays
            notes.append(f"{where}: unknown field {str(key)!r}{nearest(str(key), known)} was left out")


def _number(value: object, name: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _MOST:
        raise InputError(f"{name} is {kind(value)} ({str(value)[:40]}); expected a finite number")
    return float(value)


def _options(row: Mapping[str, Any], where: str, text: Texts, notes: list[str]) -> dict[str, Any]:
    """Return type, levels and `not_applicable` of a criterion with options."""
    options, order = row["options"], row.get("scale_type", "ordinal")
    if not isinstance(options, list) or not all(isinstance(one, Mapping) for one in options):
        raise InputError(f"{where}: 'options' is no list of mappings; expected {', '.join(_OPTION)} in each")
    if order not in ("ordinal", "nominal"):
        raise InputError(f"{where}: 'scale_type' is {str(order)[:40]!r}; allowed are ordinal and nominal")
    found, skip = [], False
    for i, one in enumerate(options, 1):
        at = f"{where}, option {i}"
        need(one, _OPTION[:2], at)
        _unknown(one, _OPTION, at, notes)
        label = text(str(one["label"]) if type(one["label"]) is int else one["label"], f"{at}: 'label'")
        if not isinstance(one.get("na", False), bool):
            raise InputError(f"{at}: 'na' is {kind(one['na'])}; expected true or false")
        if one.get("na"):
            skip = True
            notes.append(f"{at}: {label!r} became the label 'na'")
        else:
            found.append((label, _number(one["value"], f"{at}: 'value'")))
    if len(found) < 2:
        raise InputError(f"{where} has {len(found)} options that are not 'na'; expected at least 2")
    if order == "ordinal" and len({value for _, value in found}) < len(found):
        order = "nominal"
        notes.append(f"{where}: two options have the same value, so they are labels without an order here")
    levels = _levels(sorted(found, key=lambda one: one[1]) if order == "ordinal" else found, ordered=order == "ordinal")
    return {"type": order, "levels": levels, **({"not_applicable": True} if skip else {})}


def _levels(options: Sequence[tuple[str, float]], *, ordered: bool) -> list[dict[str, Any]]:
    """Return levels with short labels."""
    if all(re.fullmatch("[0-9]{1,4}", label) for label, _ in options):
        return [{"label": label, "value": value} for label, value in options]
    many = ordered or len(options) > MOST_ANSWERS
    short = [str(i + 1) for i in range(len(options))] if many else letters(len(options))
    return [{"label": own, "value": value, "anchor": label} for own, (label, value) in zip(short, options, strict=True)]
