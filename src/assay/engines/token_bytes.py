"""What a token writes in the middle of a text, by the decoder of its tokenizer.

Decoders come as steps in tokenizer.json.  Byte-level ones map characters to bytes (GPT-2's table);
SentencePiece ones write a blank for ▁ and a byte for `<0x0A>`.  An unknown step is refused by name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ..errors import InputError

__all__ = ["TokenBytes", "unknown_ids"]

_BYTE_TOKEN = re.compile(r"<0x([0-9A-Fa-f]{2})>")


def unknown_ids(model: Mapping[str, Any], vocab: Mapping[str, int]) -> frozenset[int]:
    """Return the id of the model's unknown token, which stands for any text and so writes none."""
    unknown = model.get("unk_id", vocab.get(model.get("unk_token") or ""))
    return frozenset() if unknown is None else frozenset([unknown])


class TokenBytes:
    """The decoder of one tokenizer."""

    def __init__(self, decoder: Mapping[str, Any] | None, name: str) -> None:
        """Read the `decoder` of a tokenizer.json.

        Raises:
            InputError: it has a step that is not known here; `name` says whose.
        """
        self.steps = (decoder or {}).get("decoders", [decoder or {"type": None}])
        for step in self.steps:
            known = step["type"] in ("ByteLevel", "Metaspace", "ByteFallback", "Fuse", "Strip")
            if not known and not (step["type"] == "Replace" and "String" in step["pattern"]):
                raise InputError(
                    f"{name}: decoder {json.dumps(step)} is not known here; known are ByteLevel, Metaspace, "
                    "ByteFallback, Fuse, Strip and Replace of a string: use another model, or add it to token_bytes.py"
                )
        self.level = {char: byte for byte, char in enumerate(_byte_characters())}

    def of(self, token: str) -> bytes | None:
        """Return the bytes of a token of the vocabulary; None if it stands for none."""
        for step in self.steps:
            if step["type"] == "ByteLevel":
                return bytes(self.level[c] for c in token) if all(c in self.level for c in token) else None
            if step["type"] == "Replace":
                token = token.replace(step["pattern"]["String"], step["content"])
            elif step["type"] == "Metaspace":
                token = token.replace(step["replacement"], " ")
            elif step["type"] == "ByteFallback" and (byte := _BYTE_TOKEN.fullmatch(token)):
                return bytes.fromhex(byte[1])
        return token.encode()  # Fuse joins and Strip cuts the very front of a text: nothing in the middle


def _byte_characters() -> list[str]:
    """Return GPT-2's character for each byte: itself where it can be printed, else one from U+0100 on."""
    printed = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    rest = iter(range(0x100, 0x200))
    return [chr(byte if byte in printed else next(rest)) for byte in range(256)]
