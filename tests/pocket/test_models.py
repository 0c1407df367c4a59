"""A pocket model is loaded whole or not at all, under its name, wherever a model may be named."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, GenerationConfig, LlamaConfig, LlamaForCausalLM

from assay.anchor_reference import weights_hash
from assay.cli.engines import judge_of
from assay.cli.scorers import load_scorers
from assay.data import load_pairs
from assay.engines.tokens import HFTokens, load_tokens
from assay.engines.transformers import TransformersEngine
from assay.errors import InputError
from assay.fit_checkpoints import damaged, write_done
from assay.pocket import models
from assay.pocket.models import MODELS, WEIGHTS, model_folder, read_facts, save_model
from assay.pocket_train.vocabulary import train_tokenizer
from assay.scalar import ScalarRewardModel
from assay.sources import located
from assay.specs import Spec, parse_spec

FACTS = {"model": "lm", "parameters": 12, "steps": 3, "tokens": 400, "seed": 7}


@cache
def tokenizer(documents: int = 20) -> Any:
    return train_tokenizer(documents=documents, examples=5)


def tiny(seed: int = 0) -> Any:
    """Return a Llama of random weights, in float32, for the tokenizer above."""
    mine = tokenizer()
    config = LlamaConfig(
        vocab_size=len(mine),
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=1,
        tie_word_embeddings=True,
        bos_token_id=mine.bos_token_id,
        eos_token_id=mine.eos_token_id,
        pad_token_id=mine.pad_token_id,
        initializer_range=0.3,
    )
    torch.manual_seed(seed)
    return LlamaForCausalLM(config).eval()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def logits(model: Any) -> torch.Tensor:
    with torch.inference_mode():
        found: torch.Tensor = model(input_ids=torch.arange(3, 40)[None]).logits
    return found


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A root with all models, not to be changed."""
    root = tmp_path_factory.mktemp("written")
    for seed, name in enumerate(MODELS):
        save_model(tiny(seed), tokenizer(), root / name, FACTS | {"model": name})
    return root


@pytest.fixture
def root(written: Path, tmp_path: Path) -> Path:
    """A root of its own."""
    return Path(shutil.copytree(written, tmp_path / "weights"))


@pytest.fixture
def shipped(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root that is taken for the package's own."""
    monkeypatch.setattr(models, "model_folder", lambda name, root=root: model_folder(name, root))
    return root


# ---------------------------------------------------------------- written and read


def test_a_model_comes_back_with_its_weights_rounded_to_bfloat16(written: Path) -> None:
    rounded = tiny().bfloat16().float()
    rounded.model.rotary_emb = tiny().model.rotary_emb  # no weight: it is computed, in float32
    read: Any = AutoModelForCausalLM.from_pretrained(written / "lm", dtype=torch.float32)
    assert torch.equal(logits(read), logits(rounded))
    assert not torch.equal(logits(read), logits(tiny()))
    assert AutoModelForCausalLM.from_pretrained(written / "lm").dtype == torch.bfloat16


def test_a_folder_holds_what_transformers_needs_and_what_we_add(written: Path) -> None:
    assert sorted(contents(written / "lm")) == [
        "DONE",
        "assay.json",
        "chat_template.jinja",
        "config.json",
        "generation_config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
    ]


def test_the_same_model_is_written_as_the_same_bytes_also_when_it_was_read_and_used_in_between(
    written: Path, tmp_path: Path
) -> None:
    first = contents(written / "lm")
    save_model(tiny(), tokenizer(), tmp_path / "again", dict(reversed(FACTS.items())))
    assert contents(tmp_path / "again") == first
    read: Any = AutoModelForCausalLM.from_pretrained(tmp_path / "again")
    reader: Any = AutoTokenizer.from_pretrained(tmp_path / "again")
    reader(["one", "two and three"], padding="max_length", truncation=True, max_length=5)
    save_model(read, reader, tmp_path / "third", FACTS)
    assert contents(tmp_path / "third") == first


def test_a_model_stays_as_it_is_when_it_is_written(tmp_path: Path) -> None:
    model = tiny()
    before, config = copy.deepcopy(model.state_dict()), model.config.to_dict()
    save_model(model, tokenizer(), tmp_path, FACTS)
    assert model.dtype == torch.float32
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())
    assert model.config.to_dict() == config


def test_texts_end_where_the_tokenizer_says_and_nothing_else_is_told_of_generation(written: Path) -> None:
    told = GenerationConfig.from_pretrained(written / "lm")
    mine = tokenizer()
    assert (told.bos_token_id, told.eos_token_id, told.pad_token_id) == (
        mine.bos_token_id,
        mine.eos_token_id,
        mine.pad_token_id,
    )
    assert not told.do_sample
    assert told.temperature is None
    assert told.max_new_tokens is None


def test_facts_are_those_given_with_format_and_tokenizer(written: Path) -> None:
    assert read_facts("lm", written) == FACTS | {"format": 1, "template_hash": HFTokens(tokenizer()).hash}


def test_a_tokenizer_that_is_not_the_models_is_not_written_beside_it(tmp_path: Path) -> None:
    model = tiny()
    model.config.eos_token_id = 0
    with pytest.raises(ValueError, match=r"in the model and .* in the tokenizer"):
        save_model(model, tokenizer(), tmp_path / "lm", FACTS)
    assert not (tmp_path / "lm").exists()


def test_facts_must_say_which_model_they_are_of(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="must name a model of lm, weak, judge, got 'llm'"):
        save_model(tiny(), tokenizer(), tmp_path / "lm", FACTS | {"model": "llm"})


def test_a_write_that_was_cut_leaves_no_done_not_even_the_old_one(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(folder: Path) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(models, "write_done", full)
    with pytest.raises(InputError, match="cannot be written"):
        save_model(tiny(5), tokenizer(), root / "lm", FACTS)
    assert not (root / "lm/DONE").exists()


def test_a_tokenizer_that_changes_on_its_way_to_the_disk_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models, "load_tokens", lambda name: HFTokens(tokenizer(21)))
    with pytest.raises(RuntimeError, match="is not the one in use"):
        save_model(tiny(), tokenizer(), tmp_path / "lm", FACTS)
    assert not (tmp_path / "lm/DONE").exists()


# ---------------------------------------------------------------- what is not whole


def refused(name: str, root: Path, said: str) -> str:
    """Check that a model is refused in one line, and return it."""
    with pytest.raises(InputError, match=said) as told:
        model_folder(name, root)
    assert "\n" not in str(told.value)
    return str(told.value)


def test_an_unknown_name_is_told_with_those_that_there_are(written: Path) -> None:
    told = refused("jugde", written, r"^pocket:jugde: there is no such model")
    assert told.endswith("allowed are pocket:lm, pocket:weak, pocket:judge (did you mean 'judge'?)")
    refused("", written, "^pocket:: there is no such model")
    refused("../lm", written, "there is no such model")


def test_weights_that_are_not_installed_are_told_with_the_remedy(root: Path, tmp_path: Path) -> None:
    remedy = "reinstall assay-rm, or train the models with `assay pocket train --out FOLDER` and name FOLDER/weak"
    assert remedy in refused("weak", tmp_path / "absent", "weights are not in this installation")
    (root / "weak/DONE").unlink()
    assert remedy in refused("weak", root, "weights are not in this installation")


def test_every_file_that_is_damaged_or_missing_is_named(root: Path) -> None:
    weights = root / "lm/model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    refused("lm", root, r"^pocket:lm: damaged or missing in .*lm: model\.safetensors; reinstall")
    (root / "lm/chat_template.jinja").unlink()
    refused("lm", root, r": chat_template\.jinja, model\.safetensors; reinstall")
    (root / "lm/assay.json").unlink()
    refused("lm", root, r": assay\.json, chat_template\.jinja, model\.safetensors; reinstall")
    assert model_folder("weak", root) == root / "weak"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"nonsense\n", b"0" * 64 + b"  a\0b\n"])
def test_a_done_that_lists_nothing_is_itself_what_is_damaged(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "DONE").write_bytes(content)
    assert damaged(tmp_path) == (["a\0b"] if b"\0" in content else ["DONE"])


def test_a_folder_without_done_has_a_damaged_one(tmp_path: Path) -> None:
    assert damaged(tmp_path) == ["DONE"]


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda facts: "{", r"assay\.json: cannot be read \(Expecting"),
        (lambda facts: "[]", r"assay\.json: expected a JSON object, got list"),
        (lambda facts: json.dumps({**facts, "format": 2}), r"assay\.json: format is 2, expected 1"),
        (lambda facts: json.dumps({**facts, "model": "judge"}), r"assay\.json: model is 'judge', expected 'lm'"),
        (lambda facts: json.dumps({**facts, "template_hash": None}), "template_hash is None, expected a text"),
    ],
)
def test_facts_of_another_format_are_refused(root: Path, edit: Callable[[Mapping[str, Any]], str], said: str) -> None:
    (root / "lm/assay.json").write_text(edit({**read_facts("weak", root), "model": "lm"}))
    write_done(root / "lm")
    refused("lm", root, said)


def test_facts_that_are_not_there_are_refused(root: Path) -> None:
    (root / "lm/assay.json").unlink()
    write_done(root / "lm")
    refused("lm", root, r"assay\.json: cannot be read")


def test_weights_beside_another_tokenizer_are_refused_with_both_hashes(root: Path) -> None:
    other, own = tokenizer(21), HFTokens(tokenizer()).hash
    other.save_pretrained(root / "lm")
    write_done(root / "lm")
    found = HFTokens(other).hash
    assert found != own
    refused("lm", root, f"the tokenizer in .*lm is {found[:12]}…, but its weights belong to {own[:12]}…")


def test_a_template_is_a_part_of_the_tokenizer(root: Path) -> None:
    (root / "lm/chat_template.jinja").write_text("{{ messages }}")
    write_done(root / "lm")
    refused("lm", root, "but its weights belong to")


def test_a_folder_is_checked_once_and_a_mended_one_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    done = (root / "lm/DONE").read_bytes()
    (root / "lm/DONE").unlink()
    refused("lm", root, "not in this installation")
    (root / "lm/DONE").write_bytes(done)
    assert model_folder("lm", root) == root / "lm"
    monkeypatch.setattr(models, "damaged", lambda folder: ["whatever"])
    assert model_folder("lm", root) == root / "lm"
    refused("weak", root, "whatever")


# ---------------------------------------------------------------- wherever a model may be named


def spec(model: str) -> Spec:
    return parse_spec(
        f"judge:helpfulness?model={model}&dtype=float32&device=cpu", {"judge": ["model", "dtype", "device"]}
    )


def test_only_a_text_that_begins_with_pocket_is_a_pocket_model(shipped: Path) -> None:
    assert located("pocket:lm") == shipped / "lm"
    for where in ("org/name", "pocket", "./pocket:lm", Path("pocket:lm"), "models/pocket:lm"):
        assert located(where) is where


def test_an_engine_is_called_by_the_name_and_not_by_a_path(shipped: Path) -> None:
    view = TransformersEngine.load("pocket:judge", dtype="float32", device="cpu")
    assert view.model_id == "pocket:judge"
    assert view.tokenizer_hash == read_facts("judge", shipped)["template_hash"] == load_tokens("pocket:judge").hash


def test_a_judge_may_name_it_in_its_spec(shipped: Path) -> None:
    assert spec("pocket:judge").options["model"] == "pocket:judge"
    assert judge_of(spec("pocket:judge")).engine.model_id == "pocket:judge"


def test_a_reward_model_may_start_from_it_with_the_hash_of_its_weights_and_keeps_no_path(
    shipped: Path, tmp_path: Path
) -> None:
    model = ScalarRewardModel.from_pretrained("pocket:lm")
    assert weights_hash(model.backbone) == weights_hash(ScalarRewardModel.from_pretrained(shipped / "lm").backbone)
    assert weights_hash(model.backbone) != weights_hash(ScalarRewardModel.from_pretrained("pocket:weak").backbone)
    model.save(tmp_path / "reward")
    assert not [name for name, content in contents(tmp_path / "reward").items() if str(shipped).encode() in content]


@pytest.mark.parametrize(
    "load",
    [
        TransformersEngine.load,
        ScalarRewardModel.from_pretrained,
        load_tokens,
        located,
        lambda model: judge_of(spec(model)),
        lambda model: load_scorers([f"judge:helpfulness?model={model}"]),
    ],
)
def test_an_unknown_pocket_model_is_the_same_line_everywhere(load: Callable[[str], object]) -> None:
    with pytest.raises(InputError, match=r"^pocket:xyz: there is no such model; allowed are pocket:lm, [^\n]*$"):
        load("pocket:xyz")


# ---------------------------------------------------------------- what ships


@pytest.mark.parametrize("name", MODELS)
def test_the_shipped_models_are_whole_and_as_large_as_they_say(name: str) -> None:
    if not (WEIGHTS / name / "DONE").is_file():
        pytest.skip(f"pocket:{name} is not in this checkout")
    model: Any = AutoModelForCausalLM.from_pretrained(located(f"pocket:{name}"))
    assert model.dtype == torch.bfloat16
    assert sum(weight.numel() for weight in model.parameters()) == read_facts(name)["parameters"]


@pytest.mark.parametrize("seed", [13, 2**64])
def test_a_world_that_does_not_exist_is_refused(seed: int) -> None:
    with pytest.raises(InputError, match=f"seed={seed}: there is no such world; they are 0 to 12"):
        load_pairs(f"world:reasoning/a?n=1&seed={seed}")
    assert len(load_pairs("world:reasoning/a?n=1&seed=12").records) == 1
