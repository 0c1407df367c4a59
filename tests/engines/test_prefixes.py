"""Shared beginnings: every row has the longest that it shares, and no token is read more often than alone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.engines.prefixes import LEAST, Prefix, common, shared_prefixes

rows = st.lists(st.lists(st.integers(0, 2), min_size=1, max_size=12).map(tuple), max_size=12, unique=True)


def lengths(prefixes: list[Prefix], home: list[int | None]) -> list[int]:
    """Return the length of every row's own beginning, 0 where it has none."""
    return [0 if at is None else prefixes[at].length for at in home]


def read(rows: list[tuple[int, ...]], prefixes: list[Prefix], home: list[int | None]) -> int:
    """Return how many tokens are read in all."""
    nodes = sum(one.length - (0 if one.parent is None else prefixes[one.parent].length) for one in prefixes)
    return nodes + sum(len(row) - n for row, n in zip(rows, lengths(prefixes, home), strict=True))


def test_both_orders_of_two_pairs_make_a_tree() -> None:
    rubric, first, second = (7,) * 20, (1,) * 20, (2,) * 20
    prefixes, home = shared_prefixes(
        [(*rubric, *first, 1, 3), (*rubric, *second, 4), (*rubric, *first, 5), (*rubric, *second, 6)]
    )
    assert [(one.length, one.parent, one.depth) for one in prefixes] == [(20, None, 0), (40, 0, 1), (40, 0, 1)]
    assert home[0] == home[2] != home[1] == home[3]
    assert {*home} == {1, 2}


def test_a_beginning_is_worth_its_forward_from_sixteen_tokens_on() -> None:
    for n in (LEAST - 1, LEAST):
        prefixes, home = shared_prefixes([(*range(n), 100), (*range(n), 200)])
        assert len(prefixes) == (n == LEAST)
        assert home == ([0, 0] if n == LEAST else [None, None])


def test_a_row_that_is_the_beginning_of_another_keeps_its_last_token_to_read() -> None:
    prefixes, home = shared_prefixes([tuple(range(30)), tuple(range(40)), tuple(range(50))])
    assert [one.length for one in prefixes] == [29]  # 39 would add 10 only
    assert home == [0, 0, 0]


def test_rows_without_anything_in_common_have_no_tree() -> None:
    assert shared_prefixes([(1, 2), (3, 4)], least=1) == ([], [None, None])
    assert shared_prefixes([(1, 2)], least=1) == ([], [None])
    assert shared_prefixes([]) == ([], [])


@settings(deadline=None)
@given(rows, st.integers(1, 4))
def test_every_pair_is_read_together_as_far_as_it_is_alike(rows: list[tuple[int, ...]], least: int) -> None:
    prefixes, home = shared_prefixes(rows, least)
    for i, (row, n) in enumerate(zip(rows, lengths(prefixes, home), strict=True)):
        alike = max((common(row, other) for j, other in enumerate(rows) if j != i), default=0)
        # at most as far as any other row, at least so far that no more than `least` tokens are lost
        assert alike - least <= n <= min(alike, len(row) - 1)


@settings(deadline=None)
@given(rows, st.integers(1, 4))
def test_beginnings_are_true_stand_in_order_and_pay(rows: list[tuple[int, ...]], least: int) -> None:
    prefixes, home = shared_prefixes(rows, least)
    for number, one in enumerate(prefixes):
        before = 0
        if one.parent is not None:
            above = prefixes[one.parent]
            assert one.parent < number
            assert rows[above.row][: above.length] == rows[one.row][: above.length]
            before = above.length
        assert one.depth == (0 if one.parent is None else prefixes[one.parent].depth + 1)
        assert one.length - before >= least
        users = [i for i, at in enumerate(home) if at == number] + [k for k in prefixes if k.parent == number]
        assert users
    for row, at in zip(rows, home, strict=True):
        if at is not None:
            assert row[: prefixes[at].length] == rows[prefixes[at].row][: prefixes[at].length]
    assert read(rows, prefixes, home) <= sum(map(len, rows))


@settings(deadline=None)
@given(rows, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows: list[tuple[int, ...]], draw: object) -> None:
    turned = rows[::-1]
    assert lengths(*shared_prefixes(rows, 1)) == lengths(*shared_prefixes(turned, 1))[::-1]


def test_thousands_of_rows_that_each_go_on_from_the_one_before_are_no_trouble() -> None:
    rows = [(0,) * n for n in range(1, 2001)]
    prefixes, home = shared_prefixes(rows)
    assert read(rows, prefixes, home) < sum(map(len, rows)) / 10
    shuffled = shared_prefixes([(*range(n), 10_000 + n) for n in range(1, 2001)])
    assert len(shuffled[0]) > 100


@pytest.mark.parametrize("kinds", [(list, list), (tuple, tuple), (list, tuple), (tuple, list)])
@settings(deadline=None, max_examples=40)
@given(a=st.lists(st.integers(0, 1), max_size=6), b=st.lists(st.integers(0, 1), max_size=6))
def test_common_is_the_first_difference_whatever_holds_the_rows(kinds: tuple[type, type], a: object, b: object) -> None:
    left, right = kinds[0](a), kinds[1](b)
    n = 0
    while n < min(len(left), len(right)) and left[n] == right[n]:
        n += 1
    assert common(left, right) == n
