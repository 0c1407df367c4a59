"""Multi-step word problems with written-out solutions, some of which go wrong in a known way.

A solution is one step per line and a last line that states the answer.  `reasoning_scenarios`
draws what is asked, `reasoning_words` holds how it is worded,
`reasoning_faults` how solutions go wrong, and `reasoning_check` is the truth program, which reads the
finished text.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..types import Message
from .domain import Answer, Task, World
from .draw import Draw
from .reasoning_check import COMPUTATION, KINDS, check
from .reasoning_faults import choose
from .reasoning_plans import amount, show_amount
from .reasoning_reactions import react
from .reasoning_scenarios import SCENARIOS, draw_plan
from .reasoning_words import OPENERS, PADDING, SIGNATURES, VOICES, Voice

__all__ = ["DOMAIN", "Reasoning"]

_EVEN = dict.fromkeys(KINDS, 1.0)
_OPENERS, _PADDING, _SIGNATURES = frozenset(OPENERS), frozenset(PADDING), frozenset(SIGNATURES)


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _ask(draw: Draw, voice: Voice, facts: Mapping[str, Any]) -> str:
    goal = facts["steps"][-1]["name"]
    who, doing = facts["who"], facts["doing"]
    items = []
    for i in facts["order"]:
        quantity = facts["given"][i]
        name, value = quantity["name"], quantity["value"]
        items.append(
            voice.item.format(
                n=name,
                N=_capital(name),
                b=name.removeprefix("the "),
                v=amount(value, quantity["unit"]),
                p=quantity["phrase"].format(show_amount(value)),
            )
        )
    listed = voice.between[1].join((voice.between[0].join(items[:-1]), items[-1]))
    parts = (
        draw.pick(voice.intro).format(who=who, doing=doing),
        draw.pick(voice.told).format(list=listed),
        draw.pick(voice.ask).format(goal=goal),
    )
    return voice.glue.join(parts)


class Reasoning:
    """The domain of word problems; see `Domain`."""

    name = "reasoning"
    scenarios = SCENARIOS
    kinds = KINDS
    criteria = ("result", "steps", "setup", "arithmetic")
    quirks = ("signature", "markdown", "opener", "padding")

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
        """Return a word problem of a family and a scenario; a short one takes two steps."""
        facts = draw_plan(draw, world, scenario, short)
        text = _ask(draw, VOICES[family], facts)
        return Task(prompt=(Message(role="user", content=text),), family=family, scenario=scenario, facts=facts)

    def answer(self, draw: Draw, world: World, task: Task, u: int, mix: Mapping[str, float]) -> Answer:
        """Return a solution without quirks whose utility, by `check`, is exactly u."""
        facts, voice = task.facts, VOICES[task.family]
        rows, stated = choose(draw, facts, u, mix or _EVEN)
        frames, lines = voice.first, []
        for k, (step, (op, a, b, result)) in enumerate(zip(facts["steps"], rows, strict=True), 1):
            name = step["name"]
            line = draw.pick(frames).format(
                n=name,
                e=voice.signs[op].format(a=show_amount(a), b=show_amount(b)),
                r=amount(result, step["unit"]),
                k=k,
            )
            lines.append(_capital(line))
            frames = voice.later
        goal = facts["steps"][-1]
        lines.append(draw.pick(voice.final).format(n=goal["name"], r=amount(stated, goal["unit"])))
        return check(task, "\n".join(lines))

    def check(self, task: Task, text: str) -> Answer:
        """Return the truth about a solution, from its text and the task's facts alone."""
        return check(task, text)

    def plant(self, draw: Draw, task: Task, text: str, quirk: str) -> str:
        """Return the text with a quirk added; a text that shows it already is returned as it is.

        Raises:
            ValueError: the quirk is unknown.
        """
        if self.has(text, quirk):
            return text
        if quirk == "signature":
            return f"{text}\n{draw.pick(SIGNATURES)}"
        if quirk == "opener":
            return f"{draw.pick(OPENERS)}\n{text}"
        if quirk == "markdown":
            return "\n".join(map(_bold, text.split("\n")))
        lines = text.split("\n")
        gaps = [i for i, line in enumerate(lines) if COMPUTATION.search(line.replace("**", ""))]
        fillers = draw.sample(PADDING, draw.between(1, 2))
        for i, filler in zip(
            sorted(draw.sample(gaps, min(len(fillers), len(gaps))), reverse=True), fillers, strict=False
        ):
            lines.insert(i + 1, filler)
        return "\n".join(lines)

    def has(self, text: str, quirk: str) -> bool:
        """Tell whether a text shows a quirk.

        Raises:
            ValueError: the quirk is unknown.
        """
        if quirk == "markdown":
            return "**" in text
        lines = text.split("\n")
        if quirk == "signature":
            return lines[-1] in _SIGNATURES
        if quirk == "opener":
            return lines[0] in _OPENERS
        if quirk == "padding":
            return not _PADDING.isdisjoint(lines)
        raise ValueError(f"quirk must be one of {', '.join(self.quirks)}; got {quirk!r}")

    def reaction(self, draw: Draw, world: World, task: Task, answer: Answer) -> str:
        """Return what the user says next: a consequence or correction, never a score, a choice or a verdict."""
        return react(draw, task.facts, answer)


def _bold(line: str) -> str:
    """Put the result of a computation in bold."""
    match = COMPUTATION.search(line)
    if not match:
        return line
    start, end = match.span(4)
    return f"{line[:start]}**{line[start:end]}**{line[end:]}"


DOMAIN = Reasoning()
