"""Requests that tests of the engine share, and what it means that two answers are the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import families
import pytest
from grammars import RANKING, TWO_REASONS, VERDICT
from tiny_models import prompt_ids, slots

from assay.engines import ChatMessage, Completion, Grammar, Literal, Part, Request, Slot
from assay.engines.transformers import TransformersEngine

LABELS = Grammar(
    (
        Literal('{"a":"'),
        Slot("a", ("A", "AB", "ABC", "tie", "1", "10", "100", "1000", "très bien", "漢", "🙂")),
        Literal('","b":"'),
        Slot("b", ("yes", "yes and no", "no", "na")),
        Literal('"}'),
    )
)
GRAMMARS = {"verdict": VERDICT, "reasons": TWO_REASONS, "ranking": RANKING, "labels": LABELS}
CLOSE = 1e-4
"""Greedy decisions nearer than so many nats may fall either way in float32."""


def quotes(name: str, extra: float) -> dict[int, float]:
    """Return a liking for tokens that end a string."""
    return {token: extra for token, piece in enumerate(families.tokens(name).bytes_of) if b'"' in (piece or b"")}


def asked(name: str, grammar: Grammar | None = VERDICT, budget: int = 80, words: int = 3, **more: Any) -> Request:
    """Return a request with a beginning that all share and an end of its own."""
    ours = Part("The first answer names its source. Neither answer says why the bridge fell. " * 2)
    chat = ChatMessage("user", (ours, Part(f"{name} is tied " * words, "judged")))
    return Request(id=name, messages=(chat,), grammar=grammar, max_new_tokens=budget, **more)


def as_ids(ids: Sequence[int], name: str = "1", grammar: Grammar | None = VERDICT, n: int = 80, **more: Any) -> Request:
    return Request(id=name, prompt_ids=tuple(ids), grammar=grammar, max_new_tokens=n, **more)


def mixture(view: TransformersEngine) -> list[Request]:
    """Return requests of every grammar, length and temperature."""
    return [
        asked(
            f"{kind}-{i}",
            grammar,
            view.min_tokens(grammar) + 7 * i,
            words=1 + 4 * i,
            temperature=0.8 * (i % 2),
            samples=1 + i % 2,
        )
        for i in range(4)
        for kind, grammar in GRAMMARS.items()
    ]


def expected(name: str, view: TransformersEngine, request: Request, answer: Completion) -> dict[str, Any]:
    """Return what a plain forward says at every slot of an answer."""
    assert request.grammar is not None
    return slots(view._reader.model, name, prompt_ids(view, request), request.grammar, answer.token_ids)


def by_id(requests: Sequence[Request], answers: Sequence[Completion]) -> Iterator[tuple[Request, Completion]]:
    """Yield every answer with its request, and see that each is whole."""
    of = {request.id: request for request in requests}
    for answer in answers:
        assert (answer.status, answer.error) == ("ok", None)
        yield of[answer.id], answer


def same(a: Completion, b: Completion, within: float = 1e-5) -> None:
    """See that two answers are one, up to the rounding of the arithmetic."""
    assert (a.id, a.sample, a.status, a.finish) == (b.id, b.sample, b.status, b.finish)
    assert a.token_ids == b.token_ids
    assert a.slots.keys() == b.slots.keys()
    for name, dist in a.slots.items():
        assert dist.labels == b.slots[name].labels
        assert dist.logp == pytest.approx(b.slots[name].logp, abs=within)
