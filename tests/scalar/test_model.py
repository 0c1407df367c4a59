"""A reward depends on its own text only, and whatever loads the saved folder gives the same one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from tiny import CONTEXT, FAMILIES, item, model, net, tokenizer
from tokenizers import Tokenizer
from torch import Tensor
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer, LlamaConfig

from assay.errors import InputError
from assay.scalar import ScalarRewardModel
from assay.scalar import encode as encoding

TEXTS = ("x", "The Rhine rises in the Alps.", "42", "Name a river. " * 5, "")
ALL = (*FAMILIES, "gpt2")


def ids_of(one: ScalarRewardModel, texts: tuple[str, ...] = TEXTS) -> list[tuple[int, ...]]:
    found = [encoding.encode_dialogue(one.tokens, item("").prompt, text, max_length=CONTEXT) for text in texts]
    return [each.ids for each in found if each is not None]


def left(rows: list[tuple[int, ...]], pad: int) -> tuple[Tensor, Tensor]:
    width = max(map(len, rows))
    ids = torch.tensor([[pad] * (width - len(row)) + list(row) for row in rows])
    return ids, torch.tensor([[0] * (width - len(row)) + [1] * len(row) for row in rows])


@torch.no_grad()
def rewards(one: ScalarRewardModel, rows: list[tuple[int, ...]]) -> Tensor:
    return one.rewards(*encoding.padded(rows, one.pad_id))


@torch.no_grad()
def plain_rewards(folder: Path, texts: tuple[str, ...] = TEXTS) -> Tensor:
    """Return what transformers alone gives: its model, its tokenizer, its chat template, its batch."""
    reader: Any = AutoTokenizer.from_pretrained(folder)
    chats = [[{"role": "user", "content": "Name a river."}, {"role": "assistant", "content": text}] for text in texts]
    batch = reader.apply_chat_template(chats, padding=True, return_tensors="pt", return_dict=True)
    found: Tensor = AutoModelForSequenceClassification.from_pretrained(folder)(**batch).logits.squeeze(-1)
    return found


def close(a: Tensor, b: Tensor, within: float = 1e-5) -> bool:
    return a.shape == b.shape and bool(torch.isfinite(a).all()) and float((a - b).abs().max()) <= within


def test_a_reward_is_the_head_times_the_last_hidden_state() -> None:
    one = model()
    (row,) = ids_of(one, ("x",))
    with torch.no_grad():
        reward, hidden = one.forward_hidden(*encoding.padded([row], one.pad_id))
    assert len(hidden) == 3  # the embeddings and two layers
    product = hidden[-1][0, -1] @ one.head.weight[0].detach()
    assert float(reward) == pytest.approx(float(product), abs=1e-6)
    assert reward.dtype is torch.float32


@pytest.mark.parametrize("family", ALL)
def test_a_reward_is_the_same_alone_and_in_any_batch_on_either_padding(family: str) -> None:
    one = model(family)
    rows = ids_of(one)
    alone = torch.cat([rewards(one, [row]) for row in rows])
    assert float(alone.std()) > 0.02
    assert close(rewards(one, rows), alone)
    assert close(rewards(one, rows[::-1]).flip(0), alone)
    with torch.no_grad():
        assert close(one.rewards(*left(rows, one.pad_id)), alone)


@pytest.mark.parametrize("family", ALL)
def test_it_does_not_matter_what_a_batch_is_padded_with(family: str) -> None:
    one = model(family)
    rows = [(*row, one.tokens.eos_id) for row in ids_of(one)]  # texts that end in the end token
    alone = torch.cat([rewards(one, [row]) for row in rows])
    for pad in (one.tokens.eos_id, one.pad_id, 5):
        with torch.no_grad():
            assert close(one.rewards(*encoding.padded(rows, pad)), alone)
            assert close(one.rewards(*left(rows, pad)), alone)


@pytest.mark.parametrize("family", ALL)
@pytest.mark.parametrize("pad", ["<|pad|>", "<|eos|>", None])
def test_plain_transformers_gives_what_was_saved_equal_rewards(family: str, pad: str | None, tmp_path: Path) -> None:
    one = model(family, pad=pad)
    one.save(tmp_path)
    expected = rewards(one, ids_of(one))
    assert close(plain_rewards(tmp_path), expected)
    again = ScalarRewardModel.from_pretrained(tmp_path)
    assert torch.equal(again.head.weight, one.head.weight)
    assert close(rewards(again, ids_of(again)), expected)
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["pad_token_id"] == one.pad_id != one.tokens.eos_id
    assert config["problem_type"] == "regression"


@pytest.mark.parametrize("family", FAMILIES)
def test_lora_is_merged_into_what_is_saved_and_the_head_goes_with_it(family: str, tmp_path: Path) -> None:
    one = model(family)
    before = rewards(one, ids_of(one))
    one.add_lora(2)
    assert close(rewards(one, ids_of(one)), before)  # the second factors start at 0
    learns = {name for name, value in one.named_parameters() if value.requires_grad}
    assert {name for name in learns if "lora_" not in name} == {"net.score.weight"}
    with torch.no_grad():
        for name, value in one.named_parameters():
            if name in learns:
                value.add_(torch.randn(value.shape, generator=torch.Generator().manual_seed(1)), alpha=0.05)
    expected = rewards(one, ids_of(one))
    assert float((expected - before).abs().max()) > 0.05
    one.save(tmp_path)
    assert close(rewards(one, ids_of(one)), expected, 0)  # the model in use keeps its adapters
    assert "lora_A" in " ".join(one.state_dict())
    assert close(plain_rewards(tmp_path), expected)
    assert "adapter_config.json" not in [path.name for path in tmp_path.iterdir()]


def test_a_gradient_reaches_the_head_and_the_backbone() -> None:
    one = model()
    ids, mask = encoding.padded(ids_of(one), one.pad_id)
    reward_N, hidden = one(ids, mask, hidden=True)
    reward_N.sum().backward()
    expected = torch.stack([hidden[-1][i, n - 1] for i, n in enumerate(mask.sum(1).tolist())]).sum(0).detach()
    assert one.head.weight.grad is not None
    assert close(one.head.weight.grad[0], expected)
    grads = [value.grad for name, value in one.named_parameters() if "layers" in name]
    assert all(grad is not None and bool(grad.abs().sum() > 0) for grad in grads)


def test_gradient_checkpointing_changes_no_gradient() -> None:
    def gradients(checkpointed: bool) -> list[Tensor]:
        one = model()
        one.add_lora(2)
        if checkpointed:
            one.gradient_checkpointing_enable()
        one.train()
        one.rewards(*encoding.padded(ids_of(one), one.pad_id)).sum().backward()
        return [value.grad for value in one.parameters() if value.grad is not None]

    kept, again = gradients(False), gradients(True)
    assert len(kept) == len(again) == 2 * 2 * 7 + 1  # two factors of seven maps in two layers, and the head
    assert all(close(a, b) for a, b in zip(kept, again, strict=True))


def test_under_autocast_the_head_and_the_reward_are_float32() -> None:
    one = model()
    ids, mask = encoding.padded(ids_of(one), one.pad_id)
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
        reward, hidden = one.forward_hidden(ids, mask)
    last = hidden[-1][torch.arange(len(ids)), mask.sum(1) - 1]
    assert reward.dtype is torch.float32
    assert close(reward, last.float() @ one.head.weight[0].detach())


def test_a_backbone_in_bfloat16_keeps_a_float32_head_and_saves(tmp_path: Path) -> None:
    model().save(tmp_path / "a")
    one = ScalarRewardModel.from_pretrained(tmp_path / "a", dtype=torch.bfloat16, lora_rank=2)
    assert one.head.weight.dtype is torch.float32
    assert one.backbone.get_parameter("base_model.model.embed_tokens.weight").dtype is torch.bfloat16
    one.save(tmp_path / "b")
    assert close(plain_rewards(tmp_path / "b"), plain_rewards(tmp_path / "a"), 0.1)


def test_a_language_model_gets_a_new_head_and_keeps_its_weights(tmp_path: Path) -> None:
    mine = tokenizer()
    config = LlamaConfig(vocab_size=len(mine), hidden_size=256, num_hidden_layers=1, num_attention_heads=8)
    language: Any = AutoModelForCausalLM.from_config(config)
    language.save_pretrained(tmp_path)
    mine.save_pretrained(tmp_path)
    one = ScalarRewardModel.from_pretrained(tmp_path, seed=3)
    assert torch.equal(one.net.get_input_embeddings().weight, language.get_input_embeddings().weight)  # type: ignore[arg-type]
    assert float(one.head.weight.detach().std()) == pytest.approx(257**-0.5, rel=0.15)  # 3 errors at 256 draws
    assert torch.equal(ScalarRewardModel.from_pretrained(tmp_path, seed=3).head.weight, one.head.weight)
    assert not torch.equal(ScalarRewardModel.from_pretrained(tmp_path, seed=4).head.weight, one.head.weight)
    assert float(ScalarRewardModel.from_pretrained(tmp_path, head="zeros").head.weight.detach().abs().sum()) == 0


def test_lora_starts_from_its_seed_and_leaves_the_generator_alone() -> None:
    def factors(seed: int) -> Tensor:
        one = model()
        one.add_lora(2, seed=seed)
        return torch.cat([value.flatten() for name, value in one.named_parameters() if "lora_A" in name])

    torch.manual_seed(0)
    state = torch.get_rng_state()
    first = factors(1)
    torch.manual_seed(0)
    assert torch.equal(factors(1), first)
    assert not torch.equal(factors(2), first)
    one = model()
    torch.set_rng_state(state)
    one.add_lora(2)
    assert torch.equal(torch.get_rng_state(), state)


def test_a_folder_that_lost_its_head_or_a_layer_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from safetensors.torch import load_file, save_file

    one = model()
    one.save(tmp_path)
    file = tmp_path / "model.safetensors"
    whole = load_file(file)
    save_file({k: v for k, v in whole.items() if "layers.1.mlp" not in k}, file, {"format": "pt"})
    with pytest.raises(InputError, match=r"3 weights are missing, such as model\.layers\.1\.mlp"):
        ScalarRewardModel.from_pretrained(tmp_path)
    other = model(seed=1)
    monkeypatch.setattr(one, "plain", lambda: other.net)
    with pytest.raises(RuntimeError, match="must not be used"):
        one.save(tmp_path)


def test_a_tokenizer_that_comes_back_different_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = model()
    monkeypatch.setattr(one, "tokenizer", tokenizer(template=None))
    with pytest.raises(RuntimeError, match="other ids"):
        one.save(tmp_path)


def test_what_is_no_reward_model_is_refused(tmp_path: Path) -> None:
    mine = tokenizer()
    with pytest.raises(InputError, match="no reward model or language model"):
        ScalarRewardModel.from_pretrained(tmp_path)
    with pytest.raises(InputError, match="do not belong together"):
        ScalarRewardModel(net("llama", len(mine) - 1), mine)
    two = AutoModelForSequenceClassification.from_config(
        LlamaConfig(vocab_size=400, hidden_size=8, num_hidden_layers=1, intermediate_size=8, num_attention_heads=1)
    )
    with pytest.raises(InputError, match="one output"):
        ScalarRewardModel(two, mine)
    one = model()
    one.add_lora(2)
    with pytest.raises(ValueError, match="added once"):
        one.add_lora(2)


def test_the_shipped_tokenizer_is_a_file_of_its_own(tmp_path: Path) -> None:
    model(pad=None).save(tmp_path)
    backend = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert backend.token_to_id(encoding.PAD) == backend.get_vocab_size() - 1
