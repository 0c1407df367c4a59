r"""From rubric and texts to the chat that a judge reads.

Prompts are sandboxed Jinja templates (prompts/*.j2): the rubric first, then the conversation, the
reference, the answers, so that judgements of one rubric share the longest prefix and both orders
of a pair share all but the answers.

Judged text is data.  No template ever sees it: a template places a mark, and what it printed is
cut at the marks afterwards, into `ours` and `judged` parts.  So judged text cannot become an
instruction of the template.  Around it stand two lines of tildes, longer than any row of tildes
in it, so it cannot close its fence.  That it cannot forge a token is the engine's part (chat.py).

Weights, values, gates and the aggregation are not in the context of a template: they can appear
in no prompt.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from assay.engines import ChatMessage, Literal, Part
from assay.errors import InputError, nearest
from assay.types import Message

from .form import Form
from .rubric import Criterion, Level, Rubric
from .variables import substitute

if TYPE_CHECKING:
    from jinja2 import Environment, Template

__all__ = ["fence", "judge_prompt", "variable_values"]

_MARK = re.compile("\x00([0-9]+)\x00")
_LEAST_FENCE = 4


def fence(texts: Sequence[str]) -> str:
    """Return a row of tildes longer than any in the texts, at least four.

    >>> fence(["a ~~ b"]), fence(["~~~~~ closed early"])
    ('~~~~', '~~~~~~')
    """
    longest = max((len(run) for text in texts for run in re.findall("~+", text)), default=0)
    return "~" * max(_LEAST_FENCE, longest + 1)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import PackageLoader, StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    return ImmutableSandboxedEnvironment(
        loader=PackageLoader("assay.prompts", ""),
        undefined=StrictUndefined,
        autoescape=False,  # plain text, not a page
        keep_trailing_newline=False,
    )


@lru_cache(maxsize=64)
def _template(mode: str, own: str | None) -> Template:
    environment = _environment()
    return environment.get_template(f"{mode}.j2") if own is None else environment.from_string(own)


def _quote(text: str) -> str:
    """Return a text as a JSON string, for labels and examples."""
    return json.dumps(text, ensure_ascii=False)


def _levels(levels: Sequence[Level], values: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"label": level.label, "anchor": substitute(level.anchor, values)} for level in levels]


def _criterion(one: Criterion, key: str, rubric: Rubric, values: Mapping[str, str]) -> dict[str, Any]:
    """Return what a prompt may know of a criterion: no weight, value or gate."""
    shared = one.type == "ordinal" and one.levels == rubric.scale
    return {
        "key": key,
        "id": one.id,
        "type": one.type,
        "question": substitute(one.question, values).strip(),
        "applies_when": substitute(one.applies_when, values).strip(),
        "may_skip": one.may_skip,
        "levels": []
        if shared or (rubric.mode != "pointwise" and one.type == "binary")
        else _levels(one.levels, values),
        "examples": [asdict(example) for example in one.examples],
    }


def variable_values(rubric: Rubric, given: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return a value for every variable of a rubric: the given one, else its default.

    Raises:
        InputError: a given name is not declared, or a variable has neither value nor default.
    """
    for name in given or {}:
        if name not in rubric.variables:
            allowed = list(rubric.variables)
            raise InputError(
                f"rubric {rubric.name!r} has no variable {name!r}{nearest(name, allowed)}; "
                f"it has {', '.join(allowed) or 'none'}"
            )
    values = {**rubric.variables, **(given or {})}
    for name, value in values.items():
        if value is None:
            raise InputError(f"rubric {rubric.name!r}: variable {name!r} has no default; give it a value")
    return {name: str(value) for name, value in values.items()}


def _reply(form: Form) -> str:
    """Return the form of the answer with … at every open place."""
    return "".join(part.text if isinstance(part, Literal) else "…" for part in form.grammar.parts)


def judge_prompt(
    rubric: Rubric,
    form: Form,
    *,
    dialogue: Sequence[Message] = (),
    answers: Sequence[str],
    letters: Sequence[str] | None = None,
    reference: str | None = None,
    variables: Mapping[str, str] | None = None,
) -> tuple[ChatMessage, ...]:
    """Return the chat to send to a judge: one user message of `ours` and `judged` parts.

    One user message, because some chat templates refuse a system turn.

    Args:
        rubric: what is asked.
        form: its verdict form (`verdict_form`), which says which criteria are asked.
        dialogue: the conversation up to the answers; may be empty.
        answers: one (pointwise), two (pairwise) or more (listwise), in the order shown.
        letters: their names in the same order; None = A, B and so on.
        reference: a known good answer, shown where there is one.
        variables: values of the rubric's variables.

    Raises:
        InputError: a variable is unknown or has no value, or the rubric's own template is wrong.
        ValueError: the number of answers is not the form's, or the letters are others.
    """
    if len(answers) != len(form.answers):
        raise ValueError(f"{len(answers)} answers for a form of {len(form.answers)}")
    names = form.answers if letters is None else tuple(letters)
    if sorted(names) != sorted(form.answers):
        raise ValueError(f"answers are called {names}; the form's letters are {form.answers}, in any order")
    judged: list[str] = []

    def mark(text: str) -> str:
        judged.append(text)
        return f"\x00{len(judged) - 1}\x00"

    values = variable_values(rubric, variables)
    by_id = {one.id: one for one in rubric.criteria}
    asks = [(ask.key, by_id[ask.id]) for ask in form.asks] or [
        (f"c{i + 1}", one) for i, one in enumerate(rubric.criteria) if reference is not None or not one.needs_reference
    ]
    criteria = [_criterion(one, key, rubric, values) for key, one in asks]
    shared = any(one.type == "ordinal" and one.levels == rubric.scale for _, one in asks)
    context = {
        "mode": form.mode,
        "reason": form.reason,
        "ties": form.ties,
        "skips": any(one["may_skip"] for one in criteria),
        "instructions": substitute(rubric.instructions, values).strip(),
        "scale": _levels(rubric.scale, values) if shared else [],
        "criteria": criteria,
        "reply": _reply(form),
        "quote": _quote,
        "fence": fence([*(turn.content for turn in dialogue), *answers, reference or ""]),
        "dialogue": [{"role": turn.role, "text": mark(turn.content)} for turn in dialogue],
        "reference": None if reference is None else mark(reference),
        "answers": [{"letter": letter, "text": mark(text)} for letter, text in zip(names, answers, strict=True)],
    }
    return (ChatMessage("user", tuple(_cut(_render(rubric, context), judged, rubric))),)


def _render(rubric: Rubric, context: Mapping[str, Any]) -> str:
    from jinja2 import TemplateError

    try:
        return _template(rubric.mode, rubric.prompt).render(context)
    except TemplateError as error:
        number = getattr(error, "lineno", None)  # only errors of syntax have one
        line = f", line {number}" if number else ""
        raise InputError(
            f"rubric {rubric.name!r}: its prompt template fails{line}: {error.message}; known are {', '.join(context)}"
        ) from None
    except (TypeError, ValueError, ZeroDivisionError, OverflowError, RecursionError) as error:
        raise InputError(f"rubric {rubric.name!r}: its prompt template fails: {error}") from None


def _cut(text: str, judged: Sequence[str], rubric: Rubric) -> Iterator[Part]:
    """Cut a rendered prompt at the marks, and put the judged texts in."""
    pieces = _MARK.split(text)
    found = [int(number) for number in pieces[1::2]]
    if found != list(range(len(judged))) or any("\x00" in piece for piece in pieces[::2]):
        raise InputError(
            f"rubric {rubric.name!r}: its prompt template must print every text of the conversation, the reference and "
            "the answers exactly once, in this order and unchanged"
        )
    for i, piece in enumerate(pieces):
        if piece:
            yield Part(piece) if i % 2 == 0 else Part(judged[int(piece)], "judged")
