"""How answers are written: many at once, each by its own grammar, one decision per look at the model.

An answer goes through stages.  A *thought* and *plain* text are free; within a grammar, *free text*
is written token by token under the finish guard, a *slot* is one decision, read as a distribution,
and what is forced in between is appended without asking.  So a verdict without a rationale costs a
forward per slot, and its ending none.

Answers in free text go first and together, a token each per forward; those that have left it wait,
and then take their slots together.

Legend: B answers, V rows of the output layer.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from .answer import Answer
from .base import LabelDist
from .free_index import Int32s
from .strands import Reader
from .tokens import Tokens
from .walk import Walk

__all__ = ["Writer"]

_LEAST_MASS = float(np.finfo(np.float64).tiny)


class Writer:
    """Writes answers with a model."""

    def __init__(self, reader: Reader, tokens: Tokens, stops: frozenset[int], batch_tokens: int) -> None:
        """Take a model and its tokenizer.

        Args:
            reader: The model.
            tokens: Its tokenizer.
            stops: Ids that end a plain text or a thought.
            batch_tokens: Most tokens of the beginnings of labels that are read together, prompts included.
        """
        self.reader, self.tokens, self.stops, self.batch_tokens = reader, tokens, stops, batch_tokens
        self._mark = tokens.template(tokens.closing_mark) if tokens.closing_mark else []
        self.closing = [*self._mark, *tokens.bare("\n\n")]
        """What stands between a thought and its answer."""
        self._ids: dict[tuple[int, int], Tensor] = {}

    def write(self, answers: Sequence[Answer], logits: Tensor) -> None:
        """Write answers to their ends.

        Args:
            answers: With all of their strands read.
            logits: (B, V) behind each.
        """
        self._decide(answers, logits)
        while still := [answer for answer in answers if not answer.done]:
            group = [answer for answer in still if answer.free] or still
            room = max(answer.left for answer in group) if group[0].free else 0
            logits = self.reader.read([answer.strand for answer in group], room)
            for answer in group:
                answer.looks += 1
            self._decide(group, logits)

    def _decide(self, answers: Sequence[Answer], logits: Tensor) -> None:
        """Make one decision per answer."""
        free = [row for row, answer in enumerate(answers) if answer.free]
        rest = [row for row, answer in enumerate(answers) if not answer.free and not answer.done]
        wanted = self._wanted([answers[row] for row in free], logits, free)
        for row, token in zip(free, wanted, strict=True):
            if token is None:
                answers[row].done = answers[row].broken = True
            else:
                self._say(answers[row], token, logits[row])
            if not answers[row].free:
                answers[row].strand.detach()
        if rest:
            self._choose([answers[row] for row in rest], logits[rest])

    def _wanted(self, answers: Sequence[Answer], logits: Tensor, rows: Sequence[int]) -> list[int | None]:
        """Return the token that each answer would have next if nothing were forbidden; None where logits are none."""
        if not answers:
            return []
        known = logits[:, : self.tokens.size]
        # max and not argmax, which takes five times as long for bfloat16 on a CPU
        most = (known if len(rows) == len(known) else known[rows]).max(dim=-1)
        found: list[int | None] = most.indices.tolist()
        for i, (answer, value) in enumerate(zip(answers, most.values.tolist(), strict=True)):
            if not math.isfinite(value):
                found[i] = None
            elif answer.request.temperature > 0:
                found[i] = self._drawn(known[rows[i]], answer)
        return found

    @staticmethod
    def _drawn(logits: Tensor, answer: Answer) -> int:
        """Draw a token; on one device or another, the same uniform number decides."""
        exact = torch.float32 if logits.device.type == "mps" else torch.float64  # mps has no float64
        below = logits.to(exact) - logits.max()  # first, so that no temperature overflows
        reached = torch.softmax(below / answer.request.temperature, dim=-1).cumsum(0)
        u = reached[-1] * answer.draw.random()
        return min(int(torch.searchsorted(reached, u, right=True)), len(reached) - 1)

    def _among(self, answer: Answer, logits: Tensor, allowed: Tensor) -> int:
        """Return the token of some allowed ones, (K,), that the answer takes."""
        some = logits[allowed]
        at = self._drawn(some, answer) if answer.request.temperature > 0 else int(some.argmax())
        return int(allowed[at])

    def _say(self, answer: Answer, token: int, logits: Tensor) -> None:
        """Write one token of free text: the wanted one, or where it may not come, the best that may.

        Drawing from all tokens, and again from the allowed ones where the first may not come, is drawing
        from the allowed ones: p(x) + (1 - p(allowed)) p(x) / p(allowed) = p(x) / p(allowed).
        """
        if answer.thinking:
            self._think(answer, token)
        elif answer.walk is None:
            answer.append([token])
            answer.cut = token not in self.stops and len(answer.ids) >= answer.request.max_new_tokens
            answer.done = answer.cut or token in self.stops
        else:
            if not answer.walk.take(token):
                token = self._instead(answer, answer.walk, token, logits)
            answer.ids.append(token)
            answer.strand.ids.append(token)
            if not answer.free:
                answer.settle()

    def _instead(self, answer: Answer, walk: Walk, token: int, logits: Tensor) -> int:
        """Write another token than the wanted one, which grammar or budget forbids; return which."""
        if walk.index.step(walk.state, token) is None:
            token = self._among(answer, logits, self._allowed(walk))
            if walk.take(token):
                return token
        walk.steered = True
        token = self._among(answer, logits, self._on_device(walk.allowed()))
        walk.advance(token)
        return token

    def _allowed(self, walk: Walk) -> Tensor:
        """Return what the grammar allows here; kept on the device, since it comes again and again."""
        key = id(walk.index), walk.state
        if key not in self._ids:
            self._ids[key] = self._on_device(walk.index.allowed(walk.state))
        return self._ids[key]

    def _on_device(self, ids: Int32s) -> Tensor:
        return torch.from_numpy(ids.astype(np.int64)).to(self.reader.model.device)

    def _think(self, answer: Answer, token: int) -> None:
        """Write one token of a thought; close it where the model does, or where its budget ends."""
        ended = token in self.stops
        if not ended:
            answer.thought.append(token)
            answer.strand.ids.append(token)
        closed = answer.thought[-len(self._mark) :] == self._mark
        if closed:
            del answer.thought[-len(self._mark) :]
        if closed or ended or len(answer.thought) >= answer.request.think:
            answer.strand.ids += self.closing[len(self._mark) :] if closed else self.closing
            answer.thinking = False
            answer.settle()

    def _choose(self, answers: Sequence[Answer], logits: Tensor) -> None:
        """Decide one slot of each answer, and append the label and what is forced behind it."""
        walks = [answer.walk for answer in answers if answer.walk is not None]
        paths = [walk.index.paths(walk.state) for walk in walks]
        for answer, walk, open_labels, logp in zip(
            answers, walks, paths, self._logp(answers, logits, paths), strict=True
        ):
            name = walk.index.slot_at(walk.state)
            assert name is not None
            labels, values = tuple(open_labels), np.array(logp)
            if not np.isfinite(values).any() or np.isnan(values).any():
                answer.done = answer.broken = True
                continue
            mass = min(max(float(np.exp(values).sum()), _LEAST_MASS), 1.0)
            answer.slots[name] = LabelDist(labels=labels, logp=np.minimum(values, 0.0), mass=mass)
            answer.append(open_labels[labels[self._label(answer, values)]])
            answer.settle()

    @staticmethod
    def _label(answer: Answer, logp: np.ndarray[tuple[int], np.dtype[np.float64]]) -> int:
        """Return the number of the label that is taken: the likeliest, or one drawn."""
        temperature = answer.request.temperature
        if temperature == 0:
            return int(logp.argmax())
        with np.errstate(over="ignore"):  # the coldest give weight to the likeliest alone
            weight = np.exp((logp - logp.max()) / temperature)
        return int(answer.draw.choice(len(logp), p=weight / weight.sum()))

    def _logp(
        self, answers: Sequence[Answer], logits: Tensor, paths: Sequence[Mapping[str, tuple[int, ...]]]
    ) -> list[list[float]]:
        """Return the log-probability of every label of every answer, in nats, over the whole vocabulary.

        A label of several tokens is a product along them, so every proper beginning of a label is read too.
        """
        inner = [
            (row, begun)
            for row, labels in enumerate(paths)
            for begun in sorted({path[:end] for path in labels.values() for end in range(1, len(path))})
        ]
        looks = {(row, ()): row for row in range(len(answers))} | {
            key: len(answers) + at for at, key in enumerate(inner)
        }
        if inner:
            forks = [answers[row].strand.fork([*answers[row].strand.ids, *begun]) for row, begun in inner]
            for row, begun in inner:
                answers[row].looks += 1
                answers[row].tried += len(begun)
            rows_at_once = max(self.batch_tokens // max(len(fork.ids) for fork in forks), 1)
            groups = (forks[start : start + rows_at_once] for start in range(0, len(forks), rows_at_once))
            logits = torch.cat([logits, *(self.reader.read(group) for group in groups)])
        asked = sorted(
            {
                (looks[row, path[:end]], path[end])
                for row, labels in enumerate(paths)
                for path in labels.values()
                for end in range(len(path))
            }
        )
        at, token = torch.tensor(asked, device=logits.device).T
        below = logits.float() - logits.max(dim=-1, keepdim=True).values.float()  # first: keeps the digits
        found = (below[at, token] - torch.logsumexp(below, dim=-1)[at]).tolist()
        told = dict(zip(asked, found, strict=True))
        return [
            [sum(told[looks[row, path[:end]], path[end]] for end in range(len(path))) for path in labels.values()]
            for row, labels in enumerate(paths)
        ]
