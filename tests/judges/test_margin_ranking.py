"""Margins and utilities of rankings."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.engines import LabelDist
from assay.judges import margin, ranking


def places(utility: Mapping[str, float], order: str) -> dict[str, LabelDist]:
    """What a judge believes that obeys Plackett and Luce."""
    return {
        f"rank{k + 1}": LabelDist.of({letter: math.exp(utility[letter]) for letter in sorted(order[k:])})
        for k in range(len(order))
    }


def test_two_answers_have_the_log_odds_of_the_first_place() -> None:
    dists = {"rank1": LabelDist.of({"A": 3, "B": 1}), "rank2": LabelDist.of({"B": 1})}
    assert ranking.ranking_margin(dists, ("A", "B"), "A", "B") == pytest.approx(math.log(3))
    assert ranking.ranking_utilities(dists, ("A", "B")) == pytest.approx({"A": math.log(3) / 2, "B": -math.log(3) / 2})


def test_a_margin_is_the_mean_over_the_places_at_which_both_are_in_play() -> None:
    dists = {"rank1": LabelDist.of({"A": 4, "B": 2, "C": 1}), "rank2": LabelDist.of({"A": 9, "B": 8, "C": 1})}
    # A is picked first, so only place 1 knows it: 4 to 2; C and B are both in play at two places: 1 to 2, 1 to 8
    assert ranking.ranking_margin(dists, "ABC", "A", "B") == pytest.approx(math.log(2))
    assert ranking.ranking_margin(dists, "ABC", "C", "B") == pytest.approx(-(math.log(2) + math.log(8)) / 2)


@settings(deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=2, max_size=6))
def test_utilities_of_a_judge_that_obeys_the_model_come_back(u: list[float]) -> None:
    utility = dict(zip("ABCDEF", u, strict=False))
    order = "".join(sorted(utility, key=lambda letter: -utility[letter]))
    dists = places(utility, order)
    found = ranking.ranking_utilities(dists, order)
    assert found == pytest.approx({letter: value - np.mean(u) for letter, value in utility.items()}, abs=1e-9)
    for i in utility:
        for j in utility:
            if i != j:
                expected = utility[i] - utility[j]
                assert ranking.ranking_margin(dists, order, i, j) == pytest.approx(expected, abs=1e-9)
                assert ranking.ranking_margin(dists, order, i, j) == -ranking.ranking_margin(dists, order, j, i)


def test_utilities_share_out_what_does_not_add_up() -> None:
    dists = {"rank1": LabelDist.of({"A": 4, "B": 2, "C": 1}), "rank2": LabelDist.of({"B": 8, "C": 1})}
    # A-B log 2, A-C log 4, B-C (log 2 + log 8) / 2 = log 4: round the circle log 2 too much.  B-C counts twice,
    # so it takes half as much of that: 2/5, 2/5 and 1/5
    found = ranking.ranking_utilities(dists, "ABC")
    assert found["A"] - found["B"] == pytest.approx(0.6 * math.log(2))
    assert found["A"] - found["C"] == pytest.approx(2.4 * math.log(2))
    assert sum(found.values()) == pytest.approx(0, abs=1e-12)


def test_impossible_letters_are_bounded() -> None:
    dists = {"rank1": LabelDist.of({"A": 1, "B": 0, "C": 0}), "rank2": LabelDist.of({"B": 1, "C": 1})}
    assert ranking.ranking_margin(dists, "ABC", "A", "B") == margin.MOST_NATS
    assert ranking.ranking_margin(dists, "ABC", "B", "A") == -margin.MOST_NATS
    assert ranking.ranking_margin(dists, "ABC", "B", "C") == 0
    assert all(map(math.isfinite, ranking.ranking_utilities(dists, "ABC").values()))


def test_what_is_no_ranking_is_refused() -> None:
    dists = places({"A": 0.0, "B": 0.0}, "AB")
    for order, i, j in (("AB", "A", "C"), ("AA", "A", "A"), ("AB", "A", "A")):
        with pytest.raises(ValueError, match="two different letters"):
            ranking.ranking_margin(dists, order, i, j)
    with pytest.raises(ValueError, match="no distribution of rank2, only of rank1"):
        ranking.ranking_margin({"rank1": dists["rank1"]}, "CAB", "A", "B")
