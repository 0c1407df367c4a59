r"""Verdicts: what a judge said, read from a completion, checked, and written back.

`parse` trusts no engine: the text must be JSON without repeated keys, obey the form's JSON Schema
(Draft 2020-12), keep the key order that puts the rationale before the label, and hold no half
surrogate.  `write` gives the compact form, in which every valid verdict is a word of the grammar:

    form.grammar.match(write(form, verdict))  is never None,
    parse(form, text)                         accepts every word of the grammar (but see `Form.grammar`
                                              for rankings of more than five answers),
    parse(form, write(form, verdict))         is the verdict again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, get_args

from assay.engines import Completion, LabelDist
from assay.engines.base import Finish
from assay.types import Status

from .form import Form

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator

__all__ = ["NotAVerdict", "Verdict", "parse", "read", "write"]


_SURROGATE = re.compile("[\ud800-\udfff]")


class NotAVerdict(ValueError):  # noqa: N818 - it says what the text is
    """A text is not a verdict of the form; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One judgement, or why there is none."""

    labels: Mapping[str, str] = field(default_factory=dict)
    """Label per criterion id; empty where the rubric has no criteria or the judgement failed."""
    winner: str | None = None
    """A, B or tie, where the rubric has no criteria."""
    ranking: tuple[str, ...] | None = None
    """Letters of the answers, best first (listwise)."""
    rationale: str | None = None
    """Why, before all labels."""
    why: Mapping[str, str] = field(default_factory=dict)
    """Why, per criterion id."""
    distributions: Mapping[str, LabelDist] = field(default_factory=dict, compare=False)
    """What the judge believed: per criterion id, `winner`, or `rank1` …"""
    status: Status = "ok"
    """`ok` exactly where there is a verdict."""
    finish: Finish = "natural"
    """How decoding ended."""
    error: str | None = None
    """Why there is no verdict."""
    provenance: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Where it comes from: rubric, model, grammar, request."""

    def __post_init__(self) -> None:
        said = bool(self.labels) or self.winner is not None or self.ranking is not None
        if said != (self.status == "ok") or (self.error is None) != (self.status == "ok"):
            raise ValueError(
                f"a verdict with status {self.status!r} has labels {dict(self.labels)!r}, error {self.error!r}"
            )
        if self.finish not in get_args(Finish):
            raise ValueError(f"finish must be one of {', '.join(get_args(Finish))}; got {self.finish!r}")


@lru_cache(maxsize=256)
def _validator(schema: str) -> Draft202012Validator:
    from jsonschema import Draft202012Validator

    return Draft202012Validator(json.loads(schema))


def _short(message: str) -> str:
    """Return a message without the middle of what it quotes; the reason stands at its end."""
    return message if len(message) <= 300 else f"{message[:150]} … {message[-100:]}"


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        raise NotAVerdict(_short(f"a key repeats among {keys}"))
    return dict(pairs)


def _in_order(value: Any, schema: Mapping[str, Any]) -> bool:
    if not isinstance(value, dict):
        return True
    inner = schema["properties"]
    return list(value) == list(inner) and all(_in_order(value[key], inner[key]) for key in value)


def parse(form: Form, text: str) -> Verdict:
    """Return the verdict that a text says; spaces between its tokens are forgiven.

    Raises:
        NotAVerdict: it is not JSON, breaks the schema or the key order, or holds half a surrogate pair.
    """
    schema = form.schema
    try:
        value = json.loads(text, object_pairs_hook=_pairs, parse_int=float)  # int() refuses 5,000 digits
        for error in _validator(json.dumps(schema)).iter_errors(value):
            raise NotAVerdict(_short(f"{error.json_path}: {error.message}"))
    except json.JSONDecodeError as error:
        raise NotAVerdict(f"not JSON at character {error.pos}: {error.msg}") from None
    except RecursionError:
        raise NotAVerdict("not a verdict: nested too deeply") from None
    if not _in_order(value, schema):
        raise NotAVerdict("keys are not in the order of the form, the rationale before the label")
    if _SURROGATE.search(json.dumps(value, ensure_ascii=False)):
        raise NotAVerdict("a text holds half a surrogate pair")
    asked = {ask.key: ask.id for ask in form.asks}
    criteria = value.get("criteria", {})
    each = form.reason == "each"
    return Verdict(
        labels={asked[key]: said["label"] if each else said for key, said in criteria.items()},
        why={asked[key]: said["why"] for key, said in criteria.items()} if each else {},
        rationale=value.get("rationale"),
        winner=value.get("winner"),
        ranking=tuple(value["ranking"]) if "ranking" in value else None,
    )


_CONTROL = re.compile("[\x7f-\x9f]")


def _string(text: str) -> str:
    """Return a JSON string without raw control characters: C0 by the json module, DEL and C1 here."""
    return _CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def write(form: Form, verdict: Verdict) -> str:
    """Return the compact text of a verdict; a rationale or why that is missing is written empty.

    Raises:
        ValueError: it is not `ok`, or not of this form.
    """
    if verdict.status != "ok":
        raise ValueError(f"a verdict with status {verdict.status!r} has no text")
    members = [f'"rationale":{_string(verdict.rationale or "")}'] if form.reason == "before" else []
    if form.mode == "listwise":
        members.append(f'"ranking":[{",".join(map(_string, verdict.ranking or ()))}]')
    elif not form.asks:
        members.append(f'"winner":{_string(verdict.winner or "")}')
    else:
        rows = []
        for ask in form.asks:
            label = _string(verdict.labels.get(ask.id, ""))
            if form.reason == "each":
                label = f'{{"why":{_string(verdict.why.get(ask.id, ""))},"label":{label}}}'
            rows.append(f'"{ask.key}":{label}')
        members.append(f'"criteria":{{{",".join(rows)}}}')
    text = f"{{{','.join(members)}}}"
    if form.grammar.match(text) is None or not _says(parse(form, text), verdict):
        raise ValueError(f"the verdict is not of this form, or says more than it: {text}")
    return text


def _says(written: Verdict, verdict: Verdict) -> bool:
    """Whether nothing that a verdict says was lost."""
    return (
        dict(written.labels) == dict(verdict.labels)
        and (written.winner, written.ranking) == (verdict.winner, verdict.ranking)
        and (written.rationale or None) == (verdict.rationale or None)
        and set(verdict.why) <= set(written.why)
    )


def read(form: Form, completion: Completion, provenance: Mapping[str, str] | None = None) -> Verdict:
    """Return what a completion says; whatever is wrong with it becomes a status, never a label.

    Where the engine gives no distribution at a slot, the label said counts as one hard vote
    (`LabelDist.of_votes`).
    """
    made = dict(provenance or {})
    if completion.status != "ok":
        return Verdict(status=completion.status, finish=completion.finish, error=completion.error, provenance=made)
    try:
        verdict = parse(form, completion.text)
    except NotAVerdict as error:
        return Verdict(status="invalid", finish=completion.finish, error=str(error), provenance=made)
    said = {**verdict.labels, **({"winner": verdict.winner} if verdict.winner is not None else {})}
    said |= {f"rank{i + 1}": letter for i, letter in enumerate(verdict.ranking or ())}
    names = {ask.key: ask.id for ask in form.asks}
    distributions = {}
    for slot in form.grammar.slots:
        name = names.get(slot.name, slot.name)
        distributions[name] = completion.slots.get(slot.name) or LabelDist.of_votes(slot.labels, [said[name]])
    return Verdict(
        labels=verdict.labels,
        why=verdict.why,
        rationale=verdict.rationale,
        winner=verdict.winner,
        ranking=verdict.ranking,
        distributions=distributions,
        finish=completion.finish,
        provenance=made,
    )
