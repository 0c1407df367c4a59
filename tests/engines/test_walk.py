"""The finish guard: any answer ends within its budget, and is one of the grammar."""

from __future__ import annotations

import random
import re
import tempfile
from functools import cache
from pathlib import Path

import pytest
from families import FAMILIES, tokens
from grammars import RANKING, TWO_REASONS, VERDICT, grammars
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.engines import Grammar
from assay.engines.bytes_tokens import ByteTokens
from assay.engines.index import TokenIndex, token_index
from assay.engines.tokens import Tokens, exact
from assay.engines.walk import Walk

VIEWS: dict[str, Tokens] = {**{family: tokens(family) for family in FAMILIES}, "bytes": ByteTokens()}


@cache
def folder() -> tempfile.TemporaryDirectory[str]:
    """A cache of compiled strings for this run, removed when it ends."""
    return tempfile.TemporaryDirectory()


def built(grammar: Grammar, view: Tokens) -> TokenIndex:
    return token_index(grammar, view, Path(folder().name))


def random_answer(index: TokenIndex, budget: int, seed: int) -> tuple[list[int], Walk]:
    walk, ids, draw = Walk(index, budget), [], random.Random(seed)
    while not walk.done:
        allowed = walk.allowed()
        assert len(allowed)
        ids.append(int(allowed[draw.randrange(len(allowed))]))
        walk.advance(ids[-1])
    return ids, walk


@settings(deadline=None, max_examples=500)
@given(grammars(), st.sampled_from([*VIEWS]), st.integers(0, 60) | st.just(0), st.integers(0, 2**32))
def test_every_answer_is_whole_at_any_budget_from_the_minimum(
    grammar: Grammar, name: str, spare: int, seed: int
) -> None:
    view = VIEWS[name]
    index = built(grammar, view)
    ids, walk = random_answer(index, index.min_tokens + spare, seed)
    text = view.write(ids)
    assert len(ids) <= index.min_tokens + spare
    assert ids[-1] == view.eos_id
    assert re.fullmatch(grammar.regex, text), text
    assert grammar.match(text) is not None
    assert walk.left == index.min_tokens + spare - len(ids)


@settings(deadline=None, max_examples=100)
@given(grammars(), st.sampled_from([*VIEWS]), st.integers(0, 30), st.integers(0, 2**32))
def test_no_budget_closes_a_label(grammar: Grammar, name: str, spare: int, seed: int) -> None:
    """The belief at a slot never depends on how long the reasons were."""
    index = built(grammar, VIEWS[name])
    walk, draw = Walk(index, index.min_tokens + spare), random.Random(seed)
    while not walk.done:
        allowed = walk.allowed()
        if index.free_region(walk.state) is None:
            assert allowed.tolist() == index.allowed(walk.state).tolist()
        walk.advance(int(allowed[draw.randrange(len(allowed))]))


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@pytest.mark.parametrize("grammar", [VERDICT, TWO_REASONS, RANKING], ids=["verdict", "reasons", "ranking"])
def test_one_token_below_the_minimum_is_refused_with_both_figures(view: Tokens, grammar: Grammar) -> None:
    index = built(grammar, view)
    least = index.min_tokens
    with pytest.raises(ValueError, match=rf"budget of {least - 1} tokens .* at least {least}"):
        Walk(index, least - 1)
    ids, walk = random_answer(index, least, 0)
    assert len(ids) <= least
    assert walk.done


@pytest.mark.parametrize("family", FAMILIES)
def test_what_fits_is_written_as_wanted(family: str) -> None:
    view = tokens(family)
    index = built(VERDICT, view)
    said = '{"rationale":"', "It is right.", '","criteria":{"c1":"', "A", '","c2":"', "=", '"}}'
    ids = [token for piece in said for token in exact(view, piece)] + [view.eos_id]
    walk = Walk(index, len(ids) + 9)  # the usual closing may be a little longer than the shortest one
    assert [walk.want(token) for token in ids] == ids
    assert (walk.done, walk.steered) == (True, False)


def test_what_does_not_fit_is_steered_out_the_shortest_way() -> None:
    view = ByteTokens()
    index = built(VERDICT, view)
    walk = Walk(index, index.min_tokens + 2)
    written = [walk.want(token) for token in b'{"rationale":"Yes']
    assert bytes(written) == b'{"rationale":"Ye"'
    assert walk.steered


def test_a_character_that_would_not_fit_is_not_begun() -> None:
    view = ByteTokens()
    walk = Walk(built(VERDICT, view), built(VERDICT, view).min_tokens + 1)
    for token in b'{"rationale":"':
        walk.advance(token)
    assert 0xC3 not in walk.allowed()  # é takes two bytes, one is spare
    assert ord("e") in walk.allowed()


def test_the_grammar_is_not_negotiable() -> None:
    walk = Walk(built(VERDICT, ByteTokens()), 200)
    with pytest.raises(ValueError, match="forbids token 65"):
        walk.want(ord("A"))
    with pytest.raises(ValueError, match="forbids"):
        walk.advance(ord("A"))


def test_advance_refuses_what_does_not_fit() -> None:
    index = built(VERDICT, ByteTokens())
    walk = Walk(index, index.min_tokens)
    for token in b'{"rationale":"':
        walk.advance(token)
    with pytest.raises(ValueError, match="does not fit"):
        walk.advance(ord("Y"))


def lengths(spare: int, first: int) -> list[int]:
    """Return how many bytes two reasons get, where the first wants `first` bytes and the second all it can get."""
    index = built(TWO_REASONS, ByteTokens())
    walk, counts = Walk(index, index.min_tokens + spare), [0, 0]
    while not walk.done:
        region = index.free_region(walk.state)
        if region is None:
            walk.want(int(index.allowed(walk.state)[0]))
        else:
            full = region == 0 and counts[0] == first
            counts[region] += walk.want(ord('"') if full else ord("x")) == ord("x")
    return counts


def test_two_greedy_reasons_share_what_is_spare() -> None:
    assert lengths(spare=20, first=99) == [10, 10 + 1]  # + 1: "1" was taken, "na" was reserved for


def test_what_the_first_reason_leaves_goes_to_the_second() -> None:
    assert lengths(spare=20, first=4) == [4, 16 + 1]


def test_an_odd_token_goes_to_the_second_reason() -> None:
    assert lengths(spare=5, first=99) == [2, 3 + 1]
