"""Short instructions with three constraints each, answers that keep some of them, and what users say to that.

A task asks for a small text about an occasion, and sets three of eight kinds of constraints.  The
utility of an answer is how many of them it keeps, as `helpfulness_truth` finds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..types import Message
from . import helpfulness_truth as truth
from .domain import Answer, Domain, Task, World
from .draw import Draw
from .helpfulness_answers import COUNTS, FORMS, Words, faults, json_keys, planned, rendered, series, words_in
from .helpfulness_reactions import react
from .helpfulness_voices import VOICES, Voice
from .helpfulness_words import NUMBERS, SCENARIOS

__all__ = ["DOMAIN"]

_LIMITS = (80, 85, 90)


def _constraint(draw: Draw, words: Words, kind: str, row: str, formal: bool) -> dict[str, Any]:
    """Return the data of a constraint; forms exclude JSON where a letter is asked for."""
    if kind == "fact":
        rows = [row, *draw.sample([r for r in words.rows if r != row], draw.between(2, 3))]
        value, *others = draw.sample(words.base.values, len(rows))
        return {"row": row, "value": value, "others": others, "rows": rows[1:]}
    if kind in ("keyword", "avoid"):
        return {"word": draw.pick(words.wanted if kind == "keyword" else words.banned)}
    if kind == "order":
        first, second = draw.sample(tuple(words.things), 2)
        return {"first": first, "second": second}
    if kind == "count":
        return {"n": draw.pick(COUNTS), "things": list(words.things)}
    if kind == "form":
        form = draw.pick(FORMS[:2] if formal else FORMS)
        return {"form": form, "keys": json_keys(draw)} if form == "json" else {"form": form}
    if kind == "length":
        return {"side": draw.pick(("max", "min")), "n": draw.pick(_LIMITS)}
    return {"tone": draw.pick(("formal", "informal"))}


def _ask(draw: Draw, voice: Voice, words: Words, facts: Mapping[str, Any], kind: str) -> str:
    """Return the wording of a constraint."""
    spec = facts["constraints"][kind]
    name = spec.get("side") or spec.get("tone") or (spec["form"] if kind == "form" else kind)
    n = spec.get("n", 0)
    return draw.pick(voice.asks[name]).format(
        q=words.base.asks.format(row=spec["row"]) if kind == "fact" else "",
        w=spec.get("word"),
        x=spec.get("first"),
        y=spec.get("second"),
        n=n if kind == "length" else NUMBERS[n],
        do=words.base.do,
        keys=series(spec.get("keys", ("", ""))),
        sender=facts["sender"],
    )


def _table(draw: Draw, voice: Voice, words: Words, spec: Mapping[str, Any]) -> str:
    cells = zip([spec["row"], *spec["rows"]], [spec["value"], *spec["others"]], strict=True)
    rows = [voice.row.format(row=row, value=value) for row, value in draw.shuffled(tuple(cells))]
    return f"{draw.pick(voice.tables).format(header=words.base.header)}\n{voice.between.join(rows)}"


def _weighted(draw: Draw, mix: Mapping[str, float], k: int) -> list[str]:
    """Return k different kinds, each next one by the weights of those left."""
    left, drawn = {kind: mix.get(kind, 0.0) + 1e-9 for kind in truth.KINDS}, []
    for _ in range(k):
        drawn.append(draw.weighted(left))
        del left[drawn[-1]]
    return drawn


class _Helpfulness:
    """Instructions with verifiable constraints."""

    __slots__ = ()
    name = "helpfulness"
    scenarios = tuple(SCENARIOS)
    kinds = truth.KINDS
    criteria = (*truth.KINDS, "all")
    quirks = truth.QUIRKS

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
        """Return a task with three constraints, or a short one with one, drawn by the weights of `mix`."""
        words, voice, wishes = words_in(world, scenario), VOICES[family], 1 if short else 3
        kinds = draw.sample(truth.KINDS, wishes) if mix is None else _weighted(draw, mix, wishes)
        row = draw.pick(words.rows)
        constraints = {kind: _constraint(draw, words, kind, row, "tone" in kinds) for kind in kinds}
        (first, second), last = draw.sample(words.people[0], 2), draw.sample(words.people[1], 2)
        facts = {
            "constraints": constraints,
            "lead": draw.pick(words.leads),
            "reader": f"{first} {last[0]}",
            "sender": f"{second} {last[1]}",
        }
        start = draw.pick(voice.opens).format(
            genre=draw.pick(words.base.genres), name=facts["reader"], do=words.base.do, lead=facts["lead"]
        )
        parts = [start, _table(draw, voice, words, constraints["fact"])] if "fact" in constraints else [start]
        asks = [_ask(draw, voice, words, facts, kind) for kind in kinds]
        rules = voice.glue.join(voice.mark.replace("#", str(i)) + ask for i, ask in enumerate(asks, 1))
        parts.append(draw.pick(voice.rules) + rules.removesuffix(";") + ("." if rules.endswith(";") else ""))
        prompt = (Message(role="user", content="\n".join(parts)),)
        return Task(prompt=prompt, family=family, scenario=scenario, facts=facts)

    def answer(self, draw: Draw, world: World, task: Task, u: int, mix: Mapping[str, float]) -> Answer:
        """Return an answer that keeps u of three constraints, or the one from u = 2 on; see `Domain.answer`."""
        words, voice, constraints = words_in(world, task.scenario), VOICES[task.family], task.facts["constraints"]
        broken = faults(draw, constraints, round((3 - u) * len(constraints) / 3), mix)
        plan = planned(draw, words, voice, constraints, broken)
        return _checked(task, rendered(draw, words, voice, task.facts, plan), broken[0] if broken else "")

    def check(self, task: Task, text: str) -> Answer:
        """Return the truth about a text; see `Domain.check`."""
        return _checked(task, text, "")

    def plant(self, draw: Draw, task: Task, text: str, quirk: str) -> str:
        """Return the text with a quirk added; see `Domain.plant`."""
        return truth.plant(draw, text, quirk)

    def has(self, text: str, quirk: str) -> bool:
        """Tell whether a text shows a quirk."""
        return truth.has(text, quirk)

    def reaction(self, draw: Draw, world: World, task: Task, answer: Answer) -> str:
        """Return what the user says next; see `Domain.reaction`."""
        return react(draw, task, answer)


def _checked(task: Task, text: str, kind: str) -> Answer:
    criteria = truth.truths(task.facts["constraints"], text)
    broken = [name for name, value in criteria.items() if value == 0.0 and name != "all"]
    u = round(3 - 3 * len(broken) / (len(criteria) - 1))
    return Answer(text=text, u=u, criteria=criteria, kind=kind, notes={"broken": broken})


DOMAIN: Domain = _Helpfulness()
"""The domain of short instructions."""
