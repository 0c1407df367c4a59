"""A tokenizer without files: one token per byte, and one per role.

It serves the scripted engine, so that tests need no model.  Everything that holds for a real
tokenizer holds here: added tokens, a chat template, characters that take several tokens.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

from .base import ChatMessage, Part
from .tokens import well_formed

__all__ = ["ByteTokens"]

_ADDED = ("<|eos|>", "<|system|>", "<|user|>", "<|assistant|>", "<|tool|>", "<|end|>")
_SPLIT = re.compile("(" + "|".join(map(re.escape, _ADDED)) + ")")
_ID = {name: 256 + i for i, name in enumerate(_ADDED)}


class ByteTokens:
    r"""Ids 0–255 write their byte; 256–261 are the end of an answer, the four roles and the end of a turn.

    >>> tokens = ByteTokens()
    >>> tokens.template("<|user|>hé"), tokens.bare("<|")
    ([258, 104, 195, 169], [60, 124])
    """

    hash = hashlib.sha256(f"assay-byte-tokens/1 {_ADDED}".encode()).hexdigest()
    eos_id = 256
    size = 256 + len(_ADDED)
    added = frozenset(_ID.values())
    bytes_of: Sequence[bytes | None] = (*(bytes([byte]) for byte in range(256)), *(None for _ in _ADDED))
    closing_mark: str | None = None

    def bare(self, text: str) -> list[int]:
        """Return the bytes of a text; a lone surrogate becomes U+FFFD, which no tokenizer could write either."""
        return list(well_formed(text).encode())

    def template(self, text: str) -> list[int]:
        """Return the ids of a template's text: added tokens recognised, the rest as bytes."""
        return [token for piece in _SPLIT.split(text) for token in ([_ID[piece]] if piece in _ID else self.bare(piece))]

    def write(self, ids: Iterable[int]) -> str:
        """Return the text of ids; added ids write nothing, half a character writes U+FFFD."""
        return b"".join(self.bytes_of[token] or b"" for token in ids).decode(errors="replace")

    def chat(self, messages: Sequence[ChatMessage], think: bool = False, *, generation: bool = True) -> list[Part]:
        """Return a chat as parts: role token, content, end of turn; for generation the assistant's role token."""
        parts: list[Part] = []
        for message in messages:
            parts += [Part(f"<|{message.role}|>", "template"), *message.parts, Part("<|end|>", "template")]
        return [*parts, Part("<|assistant|>", "template")] if generation else parts
