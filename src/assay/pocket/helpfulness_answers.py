"""Answers to short instructions: each constraint is kept or broken by plan, and both look alike.

An answer that breaks a constraint is written like one that keeps it: it has another row's value,
another word, another number of things, another form.  Neither length nor form nor opening tells
them apart without the task.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .domain import World
from .draw import Draw
from .helpfulness_truth import SLACK
from .helpfulness_voices import Voice
from .helpfulness_words import FIRST_NAMES, LAST_NAMES, SCENARIOS, Scenario

__all__ = ["COUNTS", "FORMS", "Words", "faults", "json_keys", "planned", "rendered", "series", "words_in"]

COUNTS = (2, 3, 4, 5)
FORMS = ("list", "sentences", "json")
_TEXT_KEYS = ("note", "message", "text", "body")
_THING_KEYS = ("things", "items", "list", "points")
_TITLE_KEYS = ("title", "topic", "heading")


@dataclass(frozen=True, slots=True)
class Words:
    """What one world knows of one scenario."""

    base: Scenario
    """The scenario."""
    people: tuple[tuple[str, ...], tuple[str, ...]]
    """First and last names."""
    leads: tuple[str, ...]
    """Occasions."""
    things: Mapping[str, str]
    """What can be listed: the bare noun, and how it stands in a sentence."""
    rows: tuple[str, ...]
    """Rows of a table."""
    wanted: tuple[str, ...]
    """Words to ask for."""
    banned: tuple[str, ...]
    """Words to forbid."""
    details: tuple[str, ...]
    """Small facts."""


@lru_cache(maxsize=256)
def words_in(world: World, scenario: str) -> Words:
    """Return what a world knows of a scenario."""
    base = SCENARIOS[scenario]

    def of(name: str, values: Sequence[str], share: float) -> tuple[str, ...]:
        return world.of(f"helpfulness/{scenario}/{name}", values, share)

    return Words(
        base,
        (world.of("helpfulness/first", FIRST_NAMES), world.of("helpfulness/last", LAST_NAMES)),
        of("leads", base.leads, 0.7),
        {_noun(thing): thing for thing in of("things", base.things, 0.8)},
        of("rows", base.rows, 0.8),
        of("wanted", base.wanted[1], 0.8),
        of("banned", base.banned[1], 0.8),
        of("details", base.details, 0.9),
    )


def _noun(thing: str) -> str:
    first, _, rest = thing.partition(" ")
    return rest if first in ("a", "an", "the") else thing


def _upper(text: str) -> str:
    return text[0].upper() + text[1:]


def _put(frame: str, clause: str) -> str:
    return frame.format(c=clause, C=_upper(clause))


def series(values: Sequence[str]) -> str:
    """Return two or more values as "a, b and c"."""
    return f"{', '.join(values[:-1])} and {values[-1]}"


def _other(draw: Draw, values: Sequence[Any], *but: Any) -> Any:
    return draw.pick([value for value in values if value not in but])


def json_keys(draw: Draw) -> list[str]:
    """Return two or three keys: for the text, for the things, and perhaps for a title."""
    groups = [_TEXT_KEYS, _THING_KEYS, _TITLE_KEYS][: draw.between(2, 3)]
    return [draw.pick(group) for group in draw.shuffled(groups)]


def faults(draw: Draw, constraints: Mapping[str, Any], k: int, mix: Mapping[str, float]) -> list[str]:
    """Return k kinds to break, by weight; kinds without a weight come last."""
    left = dict.fromkeys(constraints, 0.0) | {kind: w for kind, w in mix.items() if kind in constraints}
    found = []
    for _ in range(k):
        weights = {kind: w for kind, w in left.items() if w > 0} or dict.fromkeys(left, 1.0)
        found.append(draw.weighted(weights))
        del left[found[-1]]
    return found


@dataclass(frozen=True, slots=True)
class Plan:
    """What an answer will look like: each constraint kept or broken."""

    form: str
    """list, sentences or json."""
    keys: Sequence[str]
    """Keys of the JSON object."""
    things: list[str]
    """Nouns of what is listed, in order."""
    sentences: list[str]
    """The fact, and what holds the words asked for or forbidden."""
    tone: str
    """formal, informal or nothing."""
    low: int
    """Fewest words."""
    high: int
    """Most words."""


def planned(draw: Draw, words: Words, voice: Voice, constraints: Mapping[str, Any], broken: Sequence[str]) -> Plan:
    """Return a plan that keeps all constraints but the broken ones."""
    base, sentences, frames = words.base, [], draw.sample(voice.words, 2)
    form, tone, low, high = draw.pick(FORMS[:2]), "", 0, 10_000
    keys = json_keys(draw)
    n = 2 if "length" in constraints else draw.between(2, 4)
    if spec := constraints.get("form"):
        allowed = FORMS[:2] if "tone" in constraints else FORMS
        form = _other(draw, allowed, spec["form"]) if "form" in broken else spec["form"]
        keys = spec.get("keys", keys)
    if spec := constraints.get("fact"):
        value = draw.pick(spec["others"]) if "fact" in broken else spec["value"]
        sentences.append(_put(draw.pick(voice.facts), base.says.format(row=spec["row"], value=value)))
    for kind, values, (stems, _) in (("keyword", words.wanted, base.wanted), ("avoid", words.banned, base.banned)):
        if spec := constraints.get(kind):
            word = spec["word"] if (kind == "keyword") != (kind in broken) else _other(draw, values, spec["word"])
            sentences.append(_put(frames.pop(), f"{draw.pick(stems)} {word}"))
    if spec := constraints.get("count"):
        n = _other(draw, COUNTS, spec["n"]) if "count" in broken else spec["n"]
    things = draw.sample(tuple(words.things), n)
    if spec := constraints.get("order"):
        pair = [spec["first"], spec["second"]]
        things = draw.shuffled(pair + [thing for thing in things if thing not in pair][: n - 2])
        i, j = sorted(map(things.index, pair))
        things[i], things[j] = reversed(pair) if "order" in broken else pair
    if spec := constraints.get("tone"):
        tone = ("informal" if spec["tone"] == "formal" else "formal") if "tone" in broken else spec["tone"]
    if spec := constraints.get("length"):
        if (spec["side"] == "min") != ("length" in broken):
            low = spec["n"] + 1
        else:
            high = spec["n"] - 1 - SLACK
    return Plan(form, keys, things, draw.shuffled(sentences), tone, low, high)


def _details(draw: Draw, words: Words, voice: Voice, plan: Plan, used: int) -> list[str]:
    """Return small facts up to the wanted length, where a number of words is used already."""
    found: list[str] = []
    if plan.low:
        n = len(words.details)
    else:
        n = draw.between(1, 4) if plan.high > 999 else draw.between(0 if plan.sentences else 1, 3)
    left = draw.sample(voice.details, min(n, len(voice.details)))
    for clause in draw.sample(words.details, n):
        if plan.low and used >= plan.low:
            break
        frame = left.pop() if left and (plan.low or draw.chance(0.7)) else "{C}."
        sentence = _put(frame, clause)
        used += len(sentence.split())
        if used > plan.high:
            break
        found.append(sentence)
    return found


def _letter(voice: Voice, facts: Mapping[str, Any], tone: str) -> tuple[str, str]:
    """Return what stands above and below the text."""
    if not tone:
        return "", ""
    if tone == "formal":
        return f"Dear {facts['reader']},\n", f"\n{voice.formal},\n{facts['sender']}"
    return f"Hi {facts['reader'].split()[0]},\n", f"\n{voice.informal},\n{facts['sender'].split()[0]}"


def rendered(draw: Draw, words: Words, voice: Voice, facts: Mapping[str, Any], plan: Plan) -> str:
    """Return the text of a plan."""
    fill = {"lead": facts["lead"], "Lead": _upper(facts["lead"]), "do": words.base.do}
    things = [words.things[thing] for thing in plan.things]
    lines = plan.things if voice.bare else things
    top, bottom = _letter(voice, facts, plan.tone)
    if plan.form == "sentences":
        named, lines = draw.pick(voice.lists).format(things=series(things), **fill), []
    elif plan.form == "list":
        named = draw.pick(voice.heads).format(**fill)
    else:
        named = f"{' '.join(plan.keys)} {fill['Lead'] if len(plan.keys) > 2 else ''}"
    core = plan.sentences
    used = len(" ".join([top, named, *lines, *core, bottom]).split())
    extra = _details(draw, words, voice, plan, used)
    if plan.form == "json":
        return _object(plan.keys, " ".join(core + extra), lines, fill["Lead"], voice.indent)
    place = draw.below(len(core) + 1)
    body = "\n- ".join([" ".join([*core[:place], named]), *lines])
    rest = " ".join([*core[place:], *extra])
    if rest:
        body += ("\n" if lines else " ") + rest
    return f"{top}{body}{bottom}"


def _object(keys: Sequence[str], text: str, things: Sequence[str], title: str, indent: bool) -> str:
    """Return a JSON object; no text holds a quote or a backslash."""
    gap, end = ("\n  ", "\n") if indent else (" ", "")
    listed = '["' + '", "'.join(things) + '"]'
    values = {key: text if key in _TEXT_KEYS else title for key in keys}
    cells = [f'"{key}": ' + (listed if key in _THING_KEYS else f'"{value}"') for key, value in values.items()]
    return "{" + (gap if indent else "") + f",{gap}".join(cells) + end + "}"
