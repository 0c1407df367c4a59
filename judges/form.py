"""The form of a verdict: which keys it has, in which order, and which labels may stand where.

    pairwise    {"rationale":"…","criteria":{"c1":"A","c2":"="}}        A | B | =, and na where allowed
    pointwise   {"rationale":"…","criteria":{"c1":"4","c2":"na"}}       the levels' labels
    listwise    {"rationale":"…","ranking":["B","A","C"]}               best first
    no criteria {"rationale":"…","winner":"A"}                          A | B | tie
    each        {"criteria":{"c1":{"why":"…","label":"A"}}}             a rationale before each label
    none        no rationale at all

Compact spacing and one key order, so that every label has one spelling and a known place.  The
short ids count the rubric's criteria from 1, also where some are not asked: c3 means the same
criterion in every verdict of a rubric.

From one form come the grammar (for the engine) and the JSON Schema (for the check behind it).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from string import ascii_uppercase
from typing import Any

from assay.engines import Free, Grammar, GrammarPart, Literal, Slot
from assay.errors import InputError

from .rubric import NOT_APPLICABLE, Mode, Rubric, When

__all__ = ["MOST_ANSWERS", "TIE", "Ask", "Form", "letters", "verdict_form"]

TIE = {"criterion": "=", "winner": "tie"}
"""How a tie is written."""
MOST_ANSWERS = len(ascii_uppercase)
_ENUMERATED = 5  # rankings of up to 5 answers are enumerated (120 branches), longer ones checked afterwards


def letters(n: int) -> tuple[str, ...]:
    """Return the names of n answers: A, B, C and so on."""
    return tuple(ascii_uppercase[:n])


@dataclass(frozen=True, slots=True)
class Ask:
    """One criterion as it is asked."""

    key: str
    """Its name in the verdict: c1, c2 …"""
    id: str
    """Its id in the rubric."""
    labels: tuple[str, ...]
    """What may be answered."""


@dataclass(frozen=True)
class Form:
    """The form of the verdicts of one rubric, with or without a reference, over n answers."""

    mode: Mode
    """What is judged."""
    reason: When
    """Where the rationale stands."""
    asks: tuple[Ask, ...]
    """The criteria, in order; none in listwise mode and where the rubric has none."""
    answers: tuple[str, ...]
    """Letters of the answers; one for pointwise."""
    ties: bool
    """Whether the winner may be a tie."""

    @cached_property
    def grammar(self) -> Grammar:
        """The language of these verdicts.

        Slots are called c1, c2 …, or winner, or rank1, rank2 …; free parts rationale, or why1, why2 ….
        Of the languages only that of rankings of more than five answers is wider than the verdicts: it
        lets letters repeat, which `schema` does not.
        """
        row: list[str | Free | Slot] = ["{"]
        if self.reason == "before":
            row += ['"rationale":"', Free("rationale"), '",']
        if self.mode == "listwise":
            places = [f"rank{i + 1}" for i in range(len(self.answers))]
            known = len(places) <= _ENUMERATED
            row += ['"ranking":[']
            for i, place in enumerate(places):
                row += [*([","] if i else []), '"', Slot(place, self.answers, tuple(places[:i]) if known else ()), '"']
            row += ["]}"]
        elif not self.asks:
            row += ['"winner":"', Slot("winner", self.winners), '"}']
        else:
            row += ['"criteria":{']
            for i, ask in enumerate(self.asks):
                row += ["," if i else "", f'"{ask.key}":']
                slot: list[str | Free | Slot] = ['"', Slot(ask.key, ask.labels), '"']
                if self.reason == "each":
                    slot = ['{"why":"', Free(ask.key.replace("c", "why")), '","label":', *slot, "}"]
                row += slot
            row += ["}}"]
        return Grammar(_joined(row))

    @property
    def winners(self) -> tuple[str, ...]:
        """What `winner` may be."""
        return (*self.answers, *([TIE["winner"]] if self.ties else []))

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The JSON Schema (Draft 2020-12) that every verdict is checked against, whatever engine made it."""
        text = {"type": "string"}
        properties: dict[str, Any] = {"rationale": text} if self.reason == "before" else {}
        if self.mode == "listwise":
            properties["ranking"] = {
                "type": "array",
                "items": {"enum": list(self.answers)},
                "minItems": len(self.answers),
                "maxItems": len(self.answers),
                "uniqueItems": True,
            }
        elif not self.asks:
            properties["winner"] = {"enum": list(self.winners)}
        else:
            labels = {ask.key: {"enum": list(ask.labels)} for ask in self.asks}
            if self.reason == "each":
                labels = {key: _object({"why": text, "label": label}) for key, label in labels.items()}
            properties["criteria"] = _object(labels)
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_object(properties)}


def _joined(row: Sequence[str | Free | Slot]) -> tuple[GrammarPart, ...]:
    """Return a row as grammar parts, neighbouring texts as one literal."""
    parts: list[GrammarPart] = []
    for is_text, group in groupby(row, key=lambda one: isinstance(one, str)):
        if is_text:
            parts.append(Literal("".join(map(str, group))))
        else:
            parts += [one for one in group if not isinstance(one, str)]
    return tuple(parts)


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def verdict_form(
    rubric: Rubric, *, reference: bool = True, answers: int | None = None, only: Sequence[str] | None = None
) -> Form:
    """Return the form of a rubric's verdicts.

    Args:
        rubric: what is asked.
        reference: whether a reference answer is at hand; without one, criteria that need it are left out.
        answers: how many answers are ranked (listwise).
        only: ids of the criteria to ask, where they are asked apart; None = all.

    Raises:
        InputError: nothing is left to ask, or the number of answers does not fit the mode.
        ValueError: `only` names a criterion that the rubric does not have.
    """
    wanted = {"pointwise": 1, "pairwise": 2, "listwise": answers or 2}[rubric.mode]
    if answers not in (None, wanted) or not 1 <= wanted <= MOST_ANSWERS or (rubric.mode == "listwise" and wanted < 2):
        raise InputError(
            f"rubric {rubric.name!r}: mode {rubric.mode} judges "
            f"{'2 to ' + str(MOST_ANSWERS) if rubric.mode == 'listwise' else wanted} answers, not {answers}"
        )
    ids = [one.id for one in rubric.criteria]
    for name in only or ():
        if name not in ids:
            raise ValueError(f"rubric {rubric.name!r} has no criterion {name!r}; it has {', '.join(ids)}")
    asks: list[Ask] = []
    for i, one in enumerate(rubric.criteria):
        if (one.needs_reference and not reference) or (only is not None and one.id not in only):
            continue
        labels = tuple(level.label for level in one.levels) if rubric.mode == "pointwise" else letters(2)
        labels += (TIE["criterion"],) if rubric.mode == "pairwise" and rubric.ties else ()
        asks.append(Ask(f"c{i + 1}", one.id, labels + ((NOT_APPLICABLE,) if one.may_skip else ())))
    if rubric.criteria and not asks:
        which = "every criterion" if only is None else f"each of the criteria {list(only)}"
        raise InputError(f"rubric {rubric.name!r}: {which} needs a reference answer and this item has none; add one")
    return Form(
        mode=rubric.mode,
        reason=rubric.reason.when,
        asks=() if rubric.mode == "listwise" else tuple(asks),
        answers=letters(wanted),
        ties=rubric.ties,
    )
