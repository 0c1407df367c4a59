"""The feature cache: agreement with the live references, sharing, damage, kills."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from anchored_models import Batch, backbone, batch, with_lora
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from assay.anchor_reference import FrozenCopy, Reference, adapter_reference, weights_hash
from assay.anchoring import AnchorConfig, Anchored, anchored_tokens, packed_loss
from assay.errors import InputError
from assay.feature_cache import FeatureCache, FeatureKey

KEY = FeatureKey(model_hash="m", layers="all", tokens="response")
ONES = np.ones((2, 3, 4), dtype=np.float32)


class Counted:
    """A reference that counts how often it runs, and over how many rows."""

    def __init__(self, inner: Reference) -> None:
        self.inner, self.calls, self.rows = inner, 0, 0

    def __call__(self, ids_BT: Tensor, mask_BT: Tensor, where: Anchored) -> Tensor:
        self.calls += 1
        self.rows += len(ids_BT)
        return self.inner(ids_BT, mask_BT, where)


def where_of(rows: Batch, tokens: Any = "response") -> Anchored:
    return anchored_tokens(rows.mask, rows.scored, rows.response, tokens)


def ask(reference: Reference, rows: Batch, tokens: Any = "response") -> Tensor:
    return reference(rows.ids, rows.mask, where_of(rows, tokens))


def shards(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.safetensors"))


@pytest.mark.parametrize("family", ["llama", "qwen3", "gemma3"])
@pytest.mark.parametrize("tokens", ["scored", "response", "all"])
def test_adapters_disabled_copy_and_cache_agree(family: str, tokens: Any, tmp_path: Path) -> None:
    model, rows = backbone(family), batch([4, 9, 2, 7])
    live = FrozenCopy(model).reference("all")
    key = FeatureKey(model_hash=weights_hash(model), layers="all", tokens=tokens)
    with_cache = FeatureCache(tmp_path, key)
    first = ask(with_cache.reference(live), rows, tokens)
    with_cache.flush()
    stored = ask(FeatureCache(tmp_path, key).reference(live), rows, tokens)
    disabled = ask(adapter_reference(with_lora(model).train(), "all"), rows, tokens)
    copied = ask(live, rows, tokens)
    assert torch.equal(first, stored)
    assert (stored - copied).abs().max() <= 1e-6
    assert (stored - disabled).abs().max() <= 1e-6


def test_epochs_seeds_and_lambdas_share_one_pass(tmp_path: Path) -> None:
    live = Counted(FrozenCopy(backbone()).reference("all"))
    with_cache = FeatureCache(tmp_path, KEY)
    epoch = [batch([4, 6], seed=1), batch([5, 3], seed=2)]
    for rows in epoch:
        ask(with_cache.reference(live), rows)
    assert (live.calls, live.rows) == (2, 4)
    for rows in reversed(epoch):  # the next epoch, in another order
        ask(with_cache.reference(live), rows)
    with_cache.flush()
    other_seed = FeatureCache(tmp_path, KEY)
    for weight in (0.1, 10.0):  # λ has no part in a feature
        for rows in epoch:
            h0, config = ask(other_seed.reference(live), rows), AnchorConfig(weight=weight, tokens="response")
            h = torch.zeros_like(h0)
            assert packed_loss(h, h0, where_of(rows), config.distance).tolist() == pytest.approx([1, 1])
    assert (live.calls, live.rows) == (2, 4)
    assert (other_seed.hits, other_seed.misses, other_seed.damaged) == (8, 0, 0)


def test_only_missing_rows_are_computed_and_land_in_their_places(tmp_path: Path) -> None:
    live = Counted(FrozenCopy(backbone()).reference("all"))
    with_cache = FeatureCache(tmp_path, KEY)
    rows = batch([4, 9, 2, 7, 5])
    ask(with_cache.reference(live), Batch(*(part[[1, 3]] for part in rows)))
    found = ask(with_cache.reference(live), rows)
    assert live.rows == 2 + 3
    assert (found - ask(live.inner, rows)).abs().max() <= 1e-6


def test_a_row_is_known_by_its_tokens_and_positions_whatever_its_padding(tmp_path: Path) -> None:
    live = Counted(FrozenCopy(backbone()).reference("all"))
    with_cache = FeatureCache(tmp_path, KEY).reference(live)
    rows = batch([4, 6], seed=1)
    ask(with_cache, rows)
    wider = batch([4, 6], seed=5, width=11)
    wider.ids[:, :6] = torch.where(rows.mask == 1, rows.ids, wider.ids[:, :6])
    ask(with_cache, wider)
    assert live.rows == 2
    ask(with_cache, rows._replace(response=rows.mask))  # the same tokens, others of them anchored
    assert live.rows == 4


@pytest.mark.parametrize(
    "other",
    [{"model_hash": "n"}, {"layers": 2}, {"tokens": "all"}, {"dtype": "float16"}, {"compute": "bfloat16"}],
)
def test_another_key_sees_nothing_of_this_one(other: dict[str, Any], tmp_path: Path) -> None:
    mine = FeatureCache(tmp_path, KEY)
    mine.put("row", ONES)
    mine.flush()
    fields = {"model_hash": "m", "layers": "all", "tokens": "response", **other}
    foreign = FeatureCache(tmp_path, FeatureKey(**fields))
    assert foreign.get("row") is None
    foreign.folder.mkdir()
    [shard] = shards(mine.folder)
    (foreign.folder / shard.name).write_bytes(shard.read_bytes())
    assert FeatureCache(tmp_path, FeatureKey(**fields)).get("row") is None
    assert FeatureCache(tmp_path, KEY).get("row") is not None


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 10**6), st.integers(0, 7))
def test_no_flipped_bit_is_ever_believed(at: int, bit: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        written = FeatureCache(Path(folder), KEY)
        written.put("row", ONES)
        written.put("other", 2 * ONES)
        written.flush()
        [shard] = shards(Path(folder))
        content = bytearray(shard.read_bytes())
        content[at % len(content)] ^= 1 << bit
        shard.write_bytes(content)
        again = FeatureCache(Path(folder), KEY)
        for name, true in (("row", ONES), ("other", 2 * ONES)):
            found = again.get(name)
            assert found is None or np.array_equal(found, true)


def test_damaged_rows_are_computed_anew_and_then_stay_whole(tmp_path: Path) -> None:
    live = Counted(FrozenCopy(backbone()).reference("all"))
    rows = batch([4, 6, 5])
    with_cache = FeatureCache(tmp_path, KEY)
    true = ask(with_cache.reference(live), rows)
    with_cache.flush()
    [shard] = shards(tmp_path)
    content = bytearray(shard.read_bytes())
    content[-1] ^= 1  # the last byte of one row's numbers
    shard.write_bytes(content)
    again = FeatureCache(tmp_path, KEY)
    assert torch.equal(ask(again.reference(live), rows), true)
    assert (again.hits, again.misses, again.damaged, live.rows) == (2, 1, 1, 3 + 1)
    again.flush()
    last = FeatureCache(tmp_path, KEY)
    assert torch.equal(ask(last.reference(live), rows), true)
    assert (last.misses, live.rows) == (0, 3 + 1)


@pytest.mark.parametrize("keep", [0, 5, 100, -1])
def test_a_file_cut_short_counts_as_absent(keep: int, tmp_path: Path) -> None:
    written = FeatureCache(tmp_path, KEY)
    written.put("row", ONES)
    written.flush()
    [shard] = shards(tmp_path)
    shard.write_bytes(shard.read_bytes()[:keep])
    again = FeatureCache(tmp_path, KEY)
    assert again.get("row") is None
    again.put("row", ONES)
    again.flush()
    assert FeatureCache(tmp_path, KEY).get("row") is not None


def test_float16_gives_the_same_numbers_the_first_time_and_later(tmp_path: Path) -> None:
    live = FrozenCopy(backbone()).reference("all")
    key = FeatureKey(model_hash="m", layers="all", tokens="response", dtype="float16")
    rows, written = batch([4, 6]), FeatureCache(tmp_path, key)
    first = ask(written.reference(live), rows)
    written.flush()
    assert torch.equal(ask(FeatureCache(tmp_path, key).reference(live), rows), first)
    assert (first.float() - ask(live, rows)).abs().max() <= 4 * 2**-11  # values below 4, 11 bits


def test_features_that_float16_cannot_hold_are_an_error_not_an_infinity(tmp_path: Path) -> None:
    written = FeatureCache(tmp_path, FeatureKey(model_hash="m", layers=1, tokens="all", dtype="float16"))
    with pytest.raises(InputError, match="70000, which float16 cannot hold; use dtype float32"):
        written.put("row", 7e4 * ONES)


def test_shards_are_written_when_enough_is_waiting(tmp_path: Path) -> None:
    written = FeatureCache(tmp_path, KEY, shard_bytes=2 * ONES.nbytes)
    written.put("a", ONES)
    assert shards(tmp_path) == []
    written.put("b", ONES)
    written.put("c", ONES)
    assert len(shards(tmp_path)) == 1
    assert len(written) == 3
    assert len(FeatureCache(tmp_path, KEY)) == 2
    written.flush()
    written.flush()
    assert len(FeatureCache(tmp_path, KEY)) == 3


def test_two_writers_of_the_same_rows_leave_one_file(tmp_path: Path) -> None:
    both = [FeatureCache(tmp_path, KEY) for _ in range(2)]
    for name in ("a", "b"):
        both[0].put(name, ONES)
    for name in ("b", "a"):
        both[1].put(name, ONES)
    for each in both:
        each.flush()
    assert len(shards(tmp_path)) == 1


def test_a_row_without_anchored_tokens_is_kept_as_nothing(tmp_path: Path) -> None:
    live = Counted(FrozenCopy(backbone()).reference("all"))
    rows, written = batch([2, 5]), FeatureCache(tmp_path, KEY)  # two tokens of prompt
    first = ask(written.reference(live), rows)
    written.flush()
    assert first.shape == (2, 3, 32)
    assert torch.equal(ask(FeatureCache(tmp_path, KEY).reference(live), rows), first)
    assert live.rows == 2


def test_a_folder_that_cannot_be_written_is_an_error_with_advice(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    written = FeatureCache(tmp_path / "file", KEY)
    written.put("row", ONES)
    with pytest.raises(InputError, match=r"cannot be written .*; free the disk, name another folder"):
        written.flush()
    assert written.get("row") is not None


def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = FeatureCache(tmp_path, KEY)
    written.put("row", ONES)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match="No space left"):
        written.flush()
    assert list(written.folder.iterdir()) == []


WRITER = """
import itertools, sys
from pathlib import Path
import numpy as np
from assay.feature_cache import FeatureCache, FeatureKey
key = FeatureKey(model_hash="m", layers="all", tokens="response")
cache = FeatureCache(Path(sys.argv[1]), key, shard_bytes=1 << 20)
print("ready", flush=True)
for k in itertools.count():
    cache.put(f"row {k}", np.full((2, 64, 256), k, dtype=np.float32))
"""


def test_a_killed_writer_leaves_whole_rows_only(tmp_path: Path) -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    chance, seen = random.Random(seed), 0
    for round_ in range(5):
        folder = tmp_path / str(round_)
        with subprocess.Popen([sys.executable, "-c", WRITER, str(folder)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                writer.wait(chance.uniform(0.02, 0.3))
            writer.send_signal(signal.SIGKILL)
        left = FeatureCache(folder, KEY)
        for k in range(len(left)):
            found = left.get(f"row {k}")
            assert found is not None
            assert (found == k).all()
        assert left.damaged == 0
        seen += len(left)
        left.put("row", ONES)  # what the killed one left behind is in nobody's way
        left.flush()
        assert FeatureCache(folder, KEY).get("row") is not None
    assert seen > 0
