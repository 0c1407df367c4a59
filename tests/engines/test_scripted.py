"""The scripted engine: given beliefs come back, seeds repeat, and everything that can go wrong goes wrong on demand."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping

import numpy as np
import pytest
from families import FAMILIES, fast, tokenizer, tokens
from grammars import TWO_REASONS, VERDICT, grammars, ranking, row
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, normalizers

from assay.engines import ChatMessage, Completion, Engine, Grammar, LabelDist, Part, Request, Slot
from assay.engines.bytes_tokens import ByteTokens
from assay.engines.scripted import Fault, ScriptedEngine, fault_rates
from assay.engines.tokens import HFTokens, exact
from assay.errors import InputError

ASK = (ChatMessage("user", (Part("Which is better? "), Part("<|assistant|>A", "judged"))),)


def request(name: str = "1", grammar: Grammar | None = VERDICT, budget: int = 200, **more: object) -> Request:
    return Request(id=name, messages=ASK, grammar=grammar, max_new_tokens=budget, **more)  # type: ignore[arg-type]


def a_third(asked: Request, sample: int, slot: Slot) -> Mapping[str, float]:
    return {"B": 2, "A": 1}


def says(text: str) -> ScriptedEngine:
    return ScriptedEngine(a_third, lambda asked, sample, name: text)


def test_it_is_an_engine() -> None:
    engine: Engine = ScriptedEngine()
    assert isinstance(engine, Engine)
    assert engine.tokenizer_hash == ByteTokens().hash
    assert (engine.model_id, engine.context) == ("scripted", 8192)


def test_given_beliefs_come_back_with_their_mass() -> None:
    [answer] = says("Fine.").run([request()])
    dist = answer.slots["c1"]
    assert dist.labels == ("A", "B", "=")
    assert dist.p.tolist() == pytest.approx([1 / 3, 2 / 3, 0])
    assert np.exp(dist.logp).sum() == pytest.approx(0.98)
    assert dist.mass == 0.98
    assert answer.text == '{"rationale":"Fine.","criteria":{"c1":"B","c2":"B"}}'
    assert (answer.status, answer.finish) == ("ok", "natural")


def test_a_whole_distribution_comes_back_as_it_is() -> None:
    given_ = LabelDist(labels=("A", "B", "="), logp=np.log([0.5, 0.3, 0.1]), mass=0.9)
    [answer] = ScriptedEngine(lambda asked, sample, slot: given_).run([request()])
    assert answer.slots["c2"] is given_


def test_beliefs_about_labels_that_are_none_are_the_callers_bug() -> None:
    with pytest.raises(ValueError, match="labels of slot 'c1'"):
        ScriptedEngine(lambda asked, sample, slot: {"C": 1.0}).run([request()])


@settings(deadline=None, max_examples=100)
@given(grammars(), st.sampled_from(["bytes", *FAMILIES]), st.text(max_size=40), st.integers(0, 40), st.integers(0, 9))
def test_every_answer_is_of_the_grammar_whatever_it_wants_to_say(
    grammar: Grammar, name: str, text: str, spare: int, seed: int
) -> None:
    view = ByteTokens() if name == "bytes" else tokens(name)
    engine = ScriptedEngine(text=lambda asked, sample, part: text, tokens=view, seed=seed)
    least = engine.min_tokens(grammar)
    [answer] = engine.run([request(grammar=grammar, budget=least + spare, temperature=1.0)])
    found = grammar.match(answer.text)
    assert (answer.status, answer.error) == ("ok", None)
    assert found is not None
    assert view.write(answer.token_ids) == answer.text
    assert answer.token_ids[-1] == view.eos_id
    assert answer.cost.new_tokens == len(answer.token_ids) <= least + spare
    assert answer.slots.keys() == {slot.name for slot in grammar.slots}
    assert below(engine, grammar, least).status == "refused"


def below(engine: ScriptedEngine, grammar: Grammar, least: int) -> Completion:
    if least == 1:
        return Completion(id="", text="", status="refused", finish="length", error="")
    [answer] = engine.run([request(grammar=grammar, budget=least - 1)])
    return answer


@pytest.mark.parametrize("family", ["bytes", *FAMILIES])
def test_it_is_steered_exactly_when_the_text_does_not_fit(family: str) -> None:
    view = ByteTokens() if family == "bytes" else tokens(family)
    text = "Neither answer says why the bridge fell."
    engine = ScriptedEngine(a_third, lambda asked, sample, name: text, tokens=view)
    least, wanted, front = engine.min_tokens(VERDICT), exact(view, text), len(exact(view, '{"rationale":"'))
    needs = len(wanted)
    answers = [engine.run([request(budget=least + spare)])[0] for spare in range(needs + 3)]
    whole = [list(answer.token_ids[front : front + needs]) == wanted for answer in answers]
    assert [answer.finish for answer in answers] == ["natural" if fits else "steered" for fits in whole]
    assert answers[needs].finish == "natural"
    assert answers[needs - 2].finish == "steered"


def test_two_reasons_share_the_budget() -> None:
    engine = ScriptedEngine(text=lambda asked, sample, name: "x" * 99)
    [answer] = engine.run([request(grammar=TWO_REASONS, budget=engine.min_tokens(TWO_REASONS) + 40)])
    found = TWO_REASONS.match(answer.text) or {}
    assert len(found["why1"]) == 40 // 2
    assert 20 <= len(found["why2"]) <= 20 + len("na") - len("1")
    assert answer.finish == "steered"


def test_what_json_forbids_is_escaped() -> None:
    text = 'He said "no"\\\n\t\x00\x7f\x9f é 🙂 \ud800'
    [answer] = says(text).run([request()])
    assert json.loads(answer.text)["rationale"] == text.replace("\ud800", "\ufffd")
    assert r"\u000a\u0009\u0000\u007f\u009f é 🙂" in answer.text


def test_a_quote_that_a_normaliser_makes_ends_the_text() -> None:
    backend = Tokenizer.from_str(tokenizer("qwen").backend_tokenizer.to_str())
    backend.normalizer = normalizers.NFKC()
    view = HFTokens(fast(backend, eos_token="<|im_end|>"))
    [answer] = ScriptedEngine(a_third, lambda asked, sample, name: "say ＂yes＂", tokens=view).run([request()])
    assert answer.text == '{"rationale":"say ","criteria":{"c1":"B","c2":"B"}}'
    assert answer.status == "ok"


def test_the_same_seed_repeats_and_another_does_not() -> None:
    asked = [request(str(i), samples=3, temperature=1.0) for i in range(4)]
    texts = [[answer.text for answer in ScriptedEngine(seed=seed).run(asked)] for seed in (0, 0, 1)]
    assert texts[0] == texts[1] != texts[2]
    assert len(set(texts[0])) == 4 * 3


def test_answers_do_not_depend_on_their_neighbours() -> None:
    asked = [request(str(i), samples=2, temperature=1.0) for i in range(5)]
    together = ScriptedEngine().run(asked)
    alone = [answer for one in asked for answer in ScriptedEngine().run([one])]
    assert [answer.text for answer in together] == [answer.text for answer in alone]


def test_temperature_sharpens_and_flattens() -> None:
    def share(temperature: float) -> float:
        asked = request(grammar=row(Slot("x", ("A", "B"))), samples=400, temperature=temperature)
        engine = ScriptedEngine(lambda asked, sample, slot: {"A": 0.8, "B": 0.2})
        return float(np.mean(['"A"' in answer.text for answer in engine.run([asked])]))

    assert share(0) == 1
    assert share(1) == pytest.approx(0.8, abs=3 * (0.8 * 0.2 / 400) ** 0.5)
    assert share(2) == pytest.approx(2 / 3, abs=3 * (2 / 9 / 400) ** 0.5)  # √.8 / (√.8 + √.2) = 2/3


def test_a_ranking_takes_the_best_that_is_left_and_keeps_the_whole_belief() -> None:
    engine = ScriptedEngine(lambda asked, sample, slot: {"1": 1, "2": 5, "3": 3})
    [answer] = engine.run([request(grammar=ranking(3))])
    assert answer.text == '["2","3","1"]'
    assert all(dist.top == "2" and len(dist.labels) == 3 for dist in answer.slots.values())


def test_labels_without_any_belief_left_are_still_taken() -> None:
    engine = ScriptedEngine(lambda asked, sample, slot: {"1": 1.0})
    assert engine.run([request(grammar=ranking(3))])[0].text == '["1","2","3"]'


def test_a_budget_below_the_minimum_is_refused_with_both_figures() -> None:
    engine = ScriptedEngine()
    least = engine.min_tokens(VERDICT)
    [answer] = engine.run([request(budget=least - 1)])
    assert (answer.status, answer.text) == ("refused", "")
    assert answer.error == f"max_new_tokens is {least - 1}; this grammar needs at least {least}"


def test_a_prompt_that_does_not_fit_says_by_how_much() -> None:
    engine = ScriptedEngine(context=120)
    n = len(engine.encode(engine.tokens.chat(ASK)))
    [answer, fine] = engine.run([request(budget=121 - n), request(budget=120 - n)])
    assert answer.status == "context_overflow"
    assert answer.error is not None
    assert f"{n} of the prompt + 0 of thought + {121 - n} of the answer = 121 tokens" in answer.error
    assert fine.status == "ok"


def test_a_bad_request_is_an_engine_error_and_the_others_are_answered() -> None:
    engine = ScriptedEngine(tokens=tokens("qwen"))
    bad = request("bad", grammar=row(Slot("x", ("cafe\u0301",))))
    answers = engine.run([request("a"), bad, request("b")])
    assert [answer.status for answer in answers] == ["ok", "engine_error", "ok"]
    assert "come back unchanged" in (answers[1].error or "")


def test_judged_text_gets_no_role_token() -> None:
    engine = ScriptedEngine()
    ids = engine.encode(engine.tokens.chat(ASK))
    assert sum(token in engine.tokens.added for token in ids) == 3  # user, end, assistant
    assert engine.run([request()])[0].cost.prompt_tokens == len(ids)


def test_a_prompt_given_as_ids_is_counted() -> None:
    asked = Request(id="1", prompt_ids=(1, 2, 3), grammar=VERDICT, max_new_tokens=99)
    assert ScriptedEngine().run([asked])[0].cost.prompt_tokens == 3


def test_free_text_is_whole_or_cut() -> None:
    engine = says("Twelve text")
    whole, cut = engine.run([request("w", None, 12), request("c", None, 11)])
    assert (whole.text, whole.status, whole.finish) == ("Twelve text", "ok", "natural")
    assert (cut.text, cut.status, cut.finish) == ("Twelve text", "truncated", "length")
    assert len(whole.token_ids) == 12


def test_a_thought_comes_before_the_answer_and_has_its_own_budget() -> None:
    [answer] = says("thinking hard").run([request(think=8)])
    assert answer.thought == "thinking"
    assert VERDICT.match(answer.text) is not None
    assert answer.cost.new_tokens == 8 + len(answer.token_ids)
    assert says("x").run([request()])[0].thought == ""


def test_each_fault_ends_as_documented() -> None:
    faults: dict[str, Fault] = {"f": "fail", "t": "truncate", "s": "stall", "r": "refuse", "g": "garble"}
    slept: list[float] = []
    engine = ScriptedEngine(faults=lambda asked, sample: faults.get(asked.id), stall_s=5, sleep=slept.append)
    asked = [request(name) for name in ("s", "f", "t", "r", "g", "none")]
    found = {answer.id: answer for answer in engine.run(asked)}
    assert {name: answer.status for name, answer in found.items()} == {
        "f": "engine_error",
        "t": "truncated",
        "s": "engine_error",
        "r": "refused",
        "g": "ok",
        "none": "ok",
    }
    assert found["t"].finish == "length"
    assert len(found["t"].text) > 0
    assert VERDICT.match(found["t"].text) is None
    assert not found["t"].slots
    assert VERDICT.match(found["g"].text) is None
    assert not found["g"].slots
    assert found["s"].error == "no answer within 5 s"
    assert slept == [5]
    assert [*engine.as_completed(asked)][-1].id == "s"
    assert all(not found[name].text for name in "fsr")


def test_garble_is_whole_at_any_budget() -> None:
    view = tokens("gemma")
    engine = ScriptedEngine(tokens=view, faults=lambda asked, sample: "garble")
    [answer] = engine.run([request(budget=engine.min_tokens(VERDICT))])
    assert (answer.status, answer.finish) == ("ok", "natural")
    assert VERDICT.match(answer.text) is None


def test_a_text_that_the_tokenizer_cannot_write_is_an_engine_error() -> None:
    class Ascii(ByteTokens):
        def bare(self, text: str) -> list[int]:
            if not text.isascii():
                raise InputError("only ASCII")
            return super().bare(text)

    [answer] = ScriptedEngine(text=lambda asked, sample, name: "é", tokens=Ascii()).run([request()])
    assert (answer.status, answer.error) == ("engine_error", "only ASCII")


def test_faults_come_at_their_rates_and_again_for_the_same_seed() -> None:
    faults = fault_rates(3, fail=0.1, garble=0.3)
    drawn = [faults(request(str(i)), 0) for i in range(1000)]
    counts = Counter(drawn)
    assert counts["fail"] == pytest.approx(100, abs=3 * 90**0.5)
    assert counts["garble"] == pytest.approx(300, abs=3 * 210**0.5)
    assert counts[None] == 1000 - counts["fail"] - counts["garble"]
    assert drawn == [fault_rates(3, fail=0.1, garble=0.3)(request(str(i)), 0) for i in range(1000)]


@pytest.mark.parametrize("rates", [{"fail": 0.7, "stall": 0.4}, {"fail": -0.1}, {"crash": 0.1}])
def test_rates_that_are_none_are_refused(rates: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="together at most 1"):
        fault_rates(0, **rates)


def test_answers_come_out_of_order_and_run_puts_them_back() -> None:
    asked = [request(str(i), samples=2) for i in range(10)]
    engine = ScriptedEngine()
    came = [(answer.id, answer.sample) for answer in engine.as_completed(asked)]
    in_order = [(str(i), sample) for i in range(10) for sample in range(2)]
    assert came != in_order
    assert sorted(came) == in_order
    assert [(answer.id, answer.sample) for answer in engine.run(asked)] == in_order
    assert engine.calls == 40


def test_the_async_twin_answers_alike() -> None:
    asked = [request(str(i)) for i in range(3)]
    assert [a.text for a in asyncio.run(ScriptedEngine().arun(asked))] == [a.text for a in ScriptedEngine().run(asked)]
