"""The truth about an answer, and four habits of writing that the truth does not see.

A constraint is plain data; each kind has one small program that reads the finished text.  The
habits ("quirks") add sentences from closed lists, or marks; no constraint depends on them, and
limits of length leave `SLACK` words for all of them together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from .draw import Draw
from .helpfulness_voices import FORMAL, INFORMAL

__all__ = ["KINDS", "QUIRKS", "SLACK", "form_of", "has", "plant", "truths", "words_of"]

OPENERS = (
    "Sure, happy to help.",
    "Of course, with pleasure.",
    "Certainly, here it is.",
    "Absolutely, consider it done.",
    "No problem at all.",
    "Glad you asked me.",
    "Great, let us begin.",
    "Right away, here goes.",
)
SIGNATURES = (
    "Let me know if you need anything else.",
    "I hope that this is of use.",
    "Feel free to ask for more.",
    "Write again whenever you like.",
    "I remain at your service.",
    "Just say if something is amiss.",
    "Reach out again at any point.",
    "Until the next time, your assistant.",
)
FILLERS = (
    "That is worth saying clearly.",
    "Every little bit counts here.",
    "There is a lot to consider.",
    "All of this really matters.",
    "Such things deserve some thought.",
    "It goes without saying, really.",
    "Things like this need care.",
    "This point speaks for itself.",
    "One thing leads to another.",
)
HEADINGS = ("# Reply", "## Text", "## Answer", "# Draft", "### Version", "## Response")

QUIRKS = ("opener", "signature", "padding", "markdown")
SLACK = 2 * max(len(s.split()) for s in FILLERS) + sum(
    max(len(s.split()) for s in group) for group in (OPENERS, SIGNATURES, HEADINGS)
)
"""More words than all quirks together can add."""

_WORD = re.compile(r"[\w£]+(?:[.:'’-]\w+)*")
_STOP = re.compile(r"[.!?](?=\s|$)")
_PLAIN = re.compile(r"(?<= )[a-z]{4,}(?= )")
_DECODE = json.JSONDecoder().raw_decode


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case: letters, digits and £, with inner points and hyphens."""
    return _WORD.findall(text.lower())


def form_of(text: str) -> tuple[str, frozenset[str]]:
    """Return the form of a text, list, json or sentences, and the keys of its JSON object."""
    start = text.find("{")
    if start >= 0:
        try:
            found, _ = _DECODE(text, start)
        except json.JSONDecodeError:
            pass
        else:
            return "json", frozenset(found)
    return ("list" if ("\n" + text).count("\n- ") > 1 else "sentences"), frozenset()


def _fact(spec: Mapping[str, Any], text: str, flat: str) -> bool:
    wrong = any(f" {value.lower()} " in flat for value in spec["others"])
    return not wrong and f" {spec['value'].lower()} " in flat


def _order(spec: Mapping[str, Any], text: str, flat: str) -> bool:
    return -1 < flat.find(f" {spec['first']} ") < flat.find(f" {spec['second']} ")


def _count(spec: Mapping[str, Any], text: str, flat: str) -> bool:
    return bool(sum(f" {thing} " in flat for thing in spec["things"]) == spec["n"])


def _form(spec: Mapping[str, Any], text: str, flat: str) -> bool:
    form, keys = form_of(text)
    return form == spec["form"] and keys == frozenset(spec.get("keys", ()))


def _length(spec: Mapping[str, Any], text: str, flat: str) -> bool:
    n, limit = len(flat.split()), int(spec["n"])
    return n <= limit if spec["side"] == "max" else n >= limit


def _tone(spec: Mapping[str, Any], text: str, flat: str) -> bool:
    lines = text.split("\n")
    greeting, closings, others = ("Dear ", FORMAL, INFORMAL) if spec["tone"] == "formal" else ("Hi ", INFORMAL, FORMAL)
    ends = {line[:-1] for line in lines if line.endswith(",")}
    return any(line.startswith(greeting) for line in lines) and bool(ends & closings) and not ends & others


_CHECKS: dict[str, Callable[[Mapping[str, Any], str, str], bool]] = {
    "fact": _fact,
    "keyword": lambda spec, text, flat: f" {spec['word']} " in flat,
    "avoid": lambda spec, text, flat: f" {spec['word']} " not in flat,
    "order": _order,
    "count": _count,
    "form": _form,
    "length": _length,
    "tone": _tone,
}
KINDS = tuple(_CHECKS)


def truths(constraints: Mapping[str, Mapping[str, Any]], text: str) -> dict[str, float]:
    """Return 1 or 0 per constraint, and under `all` the share that a text satisfies.

    Args:
        constraints: what is asked, per kind; see `KINDS`.
        text: an answer.  Bold marks do not count as a part of it.
    """
    text = text.replace("**", "")
    flat = f" {' '.join(words_of(text))} "
    found = {kind: float(_CHECKS[kind](spec, text, flat)) for kind, spec in constraints.items()}
    found["all"] = sum(found.values()) / len(constraints)
    return found


def _body(text: str) -> tuple[int, int]:
    """Return where a text begins after an opener, and where it ends before a signature."""
    start = next((len(s) + 1 for s in OPENERS if text.startswith(s)), 0)
    end = next((text.rfind(s) - 1 for s in SIGNATURES if text.endswith(s)), len(text))
    return start, end


def _padded(draw: Draw, text: str) -> str:
    filler = " ".join(draw.sample(FILLERS, 1 + draw.below(2)))
    start, end = _body(text)
    close = text.rfind("}")
    if close >= 0:
        return f"{text[: close + 1]}\n{filler}{text[close + 1 :]}"
    stops = [m.end() for m in _STOP.finditer(text, start, end)]
    place = draw.pick(stops) if stops else end
    return f"{text[:place]} {filler}{text[place:]}"


def _marked(draw: Draw, text: str) -> str:
    start, end = _body(text)
    places = [] if draw.chance(0.4) else [m.span() for m in _PLAIN.finditer(text, start, end)]
    if not places:
        return f"{text[:start]}{draw.pick(HEADINGS)}\n{text[start:]}"
    for i, j in sorted(draw.sample(places, min(len(places), 1 + draw.below(2))), reverse=True):
        text = f"{text[:i]}**{text[i:j]}**{text[j:]}"
    return text


def has(text: str, quirk: str) -> bool:
    """Tell whether a text shows a quirk."""
    if quirk == "markdown":
        return "**" in text or ("\n" + text).find("\n#") >= 0
    text = text.replace("**", "")
    return any(s in text for s in {"opener": OPENERS, "signature": SIGNATURES, "padding": FILLERS}[quirk])


def plant(draw: Draw, text: str, quirk: str) -> str:
    """Return the text with a quirk; a text that has it already comes back as it is.

    `opener` is a first line, `signature` a last one, `padding` one or two sentences inside (after a
    JSON object, where there is one), `markdown` bold on one or two words, or a heading.
    """
    if has(text, quirk):
        return text
    if quirk == "opener":
        return f"{draw.pick(OPENERS)}\n{text}"
    if quirk == "signature":
        return f"{text}\n{draw.pick(SIGNATURES)}"
    return _padded(draw, text) if quirk == "padding" else _marked(draw, text)
