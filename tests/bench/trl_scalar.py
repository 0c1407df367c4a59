"""Train the same reward model with TRL's RewardTrainer and with ours: seconds of an epoch, TRL ÷ ours.

Both get the same token ids, weights and head to start from, AdamW at one constant rate without decay, gradients
clipped to norm 1, 32 pairs per step.  The ids agree since the template ends every turn: TRL adds no end of its own.

Four sides run in turns, each on a fresh model, and a ratio is taken within a round:

    trl            the fastest of its settings; if lengths are grouped, a step's rows are no random sample
    trl_same_rows  the fastest with our rows in every step, longest first
    ours           as it comes
    ours_budget    the fastest token budget per forward

A run's seconds go from the start of `Trainer.train`, which is beneath both, to its last optimiser step.
The limit is arithmetic: 6 t W + 6 L D t² flops for t real tokens (W weights in products, L layers of width
D, causal attention), at the rate of the fastest square product of the same run.

    PYTHON tests/bench/trl_scalar.py      PYTHON has the extra `bench`; writes tests/bench/trl_scalar.json
    … --dtypes bf16 fp32                  a second row, in float32; --attention eager: for both sides
    … --small                             a rehearsal on a tiny model; it writes nothing

Aims: TRL ÷ ours ≥ 1.0 on both TRL sides; in float32 and in one order, the losses of each step within 1e-4.
"""

from __future__ import annotations

import argparse
import importlib
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import torch
from anchored_step import DATA, FIT, THREADS, base_model, machine, plan, spread, timed, world
from transformers import AutoModelForSequenceClassification, PrinterCallback
from transformers.utils.logging import disable_progress_bar

from assay.engines.tokens import load_tokens
from assay.scalar import EncodedPair, ScalarConfig, encode_pair, train_scalar
from assay.types import Pair

Run: TypeAlias = "tuple[float, int, list[float]]"
"""Of an epoch: seconds of its steps, tokens that went through the model with their padding, logged losses."""
ORDERS = ("group_by_length", "sequential")


class Setting(NamedTuple):
    """What TRL leaves to its user."""

    order: str
    """Trainer's sampling strategy; sequential is our order, in which the rows are given."""
    pairs: int
    """Pairs per forward."""
    workers: int = 0
    """Processes that read and collate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What both sides train on."""

    base: Path
    """Folder of the model, tokenizer beside it."""
    pairs: Sequence[Pair]
    """The better answer first."""
    rows: Sequence[EncodedPair]
    """The same as ids."""
    dataset: Any
    """The same for TRL, step by step in our order."""
    encode_s: dict[str, float]
    """What turning text into ids took."""

    @property
    def lengths(self) -> list[int]:
        """Tokens of every sequence."""
        return [len(side.ids) for row in self.rows for side in (row.first, row.second)]


def trl_trainer(base: Path, dataset: Any, setting: Setting, bf16: bool, logged: int = 10) -> Any:
    """Return TRL's trainer of a fresh model."""
    trl: Any = importlib.import_module("trl")
    config = trl.RewardConfig(
        output_dir=str(base.parent / "trl"),
        per_device_train_batch_size=setting.pairs,
        gradient_accumulation_steps=FIT.batch_rows // setting.pairs,
        dataloader_num_workers=setting.workers,
        train_sampling_strategy=setting.order,
        remove_unused_columns=False,  # the lengths to group by would go with them
        num_train_epochs=1,
        learning_rate=FIT.learning_rate,
        lr_scheduler_type="constant",
        weight_decay=FIT.weight_decay,
        max_grad_norm=FIT.max_grad_norm,
        bf16=bf16,
        gradient_checkpointing=False,  # on by default: less memory, more time
        logging_steps=logged,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        use_cpu=True,  # or it refuses bf16
    )
    model = AutoModelForSequenceClassification.from_pretrained(base, num_labels=1, dtype=torch.float32)
    trainer = trl.RewardTrainer(model=model, args=config, train_dataset=dataset)
    trainer.remove_callback(PrinterCallback)
    return trainer


def prepare(base: Path, pairs: Sequence[Pair]) -> Job:
    """Turn the rows into ids on both sides, which must agree."""
    datasets: Any = importlib.import_module("datasets")
    datasets.disable_progress_bars()
    tokens, start = load_tokens(str(base)), time.perf_counter()
    found = [encode_pair(tokens, pair, 1.0, max_length=1024) for pair in pairs]
    took = {"ours": time.perf_counter() - start}
    rows = [row for row in found if row]
    said = [
        {
            "prompt": [{"role": turn.role, "content": turn.content} for turn in pair.prompt],
            "chosen": [{"role": "assistant", "content": pair.first}],
            "rejected": [{"role": "assistant", "content": pair.second}],
        }
        for pair in pairs
    ]
    start = time.perf_counter()
    read = trl_trainer(base, datasets.Dataset.from_list(said), Setting("sequential", 8), bf16=False).train_dataset
    took["trl"] = time.perf_counter() - start
    ids = [{"chosen_ids": list(row.first.ids), "rejected_ids": list(row.second.ids)} for row in rows]
    if [{name: one[name] for name in ids[0]} for one in read] != ids:
        raise AssertionError("TRL reads other token ids than we do")
    steps = plan(rows)
    order = [row for step in range(steps.steps) for row in steps.rows(step)]
    dataset = datasets.Dataset.from_list([{**ids[row], "length": rows[row].tokens // 2} for row in order])
    return Job(base=base, pairs=pairs, rows=rows, dataset=dataset, encode_s=took)


def run(job: Job, how: Setting | int, bf16: bool, logged: int = 10) -> Run:
    """Train an epoch: with TRL and its setting, or with ours and its token budget."""
    if isinstance(how, Setting):
        trainer = trl_trainer(job.base, job.dataset, how, bf16, logged)
        seconds, padded, _ = timed(lambda: trainer.train())
        return seconds, padded, [row["loss"] for row in trainer.state.log_history if "loss" in row]
    config = ScalarConfig(base=str(job.base), train=(DATA,), fit=replace(FIT, batch_tokens=how, bf16=bf16))
    labels = [pair.label for pair in job.pairs]
    with tempfile.TemporaryDirectory(dir=job.base.parent) as out:
        seconds, padded, made = timed(lambda: train_scalar(config, job.pairs, labels, Path(out) / "run"))
    return seconds, padded, [row["loss"] for row in made.result.history]


def flops(job: Job) -> float:
    """Return what an epoch needs at least: forward and backward of the real tokens."""
    net = AutoModelForSequenceClassification.from_pretrained(job.base)
    weights = sum(p.numel() for p in net.parameters()) - net.get_input_embeddings().weight.numel()
    attention = net.config.num_hidden_layers * net.config.hidden_size
    return float(sum(6 * t * weights + 6 * attention * t * t for t in job.lengths))


def searched(job: Job, bf16: bool, sizes: Sequence[int]) -> tuple[dict[str, Setting | int], dict[str, float]]:
    """Return the fastest setting of each side, by one epoch each, and the seconds of all that was tried."""
    took: dict[Setting | int, float] = {}

    def attempt(*settings: Setting | int) -> None:
        for one in settings:
            took[one] = round(run(job, one, bf16)[0], 2)
            print(f"{one}: {took[one]} s")

    def fastest(*orders: str) -> Setting:
        return min((one for one in took if isinstance(one, Setting) and one.order in orders), key=took.__getitem__)

    budgets = [FIT.batch_tokens >> k for k in range(4)]
    attempt(*(Setting(order, pairs) for order in ORDERS for pairs in sizes), *budgets)
    attempt(*(fastest(order)._replace(workers=1) for order in ORDERS))
    best: dict[str, Setting | int] = {"trl": fastest(*ORDERS), "trl_same_rows": fastest("sequential")}
    best |= {"ours": FIT.batch_tokens, "ours_budget": min(budgets, key=took.__getitem__)}
    return best, {str(one): seconds for one, seconds in took.items()}


def compared(job: Job, dtype: str, rates: dict[str, float], rounds: int, sizes: Sequence[int]) -> dict[str, Any]:
    """Return the figures of a number format; rates are those of products, in GFLOP/s."""
    bf16 = dtype == "bf16"
    run(job, FIT.batch_tokens, bf16)  # warms up
    best, tried = searched(job, bf16, sizes)
    seconds: dict[str, list[float]] = {name: [] for name in best}
    padded, names = dict[str, int](), list(best)
    for i in range(rounds):
        for name in names[i % 4 :] + names[: i % 4]:
            took, padded[name], _ = run(job, best[name], bf16)
            seconds[name].append(round(took, 3))
    limit, real = 1e-9 * flops(job) / rates[dtype], sum(job.lengths)
    medians = {name: round(statistics.median(took), 2) for name, took in seconds.items()}
    reached = {name: round(limit / median, 3) for name, median in medians.items()}
    ratios = {f"{a} ÷ {b}": spread(seconds[a], seconds[b]) for a in names[:2] for b in names[2:]}
    for name in names:
        print(f"{name}, {best[name]}: {medians[name]} s, {padded[name]} tokens ({real} real), {reached[name]} of limit")
    for name, ratio in ratios.items():
        print(f"{name}: {ratio['median']} [{ratio['least']}, {ratio['greatest']}]")
    return {
        "ratios": ratios,
        "settings": {name: str(one) for name, one in best.items()},
        "medians_s": medians,
        "padded_tokens": padded,
        "real_tokens": real,
        "limit_s": round(limit, 3),
        "share_of_limit": reached,
        "seconds": seconds,
        "tried_s": tried,
    }


def curves(job: Job) -> dict[str, Any]:
    """Return how far the losses of the same steps lie apart in float32, TRL with our order."""
    trl, ours = (run(job, how, False, logged=1)[2] for how in (Setting("sequential", 8), FIT.batch_tokens))
    apart = [abs(a - b) for a, b in zip(trl, ours, strict=True)]
    print(f"losses of {len(apart)} steps in float32: at most {max(apart):.1g} apart")
    return {"greatest_difference": max(apart), "trl": trl, "ours": ours}


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--pairs", type=int, default=512, help="of an epoch; a multiple of 32")
    parser.add_argument("--dtypes", nargs="+", choices=["bf16", "fp32"], default=["bf16"])
    parser.add_argument("--attention", choices=["sdpa", "eager"], default="sdpa", help="of both sides")
    parser.add_argument("--small", action="store_true", help="a tiny model, 2 rounds of 64 pairs, few settings")
    asked = parser.parse_args()
    rounds, n, sizes = (2, 64, [16]) if asked.small else (asked.rounds, asked.pairs, [4, 8, 16, 32])
    torch.set_num_threads(THREADS)
    disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder:
        pairs = world(n)
        job = prepare(base_model(Path(folder) / "base", pairs, asked.attention, asked.small), pairs)
        here = machine() | {"trl": importlib.import_module("trl").__version__}
        result = {
            "machine": here,
            "attention": asked.attention,
            "pairs": n,
            "text_to_ids_s": {name: round(took, 2) for name, took in job.encode_s.items()},
            **{dtype: compared(job, dtype, here["product_gflops"], rounds, sizes) for dtype in asked.dtypes},
            "losses_fp32": curves(job),
        }
    if not asked.small:
        Path(__file__).with_suffix(".json").write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
