"""Four tiny tokenizers in the manner of four families, trained here on a few made-up sentences.

They have what makes the families differ: byte-level or byte-fallback vocabularies, NFC, dummy
prefixes, added tokens that are not special, and the shapes of their chat templates.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from assay.engines.tokens import HFTokens

FAMILIES = ("llama", "qwen", "gemma", "mistral")

_SPLIT = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s+"
_SAYINGS = (
    "The first answer names its source.",
    "It adds 12 and 30, and the sum is right.",
    "Neither answer says why the bridge fell; both are polite.",
    "The second one is short, correct and clear.",
    "It is tied: both miss the point of the question.",
    "Wrong unit (metres, not miles), so the result is off.",
    "Naïve café owners can’t read Ångström units – nor 漢字 or 🙂.",
)


def _corpus() -> list[str]:
    verdicts = [
        json.dumps(
            {"rationale": saying, "criteria": {"c1": label, "c2": "na"}, "winner": label},
            separators=(",", ":"),
            ensure_ascii=False,
        )
        for saying in _SAYINGS
        for label in ("A", "B", "tie", "yes", "no")
    ]
    whys = [
        f'{{"c1":{{"why":"{a}","label":"1"}},"c2":{{"why":"{b}","label":"5"}}}}' for a in _SAYINGS for b in _SAYINGS
    ]
    chats = [f"system\n\nuser\n{saying}\nassistant\n <tool> </s> [INST] {saying}" for saying in _SAYINGS]
    return [*_SAYINGS, *verdicts, *whys, *chats]


def _byte_level(size: int, normaliser: Any, split: bool) -> Tokenizer:
    backend = Tokenizer(models.BPE(ignore_merges=True))
    backend.normalizer = normaliser
    cut = [pre_tokenizers.Split(Regex(_SPLIT), "isolated")] if split else []
    backend.pre_tokenizer = pre_tokenizers.Sequence(
        [*cut, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    backend.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False, max_token_length=16
    )
    backend.train_from_iterator(_corpus(), trainer)
    return backend


def _byte_fallback(size: int, specials: list[str]) -> Tokenizer:
    """Train on text with ▁ for blanks; the bytes and the specials stand in front, as SentencePiece has them."""
    draft = Tokenizer(models.BPE(unk_token="<unk>"))
    draft.normalizer = normalizers.Replace(" ", "▁")
    draft.pre_tokenizer = pre_tokenizers.Split(Regex(r"▁?[^▁]+|▁"), "isolated")
    draft.train_from_iterator(
        _corpus(), trainers.BpeTrainer(vocab_size=size, show_progress=False, special_tokens=["<unk>"])
    )
    model = json.loads(draft.to_str())["model"]
    front = [*specials, *(f"<0x{byte:02X}>" for byte in range(256))]
    rest = [token for token in sorted(model["vocab"], key=model["vocab"].get) if token not in front]
    vocab = {token: i for i, token in enumerate([*front, *rest])}
    merges = [(a, b) for a, b in model["merges"]]
    backend = Tokenizer(models.BPE(vocab=vocab, merges=merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    backend.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return backend


def _with_start(backend: Tokenizer, start: str) -> None:
    backend.post_processor = processors.TemplateProcessing(
        single=f"{start} $A", pair=f"{start} $A {start} $B", special_tokens=[(start, backend.token_to_id(start))]
    )


def _llama() -> PreTrainedTokenizerFast:
    backend = _byte_level(1100, None, True)
    names = ["begin_of_text", "end_of_text", "start_header_id", "end_header_id", "eot_id"]
    backend.add_special_tokens([AddedToken(f"<|{name}|>", special=True, normalized=False) for name in names])
    _with_start(backend, "<|begin_of_text|>")
    return fast(
        backend,
        bos_token="<|begin_of_text|>",
        eos_token="<|eot_id|>",
        chat_template=(
            "{{- bos_token }}{%- if messages[0]['role'] == 'system' %}{%- set system = messages[0]['content']|trim %}"
            "{%- set messages = messages[1:] %}{%- else %}{%- set system = '' %}{%- endif %}"
            "{{- '<|start_header_id|>system<|end_header_id|>\\n\\n' }}"
            "{{- 'Today Date: ' + strftime_now('%d %b %Y') + '\\n\\n' }}{{- system }}{{- '<|eot_id|>' }}"
            "{%- for message in messages %}{{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'"
            " + message['content'] | trim + '<|eot_id|>' }}{%- endfor %}"
            "{%- if add_generation_prompt %}{{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{%- endif %}"
        ),
    )


def _qwen() -> PreTrainedTokenizerFast:
    backend = _byte_level(900, normalizers.NFC(), True)
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    backend.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in special])
    plain = ["<tool_call>", "</tool_call>", "<think>", "</think>"]
    backend.add_tokens([AddedToken(name, special=False, normalized=False) for name in plain])
    return fast(
        backend,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        chat_template=(
            "{%- for message in messages %}"
            "{%- if message.role == 'assistant' and '</think>' in message.content %}"
            "{%- set content = message.content.split('</think>')[-1].lstrip('\\n') %}"
            "{%- else %}{%- set content = message.content %}{%- endif %}"
            "{{- '<|im_start|>' + message.role + '\\n' + content + '<|im_end|>' + '\\n' }}{%- endfor %}"
            "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}"
            "{%- if enable_thinking is defined and enable_thinking is false %}"
            "{{- '<think>\\n\\n</think>\\n\\n' }}{%- endif %}{%- endif %}"
        ),
    )


def _gemma() -> PreTrainedTokenizerFast:
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<start_of_turn>", "<end_of_turn>"]
    backend = _byte_fallback(1000, special)
    backend.normalizer = normalizers.Replace(" ", "▁")
    backend.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    backend.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in special])
    _with_start(backend, "<bos>")
    return fast(
        backend,
        bos_token="<bos>",
        eos_token="<eos>",
        unk_token="<unk>",
        pad_token="<pad>",
        chat_template=(
            "{{ bos_token }}{% if messages[0]['role'] == 'system' %}"
            "{{ raise_exception('System role not supported') }}{% endif %}"
            "{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
            "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
            "{% if message['role'] == 'assistant' %}{% set role = 'model' %}{% else %}"
            "{% set role = message['role'] %}{% endif %}"
            "{{ '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}"
            "{% if add_generation_prompt %}{{ '<start_of_turn>model\\n' }}{% endif %}"
        ),
    )


def _mistral() -> PreTrainedTokenizerFast:
    special = ["<unk>", "<s>", "</s>", "[INST]", "[/INST]"]
    backend = _byte_fallback(800, special)
    backend.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    backend.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    backend.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in special])
    _with_start(backend, "<s>")
    return fast(
        backend,
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        chat_template=(
            "{{ bos_token }}{%- if messages[0]['role'] == 'system' %}{%- set system = messages[0]['content'] %}"
            "{%- set messages = messages[1:] %}{%- endif %}{% for message in messages %}"
            "{% if message['role'] == 'user' %}{%- if loop.first and system is defined %}"
            "{{ '[INST] ' + system + '\\n\\n' + message['content'] + '[/INST]' }}{% else %}"
            "{{ '[INST] ' + message['content'] + '[/INST]' }}{%- endif %}"
            "{% else %}{{ ' ' + message['content'] + eos_token }}{% endif %}{% endfor %}"
        ),
    )


def fast(backend: Tokenizer, **names: Any) -> PreTrainedTokenizerFast:
    """Return a tokenizer around a backend; the constructor of transformers is untyped."""
    make: Any = PreTrainedTokenizerFast
    made: PreTrainedTokenizerFast = make(tokenizer_object=backend, **names)
    return made


_MAKERS: dict[str, Callable[[], PreTrainedTokenizerFast]] = {
    "llama": _llama,
    "qwen": _qwen,
    "gemma": _gemma,
    "mistral": _mistral,
}


@cache
def tokenizer(family: str) -> PreTrainedTokenizerFast:
    """Return the tokenizer of a family, trained once."""
    return _MAKERS[family]()


@cache
def tokens(family: str) -> HFTokens:
    """Return the same, seen through `Tokens`."""
    return HFTokens(tokenizer(family))
