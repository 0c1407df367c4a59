"""Score answers and pairs with a scalar reward model, whatever else is in the batch.

Every distinct token sequence is read once, in batches of similar length that do not depend on the
order of the input.  So a pair scored the other way round has exactly the opposite margin, two equal
answers have exactly the margin 0, and results come back in the order given.

Shapes: N items or pairs.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
import numpy.typing as npt

from assay.engines.tokens import Tokens
from assay.errors import InputError
from assay.types import Cost, Family, Item, Margins, Pair, Scores

from .encode import Encoded, Over, encode_dialogue, padded
from .model import ScalarRewardModel

__all__ = ["ScalarScorer", "answer_margins", "load_scorer", "read_card", "sides", "token_batches"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScalarScorer:
    """A `PairScorer` over a scalar reward model; margin = r(first) - r(second), in logits."""

    model: ScalarRewardModel
    """Gives the rewards."""
    tokens: Tokens
    """Its tokenizer."""
    name: str
    """Unique in a report."""
    method: str = "naive"
    """How it was trained: naive, anchored, …"""
    batch_tokens: int = 16_384
    """Most tokens of a batch, padding included; a longer sequence goes alone."""
    over: Over = "drop"
    """What to do with a sequence that is too long: `error` refuses all before any is scored; under
    `drop` and, where the answer alone is too long, `prompt_left` it has status context_overflow."""
    max_length: int | None = None
    """Most tokens of a sequence; None = what the model reads."""

    def __post_init__(self) -> None:
        if (
            self.over not in get_args(Over)
            or self.batch_tokens < 1
            or (self.max_length is not None and self.max_length < 1)
        ):
            raise ValueError(
                f"scorer {self.name!r}: over is one of {', '.join(get_args(Over))}, batch_tokens and max_length >= 1; "
                f"got {self.over!r}, {self.batch_tokens} and {self.max_length}"
            )

    @property
    def family(self) -> Family:
        """Always `scalar`."""
        return "scalar"

    def score(self, items: Sequence[Item]) -> Scores:
        """Return the reward of every answer, unit `logit`.

        Status `invalid`: its dialogue cannot be encoded; `engine_error`: the model gave no finite number.

        Cost: all tokens of the items; as cached, those of sequences that occur again; 2 operations
        per weight and token read (Kaplan et al. 2020, arXiv 2001.08361, section 2.1, without the
        term of attention, which is small below a context of 12 times the width).

        Raises:
            InputError: `over` is "error", and an item is too long or cannot be encoded.
        """
        started = time.perf_counter()
        encoded, status_N = self._encode(items)
        rows = [one.ids for one in encoded if one is not None]
        value_N = np.full(len(items), np.nan)
        value_N[[one is not None for one in encoded]] = self.rewards(rows)
        broken_N = ~np.isfinite(value_N) & (status_N == "ok")  # weights or precision at fault
        value_N[broken_N], status_N[broken_N] = np.nan, "engine_error"
        tokens, fresh = sum(map(len, rows)), sum(map(len, set(rows)))
        return Scores(
            ids=tuple(item.id for item in items),
            value=value_N,
            unit="logit",
            status=status_N,
            cost=Cost(
                prompt_tokens=tokens,
                cached_tokens=tokens - fresh,
                flops=2.0 * _weights(self.model) * fresh,
                seconds=time.perf_counter() - started,
            ),
            scorer=self.name,
        )

    def compare(self, pairs: Sequence[Pair]) -> Margins:
        """Return the difference of rewards of every pair, unit `logit`; see `score`.

        Raises:
            InputError: see `score`.
        """
        return answer_margins(pairs, self.score(sides(pairs)))

    def rewards(self, rows: Sequence[tuple[int, ...]]) -> list[float]:
        """Return the rewards of token sequences, in the order given; equal ones are read once."""
        import torch

        unique = sorted(set(rows), key=lambda row: (len(row), row))
        found: list[float] = []
        mode = self.model.training
        self.model.eval()
        try:
            with torch.no_grad():
                for start, stop in token_batches([len(row) for row in unique], self.batch_tokens):
                    ids, mask = padded(unique[start:stop], self.model.pad_id)
                    found += self.model.rewards(ids.to(self.model.device), mask.to(self.model.device)).tolist()
        finally:
            self.model.train(mode)
        value = dict(zip(unique, found, strict=True))
        return [value[row] for row in rows]

    def _encode(self, items: Sequence[Item]) -> tuple[list[Encoded | None], npt.NDArray[np.str_]]:
        most = self.model.context if self.max_length is None else min(self.max_length, self.model.context)
        encoded: list[Encoded | None] = []
        status: list[str] = []
        for item in items:
            try:
                one = encode_dialogue(self.tokens, item.prompt, item.response, max_length=most, over=self.over)
                status.append("context_overflow" if one is None else "ok")
            except InputError as error:
                if self.over == "error":
                    raise InputError(f"{self.name}: {item.id!r}: {error}") from None
                one = None
                status.append("invalid")
            encoded.append(one)
        return encoded, np.array(status, dtype="U16")


def token_batches(lengths: Sequence[int], budget: int) -> list[tuple[int, int]]:
    """Return [start, stop) of batches of ascending lengths, each at most `budget` tokens with its padding, or one row.

    >>> token_batches([2, 3, 3, 9], budget=9)
    [(0, 3), (3, 4)]
    """
    cuts = [0]
    for i, length in enumerate(lengths):
        if i > cuts[-1] and (i + 1 - cuts[-1]) * length > budget:
            cuts.append(i)
    return list(zip(cuts, [*cuts[1:], len(lengths)], strict=True)) if lengths else []


def sides(pairs: Sequence[Pair]) -> list[Item]:
    """Return both answers of every pair as items: 2N, the first and the second of each in turn."""
    return [
        Item(id=f"{pair.id}/{side}", group=pair.group, prompt=pair.prompt, response=text, reference=pair.reference)
        for pair in pairs
        for side, text in (("first", pair.first), ("second", pair.second))
    ]


def answer_margins(pairs: Sequence[Pair], scores: Scores) -> Margins:
    """Return the margins of N pairs from the scores of their 2N `sides`; one side unscored, and so is the pair."""
    first, second = scores.status[0::2], scores.status[1::2]
    return Margins(
        ids=tuple(pair.id for pair in pairs),
        margin=scores.value[0::2] - scores.value[1::2],
        unit=scores.unit,
        status=np.where(first == "ok", second, first),
        cost=scores.cost,
        scorer=scores.scorer,
    )


def read_card(folder: str | Path) -> dict[str, Any]:
    """Return what assay.json says of a finished run folder.

    Raises:
        InputError: the run is not finished, or is not that of a scalar reward model.
    """
    folder = Path(folder)
    if not (folder / "DONE").is_file():
        raise InputError(f"{folder}: holds no DONE, so its training has not ended; name the folder of a finished run")
    try:
        card = json.loads((folder / "assay.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}/assay.json: cannot be read ({error}); train the model anew") from None
    if not isinstance(card, dict) or card.get("family") != "scalar" or not isinstance(card.get("method"), str):
        raise InputError(f"{folder}/assay.json: is not that of a scalar reward model (family scalar, and a method)")
    return card


def load_scorer(folder: str | Path, *, name: str | None = None, **options: Any) -> ScalarScorer:
    """Return the scorer of a run folder.

    Args:
        folder: A finished run of `assay train scalar`.
        name: Unique in a report; None = the folder's.
        options: `batch_tokens`, `over` and `max_length` of the scorer.

    Raises:
        InputError: see `read_card` and `ScalarRewardModel.from_pretrained`.
    """
    card = read_card(folder)
    model = ScalarRewardModel.from_pretrained(Path(folder) / "model")
    return ScalarScorer(
        model=model, tokens=model.tokens, name=name or Path(folder).name, method=card["method"], **options
    )


def _weights(model: ScalarRewardModel) -> int:
    """Return the number of weights that take part in products: all but the embedding's."""
    table = model.net.get_input_embeddings()
    return sum(p.numel() for p in model.net.parameters()) - sum(p.numel() for p in table.parameters())
