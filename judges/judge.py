"""A rubric and an engine make a judge: a scorer of answers, pairs and groups of answers.

Everything goes the same way.  What there is to judge becomes requests (asking.py), the engine
answers them, the answers become judgements, and these become scores, margins or rankings
(conclude.py).  `verdicts` gives the judgements themselves, with labels, rationales and
distributions; `scores`, `margins` and `rankings` conclude from judgements at hand and ask nothing.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import get_args

from assay.engines import Completion, Engine, Request
from assay.errors import InputError
from assay.types import Family, Item, Margins, Pair, Scores

from . import conclude
from .asking import Asked, Judgement, Sheet, judgements, sheets
from .cases import Case, Draw, Orders, Record, case_of, order_of, orderings, views
from .conclude import Ranking
from .prompt import judge_prompt, variable_values
from .rubric import Rubric

__all__ = ["Judge"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Judge:
    """A `PairScorer` that asks a language model by a rubric.

    Every argument is checked when the judge is made, and everything that can be wrong with a
    record before the engine is asked at all.
    """

    rubric: Rubric
    """What is asked, and what is made of the answers."""
    engine: Engine
    """Who answers."""
    name: str = ""
    """Unique in a report; "" = the rubric's."""
    method: str = "rubric"
    """How the judge came to be."""
    samples: int = 1
    """How many times each view is asked; all must be whole verdicts, else the record is unscored: a mean over
    those that came through would favour what is easy to say."""
    temperature: float | None = None
    """Of sampling; None = 0 for one sample, 1 for more."""
    orders: Orders = "both"
    """In which orders answers are shown: ab = as they stand in the record, ba = the other way round."""
    apart: bool = False
    """Whether each criterion is a request of its own, so that none can colour the next."""
    shuffle: int = 0
    """How many orders of the criteria there are; each record draws one, and for pairs whether the answer shown
    first is called A or B.  Few orders, because judgements in one order share their prompt up to the answers.
    0 = criteria as they stand, A shown first."""
    budget: int | None = None
    """Tokens of an answer at most; None = the least that any verdict needs, plus the rubric's for reasons."""
    think: int = 0
    """Tokens of free thought at most, for models that think."""
    seed: int = 0
    """Of samples and shuffling."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """Values of the rubric's variables."""
    on_progress: Callable[[int, int], object] | None = None
    """Called with (answers so far, answers in all)."""
    _sheets: dict[tuple[bool, int, int], tuple[Sheet, ...]] = field(init=False, repr=False, default_factory=dict)
    _orderings: tuple[tuple[int, ...], ...] = field(init=False, repr=False, default=())
    _fingerprint: str = field(init=False, repr=False, default="")

    def __post_init__(self) -> None:
        for name, least in (("samples", 1), ("shuffle", 0), ("budget", 1), ("think", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise ValueError(f"judge: {name} must be >= {least}, got {value!r}")
        if self.temperature is not None and not 0 <= self.temperature < math.inf:
            raise ValueError(f"judge: temperature must be finite and >= 0, got {self.temperature!r}")
        if self.orders not in get_args(Orders):
            raise ValueError(f"judge: orders must be one of {', '.join(get_args(Orders))}; got {self.orders!r}")
        rubric = self.rubric
        if self.orders != "both" and rubric.mode == "pointwise":
            raise InputError(f"rubric {rubric.name!r} is pointwise and sees no order; leave orders out")
        if self.apart and (rubric.mode == "listwise" or not rubric.criteria):
            raise InputError(f"rubric {rubric.name!r}: no criterion is judged by itself; leave apart out")
        variable_values(rubric, self.variables)
        ids = [one.id for one in rubric.criteria]  # not the fingerprint: new weights must not change a prompt
        object.__setattr__(self, "name", self.name or rubric.name)
        object.__setattr__(self, "_orderings", orderings(ids, self.shuffle, self.seed))
        object.__setattr__(self, "_fingerprint", rubric.fingerprint)

    @property
    def family(self) -> Family:
        """Always `judge`."""
        return "judge"

    def score(self, items: Sequence[Item]) -> Scores:
        """Return the expected score of every item; see `conclude.scores`.

        Raises:
            InputError: the rubric only compares; or see `verdicts`.
        """
        return self.scores(items, self.verdicts(items))

    def compare(self, pairs: Sequence[Pair]) -> Margins:
        """Return the log-odds that the first answer is better; see `conclude.margins`.

        Raises:
            InputError: see `verdicts`.
        """
        return self.margins(pairs, self.verdicts(pairs))

    def rank(self, groups: Sequence[Sequence[Item]]) -> tuple[Ranking, ...]:
        """Return an order of the answers of every group; see `conclude.Ranking`.

        Raises:
            InputError: see `verdicts`.
        """
        return self.rankings(groups, self.verdicts(groups))

    async def ascore(self, items: Sequence[Item]) -> Scores:
        """Do as `score` does, without holding up the event loop."""
        return self.scores(items, await self.averdicts(items))

    async def acompare(self, pairs: Sequence[Pair]) -> Margins:
        """Do as `compare` does, without holding up the event loop."""
        return self.margins(pairs, await self.averdicts(pairs))

    async def arank(self, groups: Sequence[Sequence[Item]]) -> tuple[Ranking, ...]:
        """Do as `rank` does, without holding up the event loop."""
        return self.rankings(groups, await self.averdicts(groups))

    def verdicts(self, records: Sequence[Record]) -> tuple[Judgement, ...]:
        """Return every judgement of items, pairs or groups: by record, view and sample.

        Raises:
            InputError: nothing can be asked of a record (a single answer and a rubric that compares, a reference
                is missing, a group mixes prompts), the rubric's template is wrong, the tokenizer cannot write
                a verdict, or the budget is too small for any.
            ValueError: an id occurs twice.
        """
        asked = self._asked(records)
        return tuple(judgements(asked, self._answers([one.request for one in asked])))

    async def averdicts(self, records: Sequence[Record]) -> tuple[Judgement, ...]:
        """Do as `verdicts` does, without holding up the event loop; progress is not told."""
        asked = await asyncio.to_thread(self._asked, records)
        requests = [one.request for one in asked]
        run = getattr(self.engine, "arun", None)
        answers = await (run(requests) if run else asyncio.to_thread(self.engine.run, requests))
        return tuple(judgements(asked, answers))

    def scores(self, items: Sequence[Item], found: Sequence[Judgement]) -> Scores:
        """Return the scores that judgements at hand come to."""
        return conclude.scores(self.rubric, items, found, scorer=self.name)

    def margins(self, pairs: Sequence[Pair], found: Sequence[Judgement]) -> Margins:
        """Return the margins that judgements at hand come to."""
        return conclude.margins(self.rubric, pairs, found, scorer=self.name)

    def rankings(self, groups: Sequence[Sequence[Item]], found: Sequence[Judgement]) -> tuple[Ranking, ...]:
        """Return the rankings that judgements at hand come to."""
        return conclude.rankings(self.rubric, groups, found)

    def _answers(self, requests: Sequence[Request]) -> Iterator[Completion]:
        total = sum(request.samples for request in requests)
        for done, answer in enumerate(self.engine.as_completed(requests), start=1):
            if self.on_progress is not None:
                self.on_progress(done, total)
            yield answer

    def _asked(self, records: Sequence[Record]) -> list[Asked]:
        """Return the requests of all records; whatever is wrong with one is found here."""
        cases = [case_of(record) for record in records]
        twice = next((one for one, n in Counter(case.id for case in cases).items() if n > 1), None)
        if twice is not None:
            raise ValueError(f"judge {self.name!r}: id {twice!r} occurs twice; ids tell judgements apart")
        plans = [(case, views(self.rubric, len(case.answers), self.orders), *self._handed(case)) for case in cases]
        least = min((sheet.least for *_, row in plans for sheet in row), default=0)
        if self.budget is not None and self.budget < least:
            raise InputError(
                f"judge {self.name!r}: a budget of {self.budget} tokens is too small for any verdict; "
                f"the shortest needs {least}: give more, or leave it out"
            )
        return [
            self._ask(case, shown, draw, sheet)
            for case, all_shown, draw, row in plans
            for shown in all_shown
            for sheet in row
        ]

    def _handed(self, case: Case) -> tuple[Draw, tuple[Sheet, ...]]:
        """Return what was drawn for a case, and the sheets that it gets."""
        draw = Draw.of(case.id, len(self._orderings), self.seed) if self.shuffle else Draw()
        answers = {"pointwise": 1, "pairwise": 2, "listwise": len(case.answers)}[self.rubric.mode]
        key = case.reference is not None, draw.ordering, answers
        if key not in self._sheets:
            criteria = tuple(self.rubric.criteria[i] for i in self._orderings[draw.ordering])
            made = self.rubric.with_(criteria=criteria) if self.shuffle else self.rubric
            try:
                self._sheets[key] = tuple(
                    sheets(made, self.engine, reference=key[0], answers=answers, apart=self.apart)
                )
            except InputError as error:
                raise InputError(f"{case.id}: {error}") from None
        return draw, self._sheets[key]

    def _ask(self, case: Case, shown: tuple[int, ...], draw: Draw, sheet: Sheet) -> Asked:
        names = sheet.form.answers[:: -1 if draw.renamed and self.rubric.mode == "pairwise" else 1]
        messages = judge_prompt(
            sheet.rubric,
            sheet.form,
            dialogue=case.prompt,
            answers=[case.answers[i] for i in shown],
            letters=names,
            reference=case.reference,
            variables=self.variables,
        )
        request = Request(
            id="/".join([self.rubric.name, case.id, order_of(shown), *filter(None, [sheet.criterion])]),
            messages=messages,
            grammar=sheet.form.grammar,
            max_new_tokens=self.budget or sheet.least + sheet.reason,
            temperature=(0.0 if self.samples == 1 else 1.0) if self.temperature is None else self.temperature,
            seed=self.seed,
            samples=self.samples,
            think=self.think,
        )
        more = {"ordering": f"{draw.ordering + 1} of {len(self._orderings)}"} if self.shuffle else {}
        return Asked(
            request=request,
            sheet=sheet,
            case_id=case.id,
            shown=shown,
            letters=names,
            provenance={"rubric": self._fingerprint, **more},
        )
