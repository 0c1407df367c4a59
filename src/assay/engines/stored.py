"""An engine that remembers: what is in the verdict store is not asked again.

    StoredEngine(engine, VerdictStore(path))

It is an `Engine` like any other.  Requests are claimed from the store a share at a time and asked, and each
answer is kept as it comes: a run that was killed has lost only what was being written, and processes on
one store share the work.  In front of an engine that cannot answer (replay.py), it repeats a run offline.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from .base import Completion, Engine, Part, Request
from .grammar import Grammar
from .store import VerdictStore, answer_key, from_json
from .tokens import Tokens, encode

__all__ = ["StoredEngine"]


class StoredEngine:
    """See above.  Failures are told and not kept: another run asks them again."""

    def __init__(
        self,
        engine: Engine,
        store: VerdictStore,
        *,
        share: int = 256,
        wait_s: float = 0.2,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Put a store in front of an engine.

        Args:
            engine: answers what the store does not hold.
            store: open, and left open.
            share: most requests that are claimed at once; what a process that dies leaves to be asked again.
            wait_s: seconds between two looks at what other processes are at work on.
            sleep: what waits.
        """
        self.engine, self.store = engine, store
        self.model_id, self.tokenizer_hash, self.context = engine.model_id, engine.tokenizer_hash, engine.context
        self.identity: str = getattr(engine, "identity", engine.model_id)
        store.know(self.model_id, self.identity)
        self.tokens: Tokens | None = getattr(engine, "tokens", None)
        self._share, self._wait_s, self._sleep = share, wait_s, sleep
        self.asked = 0
        """How many requests the engine got; all others were answered from the store."""

    def encode(self, parts: Sequence[Part]) -> list[int]:
        """Return the token ids of a prompt."""
        return self.engine.encode(parts)

    def min_tokens(self, grammar: Grammar) -> int:
        """Return the smallest `max_new_tokens` with which every answer can finish; see `Engine`."""
        return self.engine.min_tokens(grammar)

    def run(self, requests: Sequence[Request]) -> list[Completion]:
        """Answer every request, in order; k samples are k consecutive completions."""
        place = {request.id: i for i, request in enumerate(requests)}
        return sorted(self.as_completed(requests), key=lambda one: (place[one.id], one.sample))

    async def arun(self, requests: Sequence[Request]) -> list[Completion]:
        """Do as `run` does, without holding up the event loop."""
        return await asyncio.to_thread(self.run, requests)

    def as_completed(self, requests: Sequence[Request]) -> Iterator[Completion]:
        """Yield the answers of the store, then those of the engine and of other processes as they come."""
        wanted = dict[tuple[bytes, ...], list[Request]]()  # requests that ask the same are asked once
        for request in requests:
            wanted.setdefault(self._keys(request), []).append(request)
        while wanted:
            yield from self._stored(wanted)
            names = {_name(keys): keys for keys in wanted}
            mine = self.store.claim(list(names), self._share)
            try:
                yield from self._stored(wanted)  # by now, others may have answered
                yield from self._asked({names[one]: wanted.pop(names[one]) for one in mine if names[one] in wanted})
            finally:
                self.store.release(mine)
            if wanted and not mine:  # others are at work on all that is left
                self._sleep(self._wait_s)

    def _stored(self, wanted: dict[tuple[bytes, ...], list[Request]]) -> Iterator[Completion]:
        """Yield what the store holds, and take it off the list."""
        found = self.store.answers([key for keys in wanted for key in keys])
        for keys in [keys for keys in wanted if all(key in found for key in keys)]:
            for request in wanted.pop(keys):
                yield from (from_json(found[key], request.id, sample) for sample, key in enumerate(keys))

    def _asked(self, wanted: dict[tuple[bytes, ...], list[Request]]) -> Iterator[Completion]:
        """Ask, keep and yield; nothing is asked where nothing is wanted."""
        if not wanted:
            return
        by_id = {same[0].id: (keys, same) for keys, same in wanted.items()}
        self.asked += len(by_id)
        renewed = time.monotonic()
        for answer in self.engine.as_completed([same[0] for same in wanted.values()]):
            keys, same = by_id[answer.id]
            if answer.status != "ok" or _fits(same[0].grammar, answer.text):
                self.store.keep(keys[answer.sample], answer)
            yield from (replace(answer, id=request.id) for request in same)
            if time.monotonic() - renewed > 60:
                self.store.renew()
                renewed = time.monotonic()

    def _keys(self, request: Request) -> tuple[bytes, ...]:
        """Return the keys of all samples of a request."""
        prompt: Sequence[int] | str | None = request.prompt_ids
        if prompt is None and self.tokens is not None:
            prompt = encode(self.tokens, self.tokens.chat(request.messages, request.think > 0))
        if prompt is None:
            turns = [[turn.role, [[part.kind, part.text] for part in turn.parts]] for turn in request.messages]
            prompt = json.dumps(turns, ensure_ascii=False)
        made = {"model": self.identity, "tokenizer": self.tokenizer_hash}
        return tuple(answer_key(request, sample, prompt, **made) for sample in range(request.samples))


def _fits(grammar: Grammar | None, text: str) -> bool:
    """Tell whether a text is what was asked for; a server may have ignored the grammar."""
    return grammar is None or grammar.match(text) is not None


def _name(keys: tuple[bytes, ...]) -> bytes:
    """Return the name under which a request is claimed."""
    return hashlib.sha256(b"".join(keys)).digest()
