"""The finish guard: one answer's way through the automaton, which always ends within its budget.

A token is affordable when the distance behind it fits into what is left.  At every state the first
token of a shortest way is affordable, so no answer is ever cut, whatever the model wants.

Prior art: TruncProof (arXiv 2605.13076), which bounds the rest of LL(1) grammars from above; here
the distances are exact, on the token automaton itself.

Several free parts share what is spare: on entering one with f of them still to come (itself
included), it may use spare // f, and the rest is kept for the others.  So a long first reason does
not silence the next.
"""

from __future__ import annotations

from .free_index import Int32s
from .index import TokenIndex

__all__ = ["Walk"]


class Walk:
    """The state of one answer while it is written."""

    def __init__(self, index: TokenIndex, budget: int) -> None:
        """Begin at the start.

        Args:
            index: The automaton.
            budget: Tokens of the whole answer, the end token counted.

        Raises:
            ValueError: with this budget not every answer could finish.
        """
        if budget < index.min_tokens:
            raise ValueError(
                f"a budget of {budget} tokens is too small: this grammar needs at least {index.min_tokens}"
            )
        self.index = index
        self.left = budget
        self.state = index.start
        self.steered = False
        """Whether a wanted token was replaced because the budget did not allow it."""
        self._region: int | None = None
        self._reserve = 0
        self._enter()

    @property
    def done(self) -> bool:
        """Whether the end token has been written."""
        return self.state == self.index.done

    def allowed(self) -> Int32s:
        """Return the tokens that the grammar and the budget allow, ascending; at least one until it is done."""
        return self.index.affordable(self.state, self.left - self._reserve)

    def fits(self, token: int) -> bool:
        """Tell whether the budget allows a token.

        Raises:
            ValueError: the grammar forbids it here.
        """
        return int(self.index.distance[self._after(token)]) < self.left - self._reserve

    def take(self, token: int) -> bool:
        """Write a token where the grammar and the budget allow it; return whether they do."""
        to = self.index.step(self.state, token)
        if to is None or int(self.index.distance[to]) >= self.left - self._reserve:
            return False
        self.state = to
        self.left -= 1
        self._enter()
        return True

    def advance(self, token: int) -> None:
        """Write a token.

        Raises:
            ValueError: the grammar or the budget forbids it.
        """
        if not self.take(token):
            self._after(token)  # says so where it is the grammar
            raise ValueError(f"token {token} does not fit: {self.left} tokens left, {self._reserve} of them kept")

    def want(self, token: int) -> int:
        """Write the wanted token, or where it does not fit the first of a shortest way out; return which.

        Raises:
            ValueError: the grammar forbids the wanted token.
        """
        if not self.fits(token):
            self.steered = True
            token = self.index.shortest(self.state)
        self.advance(token)
        return token

    def _after(self, token: int) -> int:
        to = self.index.step(self.state, token)
        if to is None:
            raise ValueError(f"the grammar forbids token {token} here")
        return to

    def _enter(self) -> None:
        """Share out the spare tokens when another free part begins."""
        region = self.index.free_region(self.state)
        if region == self._region:
            return
        self._region, self._reserve = region, 0
        if region is not None:
            spare = self.left - int(self.index.distance[self.state])
            self._reserve = spare - spare // (self.index.free_parts - region)
