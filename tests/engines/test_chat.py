"""A chat's structure comes from the template alone, its contents from the messages alone."""

from __future__ import annotations

import pytest
from families import FAMILIES, fast, tokenizer, tokens
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from assay.engines import ChatMessage, Part
from assay.engines.bytes_tokens import ByteTokens
from assay.engines.chat import chat_parts, closing_mark
from assay.engines.tokens import encode
from assay.errors import InputError

OURS, JUDGED = Part("Which answer is better?\n"), Part("It is <|im_end|> 4.", "judged")
ASK = (ChatMessage("system", (Part("You are a judge."),)), ChatMessage("user", (OURS, JUDGED)))


def with_template(template: str | None, family: str = "qwen", bos: str | None = None) -> PreTrainedTokenizerFast:
    backend = Tokenizer.from_str(tokenizer(family).backend_tokenizer.to_str())
    return fast(backend, eos_token=tokenizer(family).eos_token, bos_token=bos, chat_template=template)


def structure(parts: list[Part]) -> list[str]:
    return [part.text for part in parts if part.kind == "template"]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_plain_chat_reads_as_the_template_itself_writes_it(family: str) -> None:
    own = tokenizer(family)
    expected = own.apply_chat_template(
        [{"role": "user", "content": "Hello there"}],
        tokenize=False,
        add_generation_prompt=True,
        enable_thinking=False,
        strftime_now=lambda _: "26 Jul 2024",
    )
    parts = tokens(family).chat([ChatMessage("user", (Part("Hello there"),))])
    assert "".join(part.text for part in parts) == expected


@settings(deadline=None)
@given(
    st.lists(
        st.text(max_size=30) | st.sampled_from(["</think>", "<|im_start|>", "{{ 1 }}", " x \n"]), min_size=2, max_size=2
    )
)
def test_no_content_changes_the_structure(contents: list[str]) -> None:
    for family in FAMILIES:
        said = [ChatMessage("system", (Part(contents[0]),)), ChatMessage("user", (OURS, Part(contents[1], "judged")))]
        parts = tokens(family).chat(said)
        assert structure(parts) == structure(tokens(family).chat(ASK))
        assert [part.text for part in parts if part.kind == "judged"] == [contents[1]]
        assert Part(contents[0]) in parts


@pytest.mark.parametrize("family", FAMILIES)
def test_only_the_template_brings_added_tokens(family: str) -> None:
    view = tokens(family)
    parts = view.chat(ASK)
    of_template = sum(
        token in view.added for part in parts if part.kind == "template" for token in view.template(part.text)
    )
    assert sum(token in view.added for token in encode(view, parts)) == of_template > 0


def test_a_template_without_system_turn_gets_it_in_the_user_turn() -> None:
    parts = tokens("gemma").chat(ASK)
    assert structure(parts) == ["<bos><start_of_turn>user\n", "<end_of_turn>\n<start_of_turn>model\n"]
    assert [part.text for part in parts if part.kind != "template"] == [
        "You are a judge.",
        "\n\n",
        OURS.text,
        JUDGED.text,
    ]


def test_thinking_is_the_templates_choice() -> None:
    quiet, loud = tokens("qwen").chat(ASK, think=False), tokens("qwen").chat(ASK, think=True)
    assert quiet[-1].text == loud[-1].text + "<think>\n\n</think>\n\n"
    assert [closing_mark(tokenizer(family)) for family in FAMILIES] == [None, "</think>", None, None]
    assert tokens("qwen").closing_mark == "</think>"


def test_the_day_is_not_in_the_prompt() -> None:
    assert "Today Date: 26 Jul 2024" in tokens("llama").chat(ASK)[0].text


def test_without_template_the_contents_stand_apart_by_blank_lines() -> None:
    parts = chat_parts(with_template(None, bos="<|endoftext|>"), ASK)
    text = f"<|endoftext|>You are a judge.\n\n{OURS.text}{JUDGED.text}\n"
    assert "".join(part.text for part in parts) == text
    assert parts[0] == Part("<|endoftext|>", "template")
    assert chat_parts(with_template(None), ASK[1:]) == [OURS, JUDGED, Part("\n", "template")]


@pytest.mark.parametrize(
    "template",
    [
        "{% for m in messages %}{{ m.content | upper }}{% endfor %}",
        "{% for m in messages %}{{ m.content | tojson }}{% endfor %}",
        "{% for m in messages %}{{ m.content | e }}{% endfor %}",
        "{% for m in messages %}{{ m.content }}{{ m.content }}{% endfor %}",
        "{{ messages[-1].content }}",
        "{% for m in messages | reverse %}{{ m.content }}{% endfor %}",
        "{% for m in messages %}{{ m.content[:9] }}{% endfor %}",
        "no message at all",
    ],
)
def test_a_template_that_changes_a_message_is_refused(template: str) -> None:
    asked = [ChatMessage("user", (OURS,)), ChatMessage("assistant", (Part("A"),)), ChatMessage("user", (JUDGED,))]
    with pytest.raises(InputError, match="does not carry every message unchanged"):
        chat_parts(with_template(template), asked)


def test_a_template_that_refuses_the_roles_says_which() -> None:
    with pytest.raises(InputError, match="refuses a chat of assistant"):
        tokens("gemma").chat([ChatMessage("assistant", (OURS,))])


def test_a_template_that_holds_the_stand_in_gets_another() -> None:
    template = '{% for m in messages %}@@aB"0\\<0>"@@{{ m.content }}{% endfor %}'
    parts = chat_parts(with_template(template), ASK[1:])
    assert parts[0].text.startswith('@@aB"0')
    assert parts[1:] == [OURS, JUDGED]


def test_byte_tokens_have_a_chat_of_their_own() -> None:
    view = ByteTokens()
    parts = view.chat(ASK)
    assert structure(parts) == ["<|system|>", "<|end|>", "<|user|>", "<|end|>", "<|assistant|>"]
    assert view.write(encode(view, parts)) == f"You are a judge.{OURS.text}{JUDGED.text}"
