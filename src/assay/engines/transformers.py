"""The engine on transformers: judges on any causal language model, in this process.

A batch is read as a tree (prefixes.py): what its prompts share is read once, and the beginnings of
the last batches are kept for the next.  Then all answers are written together (writing.py), each by
its own grammar, so rubrics may be mixed.  Answers depend on nothing else in their batch, but for
the rounding of the arithmetic.

torch loads with the first engine, not with this module.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ..errors import InputError
from ..sources import loading
from ..types import Cost, Status
from .base import Completion, Part, Request
from .batches import Job, batches
from .free_index import cache_folder
from .grammar import Grammar
from .index import TokenIndex, token_index
from .model_facts import context_of, flops_of, identity_of, stops_of
from .tokens import HFTokens, Tokens, encode

if TYPE_CHECKING:
    from transformers import PreTrainedModel

    from .answer import Answer

__all__ = ["Precision", "TransformersEngine"]

Precision = Literal["auto", "float32", "bfloat16", "float16"]


class TransformersEngine:
    """An `Engine` over a causal language model of transformers.

    Verdicts of a request do not depend on its neighbours.  Several threads may call one engine; they
    take turns.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokens: Tokens,
        *,
        model_id: str = "",
        batch_tokens: int = 32_768,
        share_prefixes: bool = True,
        cache: Path | Literal["default"] | None = "default",
    ) -> None:
        """Wrap a loaded model.

        Args:
            model: It is put into evaluation mode; its tokenizer is never touched.
            tokens: Its tokenizer.
            model_id: What it is called; "" = its own name.
            batch_tokens: Most tokens of a batch, prompts and budgets of all its answers together.
            share_prefixes: Whether beginnings that prompts share are read once.
            cache: Folder of compiled indexes; "default" = the user's cache, None = none.

        Raises:
            InputError: the tokenizer is not the model's, or the model has layers that cannot share a past.
        """
        from .opening import OpeningReader
        from .strands import Reader
        from .writing import Writer

        head: Any = model.get_output_embeddings()
        if head is None:
            raise InputError(f"{type(model).__name__} has no output layer; load it with AutoModelForCausalLM")
        rows = int(head.weight.shape[0])
        if tokens.size > rows:
            raise InputError(f"the tokenizer has {tokens.size} tokens, the model {rows}; they do not belong together")
        if batch_tokens < 1:
            raise InputError(f"batch_tokens must be >= 1, got {batch_tokens}")
        self.tokens = tokens
        self.model_id: str = model_id or str(model.config.name_or_path) or type(model).__name__
        self.tokenizer_hash = tokens.hash
        self.context = context_of(model.config.get_text_config())
        self.batch_tokens, self.share_prefixes = batch_tokens, share_prefixes
        self._reader = Reader(model)
        self._writer = Writer(self._reader, tokens, stops_of(model, tokens), batch_tokens)
        self._rows = rows
        self._cache = cache_folder() if cache == "default" else cache
        self._indexes: dict[str, TokenIndex] = {}
        self._openings = OpeningReader(self._reader, share_prefixes)
        self._lock = threading.Lock()
        self._model = model
        self.flops_per_token, self.flops_per_look = flops_of(model)
        """Operations of reading a token, without those of attention over the past; and of making its logits."""

    @classmethod
    def load(
        cls,
        model: str,
        *,
        dtype: Precision = "auto",
        device: str | None = None,
        revision: str | None = None,
        batch_tokens: int = 32_768,
        share_prefixes: bool = True,
    ) -> TransformersEngine:
        """Load a model and its tokenizer.

        Args:
            model: A folder, a hub id, or `pocket:NAME`; what the engine is called.
            dtype: Precision of the weights; auto = as they were saved.
            device: Such as cuda or cpu; None = a GPU where there is one.
            revision: Of a hub id.
            batch_tokens: See `__init__`.
            share_prefixes: See `__init__`.

        Raises:
            InputError: nothing of the kind can be loaded from there, there is no such device, or see `__init__`.
        """
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        with loading(model, "language model") as source:
            tokenizer: Any = AutoTokenizer.from_pretrained(source, revision=revision)
            net: Any = AutoModelForCausalLM.from_pretrained(source, revision=revision, dtype=dtype)
        where = device or (str(torch.accelerator.current_accelerator()) if torch.accelerator.is_available() else "cpu")
        try:
            torch.empty(0, device=where)
        except (RuntimeError, AssertionError) as error:  # an assertion where torch was built without it
            reason = str(error).splitlines()[0]
            raise InputError(f"device {where!r} is not to be had here ({reason}); leave it out, or say cpu") from None
        name = model if revision is None else f"{model}@{revision}"
        return cls(
            net.to(where),
            HFTokens(tokenizer),
            model_id=name,
            batch_tokens=batch_tokens,
            share_prefixes=share_prefixes,
        )

    @classmethod
    def from_outlines(cls, model: Any, **options: Any) -> TransformersEngine:
        """Take the model and tokenizer of an outlines model (`outlines.from_transformers(…)`).

        Args:
            model: The outlines model.
            options: As for `__init__`.
        """
        return cls(model.model, HFTokens(model.hf_tokenizer), **options)

    @cached_property
    def identity(self) -> str:
        """What tells this model from others of its name, whose weights may change; see `identity_of`."""
        return identity_of(self._model)

    def encode(self, parts: Sequence[Part]) -> list[int]:
        """Return the token ids of a prompt; no id of an `ours` or `judged` part is an added token."""
        return encode(self.tokens, parts)

    def min_tokens(self, grammar: Grammar) -> int:
        """Return the smallest `max_new_tokens` with which every answer can finish, the end token counted.

        Raises:
            InputError: the tokenizer cannot write a label or a literal.
        """
        return self._index(grammar).min_tokens

    def run(self, requests: Sequence[Request]) -> list[Completion]:
        """Answer every request, in order; k samples are k consecutive completions."""
        place = {request.id: i for i, request in enumerate(requests)}
        return sorted(self.as_completed(requests), key=lambda one: (place[one.id], one.sample))

    async def arun(self, requests: Sequence[Request]) -> list[Completion]:
        """Do as `run` does, without holding up the event loop."""
        return await asyncio.to_thread(self.run, requests)

    def as_completed(self, requests: Sequence[Request]) -> Iterator[Completion]:
        """Yield the answers as their batches end.

        Raises:
            ValueError: two requests have one id.
        """
        if len({request.id for request in requests}) < len(requests):
            raise ValueError("two requests of a run have one id")
        jobs: list[Job] = []
        for request in requests:
            made = self._job(request)
            if isinstance(made, Job):
                jobs += [made.sampled(sample) for sample in range(request.samples)]
            else:
                yield from (_failed(request, sample, *made) for sample in range(request.samples))
        for batch in batches(jobs, self.batch_tokens, self.share_prefixes):
            yield from self._answered(batch)

    def _index(self, grammar: Grammar) -> TokenIndex:
        if grammar.fingerprint not in self._indexes:
            self._indexes[grammar.fingerprint] = token_index(grammar, self.tokens, self._cache)
        return self._indexes[grammar.fingerprint]

    def _job(self, request: Request) -> Job | tuple[Status, str, int]:
        """Return a request as token ids, or why it is refused, with the tokens of its prompt."""
        try:
            ids = request.prompt_ids
            if ids is None:
                ids = tuple(self.encode(self.tokens.chat(request.messages, request.think > 0)))
            index = self._index(request.grammar) if request.grammar else None
        except InputError as error:
            return "engine_error", str(error), 0
        n, budget = len(ids), request.max_new_tokens
        if not ids:
            return "engine_error", "the prompt is empty", 0
        strange = [token for token in ids if not 0 <= token < self._rows]
        if strange:
            return "engine_error", f"the prompt holds id {strange[0]}; the model has 0 to {self._rows - 1}", n
        if index is not None and budget < index.min_tokens:
            return "refused", f"max_new_tokens is {budget}; this grammar needs at least {index.min_tokens}", n
        if request.think and self.tokens.closing_mark is None:
            return "refused", "the model's chat template knows no thoughts; set think to 0", n
        thought = request.think + len(self._writer.closing) if request.think else 0
        if n + thought + budget > self.context:
            whole = f"{n} of the prompt + {thought} of thought + {budget} of the answer"
            figures = f"{whole} = {n + thought + budget} tokens; the context holds {self.context}"
            return "context_overflow", figures, n
        return Job(request=request, sample=0, prompt=tuple(ids), index=index)

    def _answered(self, jobs: Sequence[Job]) -> list[Completion]:
        """Answer a batch; where it does not fit into the device's memory, in halves."""
        import torch

        try:
            with self._lock, torch.inference_mode():
                return self._written(jobs)
        except torch.OutOfMemoryError as error:
            reason = str(error).split(". ")[0]
        self._openings.forget()
        if len(jobs) == 1:
            why = f"a batch of one answer does not fit into memory ({reason})"
            return [_failed(jobs[0].request, jobs[0].sample, "engine_error", why, len(jobs[0].prompt))]
        half = len(jobs) // 2
        return [*self._answered(jobs[:half]), *self._answered(jobs[half:])]

    def _written(self, jobs: Sequence[Job]) -> list[Completion]:
        """Answer a batch."""
        from .answer import begin

        started = time.perf_counter()
        rows = {opening: row for row, opening in enumerate(dict.fromkeys(job.opening for job in jobs))}
        room = max(job.length - len(job.prompt) for job in jobs)
        strands, logits, cost = self._openings.read(list(rows), room)
        answers = [begin(job, strands[rows[job.opening]]) for job in jobs]
        self._writer.write(answers, logits[[rows[job.opening] for job in jobs]])
        seconds = (time.perf_counter() - started) / len(jobs)
        made = []
        for answer, job in zip(answers, jobs, strict=True):
            row = rows[job.opening]
            made.append(self._completion(answer, job, cost[row], seconds))
            cost[row] = 0  # the other samples found it read
        return made

    def _completion(self, answer: Answer, job: Job, read: int, seconds: float) -> Completion:
        """Return what was written, and what it cost."""
        new = len(answer.ids) + len(answer.thought)
        prompt = len(job.prompt)
        cost = Cost(
            prompt_tokens=prompt,
            cached_tokens=max(prompt + len(job.forced) - max(read, len(job.forced)), 0),
            new_tokens=new,
            flops=self.flops_per_token * (read + answer.strand.read - len(job.opening) + answer.tried)
            + self.flops_per_look * (answer.looks + (read > 0)),
            seconds=seconds,
        )
        if answer.broken:
            broken = f"the model's logits behind token {len(answer.strand.ids)} are no numbers; try another precision"
            return replace(_failed(job.request, job.sample, "engine_error", broken), cost=cost)
        steered = answer.walk is not None and answer.walk.steered
        why = f"cut at max_new_tokens = {job.request.max_new_tokens}" if answer.cut else None
        return Completion(
            id=job.request.id,
            sample=job.sample,
            text=self.tokens.write(answer.ids),
            token_ids=tuple(answer.ids),
            status="truncated" if answer.cut else "ok",
            finish="length" if answer.cut else "steered" if steered else "natural",
            slots=answer.slots,
            thought=self.tokens.write(answer.thought),
            cost=cost,
            error=why,
        )


def _failed(request: Request, sample: int, status: Status, why: str, prompt: int = 0) -> Completion:
    cost = Cost(prompt_tokens=prompt)
    return Completion(id=request.id, sample=sample, text="", status=status, finish="length", error=why, cost=cost)
