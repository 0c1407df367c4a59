"""One answer in the making: what is written, where it stands in its grammar, what it has cost so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .base import LabelDist, Request
from .batches import Job
from .script import rng
from .strands import Strand
from .walk import Walk

__all__ = ["Answer", "begin"]


@dataclass(slots=True, eq=False, kw_only=True)
class Answer:
    """One answer in the making."""

    request: Request
    """What is asked."""
    sample: int
    """Which of its samples."""
    strand: Strand
    """Prompt and answer so far."""
    walk: Walk | None
    """The way through the grammar; None = plain text."""
    draw: np.random.Generator
    """Of its samples."""
    thinking: bool = False
    """Whether it is still in thought."""
    done: bool = False
    """Whether it is over."""
    cut: bool = False
    """Whether the budget ended a plain text."""
    broken: bool = False
    """Whether the model gave something else than numbers."""
    thought: list[int] = field(default_factory=list)
    """Tokens of the thought, what closes it left out."""
    ids: list[int] = field(default_factory=list)
    """Tokens of the answer, the end token included."""
    slots: dict[str, LabelDist] = field(default_factory=dict)
    """What was read at the slots."""
    looks: int = 0
    """How often logits were made for it, its opening left out."""
    tried: int = 0
    """Tokens of labels that were read to weigh them, and not kept."""

    @property
    def free(self) -> bool:
        """Whether the next token is one of free text, thought or plain text."""
        return self.thinking or self.walk is None or self.walk.index.free_region(self.walk.state) is not None

    @property
    def left(self) -> int:
        """How many tokens it may still grow by."""
        thought = self.request.think - len(self.thought) if self.thinking else 0
        return thought + self.request.max_new_tokens - len(self.ids)

    def append(self, tokens: Sequence[int]) -> None:
        """Write tokens of the answer."""
        self.ids += tokens
        self.strand.ids += tokens
        if self.walk is not None:
            for token in tokens:
                self.walk.advance(token)

    def settle(self) -> None:
        """Append what is forced from here, and see whether that is the end."""
        if self.walk is not None and not self.thinking:
            self.append(self.walk.index.forced(self.walk.state)[0])
            self.done = self.walk.done


def begin(job: Job, strand: Strand) -> Answer:
    """Return the answer to a job, its forced beginning written.

    Args:
        job: What is to be written.
        strand: Of its opening, read; it is forked.
    """
    walk = None if job.index is None else Walk(job.index, job.request.max_new_tokens)
    if walk is not None:
        for token in job.forced:
            walk.advance(token)
    return Answer(
        request=job.request,
        sample=job.sample,
        strand=strand.fork(),
        walk=walk,
        draw=rng(job.request.seed, job.request.id, job.sample),
        thinking=job.request.think > 0,
        done=walk is not None and walk.done,
        ids=list(job.forced),
    )
