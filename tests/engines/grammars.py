"""Grammars that several tests share, and random ones."""

from __future__ import annotations

from hypothesis import strategies as st

from assay.engines import Free, Grammar, Literal, Slot
from assay.engines.grammar import GrammarPart


def row(slot: Slot) -> Grammar:
    """Return a grammar of one slot."""
    return Grammar((Literal(f'{{"{slot.name}":"'), slot, Literal('"}')))


def ranking(n: int) -> Grammar:
    """Return the permutations of n labels."""
    labels, parts = tuple(str(i + 1) for i in range(n)), list[GrammarPart]([Literal('["')])
    for i in range(n):
        parts += [Slot(f"r{i}", labels, tuple(f"r{j}" for j in range(i))), Literal('","' if i < n - 1 else '"]')]
    return Grammar(tuple(parts))


VERDICT = Grammar(
    (
        Literal('{"rationale":"'),
        Free("rationale"),
        Literal('","criteria":{"c1":"'),
        Slot("c1", ("A", "B", "=")),
        Literal('","c2":"'),
        Slot("c2", ("A", "B", "=")),
        Literal('"}}'),
    )
)
TWO_REASONS = Grammar(
    (
        Literal('{"c1":{"why":"'),
        Free("why1"),
        Literal('","label":"'),
        Slot("c1", ("1", "2", "na")),
        Literal('"},"c2":{"why":"'),
        Free("why2"),
        Literal('","label":"'),
        Slot("c2", ("yes", "no")),
        Literal('"}}'),
    )
)
RANKING = ranking(3)

_LABELS = st.lists(
    st.sampled_from(["A", "B", "=", "tie", "na", "1", "10", "100", "yes", "é", "très bien", "漢", "🙂"]),
    min_size=1,
    max_size=5,
    unique=True,
)
_CLOSINGS = ('","label":"', '","criteria":{"c1":"', '","é":"', '"')
_BETWEEN = ('","c2":"', '"},"c2":{"why":"', '"')


@st.composite
def grammars(draw: st.DrawFn) -> Grammar:
    """Draw free parts, slots and rankings in a row."""
    parts: list[GrammarPart] = [Literal(draw(st.sampled_from(['{"why":"', '"', "[é "])))]
    for i in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["free", "slot", "ranking"]))
        earlier = [part for part in parts if isinstance(part, Slot)]
        if kind == "free":
            parts += [Free(f"f{i}"), Literal(draw(st.sampled_from(_CLOSINGS)))]
        elif kind == "ranking" and earlier and len(earlier[-1].labels) > len(earlier[-1].excludes) + 1:
            labels, excludes = earlier[-1].labels, (*earlier[-1].excludes, earlier[-1].name)
            parts += [Slot(f"s{i}", labels, excludes), Literal(draw(st.sampled_from(_BETWEEN)))]
        else:
            parts += [Slot(f"s{i}", tuple(draw(_LABELS))), Literal(draw(st.sampled_from(_BETWEEN)))]
    return Grammar(tuple(parts))
