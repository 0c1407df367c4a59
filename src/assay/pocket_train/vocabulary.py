"""The tokenizer of the pocket models: a byte-level BPE of 4,096 tokens that writes numbers digit by digit.

A tiny model cannot learn what 1,000 numbers mean, but it can learn ten digits and their places.  Roles
are added tokens, which judged text can never produce (`assay.engines.tokens`).

Trained on the corpus and on judge examples, by seed: the same call gives the same tokenizer.  Weights
belong to one tokenizer; changing anything here makes all of them void.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..pocket.corpus import document
from .examples import judge_example

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

__all__ = ["CONTEXT", "ROLES", "TEMPLATE", "VOCABULARY", "train_tokenizer"]

VOCABULARY = 4096
CONTEXT = 2048
"""Most tokens that a pocket model reads."""
ROLES = ("<|begin|>", "<|pad|>", "<|system|>", "<|user|>", "<|assistant|>")
"""Beginning of a dialogue, padding, and who speaks next."""
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] }}{% endfor %}"
    "{% if messages[-1]['role'] == 'assistant' %}{{ '<|user|>' }}"
    "{% elif add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)
"""A turn of the assistant ends where the user's begins: reward models read where a reaction is foreseen."""
_PIECES = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
"""The pieces that merges stay within: those of GPT-2, but every digit its own."""


def _texts(documents: int, examples: int) -> Iterator[str]:
    for index in range(documents):
        yield from (turn.content for turn in document(index).messages)
    for index in range(examples):
        example = judge_example(index)
        yield from (turn.text for turn in example.messages)
        yield example.text


def train_tokenizer(documents: int = 30_000, examples: int = 6_000) -> PreTrainedTokenizerFast:
    """Train the tokenizer.

    Args:
        documents: How many dialogues of the corpus it sees.
        examples: How many judge examples.
    """
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=VOCABULARY - len(ROLES), initial_alphabet=alphabet, show_progress=False)
    made.train_from_iterator(_texts(documents, examples), trainer)
    made.add_special_tokens([AddedToken(role, special=True, normalized=False) for role in ROLES])
    begin, pad, _, user, _ = ROLES
    wrapped: Any = PreTrainedTokenizerFast
    done: PreTrainedTokenizerFast = wrapped(
        tokenizer_object=made,
        bos_token=begin,
        eos_token=user,
        pad_token=pad,
        chat_template=TEMPLATE,
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )
    return done
