"""One view of a tokenizer: what each id writes, and how to encode text that must stay plain text.

A prompt mixes the chat template's text, where `<|im_start|>` is a role, with judged text, where the
same characters are only characters.  So there are two encoders: `template` knows the added tokens,
`bare` does not: no id that it returns is an added one.

`bytes_of` says what every id writes in the middle of a text.  With it, text is joined from ids and
ids are checked against text without asking the tokenizer's decoder, whose answer for a token alone
differs from the one in a row (dummy prefixes, half characters).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ..errors import InputError
from ..sources import loading
from .base import ChatMessage, Part
from .chat import chat_parts, closing_mark
from .token_bytes import TokenBytes, unknown_ids

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

__all__ = ["HFTokens", "Tokens", "encode", "exact", "load_tokens", "well_formed"]


class Tokens(Protocol):
    """What engines need of a tokenizer."""

    @property
    def hash(self) -> str:
        """Identity of the tokenizer and its chat template, 64 hex digits."""
        ...

    @property
    def eos_id(self) -> int:
        """The id that ends an answer; an added token."""
        ...

    @property
    def size(self) -> int:
        """Largest id + 1."""
        ...

    @property
    def added(self) -> frozenset[int]:
        """Ids of the added tokens: roles, ends, pads and the like, special or not."""
        ...

    @property
    def bytes_of(self) -> Sequence[bytes | None]:
        """(size,) what each id writes in the middle of a text; None for added ids and such that write nothing."""
        ...

    def bare(self, text: str) -> list[int]:
        """Return the ids of a piece of text on its own: no added token, no dummy prefix, no start or end."""
        ...

    def template(self, text: str) -> list[int]:
        """Return the ids of a chat template's text: added tokens recognised, no start or end put around it."""
        ...

    def write(self, ids: Iterable[int]) -> str:
        """Return the text of ids; added ids write nothing, half a character writes U+FFFD."""
        ...

    def chat(self, messages: Sequence[ChatMessage], think: bool = False, *, generation: bool = True) -> list[Part]:
        """Return a chat as parts, up to where the model's turn begins; without generation, up to its last message."""
        ...

    @property
    def closing_mark(self) -> str | None:
        """What ends a thought (`</think>`), where the chat template knows thoughts."""
        ...


def encode(tokens: Tokens, parts: Iterable[Part]) -> list[int]:
    """Return the ids of a prompt; each part is tokenised on its own, and only `template` may hold added tokens."""
    encoders = {"template": tokens.template, "ours": tokens.bare, "judged": tokens.bare}
    return [token for part in parts for token in encoders[part.kind](part.text)]


def exact(tokens: Tokens, text: str) -> list[int]:
    """Return the ids that write exactly this text.

    Raises:
        InputError: the tokenizer changes the text (its normaliser), or cannot write it.
    """
    ids = tokens.bare(text)
    if b"".join(tokens.bytes_of[token] or b"" for token in ids) != text.encode(errors="surrogatepass"):
        raise InputError(
            f"the tokenizer writes {tokens.write(ids)!r} for {text!r}; "
            "labels and literals must come back unchanged: use other characters (plain ASCII is safe)"
        )
    return ids


def well_formed(text: str) -> str:
    """Return a text that UTF-8 can hold: paired surrogates joined, lone ones replaced by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


class HFTokens:
    """A fast Hugging Face tokenizer, seen through `Tokens`; the tokenizer itself is never changed.

    Judged text goes through a copy without added tokens, post-processor and dummy prefix.  That copy
    can still write an added id, where the model's own vocabulary holds its text (`<s>` of Llama 2);
    there, the characters of that token are encoded one by one.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast) -> None:
        """Read a tokenizer.

        Raises:
            InputError: it is a slow one, has no end token, or has a decoder that is not known here.
        """
        from tokenizers import Tokenizer

        name = getattr(tokenizer, "name_or_path", "") or type(tokenizer).__name__
        if not getattr(tokenizer, "is_fast", False):
            raise InputError(
                f"{name}: this is a slow (Python) tokenizer; engines need a tokenizer.json: "
                "load it with AutoTokenizer, or convert it with transformers.convert_slow_tokenizer"
            )
        if tokenizer.eos_token_id is None:
            raise InputError(f"{name}: the tokenizer has no end token; set tokenizer.eos_token")
        state: dict[str, Any] = json.loads(tokenizer.backend_tokenizer.to_str())
        state |= {"truncation": None, "padding": None}  # settings of the last call, no part of what it is
        identity = [json.dumps(state, sort_keys=True), json.dumps(tokenizer.chat_template, sort_keys=True)]
        state["post_processor"] = None  # it may trim offsets, which we need whole
        self._tokenizer = tokenizer
        self._template = Tokenizer.from_str(json.dumps(state))
        front = {key: _without_prefix([state[key]] if state[key] else []) for key in ("normalizer", "pre_tokenizer")}
        state |= {"added_tokens": []} | {key: steps[0] if steps else None for key, steps in front.items()}
        self._bare = Tokenizer.from_str(json.dumps(state))
        self.hash = hashlib.sha256("\n".join(identity).encode()).hexdigest()
        self.eos_id: int = tokenizer.eos_token_id
        self.added = frozenset(tokenizer.added_tokens_decoder)
        vocab = self._bare.get_vocab()
        self.size: int = max([*vocab.values(), *self.added]) + 1
        self._silent = self.added | unknown_ids(state["model"], vocab)
        table: list[bytes | None] = [None] * self.size
        decoder = TokenBytes(state["decoder"], name)
        for token, number in vocab.items():
            if number not in self._silent:
                table[number] = decoder.of(token) or None
        self.bytes_of: Sequence[bytes | None] = tuple(table)

    def bare(self, text: str) -> list[int]:
        """Return the ids of a piece of text on its own; see `Tokens`.

        Raises:
            InputError: a character is unknown to the tokenizer and it has no bytes to spell it with.
        """
        text = well_formed(text)
        encoding = self._bare.encode(text, add_special_tokens=False)
        ids: list[int] = encoding.ids
        found = next((i for i, token in enumerate(ids) if token in self._silent), None)
        if found is None:
            return ids
        if len(text) == 1:
            raise InputError(f"the tokenizer cannot write {text!r} (U+{ord(text):04X}) as plain text")
        start, end = encoding.offsets[found]
        if not 0 <= start < end <= len(text):
            start, end = 0, len(text)
        spelled = [token for character in text[start:end] for token in self.bare(character)]
        return (self.bare(text[:start]) if start else []) + spelled + (self.bare(text[end:]) if text[end:] else [])

    def template(self, text: str) -> list[int]:
        """Return the ids of a template's text; see `Tokens`.

        What stands before the first added token continues other text, so it gets no dummy prefix;
        from there on the ids are those of the tokenizer itself.
        """
        encoding = self._template.encode(text, add_special_tokens=False)
        first = next((i for i, token in enumerate(encoding.ids) if token in self.added), None)
        if first is None:
            return self.bare(text)
        head = text[: encoding.offsets[first][0]]
        return (self.bare(head) if head else []) + encoding.ids[first:]

    def write(self, ids: Iterable[int]) -> str:
        """Return the text of ids; see `Tokens`."""
        return b"".join(self.bytes_of[token] or b"" for token in ids).decode(errors="replace")

    def chat(self, messages: Sequence[ChatMessage], think: bool = False, *, generation: bool = True) -> list[Part]:
        """Return a chat as parts, by the tokenizer's own template; see `chat.chat_parts`."""
        return chat_parts(self._tokenizer, messages, think, generation=generation)

    @property
    def closing_mark(self) -> str | None:
        """What ends a thought, where the chat template knows thoughts."""
        return closing_mark(self._tokenizer)


def load_tokens(name: str) -> HFTokens:
    """Return the tokenizer of a folder, hub id or `pocket:NAME`, without the model's weights.

    Raises:
        InputError: there is none, or it is of a kind that engines cannot use; see `HFTokens`.
    """
    from transformers import AutoTokenizer

    with loading(name, "tokenizer") as source:
        tokenizer: Any = AutoTokenizer.from_pretrained(source)
    return HFTokens(tokenizer)


def _without_prefix(node: Any) -> Any:
    """Return a normaliser or pre-tokenizer of a tokenizer.json that puts nothing in front of a text."""
    if isinstance(node, list):
        return [_without_prefix(each) for each in node if not _is_prepend(each)]
    if not isinstance(node, dict):
        return node
    edits = {"prepend_scheme": "never", "add_prefix_space": False}
    return {key: edits[key] if key in edits else _without_prefix(value) for key, value in node.items()}


def _is_prepend(node: Any) -> bool:
    return isinstance(node, dict) and node.get("type") == "Prepend"
