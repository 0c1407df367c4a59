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
    AFTER,
    FIRST,
    SIZES,
    Size,
    dialogue_ids,
    document_row,
    nats_per_token,
    new_model,
    train_language,
    written,
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
    assert len(roles) == 5
    assert not roles & set(tokens().bare("".join(ROLES)))


def test_what_users_say_after_an_answer_weighs_more_and_its_first_word_most() -> None:
    begin, user = (tokens().template(role)[0] for role in ("<|begin|>", "<|user|>"))
    seen = set()
    for index in range(80):
        turns = document(index).messages
        row = document_row(tokens(), index)
        assert row.ids[0] == row.ids[-1] == begin
        at, weights = 1, [1.0]
        for place, turn in enumerate(turns):
            said = len(tokens().bare(turn.content))
            heavy = turn.role == "user" and place > 0
            assert not heavy or row.ids[at] == user  # where reward models read
            weights += [1.0, *([FIRST, *[AFTER] * (said - 1)] if heavy else [1.0] * said)]
            at += 1 + said
        if turns[-1].role == "assistant":  # its end, and silence: another dialogue begins
            weights.append(1.0)
            assert row.ids[at] == user
        assert list(row.weights) == [*weights, FIRST if len(turns) == 2 else 1.0]
        seen.add(len(turns))
    assert seen >= {2, 3, 4, 5}


def test_of_a_hundred_documents_most_stand_alone_and_eight_share_a_row_that_fits_the_context() -> None:
    rows = list(written(tokens(), range(100)))
    assert len(rows) == 93
    assert rows[7] == document_row(tokens(), 7)
    shared = [document_row(tokens(), index) for index in range(92, 100)]
    ids = [token for row in shared for token in row.ids[:-1]]
    assert list(rows[92].ids) == [*ids, shared[-1].ids[-1]][:2048]
    assert 1000 < len(rows[92].ids) == len(rows[92].weights)
    # where one document ends, the beginning of the next says that nobody came back
    at = len(shared[0].ids) - 1
    assert rows[92].ids[at] == tokens().template("<|begin|>")[0]
    assert rows[92].weights[at] == shared[0].weights[-1]


def test_rows_follow_from_their_numbers_and_the_seed() -> None:
    assert list(written(tokens(), range(3))) == list(written(tokens(), range(3)))
    assert document_row(tokens(), 0) != document_row(tokens(), 0, seed=1)


@pytest.mark.parametrize(("name", "least", "most"), [("lm", 3_000_000, 6_000_000), ("weak", 900_000, 1_200_000)])
def test_the_models_are_as_large_as_promised(name: str, least: int, most: int) -> None:
    model = new_model(SIZES[name])
    assert least < sum(weight.numel() for weight in model.parameters()) < most
    assert model.config.eos_token_id == VOCABULARY - 2


def test_special_ids_of_the_model_are_the_tokenizers() -> None:
    whole = train_tokenizer(documents=3000, examples=100)
    assert len(whole) == VOCABULARY
    config = new_model(TINY).config
    found = (config.bos_token_id, config.eos_token_id, config.pad_token_id)
    assert found == (whole.bos_token_id, whole.eos_token_id, whole.pad_token_id)


@pytest.mark.slow
def test_a_short_run_learns_something_about_texts_it_has_not_seen(tmp_path: Path) -> None:
    before = nats_per_token(new_model(TINY), tokens(), documents=20)[0]
    assert before == pytest.approx(
        torch.log(torch.tensor(float(VOCABULARY))).item(), abs=0.3
    )  # knows nothing: log 4096
    told = list[int]()
    model, result = train_language(TINY, tokens(), 500, tmp_path / "run", on_chunk=told.append)
    assert result.steps == 15  # 5 · 93 rows, 32 a step
    assert told == [500]
    assert nats_per_token(model, tokens(), documents=20)[0] < before - 1
    again, _ = train_language(TINY, tokens(), 500, tmp_path / "other/run")
    for one, other in zip(model.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, other)
