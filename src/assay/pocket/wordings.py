"""The language of verdicts: how a truth of the pocket world is asked, on which scales, and how it is stated.

A question of one answer is answered yes exactly where the truth program finds 1; a question of two
names the answer with the higher truth.  A sentence of a rationale is a subject with one of the
*predicates* of the truth found ("runs past the limit").  Predicates begin with a verb that "and so
does B" can take up, and name no label.

Texts hold {slots} for what the task sets and the answer shows.  A text can be used only where all
its slots are known, so the plain ones serve everywhere.

Everything that a judge reads comes in two parts: texts for training, and texts *held out*, which
only occur where transfer to other wordings is measured.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from string import Formatter
from typing import Generic, TypeVar

from .domain import Answer, Task
from .draw import Draw

__all__ = [
    "BINARY",
    "COUNTED",
    "GRADES",
    "OVERALL",
    "Language",
    "Scale",
    "Slots",
    "Split",
    "Wording",
    "comparison",
    "filled",
    "statement",
    "value_of",
]

_T = TypeVar("_T")
Slots = Mapping[str, str]

OVERALL = "overall"
"""The criterion that asks for utility itself."""


@dataclass(frozen=True, slots=True)
class Split(Generic[_T]):
    """Material in two parts that share nothing."""

    training: tuple[_T, ...]
    """For the judge's training."""
    held_out: tuple[_T, ...]
    """For measuring transfer."""

    def of(self, held_out: bool) -> tuple[_T, ...]:
        """Return one part."""
        return self.held_out if held_out else self.training


@dataclass(frozen=True, slots=True)
class Scale:
    """Names of levels, worst first."""

    labels: tuple[str, ...]
    """What the judge writes."""
    speaks: bool = True
    """Whether the names alone say what they mean; others always come with anchors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """How one truth is asked and stated."""

    asked: Split[str]
    """Questions about one answer; yes = the truth is 1."""
    compared: Split[str]
    """Questions about two answers; the one with the higher truth is meant."""
    said: tuple[tuple[str, ...], ...]
    """Predicates, worst first: of the truths below 1 and of 1; for `OVERALL` of the utilities 0 to 3."""
    graded: Split[str] = Split((), ())
    """Questions about one answer that several levels answer."""
    anchors: Split[tuple[str, ...]] = Split((), ())
    """What the levels mean, worst first, for scales of that many levels."""
    applies: tuple[str, ...] = ()
    """When it can be asked at all, where some tasks do not set it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The wordings of one domain."""

    words: Mapping[str, Wording]
    """Per criterion, `OVERALL` last."""
    subjects: tuple[str, ...]
    """What a sentence about one answer begins with."""
    asks: Callable[[Task, str], Slots]
    """Slots of the questions about a criterion of a task."""
    finds: Callable[[Draw, Task, Answer, str], Slots]
    """Slots of the sentences about a criterion of an answer; those of the questions are known besides."""
    leads: Callable[[Task], tuple[str, ...]] = lambda task: ()
    """Sentences about the task itself on which the truth turns."""


BINARY: Split[Scale] = Split(
    (Scale(("no", "yes")), Scale(("fail", "pass")), Scale(("false", "true")), Scale(("bad", "good"))),
    (Scale(("unmet", "met")), Scale(("n", "y"))),
)
"""Labels of a question with two answers."""
GRADES: Split[Scale] = Split(
    (
        Scale(("1", "2", "3", "4"), speaks=False),
        Scale(("0", "1", "2", "3"), speaks=False),
        Scale(("D", "C", "B", "A"), speaks=False),
        Scale(("poor", "fair", "good", "best")),
        Scale(("very low", "low", "high", "very high"), speaks=False),
        Scale(("low", "high"), speaks=False),
        Scale(("weak", "strong"), speaks=False),
    ),
    (
        Scale(("awful", "so-so", "decent", "superb")),
        Scale(("IV", "III", "II", "I"), speaks=False),
        Scale(("lesser", "greater"), speaks=False),
    ),
)
"""Labels of utility."""
COUNTED: Split[Scale] = Split(
    (
        Scale(("none", "few", "most", "all")),
        Scale(("0", "1", "2", "3"), speaks=False),
        Scale(("zero", "minority", "majority", "complete"), speaks=False),
    ),
    (Scale(("nought", "scant", "ample", "whole"), speaks=False), Scale(("w", "x", "y", "z"), speaks=False)),
)
"""Labels of a share: nothing, below half, half or more, everything."""

_SAME = ("A {0}, and so does B", "A {0}; so does B", "B {0}, as does A", "Either one {0}")
_DIFFERENT = ("A {0}; B {1}", "A {0}, while B {1}", "A {0}, whereas B {1}", "B {1}, but A {0}", "B {1}; A {0}")
_CLOSER = ("A {0} and B {1}, but {2} comes closer", "{2} comes closer: A {0}; B {1}", "A {0}; B {1}; {2} does better")
_LONE_DIGIT = re.compile(r"(?<![\d.:])\d(?![\d.:])")


def value_of(answer: Answer, name: str) -> float:
    """Return the truth of a criterion, in [0, 1]."""
    return answer.u / 3 if name == OVERALL else answer.criteria[name]


def filled(draw: Draw, texts: Sequence[str], slots: Slots) -> str:
    """Return one of the texts whose slots are all known, filled.

    Raises:
        ValueError: every text has a slot that is not known.
    """
    usable = [text for text in texts if _slots(text) <= slots.keys()]
    if not usable:
        raise ValueError(f"none of {texts!r} can be filled from {', '.join(slots) or 'nothing'}")
    return draw.pick(usable).format_map(slots)


def _slots(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name} if "{" in text else set()


def _known(draw: Draw, language: Language, task: Task, answer: Answer, name: str) -> dict[str, str]:
    """Return the slots for a sentence, without lone digits, which could be taken for the names of levels."""
    slots = {**language.asks(task, name), **language.finds(draw, task, answer, name)}
    return {key: text for key, text in slots.items() if not _LONE_DIGIT.search(text)}


def _predicates(wording: Wording, name: str, answer: Answer) -> tuple[str, ...]:
    return wording.said[answer.u if name == OVERALL else int(value_of(answer, name) == 1)]


def statement(draw: Draw, language: Language, task: Task, answer: Answer, name: str) -> str:
    """Return a sentence with the truth about a criterion of an answer."""
    texts = _predicates(language.words[name], name, answer)
    return f"{draw.pick(language.subjects)} {filled(draw, texts, _known(draw, language, task, answer, name))}."


def comparison(draw: Draw, language: Language, task: Task, first: Answer, second: Answer, name: str) -> str:
    """Return a sentence with the truths about a criterion of two answers, A and B."""
    wording = language.words[name]
    ours, theirs = (_predicates(wording, name, one) for one in (first, second))
    slots = [_known(draw, language, task, one, name) for one in (first, second)]
    if ours == theirs:  # one sentence for both, filled for each
        shared = [text for text in ours if _slots(text) <= slots[0].keys() & slots[1].keys()]
        text = draw.pick(shared)
        said = [text.format_map(one) for one in slots]
    else:
        said = [filled(draw, texts, one) for texts, one in zip((ours, theirs), slots, strict=True)]
    left, right = value_of(first, name), value_of(second, name)
    if ours == theirs and left != right:  # both short of 1, by more or less
        return f"{draw.pick(_CLOSER).format(*said, 'A' if left > right else 'B')}."
    frames = _SAME if said[0] == said[1] else _DIFFERENT
    return f"{draw.pick(frames).format(*said)}."
