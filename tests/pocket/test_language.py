"""The pocket tokenizer writes digits apart, rows are functions of their number, and a short run learns."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
import torch

from assay.engines import ChatMessage, Part
from assay.engines.tokens import HFTokens, encode
from assay.pocket.corpus import document
from assay.pocket_train.language import (
    SIZES,
    Row,
    Size,
    dialogue_ids,
    nats_per_token,
    new_model,
    row_ids,
    train_language,
)
from assay.pocket_train.vocabulary import ROLES, VOCABULARY, train_tokenizer
from assay.types import Message

TINY = Size(width=32, layers=1, inner=48, heads=2, shared=1)


@cache
def tokens() -> HFTokens:
    return HFTokens(train_tokenizer(documents=300, examples=60))


def test_every_digit_is_a_token() -> None:
    ids = tokens().bare("Pay 128 now, not 7.")
    written = [tokens().bytes_of[token] for token in ids]
    assert [one for one in written if one and any(48 <= byte < 58 for byte in one)] == [b" 1", b"2", b"8", b" 7"]


def test_the_same_call_gives_the_same_tokenizer() -> None:
    assert HFTokens(train_tokenizer(documents=300, examples=60)).hash == tokens().hash


def test_a_dialogue_of_the_corpus_is_encoded_as_the_template_does_it() -> None:
    messages = (Message(role="user", content="Add 2 and 3."), Message(role="assistant", content="It is 5."))
    chat = [ChatMessage(turn.role, (Part(turn.content),)) for turn in messages]
    assert dialogue_ids(tokens(), messages) == encode(tokens(), tokens().chat(chat, generation=False))


def test_text_cannot_write_a_role() -> None:
    roles = {tokens().template(role)[0] for role in ROLES}
    assert len(roles) == 6
    assert not roles & set(tokens().bare("".join(ROLES)))


@pytest.mark.parametrize(("index", "length"), [(0, 512), (14, 512), (15, 1024), (18, 1024), (19, 2048), (20, 512)])
def test_a_row_is_exactly_as_long_as_it_says_and_always_the_same(index: int, length: int) -> None:
    row = Row(index)
    assert row.length == len(row_ids(tokens(), row)) == length
    assert row_ids(tokens(), row) == row_ids(tokens(), Row(index))


def test_rows_share_no_document() -> None:
    # a row of 2,048 tokens sets 256 documents aside and needs about 15
    assert document(0) != document(256)
    assert row_ids(tokens(), Row(0))[:64] != row_ids(tokens(), Row(1))[:64]
    assert row_ids(tokens(), Row(0)) != row_ids(tokens(), Row(0, seed=1))


@pytest.mark.parametrize(("name", "least", "most"), [("lm", 5_000_000, 6_000_000), ("weak", 900_000, 1_200_000)])
def test_the_models_are_as_large_as_promised(name: str, least: int, most: int) -> None:
    model = new_model(SIZES[name])
    assert least < sum(weight.numel() for weight in model.parameters()) < most
    assert model.config.eos_token_id == VOCABULARY - 5


def test_special_ids_of_the_model_are_the_tokenizers() -> None:
    whole = train_tokenizer(documents=3000, examples=100)
    assert len(whole) == VOCABULARY
    config = new_model(TINY).config
    found = (config.bos_token_id, config.eos_token_id, config.pad_token_id)
    assert found == (whole.bos_token_id, whole.eos_token_id, whole.pad_token_id)


@pytest.mark.slow
def test_a_short_run_learns_something_about_texts_it_has_not_seen(tmp_path: Path) -> None:
    before = nats_per_token(new_model(TINY), tokens(), rows=4)[0]
    assert before == pytest.approx(
        torch.log(torch.tensor(float(VOCABULARY))).item(), abs=0.3
    )  # knows nothing: log 4096
    model, result = train_language(TINY, tokens(), 25, tmp_path)
    assert result.steps == 25
    assert nats_per_token(model, tokens(), rows=4)[0] < before - 0.3
