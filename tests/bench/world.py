"""Does training ever wait for the world?  Tokens made per second on one core against tokens trained on all.

Both sides run in turns: a stretch of the corpus is written and tokenised on one thread, then the
largest pocket model (6 M parameters, bf16 autocast) takes some steps on it.  The limit is 1: below
it a model would wait.  Also pairs and answers per second, each read again by its truth program.

    python tests/bench/world.py        writes tests/bench/world.json
"""

from __future__ import annotations

import json
import platform
import statistics
import time
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM

from assay.pocket.corpus import documents
from assay.pocket.world import DOMAINS, stream

ROUNDS, DOCUMENTS, PAIRS, BATCH, LENGTH, STEPS = 5, 1500, 1500, 8, 512, 3
OUT = Path(__file__).with_suffix(".json")


def texts(n: int, start: int) -> list[str]:
    """Return n documents as plain text."""
    made = islice(documents(start=start), n)
    return ["\n".join(f"{turn.role}: {turn.content}" for turn in one.messages) for one in made]


def tokenizer() -> Tokenizer:
    """Train a byte-level BPE of 4,096 tokens on some of the corpus."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        texts(4000, 10**6), trainers.BpeTrainer(vocab_size=4096, initial_alphabet=alphabet, show_progress=False)
    )
    return made


def main() -> None:
    """Measure, print and write."""
    ours = tokenizer()
    config = LlamaConfig(
        vocab_size=4096, hidden_size=256, intermediate_size=704, num_hidden_layers=6, num_attention_heads=8,
        num_key_value_heads=4, max_position_embeddings=2048, tie_word_embeddings=True,
    )  # fmt: skip
    model = LlamaForCausalLM(config)
    optimiser = torch.optim.AdamW(model.parameters())
    rounds: list[dict[str, float]] = []
    for i in range(ROUNDS):
        begin = time.perf_counter()
        written = texts(DOCUMENTS, i * DOCUMENTS)
        wrote = time.perf_counter()
        tokens = [token for text in written for token in ours.encode(text).ids]
        cut = time.perf_counter()
        batches = torch.tensor(tokens[: STEPS * BATCH * LENGTH]).view(STEPS, BATCH, LENGTH)
        for batch in batches:
            with torch.autocast("cpu", dtype=torch.bfloat16):
                loss = model(input_ids=batch, labels=batch).loss
            loss.backward()
            optimiser.step()
            optimiser.zero_grad()
        trained = time.perf_counter()
        made = {}
        for domain in DOMAINS:
            start = time.perf_counter()
            for _ in islice(stream(domain, "a", seed=i), PAIRS):
                pass
            made[f"answers_per_second_{domain}"] = 2 * PAIRS / (time.perf_counter() - start)
        rounds.append(
            {
                "documents_per_second": DOCUMENTS / (wrote - begin),
                "tokens_written_per_second": len(tokens) / (cut - begin),
                "tokens_trained_per_second": batches.numel() / (trained - cut),
                **made,
            }
        )
    ratios = [one["tokens_written_per_second"] / one["tokens_trained_per_second"] for one in rounds]
    result: dict[str, Any] = {
        "machine": f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}",
        "parameters": sum(weight.numel() for weight in model.parameters()),
        "medians": {key: round(statistics.median(one[key] for one in rounds), 1) for key in rounds[0]},
        "written_to_trained": {"median": round(statistics.median(ratios), 1), "least": round(min(ratios), 1)},
        "rounds": [{key: round(value, 1) for key, value in one.items()} for one in rounds],
    }
    OUT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({key: value for key, value in result.items() if key != "rounds"}, indent=1))


if __name__ == "__main__":
    main()
