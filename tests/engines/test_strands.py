"""Strands: however a text is cut, padded, forked and gone on with, its logits are those of one plain forward."""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest
import tiny_models
import torch
from grammars import VERDICT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_models import NAMES, made, model, plain
from torch import Tensor
from transformers import (
    BloomConfig,
    FalconConfig,
    Gemma2Config,
    GPT2Config,
    GPTNeoXConfig,
    GptOssConfig,
    MistralConfig,
    OPTConfig,
)

from assay.engines import Request
from assay.engines import strands as strands_module
from assay.engines.opening import OpeningReader
from assay.engines.strands import Reader, Strand

VOCABULARY = 200
EXACT = torch.float64
"""In float64 nothing but the order of sums is left to differ."""


def behind(logits: Tensor) -> Tensor:
    """Return log-probabilities (B, V) in float64."""
    return torch.log_softmax(logits.double(), dim=-1)


def furthest(net: Any, strands: list[Strand], logits: Tensor) -> float:
    """Return how far logits are from those of plain forwards over the same tokens, in nats."""
    found = behind(logits)
    return max(float((plain(net, one.ids)[-1] - found[row]).abs().max()) for row, one in enumerate(strands))


def ids(draw: Any, n: int) -> list[int]:
    return [draw.randrange(VOCABULARY) for _ in range(n)]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_ragged_reads_are_plain_forwards_however_they_are_cut(data: st.DataObject) -> None:
    net = model(data.draw(st.sampled_from(NAMES)), dtype=EXACT)
    reader, draw = Reader(net), data.draw(st.randoms(use_true_random=False))
    alive = [Strand(ids(draw, draw.randint(1, 40))) for _ in range(data.draw(st.integers(1, 5)))]
    for step in data.draw(st.lists(st.sampled_from(["some", "all", "fork", "detach", "back"]), max_size=8)):
        if step == "fork":
            parent = draw.choice(alive)
            keep = draw.randint(0, parent.read)
            alive.append(parent.fork([*parent.ids[:keep], *ids(draw, draw.randint(1, 20))], keep))
        elif step == "back":  # a beginning of another strand, wholly read
            parent = draw.choice(alive)
            alive.append(parent.fork(parent.ids[: draw.randint(1, len(parent.ids))]))
        elif step == "detach":
            draw.choice(alive).detach()
        else:
            group = alive if step == "all" else draw.sample(alive, draw.randint(1, len(alive)))
            for strand in group:
                strand.ids += ids(draw, draw.choice([0, 1, 1, 1, 2, 7]))
            assert furthest(net, group, reader.read(group)) < 1e-9
            assert all(strand.unread == 0 for strand in group)
    assert furthest(net, alive, reader.read(alive)) < 1e-9


@pytest.mark.parametrize("name", NAMES)
def test_token_by_token_beyond_the_spare_room_is_one_forward(name: str) -> None:
    net = model(name, dtype=EXACT)
    reader, pair = Reader(net), [Strand([3, 1, 4]), Strand([1, 5, 9, 2, 6, 5])]
    for step in range(150):  # the room behind a batch is less, so it is widened more than once
        logits = reader.read(pair)
        if step % 30 == 0 or step in (15, 16, 17, 63, 64, 65, 149):
            assert furthest(net, pair, logits) < 1e-9
        for strand in pair:
            strand.ids.append((7 * step + len(strand.ids)) % VOCABULARY)
    assert reader.tokens == 2 * 6 + 149 * 2  # nothing was read twice


def test_forks_are_not_touched_by_what_the_original_writes_later() -> None:
    net = model("gemma", dtype=EXACT)
    reader, original = Reader(net), Strand([3, 1, 4, 1, 5])
    reader.read([original])
    early = original.fork()
    for token in (9, 2, 6, 5):
        original.ids.append(token)
        reader.read([original])
    late = original.fork([*original.ids[:7], 8, 8], 7)
    early.ids += [7, 7, 7]
    for _ in range(70):  # also when the original's buffer is given up for a wider one
        original.ids.append(3)
        reader.read([original])
    group = [late, early, original]
    assert furthest(net, group, reader.read(group)) < 1e-9


def test_two_forks_of_a_strand_go_their_own_ways() -> None:
    net = model("qwen", dtype=EXACT)
    reader, stem = Reader(net), Strand([3, 1, 4, 1, 5, 9, 2, 6])
    reader.read([stem])
    pair = [stem.fork([*stem.ids, 10]), stem.fork([*stem.ids, 11, 12, 13])]
    assert furthest(net, pair, reader.read(pair)) < 1e-9
    assert reader.tokens == 8 + 2 * 3  # the shorter end reads again what padding would have cost


@pytest.mark.parametrize("name", NAMES)
def test_a_strand_that_is_all_read_has_its_last_token_read_again(name: str) -> None:
    net = model(name, dtype=EXACT)
    reader, strand = Reader(net), Strand(range(40))
    for n in (40, 41, 42):
        assert furthest(net, [strand], reader.read([strand])) < 1e-9
        assert reader.tokens == n


def test_a_detached_strand_reads_on_and_its_batch_is_freed() -> None:
    net = model("llama", dtype=EXACT)
    reader, group = Reader(net), [Strand([3, 1, 4]), Strand([1, 5, 9, 2, 6]), Strand([5, 3])]
    reader.read(group)
    batch = weakref.ref(group[0]._cache)
    kept = group[1].fork()
    kept.detach()
    del group[:]
    gc.collect()
    assert batch() is None
    keys, values = kept.states(0, 5)
    assert keys.shape == values.shape == (2, 5, 8)  # heads, tokens, head size: its own and nothing else
    kept.ids.append(7)
    assert furthest(net, [kept], reader.read([kept])) < 1e-9


def test_an_unread_strand_has_nothing_to_detach() -> None:
    strand = Strand([1, 2])
    strand.detach()
    assert strand.unread == 2


def test_answers_that_wait_hold_no_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    # rationales of many lengths end one after the other; each that waits has only its own keys and values
    made_caches = weakref.WeakSet[Any]()
    real = strands_module._cache

    def tracked(*told: Any, **more: Any) -> Any:
        cache = real(*told, **more)
        made_caches.add(cache)
        return cache

    monkeypatch.setattr(strands_module, "_cache", tracked)
    view = tiny_models.engine("llama")
    least, read = view.min_tokens(VERDICT), view._reader.read
    wide: list[int] = []

    def watched(strands: Any, room: int = 0) -> Tensor:
        logits = read(strands, room)
        wide.append(sum(bool(one.layers) and one.layers[0].keys.shape[0] > 1 for one in made_caches))
        return logits

    monkeypatch.setattr(view._reader, "read", watched)
    asked = [Request(id=f"{n}", prompt_ids=(5, 6, n), grammar=VERDICT, max_new_tokens=least + n) for n in range(20)]
    assert len({len(one.token_ids) for one in view.run(asked)}) > 8
    assert max(wide) <= 2


@pytest.mark.parametrize("attention", ["eager", None], ids=["eager", "own"])
@pytest.mark.parametrize(
    "config",
    [
        GPT2Config(vocab_size=VOCABULARY, n_embd=32, n_layer=2, n_head=4, n_positions=128),  # a table of positions
        OPTConfig(
            vocab_size=VOCABULARY,
            hidden_size=32,
            ffn_dim=48,
            num_hidden_layers=2,
            num_attention_heads=4,
            max_position_embeddings=128,
            word_embed_proj_dim=32,
        ),
        BloomConfig(vocab_size=VOCABULARY, hidden_size=32, n_layer=2, n_head=4),  # slopes, and no positions at all
        FalconConfig(vocab_size=VOCABULARY, hidden_size=32, num_hidden_layers=2, num_attention_heads=4, alibi=True),
        GPTNeoXConfig(
            vocab_size=VOCABULARY, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4
        ),
        MistralConfig(**tiny_models.sizes("llama") | {"vocab_size": VOCABULARY}, sliding_window=8),
        Gemma2Config(**tiny_models.sizes("gemma") | {"vocab_size": VOCABULARY}, sliding_window=8),  # soft caps
        GptOssConfig(  # sinks and experts
            **tiny_models.sizes("llama") | {"vocab_size": VOCABULARY},
            num_local_experts=4,
            num_experts_per_tok=2,
            sliding_window=8,
        ),
    ],
    ids=lambda config: type(config).__name__,
)
def test_every_kind_of_attention_reads_the_same_in_a_ragged_batch(config: Any, attention: str | None) -> None:
    config.initializer_range = config.init_std = 0.3
    told: dict[str, Any] = {} if attention is None else {"attn_implementation": attention}
    net = made(config, **told)
    reader = Reader(net)
    stem = Strand(list(range(20, 45)))
    reader.read([stem])
    group = [stem.fork([*stem.ids, 1, 2, 3]), stem.fork([*stem.ids[:9], 4], 9), Strand([5]), Strand([6] * 30)]
    for step in range(5):
        assert furthest(net, group, reader.read(group)) < 3e-5
        for row, strand in enumerate(group):  # steps of a token each go another way than ragged ones
            strand.ids += [7] * (1 + (row % 2 if step == 2 else 0))


# ---------------------------------------------------------------- openings


def test_what_prompts_share_is_read_once_and_the_last_beginnings_are_kept() -> None:
    net = model("gemma", dtype=EXACT)
    reader = Reader(net)
    openings, rubric = OpeningReader(reader, share=True), tuple(range(30))
    rows = [(*rubric, *(end,) * n) for end, n in ((40, 1), (41, 30), (42, 5), (43, 70))]
    strands, logits, cost = openings.read(rows)
    assert furthest(net, strands, logits) < 1e-9
    assert cost == [30 + 1, 30, 5, 70]
    assert openings.read(rows)[2] == [1, 30, 5, 70]
    for first in range(50, 54):  # four others, and the rubric is forgotten
        openings.read([(first, *rubric)])
    assert openings.read(rows)[2] == [31, 30, 5, 70]


def test_a_kept_beginning_holds_nothing_of_its_batch() -> None:
    openings = OpeningReader(Reader(model("llama")), share=True)
    for i in range(6):
        openings.read([(i, *range(30), end) for end in range(8)])
    assert len(openings._kept) == 4
    for one in openings._kept:
        keys, _ = one.states(0, one.read)
        assert keys.untyped_storage().nbytes() <= 2 * 32 * 8 * keys.element_size()  # heads, tokens, head size
    openings.forget()
    assert openings._kept == []


def test_a_beginning_that_goes_further_takes_the_place_of_a_shorter_one() -> None:
    openings = OpeningReader(Reader(model("llama")), share=True)
    for n in (20, 30, 25, 30):
        openings.read([tuple(range(n))])
    assert [one.ids for one in openings._kept] == [list(range(30))]


def test_without_sharing_every_prompt_is_read_whole() -> None:
    net = model("gemma", dtype=EXACT)
    openings = OpeningReader(Reader(net), share=False)
    rows = [(*range(30), 1), (*range(30), 2, 3), (7,) * 200]
    for _ in range(2):
        strands, logits, cost = openings.read(rows)
        assert furthest(net, strands, logits) < 1e-9
        assert cost == [31, 32, 200]
    assert openings._kept == []


def test_short_and_long_ends_are_read_apart() -> None:
    reader = Reader(model("llama"))
    openings = OpeningReader(reader, share=True)
    openings.read([(1,) * 500, *((2, i) for i in range(20))])
    assert reader.tokens == 500 + 20 * 2  # together they would be 21 rows of 500
