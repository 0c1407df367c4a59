"""What anchoring adds to a step: seconds of the same steps, anchored ÷ naive, for each source of frozen features.

All sides train the same small model on the same rows in the same order, in turns, each on a fresh
model; a ratio is taken within a round.  The frozen features come from

    warm      the cache, all of them on disk
    cold      the cache, none of them there: the first epoch.  Its one shard is written with the
              checkpoint, behind the last step (1 kB per text where one token is anchored)
    copy      a frozen copy of the model, run in every step
    adapter   the model itself with LoRA switched off; against naive LoRA
    warm_response   as warm, but every token of the answers instead of the last one

A run's seconds go from the start of `Trainer.train`, which is beneath every side, to its last optimiser step.
The limit of a reference that is run: its forward pass.  A step is one forward and twice that backward,
so 1 + 1/3; with LoRA the backward pass needs no gradient of the weights, so 1 + 1/2.  The forward pass is
measured too (forward_s), and the limit from it is given beside the ratio.

    python tests/bench/anchored_step.py     writes tests/bench/anchored_step.json
    … --attention eager                     faster on processors than transformers' own choice, sdpa
    … --small                               a rehearsal of a minute; it writes nothing

Aims: at most 1.10 with the cache, at most 1.45 without.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

os.environ |= {"HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"}  # read when the libraries are loaded

import torch
import transformers
from hh_transfer import texts, tokenizer
from torch.optim.optimizer import register_optimizer_step_post_hook
from transformers import LlamaConfig, LlamaForSequenceClassification, Trainer
from transformers.utils.logging import disable_progress_bar

from assay.anchoring import AnchorConfig
from assay.data import load_pairs
from assay.fit import FitConfig
from assay.fit_batches import Plan
from assay.scalar import EncodedPair, ScalarConfig, ScalarRewardModel, collate_pairs, encode_pair, train_scalar
from assay.types import Pair

DATA = "world:helpfulness/a?n={}&seed=0&part=student"
THREADS = 2
FIT = FitConfig(learning_rate=3e-4, schedule="constant", warmup=0, bf16=True)
DTYPES = {"bf16": torch.bfloat16, "fp32": torch.float32}
AGAINST = {  # side: the naive one, and the aim
    "warm": ("naive", 1.10),
    "cold": ("naive", 1.45),
    "copy": ("naive", 1.45),
    "adapter": ("lora", 1.45),
    "warm_response": ("naive", None),
}
Found = TypeVar("Found")


def world(n: int) -> list[Pair]:
    """Return n pairs of the pocket world, the better answer first."""
    return [
        pair if pair.label == 1 else replace(pair, first=pair.second, second=pair.first, label=1.0)
        for pair in load_pairs(DATA.format(n)).records
    ]


def base_model(folder: Path, pairs: Sequence[Pair], attention: str, small: bool) -> Path:
    """Save an untrained Llama of 5.5 M parameters (small: 0.3 M) with a head, and a tokenizer made from the pairs."""
    made = tokenizer(texts(pairs))
    width, layers = (64, 1) if small else (256, 6)
    config = LlamaConfig(
        vocab_size=4096, hidden_size=width, intermediate_size=11 * width // 4, num_hidden_layers=layers,
        num_attention_heads=8, num_key_value_heads=4, max_position_embeddings=1024,
        pad_token_id=made.pad_token_id, eos_token_id=made.eos_token_id, bos_token_id=None,
    )  # fmt: skip
    config.num_labels = 1
    torch.manual_seed(0)
    LlamaForSequenceClassification(config).save_pretrained(folder)
    file = folder / "config.json"  # transformers reads the choice of attention there, but leaves it out on saving
    file.write_text(json.dumps({**json.loads(file.read_text()), "attn_implementation": attention}))
    made.save_pretrained(folder)
    return folder


def plan(rows: Sequence[EncodedPair]) -> Plan:
    """Return which rows the steps and forwards of an epoch see."""
    return Plan(
        lengths=tuple(row.tokens for row in rows),
        batch_rows=FIT.batch_rows,
        batch_tokens=FIT.batch_tokens,
        epochs=1,
        max_steps=-1,
        seed=FIT.seed,
    )


def timed(train: Callable[[], Found]) -> tuple[float, int, Found]:
    """Run something that trains once; return the seconds of its steps, its tokens with padding, and what it returns."""
    begun, ends, padded, inner = list[float](), list[float](), list[int](), Trainer.train

    def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        count = self.model.register_forward_pre_hook(
            lambda _, given, named: padded.append((given or [named["input_ids"]])[0].numel()), with_kwargs=True
        )
        begun.append(time.perf_counter())
        done = inner(self, *args, **kwargs)
        count.remove()
        return done

    stamp = register_optimizer_step_post_hook(lambda *_: ends.append(time.perf_counter()))
    with mock.patch.object(Trainer, "train", watched):
        found = train()
    stamp.remove()
    return ends[-1] - begun[0], sum(padded), found


def spread(over: Sequence[float], under: Sequence[float]) -> dict[str, float]:
    """Return median, least and greatest of the ratios, round by round."""
    ratios = [a / b for a, b in zip(over, under, strict=True)]
    found = {"median": statistics.median(ratios), "least": min(ratios), "greatest": max(ratios)}
    return {name: round(value, 3) for name, value in found.items()}


def machine() -> dict[str, Any]:
    """Return what this runs on, and how fast its fastest square matrix products are."""
    best = {"bf16": 0.0, "fp32": 0.0}
    for n in (512, 1024, 2048):
        for name, dtype in DTYPES.items():
            a, b = torch.randn(2, n, n).to(dtype)
            for _ in range(6):
                start = time.perf_counter()
                torch.mm(a, b)
                best[name] = max(best[name], 2e-9 * n**3 / (time.perf_counter() - start))
    return {
        "processor": platform.machine(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "transformers": transformers.__version__,
        "product_gflops": {name: round(rate, 1) for name, rate in best.items()},
    }


def sides(base: Path, folder: Path) -> dict[str, ScalarConfig]:
    """Return what is compared; the caches named here are filled by the first, untimed round."""
    naive = ScalarConfig(base=str(base), train=(DATA,), fit=FIT)
    warm = replace(naive, anchor=AnchorConfig(weight=1.0, reference="cache"), cache=str(folder / "features"))
    lora = replace(naive, lora_rank=8)
    return {
        "naive": naive,
        "warm": warm,
        "cold": replace(warm, cache=""),  # inside the run's own folder
        "copy": replace(naive, anchor=AnchorConfig(weight=1.0, reference="copy")),
        "lora": lora,
        "adapter": replace(lora, anchor=AnchorConfig(weight=1.0, reference="adapter")),
        "warm_response": replace(warm, anchor=AnchorConfig(weight=1.0, reference="cache", tokens="response")),
    }


def forward_seconds(model: ScalarRewardModel, rows: Sequence[EncodedPair]) -> float:
    """Return what one forward pass of an epoch's batches takes, without gradient."""
    ours = plan(rows)
    batches = [
        collate_pairs([rows[row] for row in part.rows], model.pad_id)
        for step in range(ours.steps)
        for part in ours.parts(step)
    ]
    start = time.perf_counter()
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        for batch in batches:
            model(batch["input_ids"], batch["attention_mask"])
    return time.perf_counter() - start


def train_seconds(config: ScalarConfig, pairs: Sequence[Pair], folder: Path) -> float:
    """Train once, and return the seconds of the steps."""
    with tempfile.TemporaryDirectory(dir=folder) as out:
        return timed(lambda: train_scalar(config, pairs, [pair.label for pair in pairs], Path(out) / "run"))[0]


def measured(base: Path, pairs: Sequence[Pair], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each side and of a forward pass, by round; a round before them warms all up."""
    folder = base.parent
    model = ScalarRewardModel.from_pretrained(base)
    found = [encode_pair(model.tokens, pair, 1.0, max_length=1024) for pair in pairs]
    rows = [row for row in found if row is not None]
    configs = sides(base, folder)
    seconds: dict[str, list[float]] = {name: [] for name in [*configs, "forward"]}
    for i in range(rounds + 1):
        names = list(seconds)
        for name in names[i % len(names) :] + names[: i % len(names)]:
            config = configs.get(name)
            took = forward_seconds(model, rows) if config is None else train_seconds(config, pairs, folder)
            if i:
                seconds[name].append(took)
    return seconds


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--pairs", type=int, default=192)
    parser.add_argument("--attention", choices=["sdpa", "eager"], default="sdpa", help="of every side")
    parser.add_argument("--small", action="store_true", help="a tiny model, 2 rounds of 64 pairs")
    asked = parser.parse_args()
    rounds, n = (2, 64) if asked.small else (asked.rounds, asked.pairs)
    torch.set_num_threads(THREADS)
    disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        pairs = world(n)
        base = base_model(Path(folder) / "base", pairs, asked.attention, asked.small)
        seconds = measured(base, pairs, rounds)
    medians = {name: statistics.median(took) for name, took in seconds.items()}
    steps = -(-n // FIT.batch_rows)
    ratios: dict[str, Any] = {}
    for name, (naive, aim) in AGAINST.items():
        limit = 1.0 if name.startswith("warm") else 1 + medians["forward"] / medians[naive]
        ratios[name] = {"to": naive, **spread(seconds[name], seconds[naive]), "limit": round(limit, 3), "aim": aim}
        shown = " · ".join(f"{key} {value}" for key, value in ratios[name].items())
        print(f"{name}: {medians[name] / steps:.3f} s a step; {shown}")
    result = {
        "machine": machine(),
        "attention": asked.attention,
        "pairs": n,
        "steps": steps,
        "ratios": ratios,
        "seconds_per_step": {name: round(median / steps, 4) for name, median in medians.items()},
        "seconds": {name: [round(one, 3) for one in took] for name, took in seconds.items()},
    }
    if not asked.small:
        Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
