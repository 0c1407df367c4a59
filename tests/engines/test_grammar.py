"""A grammar's regular expression, its match and Rust's reading of it are one language."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.engines import Free, Grammar, Literal, Slot

VERDICT = Grammar(
    (
        Literal('{"rationale":"'),
        Free("rationale"),
        Literal('","criteria":{"c1":"'),
        Slot("c1", ("A", "B", "=")),
        Literal('"}}'),
    )
)
RANKING = Grammar(
    (
        Literal('["'),
        Slot("r1", ("1", "2", "3")),
        Literal('","'),
        Slot("r2", ("1", "2", "3"), excludes=("r1",)),
        Literal('","'),
        Slot("r3", ("1", "2", "3"), excludes=("r1", "r2")),
        Literal('"]'),
    )
)
BODY = Grammar((Literal('"'), Free("text"), Literal('"')))


def rust_accepts(grammar: Grammar, text: str) -> bool:
    """Walk the bytes of a text through the automaton that Rust's `regex` makes of the expression."""
    from outlines_core import Index, Vocabulary

    index = Index(grammar.regex, Vocabulary(256, {bytes([byte]): [byte] for byte in range(256)}))
    state, edges = index.get_initial_state(), index.get_transitions()
    for byte in text.encode():
        state = edges.get(state, {}).get(byte)
        if state is None:
            return False
    return bool(index.is_final_state(state))


def test_match_finds_what_stands_at_each_slot() -> None:
    text = r'{"rationale":"It says \"no\".","criteria":{"c1":"="}}'
    assert VERDICT.match(text) == {"rationale": r"It says \"no\".", "c1": "="}


@pytest.mark.parametrize("places", [("1", "2", "3"), ("3", "1", "2")])
def test_a_ranking_takes_every_label_once(places: tuple[str, ...]) -> None:
    text = json.dumps(places, separators=(",", ":"))
    assert RANKING.match(text) is not None
    assert re.fullmatch(RANKING.regex, text)


def test_the_ranking_of_three_has_six_strings() -> None:
    texts = [f'["{a}","{b}","{c}"]' for a in "123" for b in "123" for c in "123"]
    assert sum(bool(re.fullmatch(RANKING.regex, text)) for text in texts) == 3 * 2 * 1
    assert [RANKING.match(text) is not None for text in texts] == [rust_accepts(RANKING, text) for text in texts]


@settings(deadline=None)
@given(st.text(max_size=12))
def test_every_json_string_is_a_free_text(text: str) -> None:
    for plain in (True, False):
        try:
            inside = json.dumps(text, ensure_ascii=plain)
            inside.encode()
        except UnicodeEncodeError:
            continue
        legal = not re.search(r"[\x7f-\x9f]", inside) and not re.search(r"(?i)\\ud[89a-f]..(?!\\ud[c-f])", inside)
        if legal and "\\ud" not in inside:
            assert BODY.match(inside) is not None
    assert BODY.match(text) is None or json.loads(text) is not None


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet='"\\ud8cDCuaf01n/\x00\x1f\x7f\x9fé🙂 ', max_size=14))
def test_python_rust_and_match_agree_on_strings(inside: str) -> None:
    text = f'"{inside}"'
    by_python = re.fullmatch(BODY.regex, text) is not None
    assert by_python == (BODY.match(text) is not None) == rust_accepts(BODY, text)
    if by_python:
        assert isinstance(json.loads(text).encode(), bytes)  # no lone surrogate


@pytest.mark.parametrize("inside", [r"\ud800", r"\udc00", r"\ud800\u0041", r"\u12", "\\", "\n", "\x85", r"\x41"])
def test_half_escapes_and_controls_are_no_free_text(inside: str) -> None:
    assert BODY.match(f'"{inside}"') is None
    assert not rust_accepts(BODY, f'"{inside}"')


def test_the_fingerprint_is_that_of_the_parts() -> None:
    assert VERDICT.fingerprint == Grammar(VERDICT.parts).fingerprint
    assert VERDICT.fingerprint == "492aaa1b4fb3d4c05ba5b33bb3693dfad530f6f4bafdbcc8f7b756112573eeb5"
    assert len({VERDICT.fingerprint, RANKING.fingerprint, BODY.fingerprint}) == 3


def test_the_fingerprint_sees_labels_their_order_and_exclusions() -> None:
    def row(labels: tuple[str, ...], excludes: tuple[str, ...] = ()) -> str:
        parts = (Literal("a"), Slot("x", ("u", "v")), Literal("b"), Slot("y", labels, excludes), Literal("c"))
        return Grammar(parts).fingerprint

    assert len({row(("u", "v")), row(("v", "u")), row(("u",)), row(("u", "v"), ("x",))}) == 4


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ((Free("x"), Literal('"')), "literal, \\(free or slot, literal\\)"),
        ((Literal("a"), Literal("b")), "literal, \\(free or slot, literal\\)"),
        ((Literal('"'), Free("x"), Literal("b")), "closing quote"),
        ((Literal("a"), Slot("x", ("bc",)), Literal("b")), "ends the slot"),
        ((Literal("a"), Slot("x", ("u",), ("y",)), Literal("b")), "earlier"),
        ((Literal("a"), Slot("x", ("u",)), Literal("b"), Slot("x", ("u",)), Literal("c")), "repeat"),
    ],
)
def test_a_row_of_parts_that_is_no_grammar_is_refused(parts: tuple[Literal | Free | Slot, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Grammar(parts)
