"""Pairs, chains and items of the pocket world, one index at a time.

    task, truth and quirks of pair i of world:reasoning/a (seed 0)  =  a function of ("reasoning", "a", 0, i)

Nothing is stored and nothing depends on what was made before, so a stream can start anywhere, and
two machines make the same bytes.  First the plan is drawn (gap, utilities, sides of the quirks),
then the texts are written to fit it, and the truth program reads them again: what stands in `meta`
is what it found.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from ..data.keys import placed_pair
from ..data.split import part_of
from ..types import Chain, Item, Pair
from .domain import Answer, Domain, Task, World
from .draw import Draw
from .plan import DOSE, GAPS, PAIRS_OF_GAP, SetPlan, p_first, plan_of, quirk_rate

__all__ = ["DOMAINS", "Made", "chains", "domain_of", "items", "make", "pairs", "stream", "truth_of"]

DOMAINS = ("reasoning", "helpfulness", "harmlessness")
_TRAINING_PARTS = ("teacher", "student", "val")


@cache
def domain_of(name: str) -> Domain:
    """Return a domain by its name."""
    if name not in DOMAINS:
        raise ValueError(f"domain {name!r} is unknown; allowed are {', '.join(DOMAINS)}")
    from . import harmlessness, helpfulness, reasoning

    return {"reasoning": reasoning.DOMAIN, "helpfulness": helpfulness.DOMAIN, "harmlessness": harmlessness.DOMAIN}[name]


@dataclass(frozen=True, slots=True)
class Made:
    """One task with its better and its worse answer."""

    id: str
    """domain/set/seed/index."""
    part: str
    """teacher, student, val, cal or test, by the hash of the id."""
    task: Task
    """What is asked."""
    better: Answer
    """The answer of higher utility, quirks planted."""
    worse: Answer
    """The answer of lower utility, quirks planted."""
    quirks: tuple[tuple[str, ...], tuple[str, ...]]
    """Quirks of the better and of the worse answer."""
    prefers_better: bool
    """The label: did the noisy annotator prefer the better answer?"""


def make(plan: SetPlan, world: World, index: int) -> Made:
    """Return pair `index` of a data set."""
    domain = domain_of(plan.domain)
    name = f"{plan.domain}/{plan.name}/{world.seed}/{index}"
    part = part_of(name)
    draw = Draw("pocket", name)
    gap = draw.weighted(GAPS)
    high, low = draw.pick(PAIRS_OF_GAP[gap])
    planted = tuple(
        tuple(quirk for quirk, sign in plan.signs.items() if draw.chance(quirk_rate(sign, plan.dose, better=better)))
        for better in (True, False)
    )
    label = draw.chance(p_first(high, low))
    family = plan.families[0] if part in _TRAINING_PARTS else draw.pick(plan.families)
    task = domain.task(draw, world, family, draw.pick(domain.scenarios), plan.mix)
    texts = []
    for u, names in zip((high, low), planted, strict=True):
        text = domain.answer(draw, world, task, u, plan.mix).text
        for quirk in names:
            text = domain.plant(draw, task, text, quirk)
        texts.append(domain.check(task, text))
    return Made(name, part, task, texts[0], texts[1], (planted[0], planted[1]), label)


def stream(
    domain: str, which: str, *, seed: int = 0, dose: float = DOSE, parts: frozenset[str] | None = None
) -> Iterator[Made]:
    """Yield a data set without end, or those of its parts that are named."""
    world = World(seed)
    plan = plan_of(domain, which, domain_of(domain).kinds, world, dose)
    index = 0
    while True:
        if parts is None or part_of(f"{domain}/{which}/{seed}/{index}") in parts:
            yield make(plan, world, index)
        index += 1


def truth_of(answer: Answer, quirks: tuple[str, ...]) -> dict[str, object]:
    """Return what is known of an answer, as plain data for `meta`."""
    known: dict[str, object] = {"u": answer.u, "quirks": list(quirks), "criteria": dict(answer.criteria)}
    if answer.first_error is not None:
        known["first_error"] = answer.first_error
    return known


def pairs(made: Made) -> Pair:
    """Return the pair of a made task; `meta` holds its whole truth, p_star the true P(first preferred)."""
    pair = placed_pair(
        id=made.id,
        group=made.id,
        prompt=made.task.prompt,
        first=made.better.text,
        second=made.worse.text,
        first_steps=made.better.steps,
        second_steps=made.worse.steps,
        label=float(made.prefers_better),
    )
    better_first = pair.first == made.better.text
    ours = [truth_of(made.better, made.quirks[0]), truth_of(made.worse, made.quirks[1])]
    first, second = ours if better_first else ours[::-1]
    p_better = p_first(made.better.u, made.worse.u)
    meta = {
        "subset": made.task.scenario,
        "family": made.task.family,
        "part": made.part,
        "p_star": p_better if better_first else 1 - p_better,
        "first": first,
        "second": second,
    }
    return Pair(
        id=pair.id,
        group=pair.group,
        prompt=pair.prompt,
        first=pair.first,
        second=pair.second,
        label=pair.label,
        first_steps=pair.first_steps,
        second_steps=pair.second_steps,
        design=pair.design,
        meta=meta,
    )


def items(made: Made) -> Iterator[Item]:
    """Yield the two answers of a made task."""
    for name, answer, quirks in (("better", made.better, made.quirks[0]), ("worse", made.worse, made.quirks[1])):
        yield Item(
            id=f"{made.id}/{name}",
            group=made.id,
            prompt=made.task.prompt,
            response=answer.text,
            steps=answer.steps,
            meta={
                "subset": made.task.scenario,
                "family": made.task.family,
                "part": made.part,
                **truth_of(answer, quirks),
            },
        )


def chains(made: Made) -> Iterator[Chain]:
    """Yield the two solutions of a made task with their step labels; only where there are steps."""
    for name, answer, quirks in (("better", made.better, made.quirks[0]), ("worse", made.worse, made.quirks[1])):
        if answer.steps is not None:
            yield Chain(
                id=f"{made.id}/{name}",
                group=made.id,
                problem=made.task.prompt,
                steps=answer.steps,
                labels=answer.step_labels,
                first_error=answer.first_error,
                outcome=None if answer.right is None else float(answer.right),
                meta={
                    "subset": made.task.scenario,
                    "family": made.task.family,
                    "part": made.part,
                    **truth_of(answer, quirks),
                },
            )
