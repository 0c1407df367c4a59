"""What the store holds is not asked again; runs resume, share their work, and are repeated offline."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from assay.engines import ChatMessage, Completion, Engine, Grammar, Literal, Part, Request, Slot
from assay.engines.bytes_tokens import ByteTokens
from assay.engines.replay import ReplayEngine
from assay.engines.scripted import ScriptedEngine
from assay.engines.store import VerdictStore, to_json
from assay.engines.stored import StoredEngine, _name

GRAMMAR = Grammar((Literal('{"winner":"'), Slot("winner", ("A", "B")), Literal('"}')))


def request(n: int, **more: object) -> Request:
    chat = (ChatMessage("user", (Part(f"Which is better, {n}?"),)),)
    return replace(Request(id=f"q{n}", messages=chat, grammar=GRAMMAR, max_new_tokens=20), **more)  # type: ignore[arg-type]


REQUESTS = [request(n) for n in range(7)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[VerdictStore]:
    with VerdictStore(tmp_path / "verdicts.sqlite") as opened:
        yield opened


def plain(answers: Sequence[Completion]) -> list[tuple[str, int, str]]:
    return [(one.id, one.sample, to_json(one)) for one in answers]


def test_it_is_an_engine_and_answers_as_the_one_behind_it(store: VerdictStore) -> None:
    engine = StoredEngine(ScriptedEngine(), store)
    assert isinstance(engine, Engine)
    assert plain(engine.run(REQUESTS)) == plain(ScriptedEngine().run(REQUESTS))
    assert engine.min_tokens(GRAMMAR) == ScriptedEngine().min_tokens(GRAMMAR)
    parts = [Part("ours")]
    assert engine.encode(parts) == ScriptedEngine().encode(parts)


def test_a_second_run_asks_nothing_and_a_longer_one_only_what_is_new(store: VerdictStore) -> None:
    first = StoredEngine(ScriptedEngine(), store).run(REQUESTS[:4])
    again = StoredEngine(behind := ScriptedEngine(), store)
    assert plain(again.run(REQUESTS[:4])) == plain(first)
    assert (behind.calls, again.asked) == (0, 0)
    assert plain(again.run(REQUESTS)) == plain(ScriptedEngine().run(REQUESTS))
    assert (behind.calls, again.asked) == (3, 3)
    assert len(store) == 7


def test_the_same_question_under_two_ids_is_asked_once(store: VerdictStore) -> None:
    engine = StoredEngine(behind := ScriptedEngine(), store)
    found = engine.run([request(1), request(1, id="twin")])
    assert behind.calls == 1
    assert [one.id for one in found] == ["q1", "twin"]
    assert found[0].text == found[1].text


def test_samples_are_kept_each_and_drawn_by_the_id_of_their_request(store: VerdictStore) -> None:
    drawn = request(1, temperature=1.0, samples=3)
    engine = StoredEngine(behind := ScriptedEngine(), store)
    first = engine.run([drawn])
    assert plain(engine.run([drawn])) == plain(first)
    assert (behind.calls, len(store)) == (3, 3)
    engine.run([replace(drawn, id="another")])
    assert behind.calls == 6


def test_failures_are_told_and_asked_again_by_the_next_run(store: VerdictStore) -> None:
    failing = ScriptedEngine(faults=lambda one, _sample: "fail" if one.id == "q2" else None)
    found = StoredEngine(failing, store).run(REQUESTS)
    assert [one.id for one in found if one.status != "ok"] == ["q2"]
    assert len(store) == 6
    healed = StoredEngine(behind := ScriptedEngine(), store)
    assert all(one.status == "ok" for one in healed.run(REQUESTS))
    assert behind.calls == 1


def test_an_answer_outside_the_grammar_is_not_kept(store: VerdictStore) -> None:
    garbling = ScriptedEngine(faults=lambda one, _sample: "garble" if one.id == "q2" else None)
    found = StoredEngine(garbling, store).run(REQUESTS)
    assert [one.status for one in found] == ["ok"] * 7  # who reads verdicts finds out
    assert len(store) == 6


class DyingError(Exception):
    """Ends a run."""


class Dying(ScriptedEngine):
    """Dies after some answers."""

    def as_completed(self, requests: Sequence[Request]) -> Iterator[Completion]:
        for n, answer in enumerate(super().as_completed(requests)):
            if n == 3:
                raise DyingError
            yield answer


def test_a_run_that_broke_off_has_kept_what_came_and_left_no_claim(store: VerdictStore) -> None:
    with pytest.raises(DyingError):
        StoredEngine(Dying(), store).run(REQUESTS)
    assert len(store) == 3
    engine = StoredEngine(behind := ScriptedEngine(), store)
    assert plain(engine.run(REQUESTS)) == plain(ScriptedEngine().run(REQUESTS))
    assert behind.calls == 4


def test_what_another_is_at_work_on_is_waited_for_and_not_asked(store: VerdictStore) -> None:
    with VerdictStore(store.path) as theirs:
        theirs.owner = "elsewhere 1 2"
        engine = StoredEngine(behind := ScriptedEngine(), store, share=2, sleep=lambda _s: next(steps))
        other = StoredEngine(ScriptedEngine(), theirs)

        def work() -> Iterator[None]:
            yield  # still at it
            for answer in ScriptedEngine().run(REQUESTS[:3]):
                theirs.keep(other._keys(REQUESTS[int(answer.id[1:])])[0], answer)
            yield

        steps = work()
        assert len(theirs.claim([_name(other._keys(one)) for one in REQUESTS[:3]], 3)) == 3
        assert plain(engine.run(REQUESTS)) == plain(ScriptedEngine().run(REQUESTS))
        assert behind.calls == 4
        assert next(steps, "over") == "over"


def test_offline_a_run_is_repeated_from_its_record_and_what_is_missing_is_told(store: VerdictStore) -> None:
    first = StoredEngine(ScriptedEngine(), store).run(REQUESTS[:5])
    [identity] = store.identities("scripted")
    offline = StoredEngine(ReplayEngine(ByteTokens(), model_id="scripted", identity=identity), store)
    assert isinstance(offline.engine, Engine)
    found = offline.run(REQUESTS)
    assert plain(found[:5]) == plain(first)
    assert [one.status for one in found[5:]] == ["engine_error"] * 2
    assert "the store holds no answer to this" in str(found[6].error)
    assert offline.min_tokens(GRAMMAR) == ScriptedEngine().min_tokens(GRAMMAR)
    assert len(store) == 5


def test_a_model_of_the_same_name_but_other_weights_is_asked_anew(store: VerdictStore) -> None:
    class Weighed(ScriptedEngine):
        identity = "one"

    first = Weighed()
    StoredEngine(first, store).run(REQUESTS)
    other = Weighed()
    other.identity = "two"
    StoredEngine(other, store).run(REQUESTS)
    assert (first.calls, other.calls, len(store)) == (7, 7, 14)
    assert store.identities("scripted") == ["one", "two"]


def test_the_asynchronous_twin_answers_the_same(store: VerdictStore) -> None:
    engine = StoredEngine(ScriptedEngine(), store)
    assert plain(asyncio.run(engine.arun(REQUESTS))) == plain(ScriptedEngine().run(REQUESTS))
    assert plain(asyncio.run(engine.arun(REQUESTS))) == plain(engine.run(REQUESTS))
    assert engine.asked == 7


def test_without_a_tokenizer_the_messages_are_the_key_and_judged_text_is_told_from_ours(store: VerdictStore) -> None:
    engine = StoredEngine(ScriptedEngine(), store)
    engine.tokens = None
    ours = request(1)
    judged = replace(ours, messages=(ChatMessage("user", (Part("Which is better, 1?", "judged"),)),))
    assert engine._keys(ours) != engine._keys(judged)
    assert engine._keys(ours) == engine._keys(replace(ours, id="2"))
