"""What a data set of the world looks like: variety, coverage, lengths, and whether its plan came true.

distinct-n is the number of different n-grams of words over their number (Li et al. 2016,
arXiv 1510.03055); it falls with the size of the sample, so it is compared at equal sizes only.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from .domain import World
from .plan import DOSE, plan_of, quirk_rate
from .world import Made, domain_of, stream

__all__ = ["QuirkRate", "Survey", "distinct_n", "survey"]

_WORD = re.compile(r"\w+|[^\w\s]")
_QUANTILES = (0.05, 0.5, 0.95)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuirkRate:
    """How often one quirk stands in the better and in the worse answers."""

    quirk: str
    """Its name."""
    better: tuple[float, float]
    """(found, planned) share of the better answers."""
    worse: tuple[float, float]
    """(found, planned) share of the worse answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """One data set, by n of its pairs."""

    name: str
    """domain/set."""
    n: int
    """Pairs looked at."""
    distinct: tuple[float, float, float]
    """distinct-1, -2 and -3 of the answers' words."""
    texts: float
    """Share of answers that occur once."""
    prompts: float
    """Share of prompts that occur once."""
    coverage: tuple[int, int]
    """Families × scenarios seen, and how many there are."""
    length_better: tuple[int, int, int]
    """5 %, 50 % and 95 % of the better answers' lengths, in characters."""
    length_worse: tuple[int, int, int]
    """The same of the worse answers."""
    length_prompt: tuple[int, int, int]
    """The same of the prompts."""
    kept: float
    """Share of labels that follow utility; .92 is planned."""
    quirks: tuple[QuirkRate, ...]
    """Rates of its quirks."""


def distinct_n(texts: Iterable[str], n: int) -> float:
    """Return the share of different n-grams of words.

    >>> distinct_n(["a b a b"], 2)  # a b, b a, a b
    0.6666666666666666
    """
    seen: set[tuple[str, ...]] = set()
    total = 0
    for text in texts:
        words = _WORD.findall(text.lower())
        grams = list(zip(*(words[i:] for i in range(n)), strict=False))
        seen.update(grams)
        total += len(grams)
    return len(seen) / max(total, 1)


def _lengths(texts: Sequence[str]) -> tuple[int, int, int]:
    low, middle, high = np.quantile([len(text) for text in texts], _QUANTILES).round().astype(int).tolist()
    return low, middle, high


def _once(texts: Sequence[str]) -> float:
    return len(set(texts)) / len(texts)


def survey(domain: str, which: str, *, n: int = 2000, seed: int = 0, dose: float = DOSE) -> Survey:
    """Make n pairs of a data set and look at them."""
    made: list[Made] = list(islice(stream(domain, which, seed=seed, dose=dose), n))
    plan = plan_of(domain, which, domain_of(domain).kinds, World(seed), dose)
    better, worse = [one.better.text for one in made], [one.worse.text for one in made]
    has = domain_of(domain).has
    return Survey(
        name=f"{domain}/{which}",
        n=n,
        distinct=(distinct_n(better + worse, 1), distinct_n(better + worse, 2), distinct_n(better + worse, 3)),
        texts=_once(better + worse),
        prompts=_once([one.task.prompt[-1].content for one in made]),
        coverage=(
            len({(one.task.family, one.task.scenario) for one in made}),
            len(plan.families) * len(domain_of(domain).scenarios),
        ),
        length_better=_lengths(better),
        length_worse=_lengths(worse),
        length_prompt=_lengths([one.task.prompt[-1].content for one in made]),
        kept=sum(one.prefers_better for one in made) / n,
        quirks=tuple(
            QuirkRate(
                quirk=quirk,
                better=(sum(has(text, quirk) for text in better) / n, quirk_rate(sign, dose, better=True)),
                worse=(sum(has(text, quirk) for text in worse) / n, quirk_rate(sign, dose, better=False)),
            )
            for quirk, sign in plan.signs.items()
        ),
    )
