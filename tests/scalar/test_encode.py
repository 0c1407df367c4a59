"""A dialogue is encoded once, ends as the template ends a turn, and judged text stays text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import PLAIN, SPECIAL, TEMPLATE, item, pair, tokenizer, tokens

from assay.engines.bytes_tokens import ByteTokens
from assay.engines.tokens import HFTokens
from assay.errors import InputError
from assay.scalar import encode as module
from assay.types import Message

encode, pack, PAD = module.encode_dialogue, module.collate_pairs, module.PAD
ASK = (Message(role="user", content="Hi"),)
BYTES = ByteTokens()  # 256 eos · 258 user · 259 assistant · 261 end of turn
HOSTILE = st.lists(st.text(max_size=10) | st.sampled_from([*SPECIAL, *PLAIN, "\n", PAD]), max_size=5).map("".join)


def encoded(*args: object, **options: object) -> module.Encoded:
    one = encode(*args, **({"max_length": 10_000} | options))  # type: ignore[arg-type]
    assert one is not None
    return one


def test_a_dialogue_is_its_roles_its_contents_and_ends_of_turns() -> None:
    one = encoded(BYTES, ASK, "Yo")
    assert one.ids == (258, 72, 105, 261, 259, 89, 111, 261)  # user H i end, assistant Y o end
    assert (one.response_start, one.cut) == (5, 0)


def test_an_empty_answer_starts_at_the_end_of_its_turn() -> None:
    one = encoded(BYTES, ASK, "")
    assert one.ids == (258, 72, 105, 261, 259, 261)
    assert one.response_start == 5


@pytest.mark.parametrize("response", ["The Rhine.", "x", "42 and 30"])
def test_the_ids_are_those_of_the_plain_tokenizer_and_its_chat_template(response: str) -> None:
    chat = [{"role": "user", "content": "Name a river."}, {"role": "assistant", "content": response}]
    plain = tokenizer().apply_chat_template(chat, return_dict=False)
    assert list(encoded(tokens(), item("").prompt, response).ids) == plain


def test_the_start_token_stands_once_and_no_further_turn_is_opened() -> None:
    mine = tokenizer()
    ids = encoded(tokens(), ASK, "Yo").ids
    start, opens = (mine.convert_tokens_to_ids(name) for name in ("<|bos|>", "<|assistant|>"))
    assert [i for i, token in enumerate(ids) if token == start] == [0]
    assert ids.count(opens) == 1
    assert mine.convert_ids_to_tokens(list(ids[-2:])) == ["<|end|>", "Ċ"]


def test_without_a_template_the_end_token_ends_the_text() -> None:
    mine = tokenizer(template=None)
    ids = encoded(HFTokens(mine), ASK, "Yo").ids
    assert mine.decode(list(ids)) == "<|bos|>Hi\n\nYo<|eos|>"


def test_a_template_that_leaves_the_turn_open_gets_the_end_token() -> None:
    mine = tokenizer(
        template="{% for message in messages %}{{ '<|' + message.role + '|>' + message.content }}{% endfor %}"
    )
    assert mine.decode(list(encoded(HFTokens(mine), ASK, "Yo").ids)) == "<|user|>Hi<|assistant|>Yo<|eos|>"


@settings(deadline=None)
@given(HOSTILE, HOSTILE)
def test_judged_text_brings_no_added_token_and_comes_back_whole(prompt: str, response: str) -> None:
    view = tokens()
    one = encoded(view, [Message(role="user", content=prompt)], response)
    plain = encoded(view, [Message(role="user", content="a")], "b")
    forged = [token for token in one.ids if token in view.added]
    assert forged == [token for token in plain.ids if token in view.added]
    assert view.write(one.ids[one.response_start :]) == response + "\n"


def test_a_text_that_is_too_long_is_refused_left_out_or_cut_as_asked() -> None:
    with pytest.raises(InputError, match="8 tokens, but the model reads at most 7"):
        encode(BYTES, ASK, "Yo", max_length=7)
    assert encode(BYTES, ASK, "Yo", max_length=7, over="drop") is None
    assert encoded(BYTES, ASK, "Yo", max_length=7, over="prompt_left") == module.Encoded(
        (258, 105, 261, 259, 89, 111, 261), 4, cut=1
    )
    assert encoded(BYTES, ASK, "Yo", max_length=8) == encoded(BYTES, ASK, "Yo")


def test_a_cut_takes_the_oldest_contents_and_keeps_every_frame() -> None:
    said = [Message(role="system", content="abc"), Message(role="user", content="def")]
    one = encoded(BYTES, said, "g", max_length=9, over="prompt_left")  # 6 frame + 1 answer leave room for 2
    assert one.ids == (257, 261, 258, 101, 102, 261, 259, 103, 261)
    assert one.cut == 4
    assert encode(BYTES, said, "g", max_length=6, over="prompt_left") is None


@settings(deadline=None)
@given(st.text(max_size=20), st.text(max_size=20), st.integers(1, 60))
def test_what_is_cut_to_a_length_has_that_length_and_its_whole_answer(prompt: str, response: str, most: int) -> None:
    said = [Message(role="user", content=prompt)]
    whole = encoded(BYTES, said, response)
    one = encode(BYTES, said, response, max_length=most, over="prompt_left")
    if one is None:
        assert len(BYTES.bare(response)) + 4 > most
    else:
        assert len(one.ids) == min(most, len(whole.ids))
        assert one.ids[one.response_start :] == whole.ids[whole.response_start :]


def test_an_unknown_policy_is_a_bug_of_the_caller() -> None:
    with pytest.raises(ValueError, match="over is one of"):
        encode(BYTES, ASK, "Yo", max_length=9, over="left")  # type: ignore[arg-type]


def test_a_batch_holds_first_and_second_in_turn_padded_on_the_right() -> None:
    row = module.encode_pair(BYTES, pair("a", "bcd"), 0.25, 2.0, max_length=99)
    assert row is not None
    short, long = len(row.first.ids), len(row.second.ids)
    batch = pack([row, row], pad_id=7)
    assert batch["input_ids"].shape == (4, long)
    assert batch["input_ids"][0].tolist() == [*row.first.ids, 7, 7]
    assert batch["attention_mask"].sum(1).tolist() == [short, long] * 2
    assert batch["scored"].tolist() == [short - 1, long - 1] * 2
    assert batch["response_mask"].sum(1).tolist() == [2, 4] * 2  # the answer and its end of turn
    assert batch["response_mask"][0].tolist() == [0] * (short - 2) + [1, 1, 0, 0]
    assert (batch["labels"].tolist(), batch["weights"].tolist()) == ([0.25, 0.25], [2.0, 2.0])
    assert row.tokens == 2 * long


def test_a_pair_of_which_one_side_is_too_long_is_left_out_or_refused_by_name() -> None:
    too_long = pair("a", "b" * 50, name="p7")
    assert module.encode_pair(BYTES, too_long, 1.0, max_length=30, over="drop") is None
    with pytest.raises(InputError, match="pair 'p7'"):
        module.encode_pair(BYTES, too_long, 1.0, max_length=30)


@pytest.mark.parametrize("pad", [None, "<|eos|>", "<|bos|>", "<|end|>"])
def test_a_padding_token_that_texts_may_end_with_is_replaced(pad: str | None) -> None:
    mine = module.own_pad(tokenizer(pad, TEMPLATE))
    assert mine.pad_token == PAD
    assert mine.pad_token_id not in encoded(HFTokens(mine), ASK, PAD).ids


def test_a_padding_token_of_its_own_is_kept() -> None:
    mine = tokenizer()
    size = len(mine)
    assert (module.own_pad(mine).pad_token, len(mine)) == ("<|pad|>", size)
