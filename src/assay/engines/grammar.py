r"""What an answer must look like: literal text, free JSON strings and slots, as one regular expression.

A grammar is a row of parts:

    Literal('{"rationale":"') Free("rationale") Literal('","criteria":{"c1":"') Slot("c1", ("A", "B")) Literal('"}}')

All three readings come from the same row: the *regular expression* that any engine can take, the
*token automaton* (index.py) that ours run, and the *match* that finds the slots again in a text.

Free text is the inside of a JSON string: no raw control character, escapes complete, surrogates
only in pairs.  It has no `maxLength`: length is bounded in tokens, by the finish guard, because a
character bound multiplies the states of the automaton (measured: 5 criteria of 300 characters take
4.6 s and 2 GB to compile, without the bound 0.1 s).

The expressions use what Rust's `regex` and Python's `re` read alike.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

__all__ = ["STRING_BODY", "Free", "Grammar", "GrammarPart", "Literal", "Slot"]

_HEX = "[0-9a-fA-F]"
STRING_BODY = (
    r'(?:[^"\\\x00-\x1F\x7F-\x9F]'  # any character but quote, backslash and the control characters C0, DEL, C1
    r'|\\["\\/bfnrt]'
    rf"|\\u(?:[0-9a-cefA-CEF]{_HEX}{{3}}|[dD][0-7]{_HEX}{{2}}"  # not a surrogate
    rf"|[dD][89abAB]{_HEX}{{2}}\\u[dD][c-fC-F]{_HEX}{{2}}))*"  # high and low surrogate
)
"""The inside of a JSON string."""
_VERSION = "assay-grammar/1"
_FORBIDDEN = re.compile(r'["\\\x00-\x1f\x7f-\x9f]|[\ud800-\udfff]')


def _escape(text: str) -> str:
    """Escape what is special in both dialects, and nothing else."""
    return re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text)


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that is always there."""

    text: str
    """The text, at least one character."""

    def __post_init__(self) -> None:
        if not self.text:
            raise ValueError("a literal needs at least one character")


@dataclass(frozen=True, slots=True)
class Free:
    """The inside of a JSON string, written freely; the literal behind it closes the string."""

    name: str
    """Unique among the parts of a grammar."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A choice among labels, inside the quotes of its neighbours."""

    name: str
    """Unique among the parts of a grammar."""
    labels: tuple[str, ...]
    """What may stand here: distinct, without quotes, backslashes or control characters."""
    excludes: tuple[str, ...] = ()
    """Earlier slots whose label may not come again: the places of a ranking."""

    def __post_init__(self) -> None:
        if not self.labels or len(set(self.labels)) != len(self.labels):
            raise ValueError(f"slot {self.name!r}: labels must be distinct and at least one, got {self.labels!r}")
        for label in self.labels:
            if not label or _FORBIDDEN.search(label):
                raise ValueError(
                    f"slot {self.name!r}: label {label!r} is empty or holds a quote, backslash or control character"
                )


GrammarPart = Literal | Free | Slot


@dataclass(frozen=True)
class Grammar:
    """A row of parts that starts and ends with a literal, with a literal behind every other part."""

    parts: tuple[GrammarPart, ...]
    """The parts, in order."""

    def __post_init__(self) -> None:
        names = [part.name for part in self.parts if not isinstance(part, Literal)]
        if len(set(names)) != len(names):
            raise ValueError(f"names of slots and free parts repeat: {names}")
        kinds = [isinstance(part, Literal) for part in self.parts]
        if not kinds or not kinds[0] or not kinds[-1] or any(a == b for a, b in pairwise(kinds)):
            raise ValueError(
                "a grammar is literal, (free or slot, literal)…: every open part stands between two literals"
            )
        seen: set[str] = set()
        for part, after in zip(self.parts, (*self.parts[1:], None), strict=True):
            if isinstance(part, Free) and (not isinstance(after, Literal) or not after.text.startswith('"')):
                raise ValueError(f"free part {part.name!r}: the literal behind it must start with the closing quote")
            if isinstance(part, Slot):
                if not seen.issuperset(part.excludes):
                    raise ValueError(
                        f"slot {part.name!r} excludes {part.excludes!r}; only earlier slots can be excluded"
                    )
                if isinstance(after, Literal) and any(after.text[0] in label for label in part.labels):
                    raise ValueError(f"slot {part.name!r}: a label holds {after.text[0]!r}, which ends the slot")
                seen.add(part.name)

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """The slots, in order."""
        return tuple(part for part in self.parts if isinstance(part, Slot))

    @cached_property
    def fingerprint(self) -> str:
        """Identity of the language and its slots, 64 hex digits."""
        rows = [
            ["literal", part.text]
            if isinstance(part, Literal)
            else ["free", part.name]
            if isinstance(part, Free)
            else ["slot", part.name, *part.labels, *(["excludes", *part.excludes] if part.excludes else [])]
            for part in self.parts
        ]
        return hashlib.sha256(json.dumps([_VERSION, rows], ensure_ascii=False).encode()).hexdigest()

    @cached_property
    def regex(self) -> str:
        """The language as one regular expression, for `fullmatch`."""
        return _regex(self.parts, {})

    def match(self, text: str) -> Mapping[str, str] | None:
        """Return what stands at every slot and free part (JSON-escaped, as written); None if the text is not ours.

        >>> grammar = Grammar((Literal('{"a":"'), Slot("a", ("yes", "no")), Literal('"}')))
        >>> grammar.match('{"a":"no"}')
        {'a': 'no'}
        >>> grammar.match('{"a": "no"}') is None
        True
        """
        found = self._pattern.fullmatch(text)
        if found is None or _SURROGATE.search(text):
            return None
        names = [part.name for part in self.parts if not isinstance(part, Literal)]
        values = dict(zip(names, found.groups(), strict=True))
        clash = any(values[slot.name] == values[name] for slot in self.slots for name in slot.excludes)
        return None if clash else values

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(
            "".join(
                _escape(part.text)
                if isinstance(part, Literal)
                else f"({STRING_BODY})"
                if isinstance(part, Free)
                else f"({'|'.join(_escape(label) for label in _longest_first(part.labels))})"
                for part in self.parts
            )
        )

    def closings(self) -> Iterator[tuple[Free, Literal]]:
        """Yield every free part with the literal that closes it."""
        for part, after in zip(self.parts, self.parts[1:], strict=False):
            if isinstance(part, Free) and isinstance(after, Literal):
                yield part, after


_SURROGATE = re.compile("[\ud800-\udfff]")  # no text of UTF-8, though Python's own strings may hold it


def _longest_first(labels: Sequence[str]) -> list[str]:
    return sorted(labels, key=len, reverse=True)


def _regex(parts: Sequence[GrammarPart], taken: Mapping[str, str]) -> str:
    """Write parts as an expression; a slot that later slots exclude branches, one branch per label."""
    text = ""
    for i, part in enumerate(parts):
        if isinstance(part, Literal):
            text += _escape(part.text)
        elif isinstance(part, Free):
            text += STRING_BODY
        else:
            gone = {taken[name] for name in part.excludes}
            labels = [label for label in _longest_first(part.labels) if label not in gone]
            rest = parts[i + 1 :]
            if not any(isinstance(later, Slot) and part.name in later.excludes for later in rest):
                text += f"(?:{'|'.join(map(_escape, labels))})" if len(labels) > 1 else _escape(labels[0])
                continue
            branches = [_escape(label) + _regex(rest, {**taken, part.name: label}) for label in labels]
            return text + f"(?:{'|'.join(branches)})"
    return text
