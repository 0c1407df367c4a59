"""Rows come back from their files as they were, and batches are padded to few lengths."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from assay.errors import InputError
from assay.pocket_train.rows import Row, Rows, collate_rows, padded_length, write_rows

ROWS = [Row((1, 2, 3), (1.0, 4.0, 0.5)), Row((4095,), (1.0,)), Row((7, 8), (0.0, 6.0)), Row((9,) * 70, (3.0,) * 70)]


def test_rows_come_back_as_they_were(tmp_path: Path) -> None:
    found = Rows([write_rows(tmp_path / "a", ROWS[:1]), write_rows(tmp_path / "b", ROWS[1:])])
    assert list(found) == ROWS
    assert len(found) == 4
    for index in (-1, 4):
        with pytest.raises(IndexError):
            found[index]


def test_rows_of_a_file_that_lies_there_are_not_made_again(tmp_path: Path) -> None:
    def never() -> Iterator[Row]:
        raise AssertionError
        yield

    write_rows(tmp_path / "a", ROWS)
    assert list(Rows([write_rows(tmp_path / "a", never())])) == ROWS


def test_a_file_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "full").write_text("in the way")
    with pytest.raises(InputError, match="cannot be written"):
        write_rows(tmp_path / "full" / "a", ROWS)


def test_a_batch_is_padded_on_the_right_to_a_multiple_of_64() -> None:
    batch = collate_rows(ROWS)
    assert batch["input_ids"].shape == batch["weights"].shape == (4, 128)  # 70 needs two times 64
    assert batch["input_ids"][2, :3].tolist() == [7, 8, 0]
    assert batch["weights"][2, :3].tolist() == [0.0, 6.0, 0.0]
    assert batch["labels"].shape == (4,)
    assert float(batch["weights"][3, 70:].sum()) == 0
    assert collate_rows(ROWS[:3])["input_ids"].shape == (3, 64)
    assert [padded_length(row) for row in ROWS] == [64, 64, 64, 128]
    assert batch["input_ids"].dtype == torch.int64
