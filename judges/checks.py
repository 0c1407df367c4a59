"""Every rule a rubric must obey: the published schema first, then what a schema cannot say.

`faults` takes plain data and yields all that is wrong, each with the path to it, what was found,
what is allowed and what to do.  The YAML reader adds line and column; `Rubric(...)` and
`Rubric.from_data` raise the first.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from assay.errors import nearest

from .rubric import NOT_APPLICABLE
from .schema_faults import Fault, Path, brief, rubric_schema, schema_faults
from .variables import unknown_variables

__all__ = ["Fault", "Path", "brief", "faults", "rubric_schema"]


def faults(data: Any) -> Iterator[Fault]:
    """Yield all faults of plain data; nothing means that it is a rubric.

    Where the data are no plain data or break the schema, the rules behind are not looked at.
    """
    found = schema_faults(data)
    yield from found
    if not found:
        yield from _rules(data)


def _rules(data: Mapping[str, Any]) -> Iterator[Fault]:
    mode, criteria, reason = data["mode"], data.get("criteria", []), data.get("reason", {})
    if mode == "pointwise" and not criteria:
        yield Fault((), "mode pointwise needs at least one criterion; add a list 'criteria:'")
    if (reason if isinstance(reason, str) else reason.get("when")) == "each" and (not criteria or mode == "listwise"):
        yield Fault(
            ("reason",), "reason 'each' writes one rationale per criterion, and none is judged here; use 'before'"
        )
    useless = {"pointwise": ["ties"], "pairwise": [], "listwise": ["ties", "aggregation"]}[mode]
    for key in useless:
        if key in data:
            yield Fault((key,), f"{key!r} has no effect in mode {mode}; remove it", at_key=True)
    wrong = {"pointwise": "logodds", "pairwise": "min"}.get(mode)
    if wrong and data.get("aggregation") == wrong:
        right = "mean, sum or min" if mode == "pointwise" else "mean, sum or logodds"
        yield Fault(("aggregation",), f"'{wrong}' is not defined in mode {mode}; use {right}")
    yield from _level_rules(data.get("scale", []), ("scale",), ordered=True)
    first: dict[str, int] = {}
    for i, one in enumerate(criteria):
        if one["id"] in first:
            yield Fault(
                ("criteria", i, "id"),
                f"criterion id {one['id']!r} is taken by criterion {first[one['id']] + 1}; ids must differ",
            )
        first.setdefault(one["id"], i)
        yield from _criterion_rules(one, ("criteria", i), data)
    for path, name in unknown_variables(data):
        allowed = list(data.get("variables", {}))
        yield Fault(
            path,
            f"variable {brief(name)} is not declared{nearest(name, allowed)}; add it under 'variables:', "
            "or write {{ '{{' }} for two braces",
        )


def _level_rules(levels: Sequence[Mapping[str, Any]], path: Path, *, ordered: bool) -> Iterator[Fault]:
    seen: set[str] = set()
    for i, level in enumerate(levels):
        label, where = str(level["label"]), (*path, i, "label")
        if label in seen:
            yield Fault(where, f"label {label!r} stands twice; labels must differ")
        seen.add(label)
        if label == NOT_APPLICABLE:
            yield Fault(where, f"label {label!r} is reserved; set 'not_applicable: true' on the criterion instead")
        wrong = next((char for char in label if not char.isprintable() or char in '"\\'), None)
        if wrong is not None:
            yield Fault(
                where, f"label {label!r} holds U+{ord(wrong):04X}; no quotes, backslashes or invisible characters"
            )
        elif label != label.strip():
            yield Fault(where, f"label {label!r} starts or ends with a space; remove it")
        elif unicodedata.normalize("NFC", label) != label:
            yield Fault(where, f"label {label!r} is not in Unicode form NFC, and tokenisers would change it; retype it")
    given = [i for i, level in enumerate(levels) if "value" in level]
    if given and len(given) < len(levels):
        missing = next(i for i in range(len(levels)) if i not in given)
        yield Fault((*path, missing), "some levels have a 'value' and this one has none; give all of them one, or none")
    elif given and ordered:
        for i in range(1, len(levels)):
            if levels[i]["value"] <= levels[i - 1]["value"]:
                yield Fault(
                    (*path, i, "value"), "values must rise from the worst level to the best; reorder the levels"
                )


def _criterion_rules(one: Mapping[str, Any], path: Path, data: Mapping[str, Any]) -> Iterator[Fault]:
    kind, mode = one.get("type", "ordinal"), data["mode"]
    levels = one.get("levels") or (data.get("scale", []) if kind == "ordinal" else [])
    yield from _level_rules(one.get("levels", []), (*path, "levels"), ordered=kind != "nominal")
    if mode == "pointwise" and kind != "binary" and not levels:
        remedy = "add 'levels:' to it" + (" or a 'scale:' to the rubric" if kind == "ordinal" else "")
        yield Fault(path, f"{kind} criterion {one['id']!r} has no levels; {remedy}")
    if kind == "binary" and "levels" in one and len(levels) != 2:
        yield Fault((*path, "levels"), f"a binary criterion has two levels, not {len(levels)}; use type ordinal")
    if kind == "nominal" and mode != "pointwise":
        yield Fault((*path, "type"), f"a nominal criterion has no better side in mode {mode}; use ordinal or binary")
    if kind == "nominal" and "weight" in one and not any("value" in level for level in levels):
        yield Fault(
            (*path, "weight"), "this nominal criterion only describes, its levels have no 'value'; remove the weight"
        )
    if mode == "listwise":
        for key in ("weight", "gate", "not_applicable", "applies_when", "examples"):
            if key in one:
                yield Fault((*path, key), f"{key!r} has no effect in mode listwise; remove it", at_key=True)
    labels = [str(level["label"]) for level in levels] or (["no", "yes"] if kind == "binary" else [])
    if mode == "pairwise":
        labels = ["A", "B", *(["="] if data.get("ties", "allow") == "allow" else [])]
    if "gate" in one and mode != "listwise":
        yield from _gate_rules(one["gate"], (*path, "gate"), labels, data)
    skip = one.get("not_applicable") or "applies_when" in one
    for i, example in enumerate(one.get("examples", ()) if mode != "listwise" else ()):
        yield from _example_rules(example, (*path, "examples", i), [*labels, *([NOT_APPLICABLE] if skip else [])], mode)


def _among(label: object, labels: Iterable[str], path: Path) -> Iterator[Fault]:
    allowed = list(labels)
    if str(label) not in allowed:
        near = nearest(str(label), allowed)
        yield Fault(path, f"{brief(label)} is no label of this criterion; its labels are {', '.join(allowed)}{near}")


def _gate_rules(gate: Mapping[str, Any], path: Path, labels: list[str], data: Mapping[str, Any]) -> Iterator[Fault]:
    if data["mode"] == "pairwise":
        if gate["then"] != "reject" or "when" in gate or "at" in gate:
            yield Fault(path, "in mode pairwise a gate rejects the side that loses it; write only 'then: reject'")
        return
    if "when" not in gate:
        yield Fault(path, "the gate does not say which labels close it; add 'when: [" + ", ".join(labels[:1]) + "]'")
    for i, label in enumerate(gate.get("when", ())):
        yield from _among(label, labels, (*path, "when", i))
    if (gate["then"] == "cap") != ("at" in gate):
        remedy = "add 'at:', the highest score left" if gate["then"] == "cap" else "remove 'at', or use 'then: cap'"
        yield Fault(path, f"gate '{gate['then']}' and 'at' do not go together; {remedy}")
    elif "at" in gate and data.get("aggregation", "mean") != "sum" and not 0 <= gate["at"] <= 1:
        yield Fault((*path, "at"), f"'at' is {gate['at']}; scores of this rubric lie in [0, 1], so must the cap")


def _example_rules(example: Mapping[str, Any], path: Path, labels: list[str], mode: str) -> Iterator[Fault]:
    yield from _among(example["label"], labels, (*path, "label"))
    needed, other = (("answer",), ("first", "second")) if mode == "pointwise" else (("first", "second"), ("answer",))
    for key in needed:
        if key not in example:
            yield Fault(path, f"an example in mode {mode} needs {key!r}")
    for key in other:
        if key in example:
            yield Fault((*path, key), f"{key!r} has no place in mode {mode}; use {' and '.join(needed)}", at_key=True)
