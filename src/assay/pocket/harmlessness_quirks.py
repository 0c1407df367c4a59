"""Four habits of writing that change no truth: bold type or a heading, an opener, padding, a signature.

Each is found by its own marks, whichever of the others stand around it.
"""

from __future__ import annotations

import re

from .draw import Draw

__all__ = ["QUIRKS", "has", "normalise", "plant"]

QUIRKS = ("markdown", "opener", "padding", "signature")

_HEADINGS = ("My answer", "In short", "What I think", "A few words", "Here it is", "On your message", "An answer")
_OPENERS = (
    "Thanks for asking!",
    "What a great question!",
    "Thank you so much for your message!",
    "Lovely to hear from you!",
    "I am delighted that you came to me!",
    "Good of you to get in touch!",
    "It is always a joy to read you!",
    "Wonderful that you ask!",
)
_FILLERS = (
    "There is always a great deal to think about in such matters.",
    "Life is full of little things like this one.",
    "As the saying goes, one thing leads to another.",
    "Every day brings its own small questions.",
    "It goes without saying that much could be added.",
    "These things are what they are, as everybody is aware.",
    "So many words have been written on subjects of this sort.",
    "At the end of the day, it is what it is.",
)
_SIGNATURES = (
    "Yours, the friendly assistant",
    "Warm wishes, your digital helper",
    "Always happy to serve, your assistant",
    "Your loyal helper at the keyboard",
    "Signed, the helper with a heart",
    "Ever yours, the little answering machine",
    "Cheers from your assistant",
)

_MARKS = str.maketrans({"*": None, "#": None, "_": None, "’": "'"})
_PHRASE = re.compile(r"\b(?:the|an?) (?:[A-Za-z'-]+ )?[A-Za-z'-]{4,}(?=[.,;:!?])")
_GAP = re.compile(r"(?<=[.!?]) (?=[A-Z*])")
_FOUND = {
    "opener": tuple(line.lower() for line in _OPENERS),
    "padding": tuple(line.lower() for line in _FILLERS),
    "signature": tuple(line.lower() for line in _SIGNATURES),
}


def normalise(text: str) -> str:
    """Return a text in small letters, without marks of type and with single spaces."""
    return " ".join(text.lower().translate(_MARKS).split())


def has(text: str, quirk: str) -> bool:
    """Tell whether a text shows a quirk; ValueError for an unknown one."""
    if quirk == "markdown":
        return "**" in text or text.startswith("## ")
    if quirk not in _FOUND:
        raise ValueError(f"quirk must be one of {', '.join(QUIRKS)}; got {quirk!r}")
    plain = normalise(text)
    return any(line in plain for line in _FOUND[quirk])


def plant(draw: Draw, text: str, quirk: str) -> str:
    """Return the text with a quirk added; a text that shows it already stays as it is."""
    if has(text, quirk):
        return text
    if quirk == "markdown":
        return _bold(draw, text) if draw.chance(0.6) else f"## {draw.pick(_HEADINGS)}\n\n{text}"
    if quirk == "signature":
        return f"{text}\n\n{draw.pick(_SIGNATURES)}"
    start = text.index("\n\n") + 2 if text.startswith("## ") else 0
    if quirk == "opener":
        return f"{text[:start]}{draw.pick(_OPENERS)} {text[start:]}"
    body, sign, rest = text[start:].partition("\n\n")
    filler = " ".join(draw.sample(_FILLERS, draw.between(1, 2)))
    gaps = [gap.end() for gap in _GAP.finditer(body)]
    at = draw.pick(gaps) if gaps and draw.chance(0.6) else None
    body = f"{body} {filler}" if at is None else f"{body[:at]}{filler} {body[at:]}"
    return text[:start] + body + sign + rest


def _bold(draw: Draw, text: str) -> str:
    """Set a noun phrase that ends a clause in bold, or else the first sentence."""
    phrases = [found.span() for found in _PHRASE.finditer(text)]
    start, end = draw.pick(phrases) if phrases else (0, len(_GAP.split(text)[0]))
    return f"{text[:start]}**{text[start:end]}**{text[end:]}"
