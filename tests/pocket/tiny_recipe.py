"""The recipe of the pocket models at a size for tests: the same stages, a few steps each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from typing import Any

import pytest

from assay.pocket_train import judge, recipe
from assay.pocket_train.language import Size, nats_per_token
from assay.pocket_train.vocabulary import train_tokenizer

TINY = Size(width=32, layers=1, inner=48, heads=2, shared=1)
DOCUMENTS = {"lm": 60, "weak": 30}


@cache
def _tokenizer() -> Any:
    return train_tokenizer(documents=1500, examples=60)  # no fewer give it all of its tokens


@contextmanager
def tiny_recipe() -> Iterator[None]:
    """Make the recipe tiny inside the block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipe, "train_tokenizer", _tokenizer)
        patch.setattr(recipe, "SIZES", {"lm": TINY, "weak": TINY})
        patch.setattr(recipe, "nats_per_token", partial(nats_per_token, documents=3))
        patch.setattr(recipe, "DOCUMENTS", DOCUMENTS)
        patch.setattr(recipe, "JUDGE_STEPS", 2)
        patch.setattr(judge, "CHUNK", 8)
        yield
