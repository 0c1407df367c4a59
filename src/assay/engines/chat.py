"""A chat as parts: the template's own text around messages that never pass through the template.

The model's chat template is run over messages whose contents are stand-ins; the result is cut at
the stand-ins and the real parts are put in.  So a template can neither trim nor read what is said,
and what is said can neither add a role nor change which branch the template takes.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import InputError
from .base import ChatMessage, Part

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

__all__ = ["chat_parts", "closing_mark"]

_DAY = datetime.date(2024, 7, 26)
"""What templates are told when they ask for the date (Llama 3's own default): prompts must not change overnight."""


def chat_parts(
    tokenizer: PreTrainedTokenizerFast,
    messages: Sequence[ChatMessage],
    think: bool = False,
    *,
    generation: bool = True,
) -> list[Part]:
    """Return a chat as parts, up to where the model's turn begins or, without generation, up to its last message.

    A template that has no system turn gets the system message at the head of the first user turn,
    a blank line between.  A tokenizer without template gets its start token (if any), then the
    contents with blank lines between, and a line end (without generation: its end token).

    Args:
        tokenizer: Whose `chat_template` is used; it is not changed.
        messages: The turns; their parts come back as they are.
        think: Passed to the template as `enable_thinking`, with generation only.
        generation: False = the chat is complete, so the template's opening of another turn is left out.

    Raises:
        InputError: the template refuses these roles, or drops, repeats, moves or changes a message.
    """
    if tokenizer.chat_template is None:
        return _plain(tokenizer, messages, generation)
    try:
        return _by_template(tokenizer, messages, think, generation)
    except InputError:
        folded = _folded(messages)
        if folded is None:
            raise
        return _by_template(tokenizer, folded, think, generation)


def closing_mark(tokenizer: PreTrainedTokenizerFast) -> str | None:
    """Return what ends a thought in this model's chats (`</think>`), None where its template has no thoughts."""
    return "</think>" if "</think>" in _source(tokenizer) else None


def _source(tokenizer: PreTrainedTokenizerFast) -> str:
    """Return the text of the template, or of all of them where there are several."""
    template = tokenizer.chat_template
    return "\n".join(template.values()) if isinstance(template, dict) else template or ""


def _plain(tokenizer: PreTrainedTokenizerFast, messages: Sequence[ChatMessage], generation: bool) -> list[Part]:
    start = [Part(str(tokenizer.bos_token), "template")] if tokenizer.bos_token else []
    turns = [part for message in messages for part in (*message.parts, Part("\n\n", "template"))]
    return [*start, *turns[:-1], Part("\n" if generation else str(tokenizer.eos_token), "template")]


def _by_template(
    tokenizer: PreTrainedTokenizerFast, messages: Sequence[ChatMessage], think: bool, generation: bool
) -> list[Part]:
    from jinja2 import TemplateError

    source, n = _source(tokenizer), 0
    while f'@@aB"{n}\\<' in source:
        n += 1
    # both cases, quote, backslash and < are there so that a template that rewrites its messages is noticed
    marks = [f'@@aB"{n}\\<{i}>"@@' for i in range(len(messages))]
    told: dict[str, Any] = {"enable_thinking": think} if generation else {}  # a finished chat asks for no thought
    try:
        text = str(
            tokenizer.apply_chat_template(
                [{"role": message.role, "content": mark} for message, mark in zip(messages, marks, strict=True)],
                tokenize=False,
                add_generation_prompt=generation,
                strftime_now=_DAY.strftime,
                **told,
            )
        )
    except (TemplateError, ValueError, TypeError) as error:
        roles = ", ".join(message.role for message in messages)
        raise InputError(f"the model's chat template refuses a chat of {roles} ({error}); use other roles") from None
    parts: list[Part] = []
    once = all(text.count(mark) == 1 for mark in marks)
    for turn, (message, mark) in enumerate(zip(messages, marks, strict=True)):
        before, found, text = text.partition(mark)
        if not once or not found:
            raise InputError(
                "the model's chat template does not carry every message unchanged, once and in its place "
                f"(seen at turn {turn}, {message.role}); give the tokenizer another chat_template"
            )
        parts += [Part(before, "template")] if before else []
        parts += message.parts
    return [*parts, Part(text, "template")] if text else parts


def _folded(messages: Sequence[ChatMessage]) -> list[ChatMessage] | None:
    """Return the chat with its leading system message inside the user turn behind it; None if it has no such pair."""
    if len(messages) < 2 or (messages[0].role, messages[1].role) != ("system", "user"):
        return None
    system, user, *rest = messages
    return [ChatMessage("user", (*system.parts, Part("\n\n"), *user.parts)), *rest]
