"""What an engine has to write, and which of it goes together.

Answers that share a long beginning go into one batch, where it is read once; else batches are made
of answers of similar length, so that little is padded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby

from .base import Request
from .index import TokenIndex
from .prefixes import shared_prefixes

__all__ = ["Job", "batches"]

_FAMILY = 32
"""A beginning shared by more prompts than this is that of a rubric, which every batch can read anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One sample of one request, ready to be written."""

    request: Request
    """What is asked."""
    sample: int
    """Which sample of it."""
    prompt: tuple[int, ...]
    """Token ids of the prompt."""
    index: TokenIndex | None
    """The automaton of its grammar; None = plain text."""
    forced: tuple[int, ...] = field(init=False)
    """How every answer begins; () after a thought, where it comes later."""

    def __post_init__(self) -> None:
        known = self.index is not None and not self.request.think
        object.__setattr__(
            self, "forced", tuple(self.index.forced(self.index.start)[0]) if known and self.index else ()
        )

    @property
    def opening(self) -> tuple[int, ...]:
        """What can be read before the first decision."""
        return self.prompt + self.forced

    @property
    def length(self) -> int:
        """Most tokens that it may come to."""
        return len(self.prompt) + self.request.think + self.request.max_new_tokens

    def sampled(self, sample: int) -> Job:
        """Return another sample of the same request."""
        return replace(self, sample=sample)


def batches(jobs: Sequence[Job], tokens: int, share: bool) -> Iterator[list[Job]]:
    """Yield jobs in batches, those of similar length together, longest first.

    Args:
        jobs: In any order.
        tokens: Most tokens of a batch, each job counted as long as its longest; a longer job goes alone.
        share: Whether what jobs share keeps them together.
    """
    openings = list(dict.fromkeys(job.opening for job in jobs))
    home = shared_prefixes(openings)[1] if share else [None] * len(openings)
    size = Counter(home)
    family = {
        opening: (1, prefix) if prefix is not None and size[prefix] <= _FAMILY else (0, row)
        for row, (opening, prefix) in enumerate(zip(openings, home, strict=True))
    }
    longest: dict[tuple[int, int | None], int] = {}
    for job in jobs:
        key = family[job.opening]
        longest[key] = max(longest.get(key, 0), job.length)
    order = sorted(jobs, key=lambda job: (-longest[family[job.opening]], family[job.opening], -job.length))
    batch: list[Job] = []
    width = 0
    for _, members in groupby(order, key=lambda job: family[job.opening]):
        group = list(members)
        if batch and (len(batch) + len(group)) * max(width, *(job.length for job in group)) > tokens:
            yield batch
            batch, width = [], 0
        for job in group:
            if batch and (len(batch) + 1) * max(width, job.length) > tokens:
                yield batch
                batch, width = [], 0
            batch.append(job)
            width = max(width, job.length)
    if batch:
        yield batch
