"""A public fake: scripted beliefs through the real grammar, automaton, finish guard and slots.

Tests of judges need no model, but they should meet everything that a model brings: answers that
end early or are steered, budgets that are too small, label distributions per slot, servers that
fail, stall or ignore the grammar, and answers out of order.  `ScriptedEngine` walks token by token
as the real engines do, in milliseconds, and is the same in every run.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..types import Cost, Status
from .base import Completion, LabelDist, Part, Request
from .bytes_tokens import ByteTokens
from .grammar import Grammar, Slot
from .index import TokenIndex, token_index
from .script import Fault, Faults, Labels, Text, belief, escaped, fault_rates, rng, sentence
from .tokens import Tokens, encode, exact
from .walk import Walk

__all__ = ["Fault", "ScriptedEngine", "fault_rates"]


class ScriptedEngine:
    """An `Engine` whose beliefs and texts are given by functions.

    >>> from assay.engines import Grammar, Literal, Request, Slot
    >>> grammar = Grammar((Literal('{"winner":"'), Slot("winner", ("A", "B")), Literal('"}')))
    >>> engine = ScriptedEngine(lambda request, sample, slot: {"A": 3, "B": 1})
    >>> [answer] = engine.run([Request(id="1", prompt_ids=(), grammar=grammar, max_new_tokens=20)])
    >>> answer.text, answer.slots["winner"].p.round(2).tolist()
    ('{"winner":"A"}', [0.75, 0.25])
    """

    def __init__(
        self,
        labels: Labels | None = None,
        text: Text | None = None,
        *,
        tokens: Tokens | None = None,
        seed: int = 0,
        context: int = 8192,
        model_id: str = "scripted",
        mass: float = 0.98,
        faults: Faults | None = None,
        stall_s: float = 30.0,
        sleep: Callable[[float], object] = time.sleep,
        cache: Path | None = None,
    ) -> None:
        """Script an engine.

        Args:
            labels: (request, sample, slot) -> weights over the slot's labels, or a whole distribution;
                None = drawn from `seed`.
            text: (request, sample, name of the free part) -> what the model wants to write there, plain
                (it is escaped here); "text" for requests without grammar, "thought" for thoughts.
                None = a short sentence drawn from `seed`.
            tokens: The tokenizer; None = `ByteTokens`.
            seed: Of everything that is drawn.
            context: Most tokens of prompt and answer together.
            model_id: What it calls itself.
            mass: Probability that falls on the labels, where weights are given.
            faults: (request, sample) -> what goes wrong with this answer, None = nothing; see `fault_rates`.
            stall_s: How long a stalled answer takes, in seconds.
            sleep: What waits.
            cache: Folder of compiled indexes, None = none.
        """
        self.tokens: Tokens = tokens or ByteTokens()
        self._labels, self._text = labels, text
        self.model_id, self.context, self.tokenizer_hash = model_id, context, self.tokens.hash
        self._seed, self._mass = seed, mass
        self._faults, self._stall_s, self._sleep, self._cache = faults, stall_s, sleep, cache
        self._indexes: dict[str, TokenIndex] = {}
        self._lock = threading.Lock()
        self.calls = 0
        """How many completions it has made."""

    def encode(self, parts: Sequence[Part]) -> list[int]:
        """Return the token ids of a prompt; no id of an `ours` or `judged` part is an added token."""
        return encode(self.tokens, parts)

    def min_tokens(self, grammar: Grammar) -> int:
        """Return the smallest `max_new_tokens` with which every answer can finish.

        Raises:
            InputError: the tokenizer cannot write a label or a literal.
        """
        return self._index(grammar).min_tokens

    def run(self, requests: Sequence[Request]) -> list[Completion]:
        """Answer every request, in order; k samples are k consecutive completions."""
        return [completion for _, completion in sorted(self._answers(requests), key=lambda answer: answer[0])]

    async def arun(self, requests: Sequence[Request]) -> list[Completion]:
        """Do as `run` does, without holding up the event loop."""
        return await asyncio.to_thread(self.run, requests)

    def as_completed(self, requests: Sequence[Request]) -> Iterator[Completion]:
        """Yield the answers as they come: in an order drawn from the seed, stalled ones last."""
        return (completion for _, completion in self._answers(requests))

    def _answers(self, requests: Sequence[Request]) -> Iterator[tuple[tuple[int, int], Completion]]:
        """Yield ((place of the request, sample), answer) in the order of completion."""
        asked = [(place, sample) for place, request in enumerate(requests) for sample in range(request.samples)]
        fault = {key: self._faults(requests[key[0]], key[1]) if self._faults else None for key in asked}
        draw = rng(self._seed, "order", [request.id for request in requests])
        order = [asked[i] for i in draw.permutation(len(asked))]
        for key in sorted(order, key=lambda key: fault[key] == "stall"):
            with self._lock:
                self.calls += 1
            yield key, self._answer(requests[key[0]], key[1], fault[key])

    def _answer(self, request: Request, sample: int, fault: Fault | None) -> Completion:
        if fault == "stall":
            self._sleep(self._stall_s)
        try:
            return self._attempt(request, sample, fault)
        except InputError as error:
            return _failed(request, sample, "engine_error", str(error))

    def _attempt(self, request: Request, sample: int, fault: Fault | None) -> Completion:
        if request.prompt_ids is None:
            prompt = len(self.encode(self.tokens.chat(request.messages, request.think > 0)))
        else:
            prompt = len(request.prompt_ids)
        index = self._index(request.grammar) if request.grammar else None
        trouble = self._refusal(request, prompt, index) or self._scripted(fault)
        if trouble is not None:
            return replace(_failed(request, sample, *trouble), cost=Cost(prompt_tokens=prompt))
        wanted = self._written(request, sample, "thought") if request.think else ""
        thought = self.tokens.bare(wanted)[: request.think]
        if fault == "garble":
            short = self.tokens.bare("Sure! Here is my verdict: both are fine.")[: request.max_new_tokens - 1]
            answer = self._ended(request, sample, short)
        elif index and request.grammar:
            answer = self._walked(request, sample, request.grammar, index)
        else:
            answer = self._free(request, sample, self._written(request, sample, "text"))
        if fault == "truncate":
            ids = answer.token_ids[: len(answer.token_ids) // 2]
            why = f"cut after {len(ids)} tokens, as scripted"
            answer = replace(
                _failed(request, sample, "truncated", why), text=self.tokens.write(ids), token_ids=ids, slots={}
            )
        new_tokens = len(answer.token_ids) + len(thought)
        return replace(
            answer, thought=self.tokens.write(thought), cost=Cost(prompt_tokens=prompt, new_tokens=new_tokens)
        )

    def _refusal(self, request: Request, prompt: int, index: TokenIndex | None) -> tuple[Status, str] | None:
        """Say why a request cannot be answered within its figures, None where it can."""
        budget, whole = request.max_new_tokens, prompt + request.think + request.max_new_tokens
        if index is not None and budget < index.min_tokens:
            return "refused", f"max_new_tokens is {budget}; this grammar needs at least {index.min_tokens}"
        if whole > self.context:
            figures = f"{prompt} of the prompt + {request.think} of thought + {budget} of the answer = {whole} tokens"
            return "context_overflow", f"{figures}; the context holds {self.context}"
        return None

    def _scripted(self, fault: Fault | None) -> tuple[Status, str] | None:
        """Say how an answer fails on purpose, None where a text comes."""
        if fault == "stall":
            return "engine_error", f"no answer within {self._stall_s:g} s"
        if fault == "fail":
            return "engine_error", "failed, as scripted"
        return ("refused", "the model refused, as scripted") if fault == "refuse" else None

    def _free(self, request: Request, sample: int, text: str) -> Completion:
        """Answer without grammar; what does not fit is cut."""
        ids = self.tokens.bare(text)
        if len(ids) < request.max_new_tokens:
            return self._ended(request, sample, ids)
        cut = tuple(ids[: request.max_new_tokens])
        why = f"cut at max_new_tokens = {request.max_new_tokens}"
        return replace(_failed(request, sample, "truncated", why), text=self.tokens.write(cut), token_ids=cut)

    def _ended(self, request: Request, sample: int, ids: Sequence[int]) -> Completion:
        text, whole = self.tokens.write(ids), (*ids, self.tokens.eos_id)
        return Completion(id=request.id, sample=sample, text=text, token_ids=whole, status="ok", finish="natural")

    def _walked(self, request: Request, sample: int, grammar: Grammar, index: TokenIndex) -> Completion:
        """Answer within a grammar, token by token under the finish guard."""
        walk, ids, slots = Walk(index, request.max_new_tokens), [], {}
        named = {part.name: part for part in grammar.slots}
        frees = [(part.name, after.text) for part, after in grammar.closings()]
        while not walk.done:
            name, region = index.slot_at(walk.state), index.free_region(walk.state)
            if name is not None:
                slots[name], path = self._chosen(request, sample, named[name], index.paths(walk.state))
                ids += [walk.want(token) for token in path]
            elif region is not None:
                ids += self._said(walk, self._written(request, sample, frees[region][0]), frees[region][1])
            else:
                ids += [walk.want(token) for token in index.forced(walk.state)[0]]
        return Completion(
            id=request.id,
            sample=sample,
            text=self.tokens.write(ids),
            token_ids=tuple(ids),
            status="ok",
            finish="steered" if walk.steered else "natural",
            slots=slots,
        )

    def _said(self, walk: Walk, text: str, closing: str) -> list[int]:
        """Write a free part as far as it fits, and leave it; return the tokens."""
        index, ids = walk.index, []
        region = index.free_region(walk.state)
        for token in self.tokens.bare(escaped(text)):
            if index.step(walk.state, token) is None:  # a normaliser made a quote of something else
                break
            ids.append(walk.want(token))
            if ids[-1] != token:
                break
        while index.free_region(walk.state) == region:
            token = exact(self.tokens, closing)[0]
            fits = index.step(walk.state, token) is not None and walk.fits(token)
            ids.append(walk.want(token if fits else index.shortest(walk.state)))
        return ids

    def _chosen(
        self, request: Request, sample: int, slot: Slot, paths: Mapping[str, tuple[int, ...]]
    ) -> tuple[LabelDist, tuple[int, ...]]:
        """Return the belief at a slot, and the tokens of the label that is taken among the open ones."""
        dist = self._belief(request, sample, slot)
        logp = {label: value for label, value in zip(dist.labels, dist.logp.tolist(), strict=True) if label in paths}
        if request.temperature == 0 or max(logp.values()) == -np.inf:
            return dist, paths[max(logp, key=lambda label: logp[label])]
        weight_L = np.exp((np.array(list(logp.values())) - max(logp.values())) / request.temperature)
        draw = rng(self._seed, request.seed, request.id, sample, slot.name)
        return dist, paths[list(logp)[draw.choice(len(logp), p=weight_L / weight_L.sum())]]

    def _belief(self, request: Request, sample: int, slot: Slot) -> LabelDist:
        if self._labels is not None:
            return belief(self._labels(request, sample, slot), slot, self._mass)
        drawn = rng(self._seed, request.id, sample, slot.name).dirichlet(np.ones(len(slot.labels)))
        return belief(dict(zip(slot.labels, drawn.tolist(), strict=True)), slot, self._mass)

    def _written(self, request: Request, sample: int, name: str) -> str:
        if self._text is not None:
            return self._text(request, sample, name)
        return sentence(self._seed, request.id, sample, name)

    def _index(self, grammar: Grammar) -> TokenIndex:
        if grammar.fingerprint not in self._indexes:
            self._indexes[grammar.fingerprint] = token_index(grammar, self.tokens, self._cache)
        return self._indexes[grammar.fingerprint]


def _failed(request: Request, sample: int, status: Status, why: str) -> Completion:
    return Completion(id=request.id, sample=sample, text="", status=status, finish="length", error=why)
