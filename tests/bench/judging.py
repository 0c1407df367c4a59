"""Judge pairs of the pocket world with one model, through our engine and through outlines.

Both get the same weights, token ids, grammar and budget (`max_new_tokens`), greedy, on two threads.  outlines gets
its faster precision and batch size, prompts sorted by length; ours its faster precision.  Every run has a fresh
engine; grammars are compiled before the clock starts.  All sides run in turns; a ratio is taken within a round.

The models are untrained, so a rationale goes on until it is stopped.  Ours stops it and ends the verdict; the
text of outlines is cut at the budget, and is no verdict (`whole` counts them).  The ratio counts it all the same:
outlines would take as long with a model that writes as much and then spells the verdict in as few tokens as it can.

    helpfulness, conciseness    ours ÷ outlines, answers per second; aim ≥ 2
    room       conciseness, outlines with all the tokens that a verdict can take, so that all are whole
    written    ours, constrained ÷ free, tokens written per second; aim ≥ 0.9; and ÷ transformers' `generate`
    step       the same from one forward to the next, where both read one token per row: what the grammar costs
    none       ours, verdicts per second without ÷ with rationale
    limits     seconds of the products alone at the rate of the fastest square product ÷ seconds taken; 2 flops per
               weight and token that had to be read, the output layer only where it was asked
    index      ten criteria, 150,000 tokens: seconds to build, aim ≤ 1, and from the disk cache, aim ≤ 0.05

    python tests/bench/judging.py        an hour; writes tests/bench/judging.json
    … --size 5M                          one model only; the figures of the other stay
    … --small                            a rehearsal of minutes; it writes nothing
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from functools import partial
from importlib.metadata import version
from itertools import chain, pairwise
from pathlib import Path
from random import Random
from statistics import median
from typing import Any, NamedTuple

import outlines
import torch
from anchored_step import DTYPES, machine, spread
from hh_transfer import ROLES, texts, tokenizer
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from assay.data import load_pairs
from assay.engines import Grammar, Request
from assay.engines.index import token_index
from assay.engines.tokens import HFTokens, encode
from assay.engines.transformers import TransformersEngine
from assay.judges import Rubric, judge_prompt, verdict_form
from assay.judges import rubric as rubrics
from assay.types import Pair

OUT = Path(__file__).with_suffix(".json")
DATA = "world:helpfulness/a?n={}&seed=0"
SIZES: dict[str, dict[str, Any]] = {  # the second has rows for a far larger vocabulary than its tokenizer's 4,096
    "5M": {"vocab_size": 4096, "hidden_size": 256, "intermediate_size": 704, "num_hidden_layers": 6},
    "32M": {"vocab_size": 32_768, "hidden_size": 512, "intermediate_size": 1408, "num_hidden_layers": 5},
}
RATIOS = {  # what is counted, of whom, against whom
    "helpfulness": ("texts", "ours helpfulness", "outlines helpfulness"),
    "conciseness": ("texts", "ours conciseness", "outlines conciseness"),
    "room": ("texts", "ours conciseness", "outlines room"),
    "written": ("tokens", "ours helpfulness", "free"),
    "written_generate": ("tokens", "ours helpfulness", "generate"),
    "step": ("step", "ours helpfulness", "free"),
    "step_generate": ("step", "ours helpfulness", "generate"),
    "none": ("whole", "none", "ours helpfulness"),
}


class Run(NamedTuple):
    """What one side did with all prompts."""

    seconds: float
    texts: int
    whole: int  # those of them that are verdicts
    tokens: int  # written
    step: float  # tokens per second between two forwards of one token per row
    rows: int  # of the largest forward
    flops: float  # of the products that were needed; 0 = not told

    def rate(self, what: str) -> float:
        """Return a figure per second."""
        return self.step if what == "step" else float(getattr(self, what)) / self.seconds


class Work(NamedTuple):
    """Prompts as ids, longest first, so that the rows of a batch are alike; and how they are to be answered."""

    prompts: Sequence[tuple[int, ...]]
    grammar: Grammar
    budget: int
    free: bool = False  # our engine is to ignore the grammar


Side = Callable[[Work], Run]


def run(model: Any, grammar: Grammar, answer: Callable[[], tuple[list[str], int, float]]) -> Run:
    """Time a side, and note start, rows and columns of every forward.

    `answer` returns texts, their tokens (0 = one for every row of a forward), and the operations that were needed.
    """
    beats: list[tuple[float, int, int]] = []
    hook = model.register_forward_pre_hook(
        lambda _, args, named: beats.append((time.perf_counter(), *named["input_ids"].shape)), with_kwargs=True
    )
    start = time.perf_counter()
    said, tokens, flops = answer()
    seconds = time.perf_counter() - start
    hook.remove()
    gaps = [(b[0] - a[0], a[1]) for a, b in pairwise(beats) if a[1:] == b[1:] and a[2] == 1]
    step = sum(rows for _, rows in gaps) / sum(gap for gap, _ in gaps) if gaps else 0.0
    looks = sum(rows for _, rows, _ in beats)
    whole = sum(grammar.match(text) is not None for text in said)
    return Run(seconds, len(said), whole, tokens or looks, step, max(rows for _, rows, _ in beats), flops)


def ours(model: Any, tokens: HFTokens, work: Work) -> Run:
    """Answer with our engine."""
    engine = TransformersEngine(model, tokens, cache=None)
    engine.min_tokens(work.grammar)  # compiles it
    told: dict[str, Any] = {"grammar": None if work.free else work.grammar, "max_new_tokens": work.budget}
    requests = [Request(id=str(i), prompt_ids=ids, **told) for i, ids in enumerate(work.prompts)]

    def answer() -> tuple[list[str], int, float]:
        said = engine.run(requests)
        flops = sum(one.cost.flops for one in said)
        return [one.text for one in said], sum(one.cost.new_tokens for one in said), flops

    return run(model, work.grammar, answer)


def peer(model: Any, made: Any, grammar: Grammar | None) -> Any:
    """Return outlines' generator; without a grammar it is transformers' `generate`.

    It is made to take prompts as ids, flush right: its own tokenizing would cut them elsewhere.
    """

    def prepared(rows: Sequence[tuple[int, ...]], is_batch: bool) -> tuple[Any, dict[str, torch.Tensor]]:
        width = max(map(len, rows))
        ids = torch.tensor([[made.pad_token_id] * (width - len(row)) + [*row] for row in rows])
        return rows, {"input_ids": ids, "attention_mask": (ids != made.pad_token_id).long()}

    wrapped: Any = outlines.from_transformers(model, made)
    wrapped._prepare_model_inputs = prepared
    return outlines.Generator(wrapped, outlines.regex(grammar.regex) if grammar else None, backend="outlines_core")


def theirs(generator: Any, batch: int, work: Work) -> Run:
    """Answer with outlines."""

    def answer() -> tuple[list[str], int, float]:
        rows = [work.prompts[at : at + batch] for at in range(0, len(work.prompts), batch)]
        said = [generator.batch(some, max_new_tokens=work.budget, do_sample=False) for some in rows]
        return [*chain.from_iterable(said)], 0, 0.0

    return run(generator.model.model, work.grammar, answer)


def asked(rubric: Rubric, pairs: Sequence[Pair], tokens: HFTokens) -> Work:
    """Return the prompts of a rubric."""
    form = verdict_form(rubric)
    chats = [judge_prompt(rubric, form, dialogue=one.prompt, answers=(one.first, one.second)) for one in pairs]
    prompts = sorted((tuple(encode(tokens, tokens.chat(chat))) for chat in chats), key=len, reverse=True)
    spare = 0 if rubric.reason.when == "none" else rubric.reason.max_tokens
    return Work(prompts, form.grammar, token_index(form.grammar, tokens, cache=None).min_tokens + spare)


def sides(size: str, n: int, trial: int) -> tuple[dict[str, tuple[Side, Work]], dict[str, Any]]:
    """Return who does what, each in its fastest setting, found on `trial` of the n pairs; and what was tried."""
    pairs: list[Pair] = [*load_pairs(DATA.format(n)).records]
    made = tokenizer(texts(pairs))
    config = LlamaConfig(
        **SIZES[size], num_attention_heads=8, num_key_value_heads=4, max_position_embeddings=4096,
        tie_word_embeddings=True, bos_token_id=None, eos_token_id=made.eos_token_id, pad_token_id=made.pad_token_id,
    )  # fmt: skip
    torch.manual_seed(0)
    net: Any = LlamaForCausalLM(config).eval()
    tokens, nets = HFTokens(made), {kind: deepcopy(net).to(dtype) for kind, dtype in DTYPES.items()}
    mine = {kind: partial(ours, deepcopy(one), tokens) for kind, one in nets.items()}
    found: dict[str, tuple[Side, Work]] = {}
    told: dict[str, Any] = {"parameters": net.num_parameters(), "compile_s": {}, "trials_s": {}, "chosen": {}}

    def add(name: str, options: Mapping[str, Side], work: Work) -> Side:
        """Add the fastest of some sides; each runs twice, the first time for warmth."""
        some = work._replace(prompts=work.prompts[:: n // trial])
        seconds = {option: round(min(side(some).seconds for _ in range(2)), 3) for option, side in options.items()}
        best = min(options, key=seconds.__getitem__)
        told["trials_s"][name], told["chosen"][name], found[name] = seconds, best, (options[best], work)
        return options[best]

    def add_peer(name: str, grammar: Grammar | None, batches: Sequence[int], work: Work) -> Side:
        start = time.perf_counter()
        peers = {kind: peer(one, made, grammar) for kind, one in nets.items()}
        told["compile_s"][name] = round((time.perf_counter() - start) / len(peers), 3)
        options = {f"{kind} {batch}": partial(theirs, one, batch) for kind, one in peers.items() for batch in batches}
        return add(name, options, work)

    batches = [batch for batch in (4, 8, 16) if batch <= trial]
    reason = Rubric.load("helpfulness").with_(reason=rubrics.Reason(when="before", max_tokens=64))
    long, short = asked(reason, pairs, tokens), asked(Rubric.load("conciseness"), pairs, tokens)
    side = add("ours helpfulness", mine, long)
    add_peer("outlines helpfulness", long.grammar, batches, long)
    add("ours conciseness", mine, short)
    room = add_peer("outlines conciseness", short.grammar, batches, short)
    found["outlines room"] = room, short._replace(budget=len(short.grammar.regex))  # no verdict has more bytes
    found["free"] = side, long._replace(free=True)
    add_peer("generate", None, [side(found["free"][1]).rows], long)
    told["chosen"]["free"] = told["chosen"]["ours helpfulness"]
    add("none", mine, asked(reason.with_(reason=rubrics.Reason(when="none")), pairs, tokens))
    return found, told


def measure(size: str, n: int, trial: int, rounds: int) -> dict[str, Any]:
    """Run all sides of a model in turns."""
    jobs, told = sides(size, n, trial)
    runs: dict[str, list[Run]] = {name: [] for name in jobs}
    limits: dict[str, list[float]] = {name: [] for name in jobs if not name.startswith(("outlines", "generate"))}
    for turn in range(rounds):
        gflops = machine()["product_gflops"]
        for name in list(jobs)[:: -1 if turn % 2 else 1]:
            side, work = jobs[name]
            runs[name].append(side(work))
            if name in limits:
                limits[name].append(runs[name][-1].rate("flops") / gflops[told["chosen"][name]] / 1e9)
    ratios = {
        name: spread([one.rate(what) for one in runs[a]], [one.rate(what) for one in runs[b]])
        for name, (what, a, b) in RATIOS.items()
    }
    for name, ratio in ratios.items():
        print(f"{size} {name}: {ratio['median']} [{ratio['least']}, {ratio['greatest']}]")
    return {
        **told,
        "ratios": ratios,
        "limits": {name: [round(one, 4) for one in some] for name, some in limits.items()},
        "answers_per_second": {
            name: median(round(one.rate("texts"), 3) for one in some) for name, some in runs.items()
        },
        "whole": {name: f"{some[0].whole} of {some[0].texts}" for name, some in runs.items()},
        "runs": {name: [run._asdict() for run in some] for name, some in runs.items()},
    }


def large_vocabulary(size: int) -> PreTrainedTokenizerFast:
    """Return a byte-level tokenizer: half its tokens words, a quarter ASCII of any kind, a quarter any bytes."""
    draw, byte = Random(0), sorted(pre_tokenizers.ByteLevel.alphabet())
    word, pieces = [*"abcdefghijklmnopqrstuvwxyz"], dict.fromkeys(byte)
    kinds = [word, word, [one for one in byte if "!" <= one <= "~"], byte]
    while len(pieces) < size - len(ROLES):
        pieces[draw.choice(["Ġ", ""]) + "".join(draw.choices(draw.choice(kinds), k=draw.randint(2, 8)))] = None
    backend = Tokenizer(models.BPE(vocab={one: i for i, one in enumerate(pieces)}, merges=[], ignore_merges=True))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    backend.add_special_tokens([AddedToken(role, special=True, normalized=False) for role in ROLES])
    wrapped: Any = PreTrainedTokenizerFast
    done: PreTrainedTokenizerFast = wrapped(tokenizer_object=backend, eos_token=ROLES[0])
    return done


def index(size: int, rounds: int) -> dict[str, list[float]]:
    """Return the seconds in which the automaton of ten criteria is built, and loaded again."""
    tokens = HFTokens(large_vocabulary(size))
    criteria = tuple(rubrics.Criterion(id=f"q{i}", question=f"Question {i}?") for i in range(10))
    seconds: dict[str, list[float]] = {}
    for when in ("before", "each") * rounds:
        rubric = Rubric.load("helpfulness").with_(criteria=criteria, reason=rubrics.Reason(when=when))
        with tempfile.TemporaryDirectory() as folder:
            for kind in ("built", "cached"):
                start = time.perf_counter()
                token_index(verdict_form(rubric).grammar, tokens, Path(folder))
                seconds.setdefault(f"{when} {kind}", []).append(round(time.perf_counter() - start, 4))
    return seconds


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=64, help="a multiple of 16")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--size", choices=list(SIZES), action="append", help="default: all")
    parser.add_argument("--small", action="store_true", help="the smaller model, 2 rounds of 8 pairs, few settings")
    told = parser.parse_args()
    torch.set_num_threads(told.threads)
    n, trial, rounds = (8, 4, 2) if told.small else (told.pairs, 16, told.rounds)
    seconds = index(150_000, rounds)
    for name, some in seconds.items():
        print(f"index, {name}: {median(some):.3f} s")
    found: dict[str, Any] = {
        "date": time.strftime("%Y-%m-%d"),
        "machine": {**machine(), "outlines": version("outlines")},
        "pairs": n,
        "index_s": seconds,
        "sizes": {size: measure(size, n, trial, rounds) for size in told.size or list(SIZES)[: 1 if told.small else 2]},
    }
    if not told.small:
        before = json.loads(OUT.read_text(encoding="utf-8"))["sizes"] if OUT.exists() and told.size else {}
        found["sizes"] = before | found["sizes"]
        OUT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({size: {**one, "runs": "…"} for size, one in found["sizes"].items()}, indent=1))


if __name__ == "__main__":
    main()
