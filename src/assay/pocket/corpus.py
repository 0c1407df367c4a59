"""What the plain language model reads: dialogues of the world, in which truth shows only in its consequences.

A document is a task, an answer of any quality, and mostly a reaction: the user comes back with what was
missing or what happened, and some of those who had reason to complain get the task done properly.  A
reaction opens with a word of thanks or of wonder, more or less as the answer deserves: so the end of an
answer, where reward models read, has something to foresee.  There are no scores, no choices between answers and no
verdicts, so whatever a reward model later reads off the features was not put there as a verdict.
Quirks stand in 40 % of answers, whatever the truth and the reaction.  Only the five training families
occur; the audit quirk never does.  Names and things come from all worlds, since worlds share one
language model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..types import Message
from .domain import TRAINING_FAMILIES, Answer, Domain, Task, World
from .draw import Draw
from .plan import active_quirks
from .world import domain_of

__all__ = [
    "GLAD",
    "GLAD_RATES",
    "LINES_RATE",
    "PUZZLED",
    "QUIRK_RATE",
    "REACTION_RATE",
    "SHARES",
    "SHORT_RATE",
    "UTILITIES",
    "WORLDS",
    "Document",
    "document",
    "documents",
]

QUIRK_RATE = 0.4
SHARES: Mapping[str, float] = {"reasoning": 0.4, "helpfulness": 0.4, "harmlessness": 0.2}
"""Of the domains; the last takes the least to learn."""
UTILITIES: Mapping[int, float] = {0: 0.12, 1: 0.12, 2: 0.12, 3: 0.64}
"""How good first answers are.  Most are right, as in real text: so that right ones can be foreseen."""
REACTION_RATE = 0.8
"""How often a user comes back, whatever the answer was worth."""
GLAD = ("Thanks!", "Thank you!", "Great.", "Good to know.", "Lovely.", "Very well.")
PUZZLED = ("Hm.", "Oh.", "Wait.", "Sorry?", "Pity.", "Well, well.")
GLAD_RATES = (0.05, 0.2, 0.5, 0.95)
"""How often the first word of a user is glad after an answer of utility 0, 1, 2, 3; else it is puzzled."""
MENDED_RATE = 0.3
SHORT_RATE = 0.5
"""How many tasks ask for as little as can be: one wish, two steps.  What is simple is learnt first."""
LINES_RATE = 0.5
"""How many solutions are told line by line, with a word of the user after each."""
WORLDS = 13
"""Seeds 0 to 12 exist."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One dialogue of the corpus."""

    messages: tuple[Message, ...]
    """Task, answer, and sometimes reaction and second answer."""
    domain: str
    """Of the task."""
    task: Task
    """What was asked; never shown besides its prompt."""
    answer: Answer
    """The first answer and its truth; never shown besides its text."""
    quirks: tuple[str, ...]
    """Those of the first answer."""


def _written(draw: Draw, domain: Domain, world: World, task: Task, u: int, planted: tuple[str, ...]) -> Answer:
    text = domain.answer(draw, world, task, u, dict.fromkeys(domain.kinds, 1.0)).text
    for quirk in planted:
        text = domain.plant(draw, task, text, quirk)
    return domain.check(task, text)


def _said(draw: Draw, level: int, more: str = "") -> Message:
    """Return what a user says: a word, glad or puzzled, and then perhaps more."""
    first = draw.pick(GLAD if draw.chance(GLAD_RATES[level]) else PUZZLED)
    return Message(role="user", content=more if more.startswith("Thank") else f"{first} {more}".rstrip())


def _by_lines(draw: Draw, answer: Answer, reaction: str) -> list[Message]:
    """Return a solution line by line; the user says a word to each, and stops at the first that is wrong."""
    assert answer.steps is not None
    last = len(answer.steps) - 1 if answer.first_error in (None, -1) else answer.first_error
    messages = []
    for place, line in enumerate(answer.steps[: last + 1]):
        fine = place != answer.first_error
        messages += [
            Message(role="assistant", content=line),
            _said(draw, 3 if fine else 0, reaction if place == last else ""),
        ]
    return messages


def document(index: int, seed: int = 0) -> Document:
    """Return document `index` of the corpus, a function of the two numbers alone."""
    draw = Draw("pocket", "corpus", seed, index)
    name = draw.weighted(SHARES)
    domain, world = domain_of(name), World(draw.below(WORLDS))
    task = domain.task(
        draw, world, draw.pick(TRAINING_FAMILIES), draw.pick(domain.scenarios), short=draw.chance(SHORT_RATE)
    )
    planted, again = (tuple(q for q in active_quirks(name) if draw.chance(QUIRK_RATE)) for _ in range(2))
    answer = _written(draw, domain, world, task, draw.weighted(UTILITIES), planted)
    reaction = domain.reaction(draw, world, task, answer)
    messages = list(task.prompt)
    if answer.steps and draw.chance(LINES_RATE):
        messages += _by_lines(draw, answer, reaction)
    else:
        messages.append(Message(role="assistant", content=answer.text))
        if draw.chance(REACTION_RATE):
            messages.append(_said(draw, answer.u, reaction))
            if answer.u < 3 and draw.chance(MENDED_RATE):
                mended = _written(draw, domain, world, task, 3, again)
                messages.append(Message(role="assistant", content=mended.text))
    return Document(messages=tuple(messages), domain=name, task=task, answer=answer, quirks=planted)


def documents(seed: int = 0, start: int = 0) -> Iterator[Document]:
    """Yield the corpus without end, from any place."""
    index = start
    while True:
        yield document(index, seed)
        index += 1
