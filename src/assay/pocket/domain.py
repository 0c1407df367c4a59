"""What a domain of the pocket world must offer: tasks, answers of a wanted quality, and the program that checks them.

*Utility* u is a whole number from 0 to 3, and always comes from the truth program (`check`), which
reads the finished text and nothing that the generator knew besides the task.  *Quirks* are habits
of writing that change no truth.  A *family* is a way of writing: 1 to 5 occur in the training
corpora, 6 to 8 only in evaluation sets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol, TypeVar

from ..types import Message
from .draw import Draw

__all__ = ["EVALUATION_FAMILIES", "FAMILIES", "TRAINING_FAMILIES", "Answer", "Domain", "Task", "World"]

TRAINING_FAMILIES = (1, 2, 3, 4, 5)
EVALUATION_FAMILIES = (6, 7, 8)
FAMILIES = (*TRAINING_FAMILIES, *EVALUATION_FAMILIES)

_T = TypeVar("_T")


@lru_cache(maxsize=1024)
def _subset(seed: int, name: str, n: int, share: float) -> tuple[int, ...]:
    return tuple(sorted(Draw("pocket", seed, name).sample(range(n), max(1, round(n * share)))))


@dataclass(frozen=True, slots=True)
class World:
    """One drawing of names and things; templates are the same in all worlds."""

    seed: int = 0
    """0 = shipped, 1 to 4 for development, 5 to 12 for confirmation."""

    def of(self, name: str, values: Sequence[_T], share: float = 0.6) -> tuple[_T, ...]:
        """Return this world's share of a list of names or things, the same on every call."""
        return tuple(values[i] for i in _subset(self.seed, name, len(values), share))


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something to be answered."""

    prompt: tuple[Message, ...]
    """The dialogue up to the answer."""
    family: int
    """Its way of writing, 1 to 8."""
    scenario: str
    """Its topic."""
    facts: Mapping[str, Any]
    """What the truth program needs to know, as plain JSON data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A text and the whole truth about it, as the truth program finds it."""

    text: str
    """What the assistant says."""
    u: int
    """Its utility, 0 to 3."""
    criteria: Mapping[str, float]
    """Truth per criterion, in [0, 1]."""
    kind: str = ""
    """What was done to make it worse; "" where nothing was, or it is unknown."""
    steps: tuple[str, ...] | None = None
    """Its reasoning steps, where it has some."""
    step_labels: tuple[float, ...] | None = None
    """1 for a step that follows from the problem and the steps before it, else 0."""
    first_error: int | None = None
    """0-based index of the first wrong step, -1 = none; None without steps."""
    right: bool | None = None
    """Whether the final result is right, where there is one."""
    notes: Mapping[str, Any] = field(default_factory=dict)
    """Whatever a user could complain of: the missing total, the limit broken."""


class Domain(Protocol):
    """One domain."""

    @property
    def name(self) -> str:
        """reasoning, helpfulness or harmlessness."""
        ...

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Its topics."""
        ...

    @property
    def kinds(self) -> tuple[str, ...]:
        """The ways in which answers get worse; data sets mix them differently."""
        ...

    @property
    def criteria(self) -> tuple[str, ...]:
        """Names of the truths per criterion."""
        ...

    @property
    def quirks(self) -> tuple[str, ...]:
        """Its four habits of writing; the last is kept for audits."""
        ...

    def task(
        self,
        draw: Draw,
        world: World,
        family: int,
        scenario: str,
        mix: Mapping[str, float] | None = None,
        *,
        short: bool = False,
    ) -> Task:
        """Return a task of a family and a scenario.

        Args:
            draw: where randomness comes from.
            world: names and things.
            family: how it is worded.
            scenario: what it is about.
            mix: weighs what it gives occasion for, where that differs.
            short: whether it asks for as little as can be, as only tasks of the corpus do.
        """
        ...

    def answer(self, draw: Draw, world: World, task: Task, u: int, mix: Mapping[str, float]) -> Answer:
        """Return an answer without quirks whose utility, by `check`, is exactly u.

        Args:
            draw: where randomness comes from.
            world: names and things.
            task: what is asked.
            u: wanted utility, 0 to 3.
            mix: weight per kind of fault; kinds that cannot give u are passed over.
        """
        ...

    def check(self, task: Task, text: str) -> Answer:
        """Return the truth about a text, from the text and the task's facts alone."""
        ...

    def plant(self, draw: Draw, task: Task, text: str, quirk: str) -> str:
        """Return the text with a quirk added; nothing that `check` says changes but `text` (and `steps`' wording)."""
        ...

    def has(self, text: str, quirk: str) -> bool:
        """Tell whether a text shows a quirk."""
        ...

    def reaction(self, draw: Draw, world: World, task: Task, answer: Answer) -> str:
        """Return what the user says next: a consequence or correction, never a score, a choice or a verdict."""
        ...
