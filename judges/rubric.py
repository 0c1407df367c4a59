"""A rubric: what a judge is asked, which labels it may give, and what is made of them.

Three parts of a rubric never meet.  *Instructions, questions and anchors* go into the prompt.
*Labels* make the grammar.  *Weights, gates, values and the aggregation* stay here: they appear
in no prompt, so changing them can never change a verdict, only what is made of it.

A rubric is written in YAML (rubric_yaml.py) or built from plain data; both are checked by the
same published schema and the same checks (checks.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, get_args

__all__ = [
    "AGGREGATIONS",
    "MODES",
    "NOT_APPLICABLE",
    "Aggregation",
    "Criterion",
    "Example",
    "Gate",
    "Level",
    "Mode",
    "Reason",
    "Rubric",
]

Mode = Literal["pointwise", "pairwise", "listwise"]
Kind = Literal["ordinal", "binary", "nominal"]
Aggregation = Literal["mean", "sum", "min", "logodds"]
When = Literal["none", "before", "each"]

MODES: tuple[str, ...] = get_args(Mode)
AGGREGATIONS: tuple[str, ...] = get_args(Aggregation)
NOT_APPLICABLE = "na"
"""The label of a criterion that does not apply; no level may be called so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One label of a scale."""

    label: str
    """What the judge writes."""
    value: float | None = None
    """What it is worth, in [0, 1].  Left out (None): spread evenly over [0, 1], worst first; a nominal label is
    worth nothing then, it only describes."""
    anchor: str = ""
    """When to give it, for the judge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """What a failed criterion does to the whole score."""

    when: tuple[str, ...] = ()
    """Labels that close the gate (pointwise); in pairwise mode the side that loses the criterion."""
    then: Literal["cap", "zero", "reject"]
    """cap: at most `at` · zero: the least score · reject: below everything that was not rejected."""
    at: float | None = None
    """The cap, in units of the score."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A worked case, shown with its criterion."""

    label: str
    """The right label."""
    answer: str | None = None
    """The answer (pointwise)."""
    first: str | None = None
    """Answer A (pairwise)."""
    second: str | None = None
    """Answer B (pairwise)."""
    prompt: str | None = None
    """What was asked, where it matters."""
    why: str = ""
    """Why the label is right."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One question about an answer, or about which of two answers is better."""

    id: str
    """Unique in the rubric; stored results are keyed on it."""
    question: str
    """What the judge is asked."""
    weight: float = 1.0
    """How much it counts; below 0 = a fault, the more of it the worse."""
    type: Kind = "ordinal"
    """ordinal: levels from worst to best · binary: two of them · nominal: labels without an order."""
    levels: tuple[Level, ...] = ()
    """Its labels, worst first.  Left out: the rubric's scale; no and yes for a binary criterion."""
    not_applicable: bool = False
    """May the judge answer `na`?  Then the criterion drops out of this judgement."""
    applies_when: str = ""
    """When it applies; where it does not, the judge answers `na`."""
    needs_reference: bool = False
    """Asked only where a reference answer is at hand."""
    gate: Gate | None = None
    """What failing it does to the whole."""
    examples: tuple[Example, ...] = ()
    """Worked cases."""

    @property
    def may_skip(self) -> bool:
        """Whether `na` is among its labels."""
        return self.not_applicable or bool(self.applies_when)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Whether the judge writes before it decides."""

    when: When = "before"
    """none · before all labels · each: before each label."""
    max_tokens: int = 256
    """Most tokens of all rationales of one verdict together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """A checked rubric."""

    name: str
    """Names it in reports."""
    version: str = "1"
    """The author's own count."""
    mode: Mode
    """pointwise: one answer · pairwise: two · listwise: several, ranked."""
    description: str = ""
    """For people who choose a rubric; not in the prompt."""
    instructions: str = ""
    """For the judge, above the criteria."""
    scale: tuple[Level, ...] = ()
    """Levels of ordinal criteria that have none of their own, worst first."""
    criteria: tuple[Criterion, ...] = ()
    """What is asked, in order; none = one verdict on the whole (pairwise, listwise)."""
    aggregation: Aggregation = "mean"
    """What is made of the criteria: see margin.py."""
    ties: bool = True
    """May a comparison end in a tie?"""
    reason: Reason = field(default_factory=Reason)
    """Rationales."""
    variables: Mapping[str, str | None] = field(default_factory=dict)
    """{{ name }} in its texts: a default, or None where a value must be given."""
    prompt: str | None = None
    """A Jinja template of its own, in place of prompts/<mode>.j2."""

    def __post_init__(self) -> None:
        from .checks import faults
        from .rubric_data import completed

        for path, message in faults(self.data()):
            where = ".".join(map(str, path)) or "rubric"
            raise ValueError(f"rubric {self.name!r}: {where}: {message}")
        for name, value in completed(self).items():
            object.__setattr__(self, name, value)

    @property
    def fingerprint(self) -> str:
        """Identity of everything in it, 64 hex digits."""
        return hashlib.sha256(json.dumps(self.data(), sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    @property
    def needs_reference(self) -> bool:
        """Whether some criterion is asked only with a reference."""
        return any(one.needs_reference for one in self.criteria)

    def data(self) -> dict[str, Any]:
        """Return it as plain data in the form of the YAML file, defaults left out."""
        from .rubric_data import to_data

        return to_data(self)

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Rubric:
        """Build a rubric from plain data that passed the checks.

        Raises:
            ValueError: the data break a rule of checks.py.
        """
        from .rubric_data import from_data

        return from_data(data)

    @classmethod
    def load(cls, path: str | Path) -> Rubric:
        """Read a YAML file, or a shipped rubric by its name, such as `helpfulness`.

        Raises:
            InputError: the first fault, with file, line, column, and what to do.
        """
        from .rubric_yaml import load

        return load(path)

    def with_(self, **changes: Any) -> Rubric:
        """Return a copy with some fields changed, checked again."""
        return replace(self, **changes)
