"""TRL reads a saved reward model, trains it on, and what it saves is ours again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tiny
import torch
from datasets import Dataset
from torch import Tensor
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from assay.scalar import ScalarRewardModel
from assay.scalar import encode as encoding

WORDS = ("river", "sea", "stone", "field", "cloud", "road", "hill", "lake")
ROWS = [
    {
        "prompt": [{"role": "user", "content": f"Is the {word} wide?" + " Think first." * (i % 3)}],
        "chosen": [{"role": "assistant", "content": f"yes, the {word}" + " is, and more than that" * (i % 2)}],
        "rejected": [{"role": "assistant", "content": "no"}],
    }
    for i, word in enumerate(WORDS)
]


def saved(family: str, folder: Path) -> ScalarRewardModel:
    """Save and return a model whose turns end with the end token, which many a tool would also pad with."""
    tokenizer = tiny.tokenizer(None, tiny.TEMPLATE.replace("\\n", ""))
    tokenizer.eos_token = "<|end|>"
    made = ScalarRewardModel(tiny.net(family, len(tokenizer)), tokenizer).eval()
    made.reset_head("normal", 100)
    made.save(folder)
    return made


def trainer(folder: Path, out: Path, **settings: Any) -> Any:
    """Return TRL's trainer of the model in a folder, which it sees as any sequence classifier."""
    from trl.trainer.reward_config import RewardConfig
    from trl.trainer.reward_trainer import RewardTrainer

    plain: dict[str, Any] = {"use_cpu": True, "bf16": False, "gradient_checkpointing": False}
    quiet: dict[str, Any] = {"report_to": "none", "disable_tqdm": True, "save_strategy": "no"}
    return RewardTrainer(
        model=AutoModelForSequenceClassification.from_pretrained(folder),
        processing_class=AutoTokenizer.from_pretrained(folder),
        args=RewardConfig(str(out), per_device_train_batch_size=4, **plain, **quiet, **settings),
        train_dataset=Dataset.from_list(ROWS),
    )


@torch.no_grad()
def theirs(one: Any) -> Tensor:
    """Return rewards (2 · rows,) as TRL sees them: its ids, its padding, its call; chosen first."""
    batch = one.data_collator(list(one.train_dataset))
    found: Tensor = one.model.eval()(**batch).logits.squeeze(-1)
    return found


@torch.no_grad()
def ours(one: ScalarRewardModel) -> Tensor:
    """Return the rewards of the same dialogues from their texts."""
    texts = [(row["prompt"][0]["content"], row[side][0]["content"]) for side in ("chosen", "rejected") for row in ROWS]
    found = [
        encoding.encode_dialogue(one.tokens, tiny.item("", prompt).prompt, text, max_length=tiny.CONTEXT)
        for prompt, text in texts
    ]
    return one.rewards(*encoding.padded([each.ids for each in found if each is not None], one.pad_id))


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_trl_sees_the_rewards_that_we_give(family: str, tmp_path: Path) -> None:
    model = saved(family, tmp_path / "model")
    expected = ours(model)
    assert float(expected.std()) > 0.1
    torch.testing.assert_close(theirs(trainer(tmp_path / "model", tmp_path)), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_a_model_that_trl_trained_on_is_ours_again_with_the_rewards_it_gave(family: str, tmp_path: Path) -> None:
    model = saved(family, tmp_path / "model")
    one = trainer(tmp_path / "model", tmp_path, max_steps=6, learning_rate=3e-3, logging_steps=1)
    one.train()
    one.save_model(str(tmp_path / "theirs"))
    losses = [row["loss"] for row in one.state.log_history if "loss" in row]
    assert losses[-1] < losses[0]

    again = ScalarRewardModel.from_pretrained(tmp_path / "theirs")
    torch.testing.assert_close(ours(again), theirs(one), atol=1e-5, rtol=1e-5)
    assert float((ours(again) - ours(model)).abs().max()) > 0.1
    written = json.loads((tmp_path / "theirs" / "config.json").read_text())
    assert written["problem_type"] == "regression"  # vLLM still serves it without a sigmoid
