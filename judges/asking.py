"""Requests to an engine, and what comes back read as judgements.

A *sheet* is what a judge is handed: criteria in some order, the form of the verdict, its budget.
A *judgement* is one verdict on one view of one record (cases.py), whether it came from a single
request or from one per criterion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import groupby
from operator import add

from assay.engines import Completion, Engine, Request
from assay.types import Cost

from .cases import order_of
from .form import Form, verdict_form
from .rubric import Rubric
from .verdict import Verdict, read

__all__ = ["Asked", "Judgement", "Sheet", "judgements", "sheets"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """What a judge is handed."""

    rubric: Rubric
    """Its criteria in the order asked."""
    form: Form
    """Of the verdict."""
    criterion: str | None
    """The one that is asked, where each is asked apart."""
    least: int
    """Fewest tokens with which every verdict can be finished."""
    reason: int
    """Most tokens of its rationales."""
    provenance: Mapping[str, str]
    """Model, tokenizer and grammar."""


def sheets(rubric: Rubric, engine: Engine, *, reference: bool, answers: int, apart: bool) -> Iterator[Sheet]:
    """Yield the sheet of a rubric, or one per criterion.

    Asked apart, each criterion has the tokens that the rubric allows for all rationales together.

    Args:
        rubric: its criteria in the order asked.
        engine: who will answer.
        reference: whether a reference answer is at hand.
        answers: how many answers are shown.
        apart: whether each criterion is asked by itself.

    Raises:
        InputError: see `verdict_form`; or the engine's tokenizer cannot write the verdict.
    """
    whole = verdict_form(rubric, reference=reference, answers=answers)
    for criterion in [ask.id for ask in whole.asks] if apart else [None]:
        form = whole if criterion is None else verdict_form(rubric, reference=reference, only=[criterion])
        made = {"model": engine.model_id, "tokenizer": engine.tokenizer_hash, "grammar": form.grammar.fingerprint}
        yield Sheet(
            rubric=rubric,
            form=form,
            criterion=criterion,
            least=engine.min_tokens(form.grammar),
            reason=0 if form.reason == "none" else rubric.reason.max_tokens,
            provenance=made,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, and what it is about."""

    request: Request
    """What the engine gets."""
    sheet: Sheet
    """What it asks."""
    case_id: str
    """Whose answers it shows."""
    shown: tuple[int, ...]
    """Places of the answers shown, in the order shown."""
    letters: tuple[str, ...]
    """The names under which they are shown, in the same order."""
    provenance: Mapping[str, str]
    """What the sheet does not know: the rubric as it is written, how its criteria were ordered."""

    def read(self, answer: Completion) -> Verdict:
        """Return what a completion of this request says."""
        shown = {"request": self.request.id, "order": order_of(self.shown), "names": "".join(self.letters)}
        made = {**self.provenance, **self.sheet.provenance, **shown, "sample": str(answer.sample)}
        return read(self.sheet.form, answer, made)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """One verdict on one view of one record."""

    id: str
    """Of the item, the pair or the group."""
    shown: tuple[int, ...]
    """Places of the answers shown, in the order shown: (1, 0) = the second of the record first."""
    letters: tuple[str, ...]
    """The names under which they were shown, in the same order: what A and B in the verdict mean."""
    sample: int
    """Which sample, counted from 0."""
    verdict: Verdict
    """What was said, or why nothing was."""
    cost: Cost
    """Of all requests behind it."""

    @property
    def order(self) -> str:
        """The answers shown, in the order shown: ab or ba; a where one was shown alone."""
        return order_of(self.shown)


def judgements(asked: Sequence[Asked], completions: Iterable[Completion]) -> Iterator[Judgement]:
    """Yield the judgements of all requests, in the order asked; completions may come in any order."""
    said = {(one.id, one.sample): one for one in completions}
    for (case_id, shown), group in groupby(asked, key=lambda one: (one.case_id, one.shown)):
        parts = list(group)
        for sample in range(parts[0].request.samples):
            answers = [said[one.request.id, sample] for one in parts]
            verdicts = [one.read(answer) for one, answer in zip(parts, answers, strict=True)]
            yield Judgement(
                id=case_id,
                shown=shown,
                letters=parts[0].letters,
                sample=sample,
                verdict=verdicts[0] if parts[0].sheet.criterion is None else _merged(parts, verdicts),
                cost=reduce(add, (answer.cost for answer in answers)),
            )


def _merged(parts: Sequence[Asked], verdicts: Sequence[Verdict]) -> Verdict:
    """Return verdicts on single criteria as one; the first failure decides, and rationales become whys."""
    each = ("request", "grammar")
    provenance = {**verdicts[0].provenance} | {key: " ".join(one.provenance[key] for one in verdicts) for key in each}
    said = {str(part.sheet.criterion): one for part, one in zip(parts, verdicts, strict=True)}
    for name, one in said.items():
        if one.status != "ok":
            error = f"criterion {name!r}: {one.error}"
            return Verdict(status=one.status, finish=one.finish, error=error, provenance=provenance)
    whys = {name: one.why.get(name, one.rationale) for name, one in said.items()}
    return Verdict(
        labels={name: one.labels[name] for name, one in said.items()},
        why={name: why for name, why in whys.items() if why is not None},
        distributions={name: one.distributions[name] for name, one in said.items()},
        finish="steered" if any(one.finish == "steered" for one in verdicts) else "natural",
        provenance=provenance,
    )
