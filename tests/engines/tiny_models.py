"""Tiny causal language models of random weights, made here: one per family, each with its tokenizer's quirks.

Beside them stand the answers of brute force: a whole forward for every look, no cache, no batch,
no padding, and a softmax in float64.
"""

from __future__ import annotations

import atexit
import copy
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import families
import torch
from torch import Tensor
from transformers import AutoModelForCausalLM, Gemma3TextConfig, LlamaConfig, Qwen3Config

from assay.engines import Completion, Grammar, Request
from assay.engines.index import TokenIndex, token_index
from assay.engines.transformers import TransformersEngine
from assay.engines.walk import Walk

NAMES = ("llama", "qwen", "gemma")
CONTEXT = 2048
PADDED = 1024 + 256
"""Rows of the output layer: more than any of the tokenizers has tokens."""
CACHE = Path(tempfile.mkdtemp())
"""Of compiled indexes, gone after the tests."""
atexit.register(shutil.rmtree, CACHE, ignore_errors=True)


def sizes(name: str) -> dict[str, Any]:
    """Return what the models have in common."""
    return {
        "vocab_size": PADDED if name == "qwen" else families.tokens(name).size,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "max_position_embeddings": CONTEXT,
        "initializer_range": 0.3,
    }


@cache
def model(name: str, seed: int = 0, dtype: torch.dtype = torch.float32) -> Any:
    """Return a model in evaluation mode; Gemma's attention slides over 16 tokens in every other layer."""
    config: Any
    if name == "llama":
        config = LlamaConfig(**sizes(name))
    elif name == "qwen":
        config = Qwen3Config(**sizes(name))
    else:
        config = Gemma3TextConfig(**sizes(name), sliding_window=16, layer_types=["sliding_attention", "full_attention"])
    return made(config, seed).to(dtype)


def made(config: Any, seed: int = 0, **options: Any) -> Any:
    """Return a model of random weights."""
    torch.manual_seed(seed)
    return AutoModelForCausalLM.from_config(copy.deepcopy(config), **options).eval()


def engine(name: str, dtype: torch.dtype = torch.float32, **options: Any) -> TransformersEngine:
    """Return an engine over the model of a family."""
    return over(name, model(name, dtype=dtype), **{"model_id": name} | options)


def over(name: str, net: Any, **options: Any) -> TransformersEngine:
    """Return an engine over any model, with the tokenizer of a family."""
    told: dict[str, Any] = {"cache": CACHE} | options
    return TransformersEngine(net, families.tokens(name), **told)


def leaning(name: str, likes: Mapping[int, float]) -> Any:
    """Return a copy of a model that adds so much to the logits of some tokens."""
    net = copy.deepcopy(model(name))
    old = net.get_output_embeddings()
    new = torch.nn.Linear(old.in_features, old.out_features)
    with torch.no_grad():
        new.weight.copy_(old.weight)
        new.bias.zero_()
        for token, extra in likes.items():
            new.bias[token] = extra
    net.set_output_embeddings(new)
    return net.eval()


# ---------------------------------------------------------------- brute force


@cache
def index(name: str, grammar: Grammar) -> TokenIndex:
    """Return the automaton of a grammar for the tokenizer of a family."""
    return token_index(grammar, families.tokens(name), CACHE)


def plain(net: Any, ids: Sequence[int]) -> Tensor:
    """Return the log-probabilities behind every token of a text, (T, V) in float64, from a forward without cache."""
    with torch.inference_mode():
        logits: Tensor = net(torch.tensor([list(ids)]), use_cache=False).logits[0]
    return torch.log_softmax(logits.double(), dim=-1)


def path_logp(net: Any, before: Sequence[int], path: Sequence[int]) -> float:
    """Return the log-probability of tokens behind others, in nats."""
    behind = plain(net, [*before, *path[:-1]])[len(before) - 1 :]
    return sum(float(behind[i, token]) for i, token in enumerate(path))


def prompt_ids(view: TransformersEngine, request: Request) -> list[int]:
    """Return the prompt of a request as token ids."""
    if request.prompt_ids is not None:
        return list(request.prompt_ids)
    return view.encode(view.tokens.chat(request.messages, request.think > 0))


def slots(net: Any, name: str, prompt: Sequence[int], grammar: Grammar, answer: Sequence[int]) -> dict[str, Any]:
    """Return the log-probability of every label at every slot of an answer, in nats."""
    automaton, found = index(name, grammar), {}
    state: int | None = automaton.start
    for at, token in enumerate(answer):
        assert state is not None
        slot = automaton.slot_at(state)
        if slot is not None:
            before = [*prompt, *answer[:at]]
            found[slot] = {label: path_logp(net, before, path) for label, path in automaton.paths(state).items()}
        state = automaton.step(state, token)
    assert state == automaton.done
    return found


def furthest(completion: Completion, expected: Mapping[str, Mapping[str, float]]) -> float:
    """Return the largest difference of a log-probability from the expected one, in nats."""
    assert completion.slots.keys() == expected.keys()
    gaps = [0.0]
    for name, dist in completion.slots.items():
        assert list(dist.labels) == list(expected[name])
        gaps += [abs(expected[name][label] - logp) for label, logp in zip(dist.labels, dist.logp.tolist(), strict=True)]
    return max(gaps)


@dataclass(frozen=True, slots=True)
class Greedy:
    """What masked greedy decoding writes."""

    ids: list[int]
    """Tokens of the answer, the end token included."""
    gap: float
    """By how many nats the closest decision was made."""


def greedy(net: Any, name: str, prompt: Sequence[int], grammar: Grammar, budget: int) -> Greedy:
    """Write an answer with a whole forward per token, the likeliest of those that grammar and budget allow."""
    automaton, ids, gap = index(name, grammar), list[int](), float("inf")
    walk = Walk(automaton, budget)
    while not walk.done:
        allowed = [int(token) for token in walk.allowed()]
        if automaton.slot_at(walk.state) is not None:
            paths = automaton.paths(walk.state).values()
            scores = {path: path_logp(net, [*prompt, *ids], path) for path in paths}
        elif len(allowed) > 1:
            behind = plain(net, [*prompt, *ids])[-1]
            scores = {(token,): float(behind[token]) for token in allowed}
        else:
            scores = {(allowed[0],): 0.0}
        best, *rest = sorted(scores, key=lambda path: -scores[path])
        gap = min(gap, scores[best] - scores[rest[0]]) if rest else gap
        for token in best:
            walk.advance(token)
        ids += best
    return Greedy(ids, gap)
