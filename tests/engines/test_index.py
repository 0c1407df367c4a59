"""The token automaton: its language is the grammar's, its distances are exact, its tokens canonical."""

from __future__ import annotations

import re
from collections import deque
from pathlib import Path

import numpy as np
import pytest
from families import FAMILIES, tokens
from grammars import RANKING, TWO_REASONS, VERDICT, ranking, row
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.engines import Free, Grammar, Literal, Slot
from assay.engines.bytes_tokens import ByteTokens
from assay.engines.free_index import FAR, free_index
from assay.engines.grammar import STRING_BODY
from assay.engines.index import TokenIndex, token_index
from assay.engines.tokens import Tokens, exact
from assay.errors import InputError

VIEWS: dict[str, Tokens] = {**{family: tokens(family) for family in FAMILIES}, "bytes": ByteTokens()}


def built(grammar: Grammar, view: Tokens) -> TokenIndex:
    return token_index(grammar, view, None)


def states(index: TokenIndex) -> dict[int, dict[int, int]]:
    """Return every state that can be reached, with its edges, by asking `allowed` and `step` only."""
    seen: dict[int, dict[int, int]] = {}
    new = [index.start]
    while new:
        state = new.pop()
        if state not in seen:
            steps = {int(token): index.step(state, int(token)) for token in index.allowed(state)}
            seen[state] = {token: to for token, to in steps.items() if to is not None}
            assert len(seen[state]) == len(steps)
            new += seen[state].values()
    return seen


def distances(index: TokenIndex, edges: dict[int, dict[int, int]]) -> dict[int, int]:
    """Repeat the definition until nothing changes: the longest label at a slot, the shortest way elsewhere."""
    found = dict.fromkeys(edges, FAR) | {index.done: 0}
    while True:
        before = dict(found)
        for state in edges.keys() - {index.done}:
            ways = [before[to] + 1 for to in edges[state].values()]
            found[state] = min(ways) if index.free_region(state) is not None else max(ways)
        if found == before:
            return found


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
@pytest.mark.parametrize("grammar", [VERDICT, TWO_REASONS, RANKING], ids=["verdict", "reasons", "ranking"])
def test_distances_are_those_of_brute_force(view: Tokens, grammar: Grammar) -> None:
    index = built(grammar, view)
    edges = states(index)
    assert {state: int(index.distance[state]) for state in edges} == distances(index, edges)
    assert index.min_tokens == index.distance[index.start]


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_with_labels_of_one_token_the_minimum_is_the_shortest_answer(view: Tokens) -> None:
    index = built(VERDICT, view)
    queue, seen = deque([(index.start, 0)]), {index.start}
    while queue:
        state, n = queue.popleft()
        if state == index.done:
            break
        for to in {to for token in index.allowed(state) if (to := index.step(state, int(token))) is not None} - seen:
            seen.add(to)
            queue.append((to, n + 1))
    assert n == index.min_tokens


def test_the_minimum_counts_the_longest_label() -> None:
    index = built(row(Slot("x", ("A", "AB", "tie"))), ByteTokens())
    assert index.min_tokens == len('{"x":"') + len("tie") + len('"}') + 1  # the end token


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_where_a_slot_begins_is_known_and_its_paths_lead_to_one_place(view: Tokens) -> None:
    index = built(row(Slot("x", ("A", "B", "tie"))), view)
    run, state = index.forced(index.start)
    assert run == exact(view, '{"x":"')
    assert (index.slot_at(index.start), index.slot_at(state)) == (None, "x")
    assert {label: list(path) for label, path in index.paths(state).items()} == {
        label: exact(view, label) for label in ("A", "B", "tie")
    }
    ends = set()
    for path in index.paths(state).values():
        at: int | None = state
        for token in path:
            assert at is not None
            at = index.step(at, token)
        ends.add(at)
    [end] = ends
    assert end is not None
    assert index.forced(end) == ([*exact(view, '"}'), view.eos_id], index.done)


def test_a_label_that_begins_another_is_decided_by_the_literal_behind() -> None:
    view = ByteTokens()
    index = built(row(Slot("x", ("A", "AB"))), view)
    _, state = index.forced(index.start)
    assert {label: bytes(path) for label, path in index.paths(state).items()} == {"A": b'A"', "AB": b"AB"}
    after_a = index.step(state, ord("A"))
    assert after_a is not None
    assert bytes(index.allowed(after_a).tolist()) == b'"B'


def test_labels_and_text_behind_that_begin_with_the_same_byte_are_refused() -> None:
    grammar = Grammar((Literal("<"), Slot("x", ("a", "aè")), Literal("é")))  # è = C3 A8, é = C3 A9
    with pytest.raises(InputError, match="same token"):
        built(grammar, ByteTokens())


def test_forced_runs_stop_before_a_slot_of_one_label() -> None:
    index = built(row(Slot("x", ("only",))), ByteTokens())
    run, state = index.forced(index.start)
    assert bytes(run) == b'{"x":"'
    assert index.slot_at(state) == "x"
    assert index.forced(state) == ([], state)


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_the_language_of_a_ranking_is_its_permutations(view: Tokens) -> None:
    index = built(RANKING, view)
    found, new = set(), [(index.start, "")]
    while new:
        state, text = new.pop()
        if state == index.done:
            found.add(text)
        for token in index.allowed(state).tolist():
            to = index.step(state, token)
            assert to is not None
            new.append((to, text + view.write([token])))
    assert len(found) == 3 * 2 * 1
    assert all(re.fullmatch(RANKING.regex, text) and RANKING.match(text) for text in found)


def test_a_ranking_of_five_stays_small() -> None:
    index = built(ranking(5), ByteTokens())
    assert len(index.distance) < 5 * 4 * 3 * 2 * 20
    assert index.min_tokens == len('["1","2","3","4","5"]') + 1


def test_a_ranking_with_more_places_than_labels_is_refused() -> None:
    parts = (Literal('"'), Slot("a", ("1",)), Literal('","'), Slot("b", ("1",), ("a",)), Literal('"'))
    with pytest.raises(InputError, match="taken by earlier places"):
        built(Grammar(parts), ByteTokens())


@pytest.mark.parametrize("view", VIEWS.values(), ids=VIEWS)
def test_inside_a_string_the_tokens_are_those_of_outlines_core(view: Tokens) -> None:
    """Where no quote is in the token, both automata allow the same; a quote may only close into the literal."""
    from outlines_core import Index, Vocabulary

    index = built(VERDICT, view)
    ids_of: dict[bytes, list[int]] = {}
    for token, piece in enumerate(view.bytes_of):
        if piece:
            ids_of.setdefault(piece, []).append(token)
    theirs = Index(STRING_BODY + '"', Vocabulary(view.eos_id, ids_of))
    edges = theirs.get_transitions()
    pairs, seen = [(index.forced(index.start)[1], theirs.get_initial_state())], set()
    while pairs:
        pair = pairs.pop()
        if pair in seen:
            continue
        seen.add(pair)
        mine, other = pair
        inside = {
            token: to
            for token in index.allowed(mine).tolist()
            if (to := index.step(mine, token)) is not None and index.free_region(to) == 0
        }
        expected = {token: to for token, to in edges[other].items() if not theirs.is_final_state(to)}
        assert inside.keys() == expected.keys()
        pairs += [(to, expected[token]) for token, to in inside.items()]
    assert len(seen) > 10


@pytest.mark.parametrize("family", FAMILIES)
def test_merged_tokens_cross_into_the_closing_literal(family: str) -> None:
    view = tokens(family)
    index = built(VERDICT, view)
    _, start = index.forced(index.start)
    [merged] = [token for token, piece in enumerate(view.bytes_of) if piece == b'.","']
    behind = index.step(start, merged)
    assert behind is not None
    run, state = index.forced(behind)
    assert run == exact(view, 'criteria":{"c1":"')
    assert index.slot_at(state) == "c1"


def test_no_token_of_the_string_goes_beyond_the_closing_literal() -> None:
    view = tokens("gemma")
    assert b'.","label":"1"},"' in view.bytes_of  # it would swallow the label
    index = built(
        Grammar((Literal('{"why":"'), Free("w"), Literal('","label":"'), Slot("l", ("1", "5")), Literal('"}'))), view
    )
    _, start = index.forced(index.start)
    pieces = [view.bytes_of[token] or b"" for token in index.allowed(start).tolist()]
    assert b'.","label":"' in pieces
    assert not any(b"1" in piece and b'"' in piece for piece in pieces)


def test_a_crossing_never_splits_a_character() -> None:
    class Half(ByteTokens):
        bytes_of = (*ByteTokens.bytes_of, b'."\xc3', '."é'.encode())
        size = len(bytes_of)

    free = free_index('"é":"', Half(), None)
    assert sorted(set(-free.nexts[free.nexts < 0])) == [1, 3]
    index = built(Grammar((Literal('"'), Free("w"), Literal('"é":"'), Slot("l", ("a",)), Literal('"'))), Half())
    _, start = index.forced(index.start)
    assert index.step(start, Half.size - 2) is None
    assert index.step(start, Half.size - 1) is not None


def test_affordable_tokens_are_those_with_a_way_to_the_end() -> None:
    view = tokens("qwen")
    index = built(TWO_REASONS, view)
    for state, edges in states(index).items():
        for left in (*range(1, index.min_tokens + 3), FAR):
            expected = [token for token in sorted(edges) if index.distance[edges[token]] <= left - 1]
            assert index.affordable(state, left).tolist() == expected
        assert np.all(np.diff(index.allowed(state)) > 0)


def test_a_shortest_way_loses_one_token_of_distance_each_step() -> None:
    index = built(TWO_REASONS, tokens("mistral"))
    for state, edges in states(index).items():
        if edges and index.free_region(state) is not None:
            token = index.shortest(state)
            nearest = min(index.distance[to] for to in edges.values())
            assert index.distance[edges[token]] == nearest == index.distance[state] - 1
            assert token == min(token for token, to in edges.items() if index.distance[to] == nearest)


def test_a_label_that_the_tokenizer_changes_is_refused() -> None:
    with pytest.raises(InputError, match="come back unchanged"):
        built(row(Slot("x", ("cafe\u0301",))), tokens("qwen"))


def test_a_tokenizer_that_cannot_close_a_string_is_refused() -> None:
    class NoQuote(ByteTokens):
        bytes_of = tuple(None if token == ord('"') else piece for token, piece in enumerate(ByteTokens.bytes_of))

    with pytest.raises(InputError):
        free_index('"}', NoQuote(), None)


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_a_path_of_any_label_ends_where_the_next_literal_begins(data: st.DataObject) -> None:
    labels = data.draw(st.lists(st.text("AB1=é ", min_size=1, max_size=4), min_size=1, max_size=6, unique=True))
    view = data.draw(st.sampled_from([*VIEWS.values()]))
    index = built(row(Slot("x", tuple(labels))), view)
    _, state = index.forced(index.start)
    for label, path in index.paths(state).items():
        at = state
        for token in path:
            to = index.step(at, token)
            assert to is not None
            at = to
        run, end = index.forced(at)
        assert end == index.done
        assert view.write([*path, *run]) == f'{label}"}}'


def test_the_default_cache_lies_in_the_users_cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    token_index(VERDICT, ByteTokens())
    assert len([*(tmp_path / "assay" / "index").iterdir()]) == 1
