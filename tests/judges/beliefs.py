"""Scripted beliefs that read the prompt as a judge does: by what stands under a name, never by where it comes from."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Mapping
from itertools import pairwise

from assay.engines import Request, Slot
from assay.judges import Rubric, rubric_yaml
from assay.types import Item, Message, Pair

ASKED = (Message(role="user", content="Which way to Bern?"),)


def pair(name: str, first: str = "one", second: str = "two", reference: str | None = None) -> Pair:
    return Pair(id=name, group=f"prompt of {name}", prompt=ASKED, first=first, second=second, reference=reference)


def group(name: str, *answers: str) -> list[Item]:
    return [Item(id=f"{name}{i}", group=name, prompt=ASKED, response=text) for i, text in enumerate(answers, start=1)]


def rubric(mode: str, *criteria: str, **more: str) -> Rubric:
    """Return a rubric whose criteria are the lines given, each an inside of a YAML mapping."""
    head = [f"schema_version: 1\nname: made\nmode: {mode}\nreason: {more.pop('reason', 'none')}"]
    head += [f"{key}: {value}" for key, value in more.items()]
    return rubric_yaml.parse(
        "\n".join([*head, *(["criteria:"] if criteria else []), *(f"  - {{{c}}}" for c in criteria)])
    )


def shown(request: Request) -> dict[str, str]:
    """Return the answers of a prompt by name, in the order shown; a single one is called A."""
    parts, found = request.messages[0].parts, {}
    for before, part in pairwise(parts):
        named = re.search(r"(?:Answer ([A-Z])|The answer):\n~+\n$", before.text)
        if named and part.kind == "judged":
            found[named[1] or "A"] = part.text
    return found


def question(request: Request, key: str) -> str:
    """Return what a prompt asks under c1, c2 …"""
    found = re.search(rf"^{key}\. (.+)$", request.messages[0].text, re.MULTILINE)
    assert found
    return found[1]


def quality(*texts: str) -> float:
    """Return a number in [-1, 1) that depends on the texts only."""
    return int.from_bytes(hashlib.sha256("/".join(texts).encode()).digest()[:6]) / 2**47 - 1


def content(request: Request, sample: int, slot: Slot) -> Mapping[str, float]:
    """Believe by question and texts, with some ties, and .4 nats in favour of what is shown first."""
    texts, asked = shown(request), question(request, slot.name)
    if len(texts) == 1:
        return {label: math.exp(i * quality(asked, texts["A"])) for i, label in enumerate(slot.labels)}
    lead = 2 * (quality(asked, texts["A"]) - quality(asked, texts["B"])) + (0.4 if next(iter(texts)) == "A" else -0.4)
    return {"A": math.exp(lead), "B": math.exp(-lead), "=": 0.5}
