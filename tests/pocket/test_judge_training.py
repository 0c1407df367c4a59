"""Encoded examples come back as they were, and a short training of the judge gives the same weights again."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import torch

from assay.engines.tokens import HFTokens
from assay.errors import InputError
from assay.pocket_train import judge
from assay.pocket_train.examples import judge_example
from assay.pocket_train.judge import Examples, train_judge, write_chunk
from assay.pocket_train.language import Size, new_model
from assay.pocket_train.verdicts import learned
from assay.pocket_train.vocabulary import train_tokenizer

TINY = Size(width=32, layers=1, inner=48, heads=2, shared=1)


@cache
def tokens() -> HFTokens:
    return HFTokens(train_tokenizer(documents=300, examples=60))


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "CHUNK", 8)


def test_encoded_examples_come_back_as_they_were(tmp_path: Path) -> None:
    found = Examples([write_chunk(tokens(), number, tmp_path) for number in range(2)])
    assert len(found) == 16
    for index in (0, 7, 8, 15):
        assert found[index] == learned(tokens(), judge_example(index))
    with pytest.raises(IndexError):
        found[16]


def test_a_chunk_that_lies_there_is_not_written_again(tmp_path: Path) -> None:
    path = write_chunk(tokens(), 0, tmp_path)
    before = path.stat().st_mtime_ns
    assert write_chunk(tokens(), 0, tmp_path) == path
    assert path.stat().st_mtime_ns == before
    assert write_chunk(tokens(), 0, tmp_path, seed=1) != path


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


def test_a_file_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "full").write_text("in the way")
    with pytest.raises(InputError, match="cannot be written"):
        write_chunk(tokens(), 0, tmp_path / "full")
