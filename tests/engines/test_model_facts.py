"""Models are told apart by weights, precision and configuration, not by where they lie."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import torch
from tiny_models import model
from transformers import AutoModelForCausalLM

from assay.engines.model_facts import identity_of


def loaded(folder: Path, **more: Any) -> Any:
    return AutoModelForCausalLM.from_pretrained(folder, **more)


def test_a_model_is_the_same_wherever_it_lies(tmp_path: Path) -> None:
    one = model("llama")
    for name in ("a", "b"):
        one.save_pretrained(tmp_path / name)
    assert identity_of(loaded(tmp_path / "a")) == identity_of(loaded(tmp_path / "b")) == identity_of(one)
    assert len(identity_of(one)) == 64


def test_weights_precision_and_configuration_tell_models_apart(tmp_path: Path) -> None:
    one = model("llama")
    one.save_pretrained(tmp_path)
    trained = loaded(tmp_path)
    with torch.no_grad():
        for weight in trained.parameters():
            weight += 1e-4
    stretched = loaded(tmp_path)
    stretched.config.rope_parameters = {**stretched.config.rope_parameters, "rope_theta": 5e5}
    others = [model("llama", seed=1), trained, loaded(tmp_path, dtype=torch.bfloat16), stretched]
    assert len({identity_of(each) for each in (one, *others)}) == 5


def test_one_tensor_that_was_changed_throughout_is_seen_whichever_it_is() -> None:
    one = copy.deepcopy(model("llama"))  # other tests use it as well
    before, seen = identity_of(one), 0
    for weight in one.parameters():
        with torch.no_grad():
            weight += 0.01
            assert identity_of(one) != before
            weight -= 0.01
        before, seen = identity_of(one), seen + 1
    print(f"{seen} tensors")
    assert seen > 5
