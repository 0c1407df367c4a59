"""Naive and anchored reward models of a small language model, helpful against harmless, and beyond.

The language model is ours, trained here from scratch on HH texts only, just for this figure: it is
no pretrained model, and what anchoring preserves is what so little text can teach.  Per source
(helpful, harmless) a naive and an anchored model learn from gold labels of the source's training
parts; λ is chosen on surface-balanced validation pairs of the source.  Targets are the other HH
set, WebGPT, and RM-Bench chat and safety; RM-Bench chat loses the prompts it shares with HH helpful.

    ASSAY_DATA=… python tests/bench/hh_transfer.py FOLDER      writes FOLDER/hh_transfer.json
    … --lm-steps 20 --cap 60                                   a rehearsal of minutes; its figures mean nothing
    … --source helpful                                         one source only; what is done already is not done again
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from assay.anchoring import AnchorConfig
from assay.data import load_pairs
from assay.data.keys import prompt_key
from assay.eval import Settings, compare, surface
from assay.fit import BatchLoss, FitConfig, fit
from assay.fit_checkpoints import is_done
from assay.scalar import ScalarConfig, ScalarScorer, Validation, load_scorer, pair_label, train_chosen, train_scalar
from assay.types import Pair

DATA = os.environ.get("ASSAY_DATA", "../shared/data")
HH = {name: f"hh-rlhf:{DATA}/hh_rlhf/{name}-base.jsonl.gz" for name in ("helpful", "harmless")}
TARGETS = {
    "webgpt": f"webgpt:{DATA}/webgpt/pairs.jsonl.gz",
    "chat": f"rm-bench:{DATA}/rm_bench/chat_filtered.json.gz",
    "safety": f"rm-bench:{DATA}/rm_bench/safety-refuse_filtered.json.gz",
}
LENGTH, GRID = 512, (0.1, 1.0, 10.0)
TEMPLATE = (
    "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
ROLES = ("<|end|>", "<|pad|>", "<|system|>", "<|user|>", "<|assistant|>", "<|tool|>")


def texts(pairs: Sequence[Pair]) -> list[str]:
    """Return whole dialogues as plain text, both sides."""
    return [
        "".join(f"<|{turn.role}|>{turn.content}<|end|>" for turn in pair.prompt) + f"<|assistant|>{answer}<|end|>"
        for pair in pairs
        for answer in (pair.first, pair.second)
    ]


def tokenizer(corpus: Sequence[str]) -> PreTrainedTokenizerFast:
    """Train a byte-level BPE of 4,096 tokens."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(
        corpus, trainers.BpeTrainer(vocab_size=4096 - len(ROLES), initial_alphabet=alphabet, show_progress=False)
    )
    made.add_special_tokens([AddedToken(role, special=True, normalized=False) for role in ROLES])
    wrapped: Any = PreTrainedTokenizerFast
    done: PreTrainedTokenizerFast = wrapped(
        tokenizer_object=made, eos_token="<|end|>", pad_token="<|pad|>", chat_template=TEMPLATE
    )
    return done


def language_model(folder: Path, pairs: Sequence[Pair], steps: int) -> None:
    """Train a small Llama on the texts and save it, where it is not there yet."""
    if (folder / "lm" / "tokenizer.json").exists():
        return
    corpus = texts(pairs)
    ours = tokenizer(corpus)
    stream = [token for text in corpus for token in ours(text, add_special_tokens=False)["input_ids"]]
    rows = [stream[at : at + LENGTH] for at in range(0, len(stream) - LENGTH, LENGTH)]
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=4096, hidden_size=192, intermediate_size=512, num_hidden_layers=4, num_attention_heads=6,
        num_key_value_heads=2, max_position_embeddings=2048, tie_word_embeddings=True,
    )  # fmt: skip
    model = LlamaForCausalLM(config)

    def loss(net: torch.nn.Module, batch: dict[str, torch.Tensor]) -> BatchLoss:
        ids = batch["input_ids"]
        return BatchLoss(net(input_ids=ids, labels=ids).loss * len(ids), len(ids))

    def collate(some: list[list[int]]) -> dict[str, torch.Tensor]:
        return {"input_ids": torch.tensor(some), "labels": torch.zeros(len(some))}

    settings = FitConfig(learning_rate=2e-3, max_steps=steps, batch_rows=16, bf16=True, save_every=steps)
    done = fit(model, rows, collate, loss, settings, folder / "lm-run", length=len)
    print(
        f"language model: {model.num_parameters():,} parameters, "
        f"last loss {done.history[-1]['loss']:.3f} nats per token"
    )
    model.save_pretrained(folder / "lm")
    ours.save_pretrained(folder / "lm")


def trained(folder: Path, source: str, cap: str) -> list[ScalarScorer]:
    """Return the naive and the anchored model of a source."""
    parts = {part: list(load_pairs(f"{HH[source]}?part={part}{cap}").records) for part in ("teacher+student", "val")}
    pairs, held = parts["teacher+student"], parts["val"]
    weight = surface.surface_balanced_weights(held)
    validation = Validation(pairs=held, label_N=np.array([float(pair.label or 0) for pair in held]), weight_N=weight)
    settings = FitConfig(learning_rate=3e-4, epochs=2, batch_rows=32, batch_tokens=8192, bf16=True)
    base = ScalarConfig(
        base=str(folder / "lm"), train=(HH[source],), max_length=1024, over="prompt_left", fit=settings,
        cache=str(folder / "features"),
    )  # fmt: skip
    labels = [pair_label(pair) for pair in pairs]
    found = []
    for name, config in {
        "naive": base,
        "anchored": replace(base, anchor=AnchorConfig(weight=1.0, reference="cache"), anchor_grid=GRID),
    }.items():
        out = folder / f"{source}-{name}"
        if is_done(out):
            pass
        elif config.anchor_grid:
            chosen, _ = train_chosen(config, pairs, labels, out, validation=validation)
            print(f"{source}: anchor weight {chosen:g} chosen on {len(held)} validation pairs")
        else:
            train_scalar(config, pairs, labels, out, validation=validation)
        found.append(load_scorer(out, name=name, max_length=1024, over="prompt_left"))
    return found


def main() -> None:
    """Train, compare, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--lm-steps", type=int, default=400)
    parser.add_argument("--cap", type=int, help="pairs per data set, for a rehearsal")
    parser.add_argument("--source", choices=list(HH), action="append", help="default: both")
    asked = parser.parse_args()
    folder, cap = asked.folder, f"&cap={asked.cap}" if asked.cap else ""
    train = [pair for data in HH.values() for pair in load_pairs(f"{data}?part=teacher+student+val").records]
    language_model(folder, train, asked.lm_steps)
    helpful = {prompt_key(pair.prompt[0].content) for pair in load_pairs(HH["helpful"]).records}
    done = folder / "hh_transfer.json"
    for source in asked.source or HH:
        other = next(name for name in HH if name != source)
        datasets = [load_pairs(f"{name}={HH[name]}?part=cal+test{cap}") for name in (source, other)]
        for name, data in TARGETS.items():
            loaded = load_pairs(f"{name}={data}" + cap.replace("&", "?"))
            kept = tuple(pair for pair in loaded.records if prompt_key(pair.prompt[0].content) not in helpful)
            print(f"{name}: {len(loaded.records) - len(kept)} pairs dropped for prompts shared with HH helpful")
            datasets.append(replace(loaded, records=kept))
        report, _ = compare(
            datasets, trained(folder, source, cap), Settings(source=source, contrast=("anchored", "naive"))
        )
        rows = {}
        for scorer in report.scorers:
            rows[scorer.name] = {
                one.name: [
                    report.cell(scorer.name, one.name).accuracy.times(100).text(1),
                    report.cell(scorer.name, one.name).n,
                ]
                for one in report.datasets
            }
        result = json.loads(done.read_text()) if done.exists() else {"sources": {}}
        result |= {"language_model_steps": asked.lm_steps, "cap": asked.cap}
        result["sources"][source] = rows
        done.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        for name, cells in rows.items():
            print(source, name, " · ".join(f"{target} {text} of {n}" for target, (text, n) in cells.items()))


if __name__ == "__main__":
    main()
