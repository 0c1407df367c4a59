"""What a rubric costs and what is doubtful in it: a compiler's warnings.

`remarks` finds what is allowed but seldom meant.  `costs` counts tokens, for a tokenizer: the
prompt in front of the texts, the shortest verdict, the verdict with its rationales.  The smallest
budget is exact: the distance table of the token automaton says it (`engines.index`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

from assay.errors import InputError
from assay.types import Message

from .checks import Path
from .form import Form, verdict_form
from .prompt import judge_prompt
from .rubric import Criterion, Rubric
from .variables import used_variables

if TYPE_CHECKING:
    from assay.engines.tokens import Tokens

__all__ = ["Costs", "Remark", "costs", "label_remarks", "remarks", "sample_prompt"]

_MANY = 12
_ALIKE = 0.8


@dataclass(frozen=True, slots=True)
class Remark:
    """One doubtful thing."""

    path: Path
    """Keys and indices that lead to it."""
    message: str
    """What was found and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Tokens of one judgement, in one order of the answers."""

    prompt: int
    """Before and between the judged texts, the chat template included."""
    least: int
    """The smallest budget that can finish, the end token counted."""
    budget: int
    """The shortest verdict and the full rationale."""
    orders: int
    """How often a judgement is asked: twice for a pair, once otherwise."""


def remarks(rubric: Rubric) -> Iterator[Remark]:
    """Yield what is allowed in a rubric but seldom meant."""
    yield from _alike(rubric)
    if len(rubric.criteria) > _MANY:
        yield Remark(
            ("criteria", _MANY),
            f"{len(rubric.criteria)} criteria in one verdict: early labels sway later ones; ask them apart",
        )
    if rubric.criteria and all(one.needs_reference for one in rubric.criteria):
        yield Remark(("criteria",), "every criterion needs a reference: items without one cannot be judged at all")
    data = rubric.data()
    for name in sorted(set(rubric.variables) - used_variables(data)):
        yield Remark(
            ("variables", name),
            f"variable {name!r} is used nowhere; remove it, or write {{{{ {name} }}}} where it belongs",
        )
    if rubric.scale and not any(one.type == "ordinal" and one.levels == rubric.scale for one in rubric.criteria):
        yield Remark(("scale",), "no criterion uses this scale; remove it, or the criteria's own levels")
    weights = [abs(one.weight) for one in rubric.criteria]
    for i, one in enumerate(rubric.criteria):
        if len(weights) > 2 and weights[i] > sum(weights) - weights[i]:
            yield Remark(
                ("criteria", i, "weight"), f"criterion {one.id!r} outweighs all others together; is it a gate rather?"
            )
        if rubric.mode == "pointwise":
            yield from _level_remarks(one, ("criteria", i))
    if rubric.reason.when != "none" and rubric.reason.max_tokens < 16:
        yield Remark(
            ("reason",), f"a rationale of {rubric.reason.max_tokens} tokens says nothing; use 'reason: none', or more"
        )


def _words(one: Criterion) -> set[str]:
    return set(re.findall(r"\w+", one.question.casefold()))


def _alike(rubric: Rubric) -> Iterator[Remark]:
    for (_, a), (j, b) in combinations(enumerate(rubric.criteria), 2):
        left, right = _words(a), _words(b)
        if len(left & right) >= _ALIKE * max(len(left | right), 1):
            yield Remark(
                ("criteria", j, "question"),
                f"criteria {a.id!r} and {b.id!r} ask nearly the same; the thing asked counts twice: merge them",
            )


def _level_remarks(one: Criterion, path: Path) -> Iterator[Remark]:
    labels = [level.label for level in one.levels]
    for a, b in combinations(labels, 2):
        if a.casefold() == b.casefold():
            yield Remark(
                (*path, "levels"), f"labels {a!r} and {b!r} differ only in case; judges mix them up: rename one"
            )
    if one.type == "ordinal" and not any(level.anchor for level in one.levels):
        yield Remark(path, f"the levels of criterion {one.id!r} have no anchors; say when each is given")
    if one.gate and set(one.gate.when) >= set(labels):
        yield Remark(
            (*path, "gate"), f"every label of criterion {one.id!r} closes its gate; list only those that should"
        )


def label_remarks(rubric: Rubric, form: Form, tokens: Tokens) -> Iterator[Remark]:
    """Yield what the tokenizer makes of the labels: several tokens, or labels that begin alike."""
    from assay.engines.tokens import exact

    index = {one.id: i for i, one in enumerate(rubric.criteria)}
    for ask in form.asks:
        path: Path = ("criteria", index[ask.id])
        try:
            ids = {label: exact(tokens, label) for label in ask.labels}
        except InputError as error:
            yield Remark(path, str(error))
            continue
        long = [f"{label!r} ({len(one)})" for label, one in ids.items() if len(one) > 1]
        if long:
            yield Remark(
                path,
                f"labels of several tokens for this tokenizer: {', '.join(long)}; a shorter label is read in one step",
            )
        for a, b in combinations(ids, 2):
            if ids[a][0] == ids[b][0]:
                yield Remark(
                    path,
                    f"labels {a!r} and {b!r} begin with the same token, so one step cannot tell them apart; rename one",
                )


def sample_prompt(rubric: Rubric, form: Form) -> str:
    """Return the prompt with … in place of every judged text; variables without a default show their own name."""
    values = {name: f"{{{{ {name} }}}}" for name, default in rubric.variables.items() if default is None}
    [message] = judge_prompt(
        rubric,
        form,
        dialogue=(Message(role="user", content="…"),),
        answers=["…"] * len(form.answers),
        reference="…" if rubric.needs_reference else None,
        variables=values,
    )
    return message.text


def costs(rubric: Rubric, tokens: Tokens) -> Costs:
    """Count the tokens of one judgement.

    Raises:
        InputError: the tokenizer cannot write the verdict's literals or labels.
    """
    from assay.engines import ChatMessage, Part
    from assay.engines.index import token_index
    from assay.engines.tokens import encode

    form = verdict_form(rubric)
    least = token_index(form.grammar, tokens).min_tokens
    chat = tokens.chat([ChatMessage("user", (Part(sample_prompt(rubric, form)),))])
    return Costs(
        prompt=len(encode(tokens, chat)),
        least=least,
        budget=least + (rubric.reason.max_tokens if rubric.reason.when != "none" else 0),
        orders=2 if rubric.mode == "pairwise" else 1,
    )
