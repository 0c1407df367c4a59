"""A dialogue and its answer as the token ids that a reward model reads, and batches of them.

The chat template is applied once, around contents that it never sees; contents are encoded without
added tokens.  So judged text can open no turn and end none, and no start token is doubled.  The
sequence ends as the template ends a turn, which is where the reward is read.

What is too long is refused, left out or cut at the oldest contents: by a policy, never silently.

Shapes: B pairs, N sequences, T tokens of the longest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from assay.engines import ChatMessage, Part
from assay.engines.tokens import Tokens
from assay.errors import InputError
from assay.types import Message, Pair

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import PreTrainedTokenizerFast

__all__ = [
    "PAD",
    "Encoded",
    "EncodedPair",
    "Over",
    "collate_pairs",
    "encode_dialogue",
    "encode_pair",
    "own_pad",
    "padded",
]

PAD = "<|assay_pad|>"
"""The padding token that a tokenizer gets where it has none of its own."""
Over = Literal["error", "drop", "prompt_left"]
"""What to do with a sequence that is too long: raise, leave it out, or cut its prompt from the left."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """A dialogue with its answer, as token ids."""

    ids: tuple[int, ...]
    """All tokens; the reward is read at the last one."""
    response_start: int
    """Where the answer begins; from there to the end are the answer and the end of its turn."""
    cut: int = 0
    """Tokens of the prompt that were left out to make it fit."""


@dataclass(frozen=True, slots=True)
class EncodedPair:
    """Two answers to one prompt, as token ids, with their label."""

    first: Encoded
    """The first answer, with its prompt."""
    second: Encoded
    """The second answer, with its prompt."""
    label: float
    """P(first preferred) in [0, 1]."""
    weight: float = 1.0
    """How much the pair counts, >= 0."""

    @property
    def tokens(self) -> int:
        """Tokens that the pair takes in a batch of its own, padding included."""
        return 2 * max(len(self.first.ids), len(self.second.ids))


def encode_dialogue(
    tokens: Tokens, prompt: Sequence[Message], response: str, *, max_length: int, over: Over = "error"
) -> Encoded | None:
    """Return the ids of a dialogue that ends with an answer; None where it is too long and may not be had.

    The template is told that the chat is complete, so it opens no further turn.  Where it puts
    nothing behind the answer, the end token follows, as it does without a template.

    Args:
        tokens: The tokenizer, with its chat template.
        prompt: The dialogue up to the answer.
        response: The answer; "" is one.
        max_length: Most tokens of the whole.
        over: `error` raises · `drop` gives None · `prompt_left` takes tokens from the contents of the
            prompt, the oldest first, and keeps every turn's frame; None where the answer alone is too long.

    Raises:
        InputError: it is too long and `over` is "error"; or the template refuses these roles.
        ValueError: `over` or `max_length` is not allowed.
    """
    if over not in get_args(Over) or max_length < 1:
        raise ValueError(f"over is one of {', '.join(get_args(Over))}, max_length >= 1; got {over!r}, {max_length}")
    answer = Part(response, "judged")
    said = [ChatMessage(turn.role, (Part(turn.content, "judged"),)) for turn in prompt]
    parts = tokens.chat([*said, ChatMessage("assistant", (answer,))], generation=False)
    pieces = [tokens.template(part.text) if part.kind == "template" else tokens.bare(part.text) for part in parts]
    at = next(i for i, part in enumerate(parts) if part is answer)
    if not any(pieces[at + 1 :]):
        pieces.append([tokens.eos_id])
    n = sum(map(len, pieces))
    excess = max(0, n - max_length)
    if excess and over == "error":
        raise InputError(
            f"{n} tokens, but the model reads at most {max_length}; shorten the text, raise max_length, "
            "or choose over='drop' or over='prompt_left'"
        )
    if excess and over == "drop":
        return None
    left = excess
    for i, part in enumerate(parts[:at]):
        if part.kind != "template":
            taken = min(left, len(pieces[i]))
            pieces[i], left = pieces[i][taken:], left - taken
    if left:
        return None
    return Encoded(tuple(token for piece in pieces for token in piece), sum(map(len, pieces[:at])), excess)


def encode_pair(
    tokens: Tokens, pair: Pair, label: float, weight: float = 1.0, *, max_length: int, over: Over = "error"
) -> EncodedPair | None:
    """Return both sides of a pair; None where one of them is too long and may not be had.

    Args:
        tokens: The tokenizer, with its chat template.
        pair: The pair; its own label is not read.
        label: P(first preferred) to learn, in [0, 1].
        weight: How much the pair counts.
        max_length: See `encode_dialogue`.
        over: Likewise; each side is cut by its own length, as it is when scored alone.

    Raises:
        InputError: see `encode_dialogue`; the text names the pair.
    """
    try:
        sides = [
            encode_dialogue(tokens, pair.prompt, text, max_length=max_length, over=over)
            for text in (pair.first, pair.second)
        ]
    except InputError as error:
        raise InputError(f"pair {pair.id!r}: {error}") from None
    first, second = sides
    if first is None or second is None:
        return None
    return EncodedPair(first, second, label, weight)


def padded(rows: Sequence[Sequence[int]], pad_id: int) -> tuple[Tensor, Tensor]:
    """Return ids (N, T), padded on the right, and the mask of real tokens (N, T), both int64."""
    import torch

    width = max(map(len, rows))
    ids_NT = torch.tensor([[*row, *[pad_id] * (width - len(row))] for row in rows])
    mask_NT = torch.tensor([[1] * len(row) + [0] * (width - len(row)) for row in rows])
    return ids_NT, mask_NT


def collate_pairs(rows: Sequence[EncodedPair], pad_id: int) -> dict[str, Tensor]:
    """Return a batch of pairs; rows 2i and 2i + 1 of it are the first and the second answer of pair i.

    Returns:
        input_ids (2B, T), attention_mask (2B, T) and response_mask (2B, T), int64; scored (2B,), index
        of the last real token; labels (B,) and weights (B,), float32.
    """
    import torch

    sides = [side for row in rows for side in (row.first, row.second)]
    ids, mask = padded([side.ids for side in sides], pad_id)
    start = torch.tensor([side.response_start for side in sides])
    return {
        "input_ids": ids,
        "attention_mask": mask,
        "response_mask": mask * (torch.arange(ids.shape[1]) >= start[:, None]),
        "scored": mask.sum(1) - 1,
        "labels": torch.tensor([row.label for row in rows], dtype=torch.float32),
        "weights": torch.tensor([row.weight for row in rows], dtype=torch.float32),
    }


def own_pad(tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    """Give a tokenizer a padding token that stands in no dialogue, in place, and return it.

    Transformers reads the reward at the last token that is not the padding token: where that is also
    the end token (pad = eos), it reads too early.
    """
    others = (tokenizer.eos_token, tokenizer.bos_token, tokenizer.unk_token)
    if (
        tokenizer.pad_token is None
        or tokenizer.pad_token in others
        or tokenizer.pad_token in str(tokenizer.chat_template)
    ):
        tokenizer.add_special_tokens({"pad_token": PAD})
    tokenizer.padding_side = "right"
    return tokenizer
