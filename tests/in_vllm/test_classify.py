"""vLLM serves a saved reward model with the rewards that we give."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import served
import torch
from torch import Tensor
from transformers import AutoModelForSequenceClassification

from assay.scalar import ScalarRewardModel
from assay.scalar import encode as encoding
from assay.types import Message

pytestmark = pytest.mark.vllm

FAMILIES = ("llama", "qwen3", "gemma3")
OPTIONS: dict[str, dict[str, Any]] = {
    # vLLM takes the class that transformers names for the bare model, whose weights have other names
    "gemma3": {"hf_overrides": {"architectures": ["Gemma3ForCausalLM"]}, "convert": "classify"}
}
TURNS = ("Name a river.", "The Rhine.", "And where does it rise? " * 8)
ANSWERS = ("x", "The Rhine rises in the Alps.", "42", "It is so. " * 20, "")


def model(family: str) -> ScalarRewardModel:
    tokenizer = served.tokenizer()
    config = served.config(family, len(tokenizer))
    config.num_labels = 1
    torch.manual_seed(0)
    made = ScalarRewardModel(AutoModelForSequenceClassification.from_config(config), tokenizer).eval()
    made.reset_head("normal", 1)
    return made


def dialogues(one: ScalarRewardModel) -> list[tuple[int, ...]]:
    """Return the ids of dialogues, from 20 to 450 tokens: each answer after one turn, then after all."""
    said = [Message(role=("user", "assistant")[i % 2], content=text) for i, text in enumerate(TURNS)]
    found = [
        encoding.encode_dialogue(one.tokens, prompt, answer, max_length=served.CONTEXT)
        for prompt in (said[:1], said)
        for answer in ANSWERS
    ]
    return [each.ids for each in found if each is not None]


@torch.no_grad()
def ours(one: ScalarRewardModel, rows: list[tuple[int, ...]]) -> Tensor:
    return one.rewards(*encoding.padded(rows, one.pad_id))


def asked(engine: Any, rows: list[tuple[int, ...]]) -> Any:
    return engine.classify([{"prompt_token_ids": list(row)} for row in rows], use_tqdm=False)


def classified(engine: Any, rows: list[tuple[int, ...]]) -> Tensor:
    return torch.tensor([each.outputs.probs[0] for each in asked(engine, rows)])


def same(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, atol=1e-4, rtol=0)


@pytest.fixture(scope="module", params=FAMILIES)
def pair(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A reward model, and vLLM's engine on the folder in which it was saved."""
    folder = tmp_path_factory.mktemp(request.param)
    one = model(request.param)
    one.save(folder)
    with served.serving(folder, runner="pooling", **OPTIONS.get(request.param, {})) as engine:
        yield one, engine


def test_classify_gives_our_rewards_without_a_sigmoid(pair: Any) -> None:
    one, engine = pair
    rows = dialogues(one)
    expected = ours(one, rows)
    assert min(map(len, rows)) < 25
    assert max(map(len, rows)) > 400
    assert float(expected.std()) > 0.1
    assert float(expected.max()) > 1 or float(expected.min()) < 0  # no sigmoid gives these
    same(classified(engine, rows), expected)


def test_a_reward_is_the_same_in_another_order_and_from_the_cache_of_prefixes(pair: Any) -> None:
    one, engine = pair
    rows = dialogues(one)
    expected = ours(one, rows)
    same(classified(engine, rows), expected)
    again = [asked(engine, [row])[0] for row in rows[::-1]]
    assert max(each.num_cached_tokens for each in again) > 100
    same(torch.tensor([each.outputs.probs[0] for each in again]).flip(0), expected)


def test_encode_gives_the_same_reward_as_classify(pair: Any) -> None:
    one, engine = pair
    rows = dialogues(one)
    prompts = [{"prompt_token_ids": list(row)} for row in rows]
    found = engine.encode(prompts, pooling_task="classify", use_tqdm=False)
    same(torch.stack([each.outputs.data for each in found]).squeeze(-1), ours(one, rows))


def test_a_rendered_chat_is_the_same_dialogue_where_vllm_adds_no_start_token(pair: Any) -> None:
    one, engine = pair
    row = dialogues(one)[1]
    said = [{"role": "user", "content": TURNS[0]}, {"role": "assistant", "content": ANSWERS[1]}]
    text = one.tokenizer.apply_chat_template(said, tokenize=False)
    (found,) = engine.classify([text], tokenization_kwargs={"add_special_tokens": False}, use_tqdm=False)
    assert tuple(found.prompt_token_ids) == row
    same(torch.tensor(found.outputs.probs), ours(one, [row]))
    (found,) = engine.classify([text], use_tqdm=False)
    assert tuple(found.prompt_token_ids) == (one.tokenizer.bos_token_id, *row)  # doubled: so it must be told


def test_score_of_two_texts_is_our_reward_of_the_ids_that_vllm_makes_of_them(pair: Any) -> None:
    one, engine = pair
    found = engine.score("Name a river.", ["The Rhine.", "No."], use_tqdm=False)
    rows = [tuple(each.prompt_token_ids) for each in found]
    assert [one.tokens.write(row) for row in rows] == ["Name a river.The Rhine.", "Name a river.No."]
    same(torch.tensor([each.outputs.score for each in found]), ours(one, rows))


def test_lora_is_served_merged_with_the_rewards_of_the_model_that_was_trained(tmp_path: Path) -> None:
    one = model("llama")
    rows = dialogues(one)
    before = ours(one, rows)
    one.add_lora(4)
    batch = encoding.padded(rows[:2], one.pad_id)
    optimizer = torch.optim.AdamW([each for each in one.parameters() if each.requires_grad], lr=1e-2)
    for _ in range(5):
        optimizer.zero_grad()
        better, worse = one.rewards(*batch)
        torch.nn.functional.softplus(worse - better).backward()
        optimizer.step()
    expected = ours(one, rows)
    assert float((expected - before).abs().max()) > 0.1
    one.save(tmp_path)
    with served.serving(tmp_path, runner="pooling") as engine:
        same(classified(engine, rows), expected)
