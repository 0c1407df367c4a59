"""An engine that cannot answer: with a store in front of it, a run is repeated without its model.

    store = VerdictStore(path)
    [identity] = store.identities("runs/judge")
    StoredEngine(ReplayEngine(load_tokens("runs/judge"), model_id="runs/judge", identity=identity), store)

Whatever the store holds is read, checked and concluded from anew; whatever it lacks comes back as an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .base import Completion, Part, Request
from .grammar import Grammar
from .index import token_index
from .tokens import Tokens, encode

__all__ = ["ReplayEngine"]


class ReplayEngine:
    """See above; it needs the tokenizer of the model, since keys are made of token ids."""

    def __init__(self, tokens: Tokens, *, model_id: str, identity: str, context: int = 1 << 30) -> None:
        """Stand in for an engine.

        Args:
            tokens: the model's tokenizer.
            model_id: what the engine of the run was called.
            identity: which weights it had; see `VerdictStore.identities`.
            context: most tokens of prompt and answer together; all of the run fitted.
        """
        self.tokens, self.model_id, self.identity, self.context = tokens, model_id, identity, context
        self.tokenizer_hash = tokens.hash

    def encode(self, parts: Sequence[Part]) -> list[int]:
        """Return the token ids of a prompt."""
        return encode(self.tokens, parts)

    def min_tokens(self, grammar: Grammar) -> int:
        """Return the smallest `max_new_tokens` with which every answer can finish; see `Engine`."""
        return token_index(grammar, self.tokens).min_tokens

    def run(self, requests: Sequence[Request]) -> list[Completion]:
        """Return a failure per sample, in order."""
        return list(self.as_completed(requests))

    def as_completed(self, requests: Sequence[Request]) -> Iterator[Completion]:
        """Yield a failure per sample."""
        why = "the store holds no answer to this, and nobody can be asked offline"
        for request in requests:
            for sample in range(request.samples):
                yield Completion(
                    id=request.id, sample=sample, text="", status="engine_error", finish="length", error=why
                )
