"""What an engine is asked and what it answers: the contract between judges and language models.

A *request* is a chat made of parts (which text is the template's, ours, or judged), a grammar and
a token budget.  A *completion* is a text, how it ended, and the distribution over labels at every
slot of the grammar.  Engines differ in how they decode; they do not differ in this.

Legend: L labels of a slot.  `logp` in nats.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, get_args, runtime_checkable

import numpy as np

from ..types import Cost, Floats, Role, Status
from .grammar import Grammar

__all__ = [
    "ChatMessage",
    "Completion",
    "Engine",
    "Finish",
    "Kind",
    "LabelDist",
    "Part",
    "Request",
]

Kind = Literal["template", "ours", "judged"]
Finish = Literal["natural", "steered", "length"]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a prompt that is tokenised on its own."""

    text: str
    """What it says."""
    kind: Kind = "ours"
    """`template`: the chat template's own text, which alone may hold role and special tokens.
    `ours`: rubric and prompt.  `judged`: text of a data set.  Both are encoded without added tokens."""

    def __post_init__(self) -> None:
        if self.kind not in get_args(Kind):
            raise ValueError(f"kind must be one of {', '.join(get_args(Kind))}; got {self.kind!r}")


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One turn of the chat with the judge; its content remembers which text is judged."""

    role: Role
    """Who speaks."""
    parts: tuple[Part, ...]
    """What is said: `ours` and `judged` parts in order."""

    @property
    def text(self) -> str:
        """The whole content."""
        return "".join(part.text for part in self.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One thing to ask of a model."""

    id: str
    """Unique among the requests of a run."""
    messages: tuple[ChatMessage, ...] = ()
    """The chat; empty where `prompt_ids` is given."""
    prompt_ids: tuple[int, ...] | None = None
    """The prompt as token ids, where the caller has encoded it."""
    grammar: Grammar | None = None
    """What the answer must look like; None = free text."""
    max_new_tokens: int
    """Budget of the answer in tokens, the end token counted, the thought not."""
    temperature: float = 0.0
    """0 = the likeliest token; > 0 samples."""
    seed: int = 0
    """Sample s of this request draws from (seed, id, s)."""
    samples: int = 1
    """How many completions to make."""
    think: int = 0
    """Most tokens of free thought before the grammar, for models that think; 0 = none."""

    def __post_init__(self) -> None:
        if bool(self.messages) == (self.prompt_ids is not None):
            raise ValueError(f"request {self.id!r}: give messages or prompt_ids, one of the two")
        for name, least in (("max_new_tokens", 1), ("samples", 1), ("think", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"request {self.id!r}: {name} must be >= {least}, got {getattr(self, name)}")
        if not 0.0 <= self.temperature < float("inf"):
            raise ValueError(f"request {self.id!r}: temperature must be finite and >= 0, got {self.temperature!r}")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelDist:
    """What a model believes at one slot."""

    labels: tuple[str, ...]
    """The slot's labels, in the grammar's order."""
    logp: Floats
    """(L,) log-probability of each label before the grammar's mask, in nats; -inf = impossible."""
    mass: float | None = None
    """Probability that fell on the labels at all, in (0, 1]; None where the engine cannot know it, and
    then `logp` is normalised over the labels."""

    def __post_init__(self) -> None:
        logp_L = np.array(self.logp, dtype=np.float64)
        if logp_L.shape != (len(self.labels),) or not len(self.labels) or len(set(self.labels)) != len(self.labels):
            raise ValueError(f"{logp_L.size} log-probabilities for the labels {self.labels!r}; one per distinct label")
        if np.isnan(logp_L).any() or (logp_L > 1e-6).any() or not np.isfinite(logp_L).any():
            raise ValueError(f"log-probabilities must be <= 0 and not all -inf, got {logp_L.tolist()}")
        if self.mass is not None and not 0.0 < self.mass <= 1.0 + 1e-6:
            raise ValueError(f"mass must lie in (0, 1], got {self.mass!r}")
        logp_L.flags.writeable = False
        object.__setattr__(self, "logp", logp_L)

    @property
    def p(self) -> Floats:
        """(L,) probability of each label, given that it is one of them; sums to 1."""
        weight_L = np.exp(self.logp - self.logp.max())
        return np.asarray(weight_L / weight_L.sum(), dtype=np.float64)

    @property
    def top(self) -> str:
        """The likeliest label; the first of equals."""
        return self.labels[int(np.argmax(self.logp))]

    @classmethod
    def of(cls, p: Mapping[str, float], mass: float | None = None) -> LabelDist:
        """Return the distribution of given weights per label (normalised here).

        >>> LabelDist.of({"A": 3, "B": 1}).p.round(6).tolist()
        [0.75, 0.25]
        """
        p_L = np.array(list(p.values()), dtype=np.float64)
        if not p or not np.isfinite(p_L).all() or (p_L < 0).any() or not p_L.sum() > 0:
            raise ValueError(f"weights must be finite, >= 0 and not all 0, got {dict(p)!r}")
        with np.errstate(divide="ignore"):
            logp_L = np.log(p_L / p_L.sum())
        return cls(labels=tuple(p), logp=logp_L + (0.0 if mass is None else np.log(mass)), mass=mass)

    @classmethod
    def of_votes(cls, labels: Sequence[str], votes: Sequence[str]) -> LabelDist:
        """Return what n hard verdicts say: (count + 1/L) / (n + 1).

        One pseudo-count in all, spread evenly (Perks 1947).  For two labels it gives the log-odds
        log((k + ½) / (n - k + ½)), and for A, B and a tie that gives half to each,
        log((a + t/2 + ½) / (b + t/2 + ½)): the rules for hard verdicts of `assay.aggregate`.

        >>> LabelDist.of_votes(("A", "B"), ["A"]).p.round(6).tolist()
        [0.75, 0.25]
        """
        strange = sorted(set(votes) - set(labels))
        if strange:
            raise ValueError(f"vote {strange[0]!r} is none of the labels {tuple(labels)!r}")
        return cls.of({label: votes.count(label) + 1 / len(labels) for label in labels})


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What came back for one sample of one request."""

    id: str
    """The request's id."""
    sample: int = 0
    """Which of its samples, counted from 0."""
    text: str
    """The answer, thought and end token left out; "" where nothing came."""
    token_ids: tuple[int, ...] = ()
    """Its tokens, the end token included where there is one; () where the engine does not know them."""
    status: Status
    """`ok` exactly where the text is complete."""
    finish: Finish
    """natural: the model ended it · steered: valid, but the budget forced the end · length: cut."""
    slots: Mapping[str, LabelDist] = field(default_factory=dict)
    """A distribution per slot of the grammar, where the engine can read them."""
    thought: str = ""
    """What a thinking model wrote before its answer."""
    cost: Cost = field(default_factory=Cost)
    """Of this sample."""
    error: str | None = None
    """Why it is not ok, for people."""

    def __post_init__(self) -> None:
        if (self.status == "ok") != (self.error is None):
            raise ValueError(f"completion {self.id!r}: status {self.status!r} with error {self.error!r}")
        if self.status == "ok" and self.finish == "length":
            raise ValueError(f"completion {self.id!r}: a text cut by its budget is not ok")


@runtime_checkable
class Engine(Protocol):
    """A language model behind a queue."""

    @property
    def model_id(self) -> str:
        """Which weights answer: a path, a hub id with revision, or a name."""
        ...

    @property
    def tokenizer_hash(self) -> str:
        """Identity of the tokenizer and its chat template, 64 hex digits."""
        ...

    @property
    def context(self) -> int:
        """Most tokens of prompt and answer together."""
        ...

    def encode(self, parts: Sequence[Part]) -> list[int]:
        """Return the token ids of a prompt; no id of an `ours` or `judged` part is an added token."""
        ...

    def min_tokens(self, grammar: Grammar) -> int:
        """Return the smallest `max_new_tokens` with which any choice of labels can finish, the end token counted."""
        ...

    def run(self, requests: Sequence[Request]) -> list[Completion]:
        """Answer every request, in order; k samples are k consecutive completions.

        One bad request never raises for the others: its completion says why in `status` and `error`.
        """
        ...

    def as_completed(self, requests: Sequence[Request]) -> Iterator[Completion]:
        """Yield the same completions in the order in which they come, for who shows progress or keeps what is done."""
        ...
