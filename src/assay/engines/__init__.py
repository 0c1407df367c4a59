"""Engines: requests in, completions out, whatever model stands behind."""

from .base import ChatMessage, Completion, Engine, LabelDist, Part, Request
from .grammar import Free, Grammar, GrammarPart, Literal, Slot

__all__ = [
    "ChatMessage",
    "Completion",
    "Engine",
    "Free",
    "Grammar",
    "GrammarPart",
    "LabelDist",
    "Literal",
    "Part",
    "Request",
    "Slot",
]
