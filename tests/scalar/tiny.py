"""Tiny tokenizers and reward models, made here: byte-level tokens, two layers, random weights."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from transformers import (
    AutoModelForSequenceClassification,
    Gemma3TextConfig,
    GPT2Config,
    LlamaConfig,
    PreTrainedTokenizerFast,
    Qwen3Config,
)

from assay.engines.tokens import HFTokens
from assay.scalar import ScalarRewardModel
from assay.types import Item, Message, Pair

FAMILIES = ("llama", "qwen3", "gemma3")
SPECIAL = ("<|bos|>", "<|eos|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>", "<|pad|>")
PLAIN = ("<tool_call>", "<think>")
CONTEXT = 256
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
_TEXT = ("the answer is right and the sum is 42", "Name a river. The Rhine rises in the Alps.", "What is it? It is so.")


def tokenizer(pad: str | None = "<|pad|>", template: str | None = TEMPLATE) -> PreTrainedTokenizerFast:
    """Return a byte-level BPE tokenizer with role tokens, whose own post-processor would add a start token."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    backend.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    backend.train_from_iterator(
        _TEXT, trainers.BpeTrainer(vocab_size=290, initial_alphabet=alphabet, show_progress=False)
    )
    names = [name for name in SPECIAL if name != "<|pad|>" or pad == name]
    backend.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in names])
    backend.add_tokens([AddedToken(name, special=False, normalized=False) for name in PLAIN])
    backend.post_processor = processors.TemplateProcessing(
        single="<|bos|> $A", special_tokens=[("<|bos|>", backend.token_to_id("<|bos|>"))]
    )
    make: Any = PreTrainedTokenizerFast
    made: PreTrainedTokenizerFast = make(
        tokenizer_object=backend, bos_token="<|bos|>", eos_token="<|eos|>", pad_token=pad, chat_template=template
    )
    return made


@cache
def tokens() -> HFTokens:
    """Return the usual tokenizer, seen through `Tokens`."""
    return HFTokens(tokenizer())


def net(family: str, size: int, seed: int = 0) -> Any:
    """Return a classifier with one label and `size` embeddings, in evaluation mode."""
    sizes: dict[str, Any] = {
        "vocab_size": size,
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "head_dim": 8,
        "max_position_embeddings": CONTEXT,
        "initializer_range": 0.3,
    }
    config: Any
    if family == "llama":
        config = LlamaConfig(**sizes)
    elif family == "qwen3":
        config = Qwen3Config(**sizes)
    elif family == "gemma3":
        config = Gemma3TextConfig(**sizes, sliding_window=16, layer_types=["sliding_attention", "full_attention"])
    else:
        config = GPT2Config(vocab_size=size, n_embd=32, n_layer=2, n_head=4, n_positions=CONTEXT)
    config.num_labels = 1
    torch.manual_seed(seed)
    return AutoModelForSequenceClassification.from_config(config).eval()


def model(family: str = "llama", seed: int = 0, pad: str | None = "<|pad|>") -> ScalarRewardModel:
    """Return a reward model of random weights."""
    mine = tokenizer(pad)
    made = ScalarRewardModel(net(family, len(mine), seed), mine).eval()
    made.reset_head("normal", seed + 100)  # not the seed with which a lost head would start anew
    return made


def item(response: str, prompt: str = "Name a river.", name: str = "i") -> Item:
    return Item(id=name, group="g", prompt=(Message(role="user", content=prompt),), response=response)


def pair(first: str, second: str, name: str = "p") -> Pair:
    return Pair(id=name, group="g", prompt=(Message(role="user", content="Name a river."),), first=first, second=second)
