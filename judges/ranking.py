"""From the distributions behind a ranking to utilities and margins (listwise rubrics).

A ranking is written best first.  Under Plackett and Luce's model the letter at each place is drawn
among those still in play with odds exp(u), so at every place

    log p(i) - log p(j) = u_i - u_j          for any two letters still in play.

A margin is the mean of these differences over the places at which both are in play, the letters
picked before being those of the ranking.  A judge need not obey the model: margins of several
letters then need not add up, and utilities are their least-squares fit.

Sources: Luce 1959, "Individual Choice Behavior"; Plackett 1975, "The Analysis of Permutations",
Applied Statistics 24; the fit of pairwise differences: Jiang, Lim, Yao and Ye 2011, "Statistical
ranking and combinatorial Hodge theory", Mathematical Programming 127.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from assay.engines import LabelDist

from .margin import MOST_NATS

__all__ = ["ranking_margin", "ranking_utilities"]


def ranking_margin(dists: Mapping[str, LabelDist], ranking: Sequence[str], i: str, j: str) -> float:
    """Return by how many nats letter i is preferred to letter j; exactly antisymmetric, within ± MOST_NATS.

    Args:
        dists: what the judge believed at rank1, rank2 …; a letter that a place did not offer is impossible there.
        ranking: the letters picked, best first.
        i: a letter of the ranking.
        j: another one.

    Raises:
        ValueError: a letter repeats or is none of the ranking, i is j, or a place has no distribution.

    >>> first = LabelDist.of({"A": 2, "B": 1, "C": 1})
    >>> second = LabelDist.of({"B": 1, "C": 4})
    >>> math.isclose(ranking_margin({"rank1": first, "rank2": second}, "ACB", "C", "B"), math.log(4) / 2)
    True
    """
    if len(set(ranking)) < len(ranking) or i not in ranking or j not in ranking or i == j:
        raise ValueError(f"two different letters of a ranking without repetition are needed, got {i}, {j} of {ranking}")
    places = min(ranking.index(i), ranking.index(j)) + 1
    return math.fsum(_difference(_at(dists, place), i, j) for place in range(places)) / places


def _at(dists: Mapping[str, LabelDist], place: int) -> Mapping[str, float]:
    name = f"rank{place + 1}"
    if name not in dists:
        raise ValueError(f"there is no distribution of {name}, only of {', '.join(dists) or 'nothing'}")
    return dict(zip(dists[name].labels, dists[name].logp.tolist(), strict=True))


def _difference(logp: Mapping[str, float], i: str, j: str) -> float:
    first, second = logp.get(i, -math.inf), logp.get(j, -math.inf)
    if first == second:
        return 0.0
    return min(max(first - second, -MOST_NATS), MOST_NATS)


def ranking_utilities(dists: Mapping[str, LabelDist], ranking: Sequence[str]) -> dict[str, float]:
    """Return a utility in nats per letter; they sum to 0, and differ by the margins where the model holds.

    Every two letters count once per place at which both are in play.

    Raises:
        ValueError: as for `ranking_margin`.
    """
    at = {letter: k for k, letter in enumerate(ranking)}
    pairs = list(combinations(ranking, 2))
    design = np.zeros((len(pairs), len(ranking)))
    margin = np.zeros(len(pairs))
    for row, (i, j) in enumerate(pairs):
        weight = math.sqrt(at[i] + 1)  # combinations keep the order: i stands before j
        design[row, [at[i], at[j]]] = weight, -weight
        margin[row] = weight * ranking_margin(dists, ranking, i, j)
    fitted = np.linalg.lstsq(design, margin, rcond=None)[0]  # of least norm, hence of sum 0
    return {letter: float(fitted[k]) for letter, k in at.items()}
