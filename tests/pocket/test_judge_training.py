"""A short training of the judge gives the same weights again."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import torch

from assay.engines.tokens import HFTokens
from assay.pocket_train import judge
from assay.pocket_train.judge import train_judge
from assay.pocket_train.language import Size, new_model
from assay.pocket_train.vocabulary import train_tokenizer

TINY = Size(width=32, layers=1, inner=48, heads=2, shared=1)


@cache
def tokens() -> HFTokens:
    return HFTokens(train_tokenizer(documents=300, examples=60))


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "CHUNK", 8)


@pytest.mark.slow
def test_a_training_that_has_ended_is_only_loaded_and_another_gives_the_same_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trained(out: Path, steps: int) -> torch.Tensor:
        model, _ = train_judge(new_model(TINY), tokens(), steps, out, resume=True)
        return torch.cat([one.detach().flatten() for one in model.parameters()])

    once = trained(tmp_path / "a", 3)
    with monkeypatch.context() as patch:
        patch.setattr(judge, "verdict_loss", None)
        assert torch.equal(once, trained(tmp_path / "a", 3))
    assert torch.equal(once, trained(tmp_path / "b", 3))
    untrained = torch.cat([one.detach().flatten() for one in new_model(TINY).parameters()])
    assert not torch.equal(once, untrained)
