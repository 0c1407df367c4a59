"""Compiled strings on disk: what is read back is what was compiled, and anything else is compiled anew."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from families import tokens
from grammars import TWO_REASONS, VERDICT
from hypothesis import given, settings
from hypothesis import strategies as st

from assay.engines import free_index as module
from assay.engines.bytes_tokens import ByteTokens
from assay.engines.free_index import FreeIndex, cache_folder, free_index
from assay.engines.index import token_index

CLOSING = '","criteria":{"c1":"'


def same(a: FreeIndex, b: FreeIndex) -> bool:
    arrays = ("offsets", "ids", "nexts", "columns", "leads", "crossing")
    return a.start == b.start and all(np.array_equal(getattr(a, name), getattr(b, name)) for name in arrays)


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The closing literals that were compiled, in order."""
    seen: list[str] = []
    original = module._compile

    def counted(closing: str, view: Any) -> FreeIndex:
        seen.append(closing)
        return original(closing, view)

    monkeypatch.setattr(module, "_compile", counted)
    return seen


def test_the_fewest_tokens_to_each_crossing_by_hand() -> None:
    view = tokens("qwen")
    free = free_index('","', view, None)
    assert free.crossing[free.start, 0] > 2**20  # no token leaves a string with nothing of its closing
    assert free.crossing[free.start].tolist()[1:] == [1, 2**28, 1]  # `"` and `","`; no token writes `",` alone


def test_what_is_read_back_is_what_was_compiled(tmp_path: Path, compiled: list[str]) -> None:
    view = tokens("llama")
    first, second = free_index(CLOSING, view, tmp_path), free_index(CLOSING, view, tmp_path)
    assert same(first, second)
    assert compiled == [CLOSING]
    assert len([*tmp_path.iterdir()]) == 1


def test_one_entry_serves_every_grammar_that_closes_alike(tmp_path: Path, compiled: list[str]) -> None:
    view = ByteTokens()
    token_index(VERDICT, view, tmp_path)
    token_index(TWO_REASONS, view, tmp_path)  # two free parts, closed alike
    token_index(TWO_REASONS, view, tmp_path)
    assert compiled == [CLOSING, '","label":"']


def test_tokenizers_and_closings_have_entries_of_their_own(tmp_path: Path, compiled: list[str]) -> None:
    for view in (ByteTokens(), tokens("gemma")):
        for closing in (CLOSING, '"}'):
            free_index(closing, view, tmp_path)
    assert len(compiled) == len([*tmp_path.iterdir()]) == 4


def test_without_a_folder_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    free_index(CLOSING, ByteTokens(), None)
    assert cache_folder() == tmp_path / "assay" / "index"
    assert not [*tmp_path.iterdir()]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32))
def test_a_damaged_file_is_compiled_anew(seed: int) -> None:
    import tempfile

    draw, view = random.Random(seed), ByteTokens()
    with tempfile.TemporaryDirectory() as folder:
        good = free_index(CLOSING, view, Path(folder))
        [file] = Path(folder).iterdir()
        raw = bytearray(file.read_bytes())
        for _ in range(draw.randint(1, 4)):
            raw[draw.randrange(len(raw))] ^= draw.randrange(1, 256)
        file.write_bytes(bytes(raw[: draw.choice([len(raw), draw.randrange(len(raw))])]))
        assert same(free_index(CLOSING, view, Path(folder)), good)
        assert same(free_index(CLOSING, view, Path(folder)), good)


@pytest.mark.parametrize("content", [b"", b"PK", b"not a zip", b"\x93NUMPY"])
def test_a_file_that_is_no_archive_is_replaced(tmp_path: Path, compiled: list[str], content: bytes) -> None:
    view = ByteTokens()
    free_index(CLOSING, view, tmp_path)
    [file] = tmp_path.iterdir()
    file.write_bytes(content)
    for _ in range(2):
        free_index(CLOSING, view, tmp_path)
    assert len(compiled) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"key": "0" * 64},
        {"width": 3},
        {"start": 99},
        {"nexts": np.array([5], dtype=np.int32)},
        {"ids": np.array(["a"], dtype=object)},
    ],
    ids=["key", "width", "start", "shape", "pickle"],
)
def test_a_file_of_another_version_or_shape_is_compiled_anew(
    tmp_path: Path, compiled: list[str], change: dict[str, Any]
) -> None:
    view = ByteTokens()
    good = free_index(CLOSING, view, tmp_path)
    [file] = tmp_path.iterdir()
    with np.load(file) as stored:
        arrays = {**stored, **change}
    np.savez(file, **arrays)
    assert same(free_index(CLOSING, view, tmp_path), good)
    assert len(compiled) == 2


def test_another_version_of_outlines_core_has_another_entry(
    tmp_path: Path, compiled: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    free_index(CLOSING, ByteTokens(), tmp_path)
    monkeypatch.setattr(module, "version", lambda _: "0.0.0")
    free_index(CLOSING, ByteTokens(), tmp_path)
    assert len(compiled) == 2


def test_a_folder_that_cannot_be_written_is_no_hindrance(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    index = free_index(CLOSING, ByteTokens(), tmp_path / "file" / "below")
    assert same(index, free_index(CLOSING, ByteTokens(), None))


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: object) -> None:
        [part] = tmp_path.iterdir()
        assert part.suffix == ".part"
        raise OSError("the machine went down")

    monkeypatch.setattr("os.replace", dies)
    free_index(CLOSING, ByteTokens(), tmp_path)
    assert not [*tmp_path.iterdir()]


def test_writers_at_the_same_time_leave_one_whole_file(tmp_path: Path) -> None:
    view = ByteTokens()
    with ThreadPoolExecutor(8) as pool:
        found = [*pool.map(lambda _: free_index(CLOSING, view, tmp_path), range(16))]
    assert all(same(found[0], each) for each in found)
    [file] = tmp_path.iterdir()
    assert file.suffix == ".npz"


class Large(ByteTokens):
    """A made-up vocabulary as large as Qwen's: 151,000 merges of words, blanks and JSON."""

    def __init__(self) -> None:
        draw = random.Random(0)
        pieces = {bytes([byte]): None for byte in range(256)}
        alphabet = ["e", "t", "a", "o", "n", "ing", "th", " ", "é", "漢", "1", ".", '"', '","', ":", "\\", "\\n", "}"]
        while len(pieces) < 151_000:
            pieces["".join(draw.choices(alphabet, [9] * 8 + [1] * 10, k=draw.randint(2, 7))).encode()] = None
        table = [*pieces]
        self.bytes_of = (*table[:256], None, *table[256:])
        self.size = len(self.bytes_of)
        self.hash = "large"
        self.added = frozenset([self.eos_id])


def test_a_vocabulary_of_151_thousand_compiles_in_seconds(tmp_path: Path, record_property: Any) -> None:
    view = Large()
    times = []
    for _ in range(2):
        begun = time.perf_counter()
        index = token_index(VERDICT, view, tmp_path)
        times.append(time.perf_counter() - begun)
    record_property("cold_s", times[0])
    record_property("cached_s", times[1])
    assert index.min_tokens > 0
    assert times[0] < 10
    assert times[1] < 2
