"""The transformers engine says what a plain forward says, token by token, whatever stands beside it."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import families
import numpy as np
import pytest
import tiny_models
import torch
from engine_requests import CLOSE, GRAMMARS, LABELS, as_ids, asked, by_id, expected, mixture, quotes, same
from grammars import TWO_REASONS, VERDICT, grammars, ranking, row
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiny_models import NAMES, engine, furthest, greedy, leaning, model, over, plain, prompt_ids

from assay.engines import Engine, Grammar, Literal, Slot
from assay.engines.walk import Walk

Say = Callable[[str], None]


def test_it_is_an_engine() -> None:
    view: Engine = engine("llama")
    assert isinstance(view, Engine)
    assert (view.model_id, view.context) == ("llama", tiny_models.CONTEXT)
    assert view.tokenizer_hash == families.tokens("llama").hash


# ---------------------------------------------------------------- what is read at the slots


@pytest.mark.parametrize("share", [True, False], ids=["shared", "apart"])
@pytest.mark.parametrize("name", NAMES)
def test_slots_hold_what_a_plain_forward_says(name: str, share: bool) -> None:
    view = engine(name, share_prefixes=share)
    requests = mixture(view)
    assert min(len(prompt_ids(view, request)) for request in requests) > 2 * 16  # beyond Gemma's sliding window
    for request, answer in by_id(requests, view.run(requests)):
        assert furthest(answer, expected(name, view, request, answer)) < 1e-5


@pytest.mark.parametrize("name", NAMES)
def test_the_labels_of_these_tests_have_several_tokens_and_begin_each_other(name: str) -> None:
    index, view = tiny_models.index(name, LABELS), families.tokens(name)
    paths = index.paths(index.forced(index.start)[1])
    assert max(map(len, paths.values())) >= 4
    decided_behind = [label for label, path in paths.items() if view.write(path) != label]
    assert decided_behind
    assert all(view.write(path).startswith(f'{label}"') for label, path in paths.items() if label in decided_behind)


@pytest.mark.parametrize("name", NAMES)
def test_the_mass_is_what_falls_on_the_open_labels(name: str) -> None:
    view = engine(name)
    [answer] = view.run([asked("a", ranking(3))])
    written = ranking(3).match(answer.text) or {}
    assert [len(dist.labels) for dist in answer.slots.values()] == [3, 2, 1]
    assert written["r0"] not in answer.slots["r1"].labels
    for dist in answer.slots.values():
        assert dist.mass == pytest.approx(np.exp(dist.logp).sum())
        assert 0 < float(dist.mass or 0) < 1  # a label that alone is open is not yet certain


def test_beliefs_are_finite_however_unlikely_every_label_is() -> None:
    net = leaning("llama", {7: 1e4})
    [answer] = over("llama", net).run([asked("a", LABELS)])
    for dist in answer.slots.values():
        assert dist.mass == pytest.approx(np.finfo(np.float64).tiny)
        assert dist.logp.max() < -9_000
        assert dist.p.sum() == pytest.approx(1)


def test_a_grammar_without_a_choice_is_written_without_a_decision() -> None:
    view = engine("llama")
    [answer] = view.run([asked("a", Grammar((Literal('{"a":1}'),)), temperature=1.0)])
    assert (answer.text, answer.status, answer.finish, answer.slots) == ('{"a":1}', "ok", "natural", {})
    assert answer.token_ids[-1] == view.tokens.eos_id


@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_random_grammars_and_prompts_agree_with_brute_force_in_any_batch(data: st.DataObject) -> None:
    # in float64 nothing but the engine's own softmax in float32 is left to differ
    name = data.draw(st.sampled_from(NAMES))
    view = engine(
        name,
        torch.float64,
        share_prefixes=data.draw(st.booleans()),
        batch_tokens=data.draw(st.sampled_from([1, 200, 16_384])),
    )
    draw = data.draw(st.randoms(use_true_random=False))
    stem = draw.choices(range(view.tokens.size), k=60)
    requests = []
    for i in range(data.draw(st.integers(1, 5))):
        grammar = data.draw(grammars())
        prompt = [*stem[: draw.randint(0, 60)], *draw.choices(range(view.tokens.size), k=draw.randint(1, 30))]
        budget = view.min_tokens(grammar) + draw.choice([0, 1, 5, 20])
        requests.append(as_ids(prompt, str(i), grammar, budget, temperature=draw.choice([0.0, 1.0]), seed=i))
    for _ in range(2):  # the second time, beginnings are at hand
        for request, answer in by_id(requests, view.run(requests)):
            assert furthest(answer, expected(name, view, request, answer)) < 5e-6


# ---------------------------------------------------------------- alone and among others


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_is_the_same_alone_in_any_batch_and_in_any_order(name: str) -> None:
    requests = mixture(engine(name))
    together = engine(name).run(requests)
    mixed = random.Random(0).sample(requests, len(requests))
    for options in ({}, {"share_prefixes": False}, {"batch_tokens": 300}, {"batch_tokens": 1}):
        found = {(one.id, one.sample): one for one in engine(name, **options).run(mixed)}
        for one in together:
            same(one, found[one.id, one.sample])
    alone = [answer for request in requests for answer in engine(name).run([request])]
    for one, other in zip(together, alone, strict=True):
        same(one, other)


@pytest.mark.parametrize("name", NAMES)
def test_what_earlier_calls_left_behind_changes_nothing(name: str) -> None:
    view, requests = engine(name), mixture(engine(name))
    fresh = engine(name).run(requests)
    view.run([asked(f"other {i}", VERDICT, 90, words=i) for i in range(1, 7)])
    for request in requests[::5]:  # each of these calls is kept, and the oldest forgotten
        view.run([request])
    for _ in range(2):
        for one, other in zip(view.run(requests), fresh, strict=True):
            same(one, other)


@pytest.mark.parametrize("name", NAMES)
def test_a_prompt_may_come_again_be_cut_short_and_go_on(name: str) -> None:
    view, words = engine(name), families.tokens(name).bare("The first answer names its source. " * 9)
    for ids in (words, words, words[:-1], words[:9], words[:1], [*words, 7], [*words[:-1], 7], words):
        [answer] = view.run([as_ids(ids)])
        same(answer, engine(name).run([as_ids(ids)])[0])


def test_several_threads_may_call_one_engine() -> None:
    view = engine("llama")
    requests = mixture(view)
    calm = engine("llama").run(requests)
    with ThreadPoolExecutor(4) as pool:
        parts = [requests[i::4] for i in range(4)]
        found = {(one.id, one.sample): one for part in pool.map(view.run, parts) for one in part}
    for one in calm:
        same(one, found[one.id, one.sample])


def test_several_engines_may_share_a_model_and_run_at_once() -> None:
    net = leaning("llama", {})  # a copy: what they might leave behind must not reach other tests
    engines = [over("llama", net, model_id="llama") for _ in range(3)]
    before, requests = net.config._attn_implementation, mixture(engines[0])
    calm = engine("llama").run(requests)
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(lambda view: [view.run(requests) for _ in range(3)], engines))
    for run in (run for runs in found for run in runs):
        for one, other in zip(run, calm, strict=True):
            same(one, other)
    assert net.config._attn_implementation == before


def test_answers_come_in_order_or_as_their_batches_end() -> None:
    view = engine("llama", batch_tokens=1)
    requests = [asked(f"{i}", VERDICT, 60, words=1 + i, samples=2) for i in range(3)]
    in_order = [(f"{i}", sample) for i in range(3) for sample in range(2)]
    assert [(one.id, one.sample) for one in view.run(requests)] == in_order
    assert [(one.id, one.sample) for one in asyncio.run(view.arun(requests))] == in_order
    assert [one.id for one in view.as_completed(requests)] == ["2", "2", "1", "1", "0", "0"]  # the longest first
    first = next(view.as_completed(requests))
    assert first.status == "ok"
    assert view.run([]) == []


# ---------------------------------------------------------------- greedy text


@pytest.mark.parametrize("name", NAMES)
def test_greedy_text_is_that_of_masked_brute_force_token_by_token(name: str, say: Say) -> None:
    view = engine(name)
    requests = [
        asked(f"{kind}-{spare}-{words}", grammar, view.min_tokens(grammar) + spare, words)
        for kind, grammar in GRAMMARS.items()
        for spare in (0, 1, 4, 25)
        for words in (1, 12)
    ]
    near = 0
    for request, answer in by_id(requests, view.run(requests)):
        assert request.grammar is not None
        best = greedy(model(name), name, prompt_ids(view, request), request.grammar, request.max_new_tokens)
        if best.gap < CLOSE:
            near += 1
        else:
            assert list(answer.token_ids) == best.ids
    say(f"{name}: {len(requests) - near} greedy answers checked token by token, {near} left out as near-ties")
    assert near <= 3


def test_an_answer_is_steered_exactly_when_a_larger_budget_would_change_it() -> None:
    view = over("llama", leaning("llama", quotes("llama", 3.0)))
    least, finishes = view.min_tokens(TWO_REASONS), Counter[str]()
    for i in range(8):
        budgets = [*(least + spare for spare in range(0, 30, 3)), least + 200]
        *answers, whole = view.run([as_ids([i, *range(i, 30)], f"{n}", TWO_REASONS, n) for n in budgets])
        for answer in answers:
            assert answer.finish == ("natural" if answer.token_ids == whole.token_ids else "steered")
            finishes[answer.finish] += 1
    assert min(finishes["natural"], finishes["steered"]) >= 10


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_gives_whole_verdicts(dtype: torch.dtype) -> None:
    view = engine("gemma", dtype)
    requests = mixture(view)
    for request, answer in by_id(requests, view.run(requests)):
        assert request.grammar is not None
        assert request.grammar.match(answer.text) is not None


# ---------------------------------------------------------------- sampling


def test_samples_repeat_whatever_the_batch_or_the_order() -> None:
    requests = [asked(f"{i}", VERDICT, 60, samples=3, temperature=1.0, seed=i // 2) for i in range(4)]
    runs = [engine("qwen").run(requests), engine("qwen", batch_tokens=200).run(requests[::-1])]
    found = [{(one.id, one.sample): one.token_ids for one in run} for run in runs]
    assert found[0] == found[1]
    assert len(set(found[0].values())) == 4 * 3  # another id, sample or seed draws otherwise
    again = engine("qwen").run([asked("0", VERDICT, 60, samples=1, temperature=1.0, seed=1)])
    assert again[0].token_ids != found[0]["0", 0]
    assert [(one.id, one.sample) for one in runs[1]] == [(f"{i}", s) for i in (3, 2, 1, 0) for s in range(3)]


def test_samples_at_temperature_zero_are_one_answer() -> None:
    answers = engine("llama").run([asked("a", samples=3)])
    assert len({one.token_ids for one in answers}) == 1


def chi_square(counts: Sequence[int], p: Sequence[float]) -> float:
    """Return Pearson's statistic of counts."""
    n = sum(counts)
    return sum((k - n * share) ** 2 / (n * share) for k, share in zip(counts, p, strict=True))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_labels_come_as_often_as_they_are_believed(temperature: float) -> None:
    grammar = row(Slot("x", ("A", "B", "=")))
    view = over("llama", leaning("llama", dict.fromkeys(families.tokens("llama").bare("B"), 2.0)))
    answers = view.run([asked("a", grammar, samples=900, temperature=temperature)])
    p = answers[0].slots["x"].p ** (1 / temperature)
    drawn = Counter((grammar.match(one.text) or {})["x"] for one in answers)
    counts = [drawn[label] for label in ("A", "B", "=")]
    assert min(p / p.sum()) * 900 > 5
    assert chi_square(counts, p / p.sum()) < 13.8  # 2 degrees of freedom, p = .001; the seed is fixed


def test_words_come_as_often_as_the_grammar_and_the_budget_leave_them_likely() -> None:
    # drawing from all tokens, and again from the allowed ones, must not favour what is allowed
    view, net = engine("llama"), model("llama")
    request = asked("a", VERDICT, view.min_tokens(VERDICT) + 2, samples=1500, temperature=1.5)
    index, prompt = tiny_models.index("llama", VERDICT), prompt_ids(view, request)
    walk, forced = Walk(index, request.max_new_tokens), index.forced(index.start)[0]
    for token in forced:
        walk.advance(token)
    allowed = walk.allowed()
    assert 0 < len(allowed) < len(index.allowed(walk.state)) < view.tokens.size  # both of them forbid something
    logp = plain(net, [*prompt, *forced])[-1][torch.from_numpy(allowed.astype(np.int64))] / 1.5
    p = torch.softmax(logp, dim=-1).numpy()
    drawn = Counter(one.token_ids[len(forced)] for one in view.run([request]))
    assert drawn.keys() <= set(allowed.tolist())
    common = np.argsort(-p)[:12]
    counts = [drawn[int(allowed[i])] for i in common]
    rest = 1500 - sum(counts), 1 - p[common].sum()
    assert chi_square([*counts, rest[0]], [*p[common], rest[1]]) < 32.9  # 12 degrees of freedom, p = .001


@pytest.mark.parametrize("temperature", [1e-300, 1e-40, 1e-6])
def test_hardly_any_temperature_is_none(temperature: float) -> None:
    view = engine("llama")
    cold, warm = (view.run([asked("a", LABELS, temperature=t), asked("b", temperature=t)]) for t in (0.0, temperature))
    assert [one.token_ids for one in warm] == [one.token_ids for one in cold]
