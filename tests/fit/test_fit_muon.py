"""Muon steps along orthogonal directions in hidden matrices; all else is AdamW's, and a run resumes exactly."""

from __future__ import annotations

import copy
import math
from dataclasses import replace
from pathlib import Path

import models
import pytest
import torch
from torch import nn
from transformers import LlamaConfig, LlamaForCausalLM

from assay.fit import FitConfig, fit
from assay.fit_checkpoints import newest
from assay.fit_muon import MuonAdamW

CONFIG = FitConfig(optimizer="muon", learning_rate=1e-3, batch_rows=8, batch_tokens=80, epochs=2, save_every=2)
ROWS = models.pairs(40)


def stepped(model: nn.Module, *, lr: float = 0.01, weight_decay: float = 0.0) -> MuonAdamW:
    """Return an optimiser that has made one step along random gradients."""
    torch.manual_seed(5)
    for p in model.parameters():
        p.grad = torch.randn_like(p)
    optimizer = MuonAdamW(model, lr=lr, weight_decay=weight_decay)
    optimizer.step()
    return optimizer


def test_a_step_of_a_matrix_is_nearly_orthogonal_and_as_large_as_adamws() -> None:
    layer = nn.Linear(8, 24, bias=False)
    before = layer.weight.detach().clone()
    stepped(layer, lr=0.01)
    sizes = torch.linalg.svdvals((before - layer.weight.detach()) / (0.01 * 0.2 * math.sqrt(24)))
    # five Newton–Schulz steps bring all singular values between .5 and 1.5 (Jordan 2024); exact ones are 1
    assert float(sizes.min()) > 0.5
    assert float(sizes.max()) < 1.5


def test_embeddings_heads_norms_and_biases_are_stepped_by_adamw() -> None:
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=64, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2,
        attention_bias=True, tie_word_embeddings=True,
    )  # fmt: skip
    ours = LlamaForCausalLM(config)
    theirs = copy.deepcopy(ours)
    stepped(ours, weight_decay=0.1)
    torch.manual_seed(5)
    for p in theirs.parameters():
        p.grad = torch.randn_like(p)
    torch.optim.AdamW(theirs.parameters(), lr=0.01, betas=(0.9, 0.95), weight_decay=0.0).step()
    same = {n for (n, p), q in zip(ours.named_parameters(), theirs.parameters(), strict=True) if torch.equal(p, q)}
    hidden = {n for n, p in ours.named_parameters() if p.ndim == 2 and "embed" not in n}
    assert len(hidden) == 7  # q, k, v, o, gate, up, down
    assert same == {n for n, _ in ours.named_parameters()} - hidden


def test_a_head_of_one_row_is_a_vector() -> None:
    model = models.tiny()
    groups = stepped(model).param_groups
    assert any(p is model.score.weight for p in groups[1]["params"])


def test_pairs_that_can_be_told_apart_are_learnt(tmp_path: Path) -> None:
    config = replace(CONFIG, learning_rate=1e-2, epochs=6)
    result = fit(models.tiny(), ROWS, models.collate, models.bradley_terry, config, tmp_path, length=lambda r: r.tokens)
    losses = [row["loss"] for row in result.history if "loss" in row]
    assert losses[0] == pytest.approx(math.log(2), abs=0.05)
    assert losses[-1] < 0.1


def test_the_rate_of_both_parts_follows_the_schedule() -> None:
    optimizer = stepped(models.tiny(), lr=0.01)
    torch.optim.lr_scheduler.LambdaLR(optimizer, lambda _step: 0.5)
    assert [group["lr"] for part in optimizer.parts for group in part.param_groups] == [0.005, 0.005]


def test_a_run_that_stopped_ends_with_the_same_weights(tmp_path: Path) -> None:
    class StoppedError(Exception):
        pass

    def stopping(model, batch):  # type: ignore[no-untyped-def]
        if batch["step"] == 5:
            raise StoppedError
        return models.bradley_terry(model, batch)

    with models.one_thread():
        whole, model = models.tiny(dropout=0.3), models.tiny(dropout=0.3)
        fit(whole, ROWS, models.collate, models.bradley_terry, CONFIG, tmp_path / "a", length=lambda r: r.tokens)
        with pytest.raises(StoppedError):
            fit(model, ROWS, models.collate, stopping, CONFIG, tmp_path / "b", length=lambda r: r.tokens)
        assert newest(tmp_path / "b/checkpoints") == tmp_path / "b/checkpoints/step-4"
        model = models.tiny(seed=9, dropout=0.3)
        out = tmp_path / "b"
        fit(model, ROWS, models.collate, models.bradley_terry, CONFIG, out, length=lambda r: r.tokens, resume=True)
    assert models.weight_hash(model) == models.weight_hash(whole)


def test_an_unknown_optimizer_is_refused() -> None:
    with pytest.raises(ValueError, match="optimizer must be one of adamw, muon; got 'sgd'"):
        FitConfig(optimizer="sgd")  # type: ignore[arg-type]
