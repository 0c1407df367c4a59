"""The verdict store gives back what it was given, shares work between processes, and refuses what is no store."""

from __future__ import annotations

import math
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assay.engines import Completion, Grammar, LabelDist, Literal, Request, Slot
from assay.engines.store import VerdictStore, answer_key, from_json, to_json
from assay.errors import InputError
from assay.types import Cost

GRAMMAR = Grammar((Literal('{"winner":"'), Slot("winner", ("A", "B")), Literal('"}')))
ASKED = Request(id="1", prompt_ids=(1, 2), grammar=GRAMMAR, max_new_tokens=9)
SAID = Completion(id="1", text='{"winner":"A"}', status="ok", finish="natural")


def key(
    request: Request = ASKED, sample: int = 0, prompt: object = (1, 2), model: str = "m", tokenizer: str = "t"
) -> bytes:
    return answer_key(request, sample, prompt, model=model, tokenizer=tokenizer)  # type: ignore[arg-type]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "verdicts.sqlite"


def test_whatever_an_answer_follows_from_is_in_its_key() -> None:
    other = Grammar((Literal('{"winner":"'), Slot("winner", ("A", "C")), Literal('"}')))
    keys = [
        key(),
        key(sample=1),
        key(prompt=(1, 3)),
        key(prompt="[1, 2]"),
        key(model="n"),
        key(tokenizer="u"),
        key(replace(ASKED, grammar=other)),
        key(replace(ASKED, grammar=None)),
        key(replace(ASKED, max_new_tokens=10)),
        key(replace(ASKED, think=5)),
        key(replace(ASKED, temperature=0.5)),
        key(replace(ASKED, temperature=0.5, seed=1)),
        key(replace(ASKED, temperature=0.5, id="2")),
    ]
    assert len(set(keys)) == len(keys)
    assert {len(one) for one in keys} == {32}


def test_without_sampling_neither_seed_nor_id_matters() -> None:
    assert key(replace(ASKED, seed=1)) == key(replace(ASKED, id="another")) == key()


@given(
    text=st.text(max_size=20),
    logp=st.lists(st.one_of(st.floats(-50, 0), st.just(-math.inf)), min_size=1, max_size=4),
    mass=st.one_of(st.none(), st.floats(0.001, 1)),
    flops=st.floats(0, 1e18),
)
def test_an_answer_comes_back_bit_by_bit(text: str, logp: list[float], mass: float | None, flops: float) -> None:
    text = text.encode("utf-16", "replace").decode("utf-16", "replace")
    slots = {"s": LabelDist(labels=tuple("ABCD"[: len(logp)]), logp=logp, mass=mass)} if max(logp) > -math.inf else {}  # type: ignore[arg-type]
    cost = Cost(prompt_tokens=3, cached_tokens=1, new_tokens=2, flops=flops, seconds=0.1)
    said = Completion(
        id="x",
        sample=2,
        text=text,
        token_ids=(5, 6),
        status="ok",
        finish="steered",
        slots=slots,
        thought="hm",
        cost=cost,
    )
    back = from_json(to_json(said), "y", 1)
    assert (back.id, back.sample) == ("y", 1)
    assert to_json(back) == to_json(said)
    assert back.cost == said.cost
    for name, dist in slots.items():
        assert back.slots[name].logp.tolist() == dist.logp.tolist()
        assert back.slots[name].mass == dist.mass


def test_answers_stay_when_the_store_is_opened_again_and_the_first_of_equals_stays(path: Path) -> None:
    with VerdictStore(path) as store:
        store.keep(key(), SAID)
        store.keep(key(), replace(SAID, text='{"winner":"B"}'))
    with VerdictStore(path) as store:
        assert len(store) == 1
        [(found, text)] = store.items()
        assert found == key()
        assert from_json(text, "1", 0).text == SAID.text
        assert store.answers([key(), key(sample=1)]) == {key(): text}


def test_what_failed_is_not_kept_but_what_the_model_did_not_end_is(path: Path) -> None:
    with VerdictStore(path) as store:
        for sample, status in enumerate(("engine_error", "refused", "context_overflow", "invalid", "truncated")):
            failed = Completion(id="1", text="", status=status, finish="length", error="why")  # type: ignore[arg-type]
            store.keep(key(sample=sample), failed)
        assert [from_json(text, "1", 0).status for _, text in store.items()] == ["truncated"]


def test_what_one_has_claimed_another_does_not_get_until_it_is_given_up(path: Path) -> None:
    names = [bytes([n]) for n in range(5)]
    with VerdictStore(path) as one, VerdictStore(path) as two:
        one.owner = "elsewhere 1 2"
        assert one.claim(names, 3) == names[:3]
        assert two.claim(names, 3) == names[3:]
        assert one.claim(names, 3) == names[:3]  # its own
        one.release(names[:1])
        assert two.claim(names, 9) == [names[0], *names[3:]]


def test_claims_of_another_machine_end_with_their_lease_and_are_prolonged(path: Path) -> None:
    now = [1000.0]
    with VerdictStore(path, clock=lambda: now[0]) as one, VerdictStore(path, clock=lambda: now[0]) as two:
        one.owner = "elsewhere 1 2"
        one.claim([b"a", b"b"], 2)
        now[0] += 200
        one.renew()
        now[0] += 200  # 400 s after the claim, 200 after it was prolonged
        assert two.claim([b"a"], 1) == []
        now[0] += 101
        assert two.claim([b"a"], 1) == [b"a"]


def test_claims_of_a_process_that_has_died_are_free_at_once(path: Path) -> None:
    with VerdictStore(path) as one, VerdictStore(path) as two:
        host = one.owner.split()[0]
        one.owner = f"{host} {2**22 + 1} 5"  # more than any process number
        one.claim([b"a"], 1)
        assert two.claim([b"a"], 1) == [b"a"]
        two.release([b"a"])
        one.owner = f"{host} {two.owner.split()[1]} 5"  # our number, but another process had it before
        one.claim([b"a"], 1)
        assert two.claim([b"a"], 1) == [b"a"]


def test_more_keys_than_sqlite_takes_at_once(path: Path) -> None:
    keys = [key(sample=sample) for sample in range(1203)]
    with VerdictStore(path) as store:
        for one in keys[::3]:
            store.keep(one, SAID)
        assert set(store.answers(keys)) == set(keys[::3])
        assert store.claim(keys, 2000) == keys


def test_a_file_that_is_no_store_or_of_another_format_is_refused(tmp_path: Path, path: Path) -> None:
    (tmp_path / "text").write_text("no database, but long enough to be taken for one" * 20)
    with pytest.raises(InputError, match="no verdict store can be opened there"):
        VerdictStore(tmp_path / "text")
    with pytest.raises(InputError, match="no verdict store can be opened there"):
        VerdictStore(tmp_path / "text" / "below")
    VerdictStore(path).close()
    with sqlite3.connect(path) as db:
        db.execute("update facts set value = '2'")
    db.close()
    with pytest.raises(InputError, match="is a store of format 2, this version reads 1"):
        VerdictStore(path)
