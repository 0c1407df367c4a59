"""Every row is seen once an epoch, by one process, in a forward that fits the budget."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.fit_batches import Part, Plan, cut

LENGTHS = st.lists(st.integers(1, 50), min_size=1, max_size=40).map(tuple)
WORLDS = st.integers(1, 4)


def plan(lengths: tuple[int, ...], rows: int = 8, tokens: int | None = 64, seed: int = 0, steps: int = -1) -> Plan:
    return Plan(lengths=lengths, batch_rows=rows, batch_tokens=tokens, epochs=2.0, max_steps=steps, seed=seed)


def test_ten_rows_in_steps_of_four_make_three_steps_an_epoch() -> None:
    assert plan((1,) * 10, rows=4).steps_per_epoch == 3  # 4 + 4 + 2
    assert plan((1,) * 10, rows=4).steps == 6
    assert plan((1,) * 10, rows=4, steps=5).steps == 5


def test_half_an_epoch_of_three_steps_is_two_steps() -> None:
    half = Plan(lengths=(1,) * 10, batch_rows=4, batch_tokens=None, epochs=0.5, max_steps=-1, seed=0)
    assert half.steps == 2  # ⌈1.5⌉


def test_a_piece_ends_where_the_budget_is_full() -> None:
    assert cut([10, 10, 10, 10, 10], budget=20) == [slice(0, 2), slice(2, 4), slice(4, 5)]


def test_padding_is_worth_a_forward_from_256_tokens_on() -> None:
    # one forward: 3 × 900 + 256 = 2,956; the short row apart: 2 × 900 + 645 + 2 × 256 = 2,957, or with 644 as much
    assert cut([900, 900, 645], budget=9999) == [slice(0, 3)]
    assert cut([900, 900, 644], budget=9999) == [slice(0, 2), slice(2, 3)]


@given(st.lists(st.integers(1, 2000), min_size=1, max_size=9), st.integers(500, 4000), WORLDS)
@settings(deadline=None)
def test_no_other_way_to_cut_is_cheaper(lengths: list[int], budget: int, world: int) -> None:
    lengths.sort(reverse=True)

    def cost(pieces: list[slice]) -> float:
        total = 0
        for piece in pieces:
            rows = -(-(piece.stop - piece.start) // world)
            if rows > 1 and rows * lengths[piece.start] > budget:
                return float("inf")
            total += rows * lengths[piece.start] + 256
        return total

    ways = []
    for marks in product((False, True), repeat=len(lengths) - 1):
        edges = [0, *(i + 1 for i, mark in enumerate(marks) if mark), len(lengths)]
        ways.append(cost([slice(*ends) for ends in pairwise(edges)]))
    assert cost(cut(lengths, budget, world)) == min(ways)


def test_without_a_budget_a_step_is_one_forward() -> None:
    assert cut([900, 5, 1], budget=None) == [slice(0, 3)]


def test_two_processes_share_each_piece() -> None:
    both = plan((5, 6, 7), rows=3)
    assert both.parts(0, 0, 2) == [Part((2, 0), counted=True)]
    assert both.parts(0, 1, 2) == [Part((1,), counted=True)]


def test_a_process_without_a_row_repeats_one_that_does_not_count() -> None:
    assert plan((5,)).parts(0, 1, 2) == [Part((0,), counted=False)]


@given(LENGTHS, st.integers(1, 9), WORLDS)
@settings(deadline=None)
def test_every_row_counts_once_an_epoch_whatever_the_number_of_processes(
    lengths: tuple[int, ...], rows: int, world: int
) -> None:
    whole = plan(lengths, rows)
    for epoch in range(2):
        steps = range(epoch * whole.steps_per_epoch, (epoch + 1) * whole.steps_per_epoch)
        parts = [part for step in steps for rank in range(world) for part in whole.parts(step, rank, world)]
        seen = Counter(row for part in parts if part.counted for row in part.rows)
        assert seen == dict.fromkeys(range(len(lengths)), 1)


@given(LENGTHS, st.integers(1, 60), WORLDS)
@settings(deadline=None)
def test_a_forward_keeps_to_the_budget_unless_it_is_a_single_row(
    lengths: tuple[int, ...], tokens: int, world: int
) -> None:
    for rank in range(world):
        for part in plan(lengths, len(lengths), tokens).parts(0, rank, world):
            longest = max(lengths[row] for row in part.rows)
            assert len(part.rows) == 1 or len(part.rows) * longest <= tokens


@given(LENGTHS, WORLDS)
@settings(deadline=None)
def test_all_processes_make_as_many_forwards(lengths: tuple[int, ...], world: int) -> None:
    whole = plan(lengths)
    assert len({len(whole.parts(0, rank, world)) for rank in range(world)}) == 1


@given(LENGTHS, WORLDS)
@settings(deadline=None)
def test_a_step_holds_the_same_rows_on_any_number_of_processes(lengths: tuple[int, ...], world: int) -> None:
    whole = plan(lengths)
    parts = [part for rank in range(world) for part in whole.parts(0, rank, world) if part.counted]
    assert sorted(row for part in parts for row in part.rows) == sorted(whole.rows(0))


def test_epochs_and_seeds_have_orders_of_their_own() -> None:
    first = plan((1,) * 32, rows=32)
    orders = {first.rows(0), first.rows(1), plan((1,) * 32, rows=32, seed=1).rows(0)}
    assert len(orders) == 3
    assert first.rows(0) == plan((1,) * 32, rows=32).rows(0)


def test_no_rows_are_refused() -> None:
    with pytest.raises(ValueError, match="no rows"):
        plan(())
