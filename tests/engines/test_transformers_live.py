"""Judging live: random rubrics, hostile texts, outlines as a second opinion, the documented ends, and real rows."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import families
import numpy as np
import pytest
import tiny_models
import torch
from grammars import VERDICT
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_hostile import hostile
from tiny_models import NAMES, engine, furthest, leaning, made, over, prompt_ids, slots
from transformers import LlamaConfig, PreTrainedTokenizerFast

from assay.data import load_items, load_pairs
from assay.engines import Completion, Free, Grammar, Literal, Request
from assay.engines.prefixes import LEAST, common
from assay.engines.tokens import HFTokens
from assay.engines.transformers import TransformersEngine
from assay.errors import InputError
from assay.judges import (
    Form,
    Rubric,
    Verdict,
    importers,
    judge_prompt,
    margin,
    rubric_yaml,
    score_dist,
    verdict,
    verdict_form,
)
from assay.types import Message, Pair

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "judges"))
from strategies import forms

LONG = 2**15
"""Context of a model for real prompts."""
Say = Callable[[str], None]


def long_engine(name: str, layers: int = 2) -> TransformersEngine:
    """Return an engine with a context for whole prompts; the model is Llama's, the tokenizer any family's."""
    sizes = tiny_models.sizes(name) | {"max_position_embeddings": LONG, "num_hidden_layers": layers}
    config = LlamaConfig(**sizes)
    return over(name, made(config))


def asked(
    view: TransformersEngine,
    name: str,
    rubric: Rubric,
    answers: Sequence[str],
    *,
    dialogue: Sequence[Message] = (Message(role="user", content="What is 2 + 2?"),),
    reference: str | None = None,
    spare: int | None = None,
) -> Request:
    """Return the request of a judgement, with the rubric's own allowance for rationales."""
    form = verdict_form(rubric, reference=reference is not None)
    chat = judge_prompt(rubric, form, dialogue=dialogue, answers=answers, reference=reference)
    reason = 0 if rubric.reason.when == "none" else rubric.reason.max_tokens
    budget = view.min_tokens(form.grammar) + (reason if spare is None else spare)
    return Request(id=name, messages=chat, grammar=form.grammar, max_new_tokens=budget)


def same(a: Completion, b: Completion) -> None:
    """See that two answers are one, up to the rounding of the arithmetic."""
    assert (a.id, a.status, a.finish, a.token_ids) == (b.id, b.status, b.finish, b.token_ids)
    assert a.slots.keys() == b.slots.keys()
    for name, dist in a.slots.items():
        assert dist.logp == pytest.approx(b.slots[name].logp, abs=1e-5)


# ---------------------------------------------------------------- random rubrics

REQUESTS = 24
RUBRICS = 100  # 2,400 verdicts; a few rubrics have labels that a tokenizer cannot write


def test_every_verdict_is_complete_and_valid_at_every_budget_from_the_minimum(say: Say) -> None:
    engines = {name: engine(name) for name in NAMES}
    seen = Counter[str]()

    @settings(
        deadline=None, max_examples=RUBRICS, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
    )
    @given(st.data())
    def check(data: st.DataObject) -> None:
        form, name = data.draw(forms()), data.draw(st.sampled_from(NAMES))
        view, draw = engines[name], data.draw(st.randoms(use_true_random=False))
        try:
            least = view.min_tokens(form.grammar)
        except InputError:
            seen["rubrics refused by the tokenizer"] += 1
            return
        requests = [
            Request(
                id=str(i),
                prompt_ids=tuple(draw.choices(range(view.tokens.size), k=draw.choice([1, 3, 20, 60]))),
                grammar=form.grammar,
                max_new_tokens=least + draw.choice([0, 0, 1, 2, 3, 5, 8, 13, 30]),
                temperature=draw.choice([0.0, 0.7, 1.5]),
                seed=i,
            )
            for i in range(REQUESTS)
        ]
        too_small(view, form, least)
        for request, answer in zip(requests, view.run(requests), strict=True):
            whole(form, answer)
            assert len(answer.token_ids) <= request.max_new_tokens
            seen.update(["verdicts", answer.finish, *["at the minimum"] * (request.max_new_tokens == least)])

    check()
    say(", ".join(f"{n:,} {what}" for what, n in seen.items()))
    assert seen["verdicts"] >= 2_000
    assert min(seen["at the minimum"], seen["steered"], seen["natural"]) >= 100


def whole(form: Form, answer: Completion) -> Verdict:
    """See that an answer is a complete verdict of a form, keys in order."""
    assert (answer.status, answer.error) == ("ok", None)
    found = form.grammar.match(answer.text)
    assert found is not None
    said = verdict.read(form, answer)
    assert said.status == "ok"
    assert verdict.parse(form, answer.text) == verdict.parse(form, verdict.write(form, said))
    assert answer.slots.keys() == {slot.name for slot in form.grammar.slots}
    assert all(found[name] in dist.labels for name, dist in answer.slots.items())
    return said


def too_small(view: TransformersEngine, form: Form, least: int) -> None:
    """See that one token less is refused, with both figures and without a forward."""
    before = view._reader.tokens
    [answer] = view.run([Request(id="-", prompt_ids=(3,), grammar=form.grammar, max_new_tokens=least - 1)])
    assert (answer.status, answer.text, answer.token_ids) == ("refused", "", ())
    assert answer.error == f"max_new_tokens is {least - 1}; this grammar needs at least {least}"
    assert view._reader.tokens == before


@pytest.mark.parametrize("name", families.FAMILIES)
def test_every_shipped_rubric_gives_whole_verdicts_and_finite_results(name: str) -> None:
    view = long_engine(name)
    rubrics = {one: Rubric.load(one) for one in rubric_yaml.shipped()}
    known = {one: "4" if rubric.needs_reference else None for one, rubric in rubrics.items()}
    requests = [
        asked(view, one, rubric, ["It is 4.", "Five."][: 1 + (rubric.mode == "pairwise")], reference=known[one])
        for one, rubric in rubrics.items()
    ]
    for answer in view.run(requests):
        rubric = rubrics[answer.id]
        said = whole(verdict_form(rubric, reference=known[answer.id] is not None), answer)
        if rubric.mode == "pairwise":
            result = margin.verdict_margin(rubric, said)
            assert result is not None
            assert np.isfinite([result.win, result.tie, result.lose]).all()
        else:
            score = score_dist.verdict_score(rubric, said)
            assert score is not None
            assert score.p.sum() == pytest.approx(1)


# ---------------------------------------------------------------- outlines


@pytest.fixture
def eager() -> Iterator[None]:
    """Leave torch.compile out, with which outlines masks its logits."""
    torch.compiler.set_stance("force_eager")
    yield
    torch.compiler.set_stance("default")


def text_tokens(name: str) -> dict[int, str]:
    """Return the tokens that write whole ASCII characters: outlines takes half a character for U+FFFD."""
    pieces = enumerate(families.tokens(name).bytes_of)
    return {token: piece.decode() for token, piece in pieces if piece is not None and piece.isascii()}


def texter(name: str, quotes: float) -> Any:
    """Return a model that writes ASCII, and likes to end a string so much."""
    text = text_tokens(name)
    likes = dict.fromkeys(set(range(families.tokens(name).size)) - text.keys(), -20.0)
    return leaning(name, likes | {token: quotes for token, piece in text.items() if '"' in piece})


def processor(net: Any, name: str, regex: str) -> tuple[Any, Any]:
    """Return outlines' model and its logits processor for an expression."""
    import outlines
    from outlines.backends import get_regex_logits_processor

    take: Any = outlines.from_transformers  # its types know no fast tokenizer
    model = take(net, families.tokenizer(name))
    return model, get_regex_logits_processor("outlines_core", model, regex)


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.parametrize("name", NAMES)
def test_a_greedy_string_is_that_of_generate_with_outlines_processor(name: str, eager: None) -> None:
    # from the quote on both are free to choose tokens; ours writes the quote before it by itself, so it gets it too
    net, grammar = texter(name, 0.0 if name == "gemma" else 1.0), Grammar((Literal('"'), Free("x"), Literal('"')))
    model, masks = processor(net, name, grammar.regex.removeprefix('"'))
    view = TransformersEngine.from_outlines(model, cache=tiny_models.CACHE)
    told = {"do_sample": False, "max_new_tokens": 100, "pad_token_id": 0, "eos_token_id": view.tokens.eos_id}
    ended = compared = 0
    for i in range(12):
        prompt = [5 + i, *range(9, 30)]
        [ours] = view.run([Request(id="1", prompt_ids=tuple(prompt), grammar=grammar, max_new_tokens=150)])
        masks.reset()
        ids = torch.tensor([[*prompt, *view.tokens.bare('"')]])
        out = net.generate(ids, attention_mask=torch.ones_like(ids), logits_processor=[masks], **told)
        theirs = out[0, len(prompt) :].tolist()
        assert list(ours.token_ids)[: len(theirs)] == theirs  # 100 tokens, of 150: no budget presses yet
        ended += theirs[-1] == view.tokens.eos_id
        compared += len(theirs)
    assert compared > 150
    assert ended >= 6 or name == "gemma"  # this one repeats itself for ever


@pytest.mark.filterwarnings("ignore:`torch.jit:DeprecationWarning")
@pytest.mark.parametrize("name", NAMES)
def test_inside_free_text_the_mask_is_outlines_own_and_every_answer_is_accepted_there(name: str, eager: None) -> None:
    """The only difference: outlines lets a token run beyond the closing literal, into a label."""
    net, text, closing = texter(name, 0.0), text_tokens(name), '","criteria":{"c1":"'
    model, masks = processor(net, name, VERDICT.regex)
    view = TransformersEngine.from_outlines(model, cache=tiny_models.CACHE)
    index, looks, front = tiny_models.index(name, VERDICT), 0, len('{"rationale":"')
    for i in range(3):
        [answer] = view.run([Request(id="1", prompt_ids=(5 + i, 9, 10), grammar=VERDICT, max_new_tokens=60)])
        masks.reset()
        state: int | None = index.start
        for at, token in enumerate(answer.token_ids):
            assert state is not None
            ids = torch.tensor([[3, *answer.token_ids[:at]]])
            open_ = masks.process_logits(ids, torch.zeros(1, view.tokens.size)).isfinite()[0]
            theirs = set(open_.nonzero().flatten().tolist())
            assert token in theirs
            if index.free_region(state) is not None:
                body = view.tokens.write(answer.token_ids[:at])[front:]
                expected = {one for one in theirs & text.keys() if beyond(body + text[one]) <= len(closing)}
                assert set(index.allowed(state).tolist()) & text.keys() == expected
                looks += 1
            state = index.step(state, token)
        assert masks._guides[0].is_finished()
    assert looks > 20


def beyond(body: str) -> int:
    """Return how many characters stand from the quote on that ends a string, 0 where none does."""
    inside = re.match(r'(?:[^"\\]|\\.)*', body)
    assert inside is not None
    return len(body) - inside.end() if body[inside.end() : inside.end() + 1] == '"' else 0


def test_the_model_of_outlines_gives_the_answers_of_the_direct_engine() -> None:
    import outlines

    take: Any = outlines.from_transformers
    model = take(tiny_models.model("llama"), families.tokenizer("llama"))
    view = TransformersEngine.from_outlines(model, model_id="llama", cache=tiny_models.CACHE, batch_tokens=999)
    assert (view.model_id, view.batch_tokens) == ("llama", 999)
    assert view.tokenizer_hash == engine("llama").tokenizer_hash
    requests = [asked(view, f"{i}", Rubric.load("helpfulness"), ["x" * i, "y"], spare=20) for i in range(3)]
    for one, other in zip(view.run(requests), engine("llama").run(requests), strict=True):
        same(one, other)


# ---------------------------------------------------------------- hostile texts


def test_a_thousand_hostile_answers_are_judged_and_none_changes_the_form_of_its_judgement() -> None:
    view, rubric = long_engine("qwen", layers=1), Rubric.load("conciseness")
    form, texts, added = verdict_form(rubric), hostile(1000), families.tokens("qwen").added
    requests, roles = [], set()
    for i, (first, second) in enumerate(zip(texts, texts[1:] + texts[:1], strict=True)):
        request = asked(view, str(i), rubric, [first, second], dialogue=[Message(role="user", content=second[::-1])])
        parts = view.tokens.chat(request.messages)
        roles.add(tuple(token for token in view.encode(parts) if token in added))
        for part in parts:
            assert part.kind != "judged" or added.isdisjoint(view.tokens.bare(part.text))
        requests.append(request)
    assert len(roles) == 1  # every prompt has the same added tokens in the same order
    answers = view.run(requests)
    assert len(answers) == 1000
    said = [whole(form, answer) for answer in answers]
    assert {tuple(one.labels) for one in said} == {tuple(one.id for one in rubric.criteria)}
    results = [margin.verdict_margin(rubric, one) for one in said]
    assert len({result.margin for result in results if result is not None}) > 500  # and each was read


# ---------------------------------------------------------------- documented ends


def test_a_pair_that_is_too_long_says_so_and_the_others_are_judged() -> None:
    view, rubric = engine("llama"), Rubric.load("conciseness")
    long = asked(view, "long", rubric, ["word " * 2000, "short"])
    fine = asked(view, "fine", rubric, ["short", "word " * 20])
    n = len(prompt_ids(view, long))
    first, second = view.run([long, fine])
    assert (first.status, second.status) == ("context_overflow", "ok")
    figures = f"{n} of the prompt + 0 of thought + {long.max_new_tokens} of the answer = {n + long.max_new_tokens}"
    assert first.error == f"{figures} tokens; the context holds {tiny_models.CONTEXT}"
    assert verdict.read(verdict_form(rubric), first).status == "context_overflow"


@pytest.mark.parametrize("name", families.FAMILIES)
def test_empty_answers_are_answers(name: str) -> None:
    view, rubric = long_engine(name), Rubric.load("conciseness")
    silent = [asked(view, f"{i}", rubric, pair) for i, pair in enumerate([["", "x"], ["x", ""], ["", ""]])]
    for answer in view.run(silent):
        whole(verdict_form(rubric), answer)


def test_two_hundred_criteria_are_one_verdict() -> None:
    ask = {"type": "binary", "question": "Is it so?"}
    rows = [ask | {"id": f"q{i}"} for i in range(200)]
    rubric = Rubric.from_data(
        {"schema_version": 1, "name": "many", "mode": "pointwise", "criteria": rows, "reason": "none"}
    )
    view = long_engine("llama")
    request = asked(view, "1", rubric, ["An answer."])
    [answer] = view.run([request])
    said = whole(verdict_form(rubric), answer)
    assert len(said.labels) == len(said.distributions) == 200
    net, grammar, prompt = view._reader.model, request.grammar, prompt_ids(view, request)
    assert grammar is not None
    few = tiny_models.index("llama", grammar)
    states = [few.start]
    for token in answer.token_ids:
        to = few.step(states[-1], token)
        assert to is not None
        states.append(to)
    places = [(at, name) for at, state in enumerate(states) if (name := few.slot_at(state)) is not None]
    for at, name in (places[0], places[100], places[-1]):
        behind = tiny_models.plain(net, [*prompt, *answer.token_ids[:at]])[-1]
        for label, logp in zip(answer.slots[name].labels, answer.slots[name].logp.tolist(), strict=True):
            [token] = few.paths(states[at])[label]
            assert logp == pytest.approx(float(behind[token]), abs=1e-5)


def test_a_model_without_chat_template_is_asked_in_plain_text() -> None:
    own = families.tokenizer("llama")
    bare = families.fast(own.backend_tokenizer, bos_token=own.bos_token, eos_token=own.eos_token)
    assert isinstance(bare, PreTrainedTokenizerFast)
    assert bare.chat_template is None
    view = TransformersEngine(tiny_models.model("llama"), HFTokens(bare), cache=tiny_models.CACHE)
    rubric = Rubric.load("conciseness")
    request = asked(view, "1", rubric, ["<|eot_id|>", "x"])
    ids = prompt_ids(view, request)
    assert [token for token in ids if token in view.tokens.added] == [own.bos_token_id]
    [answer] = view.run([request])
    whole(verdict_form(rubric), answer)
    assert request.grammar is not None
    assert furthest(answer, slots(tiny_models.model("llama"), "llama", ids, request.grammar, answer.token_ids)) < 1e-5
    thinking = Request(id="2", messages=request.messages, grammar=request.grammar, max_new_tokens=99, think=9)
    assert view.run([thinking])[0].status == "refused"


# ---------------------------------------------------------------- real rows


def no_leak(view: TransformersEngine, requests: Sequence[Request], answers: Sequence[Completion], n: int) -> None:
    """See that some of the answers are the same alone, in an engine that knows nothing of the others."""
    for i in range(0, len(requests), max(len(requests) // n, 1)):
        fresh = TransformersEngine(view._reader.model, view.tokens, cache=tiny_models.CACHE, share_prefixes=False)
        same(answers[i], fresh.run([requests[i]])[0])


def costs(view: TransformersEngine, requests: Sequence[Request], answers: Sequence[Completion]) -> None:
    """See that the costs of answers are those of their prompts and tokens."""
    for request, answer in zip(requests, answers, strict=True):
        assert answer.cost.prompt_tokens == len(prompt_ids(view, request))
        assert answer.cost.new_tokens == len(answer.token_ids) <= request.max_new_tokens
        assert 0 <= answer.cost.cached_tokens <= answer.cost.prompt_tokens
        assert answer.cost.flops > 0


@pytest.mark.data
def test_rubrics_of_biggen_judge_their_references(real: Path, say: Say) -> None:
    rows = load_items(f"biggen:{real / 'biggen_bench/instances.jsonl.gz'}").records[::64]
    view, form = long_engine("qwen"), None
    requests = []
    for item in rows:
        rubric = importers.from_biggen({"id": item.id, "score_rubric": item.meta["rubric"]}).rubric
        form = verdict_form(rubric)
        requests.append(
            asked(
                view, item.id, rubric, [item.reference or ""], dialogue=item.prompt, reference=item.reference, spare=12
            )
        )
    assert form is not None
    answers = view.run(requests)
    said = [whole(form, answer) for answer in answers]
    assert {one.labels["score"] for one in said} <= set("12345")
    costs(view, requests, answers)
    no_leak(view, requests, answers, 3)
    read = sum(answer.cost.prompt_tokens - answer.cost.cached_tokens for answer in answers)
    say(f"{len(said)} rubrics of BiGGen Bench judged live, {read:,} tokens of prompts read")
    assert len(said) == 12


def both_orders(view: TransformersEngine, pairs: Sequence[Pair], rubric: Rubric) -> list[Request]:
    """Return two requests per pair."""
    return [
        asked(view, f"{pair.id} {order}", rubric, answers, dialogue=pair.prompt, spare=10)
        for pair in pairs
        for order, answers in (("ab", (pair.first, pair.second)), ("ba", (pair.second, pair.first)))
    ]


@pytest.mark.data
@pytest.mark.parametrize(
    "source", ["llmbar:llmbar/LLMBar/Natural/dataset.json.gz", "pandalm:pandalm/testset-v1.json.gz"]
)
@pytest.mark.parametrize("name", ["conciseness", "helpfulness"])
def test_both_orders_of_real_pairs_are_judged(real: Path, say: Say, source: str, name: str) -> None:
    reader, path = source.split(":")
    loaded = load_pairs(f"{reader}:{real / path}").records
    pairs = loaded[:: len(loaded) // 20][:20]
    view, rubric = long_engine("llama"), Rubric.load(name)
    requests = both_orders(view, pairs, rubric)
    answers = view.run(requests)
    said = [whole(verdict_form(rubric), answer) for answer in answers]
    assert all(margin.verdict_margin(rubric, one) is not None for one in said)
    assert [answer.id for answer in answers] == [request.id for request in requests]
    costs(view, requests, answers)
    for i in range(0, len(answers), 2):  # what both orders have in common is read for one of them at most
        alike = common(prompt_ids(view, requests[i]), prompt_ids(view, requests[i + 1]))
        assert max(answer.cost.cached_tokens for answer in answers[i : i + 2]) >= alike - LEAST
    no_leak(view, requests, answers, 6)
    read = sum(answer.cost.prompt_tokens - answer.cost.cached_tokens for answer in answers)
    whole_prompts = sum(answer.cost.prompt_tokens for answer in answers)
    say(f"{reader}, {name}: {len(said)} judgements, {read:,} of {whole_prompts:,} prompt tokens read")
