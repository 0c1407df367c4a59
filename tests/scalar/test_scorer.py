"""Scores and margins keep their order, their symmetry and their reasons."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import FAMILIES, item, model, pair

from assay.errors import InputError
from assay.scalar import ScalarScorer, load_scorer
from assay.scalar import scorer as module
from assay.types import Item, Message, PairScorer

MODEL = model()
SCORER = ScalarScorer(model=MODEL, tokens=MODEL.tokens, name="rm")
TEXTS = ("x", "The Rhine rises in the Alps.", "42", "Name a river. " * 5, "", "<|end|>", "The Rhône.")
LONG = "word " * 400


def items(texts: tuple[str, ...] = TEXTS) -> list[Item]:
    return [item(text, name=str(i)) for i, text in enumerate(texts)]


def test_it_is_a_pair_scorer_of_family_scalar() -> None:
    assert isinstance(SCORER, PairScorer)
    assert (SCORER.family, SCORER.method, SCORER.name) == ("scalar", "naive", "rm")


def test_batches_fill_their_budget_with_padding_and_no_row_is_lost() -> None:
    assert module.token_batches([2, 3, 3, 9], 9) == [(0, 3), (3, 4)]  # 3 rows of 3 fit, 9 stands alone
    assert module.token_batches([5, 6], 1) == [(0, 1), (1, 2)]
    assert module.token_batches([], 9) == []


@settings(deadline=None)
@given(st.lists(st.integers(1, 50), max_size=30).map(sorted), st.integers(1, 200))
def test_batches_are_in_order_and_within_budget(lengths: list[int], budget: int) -> None:
    cuts = module.token_batches(lengths, budget)
    assert [i for start, stop in cuts for i in range(start, stop)] == list(range(len(lengths)))
    assert all(stop - start == 1 or (stop - start) * lengths[stop - 1] <= budget for start, stop in cuts)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_score_is_the_same_alone_and_under_any_budget(family: str) -> None:
    mine = model(family)
    one = ScalarScorer(model=mine, tokens=mine.tokens, name="rm")
    together = one.score(items()).value
    alone = np.array([one.score([each]).value[0] for each in items()])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(replace(one, batch_tokens=1).score(items()).value, alone, atol=1e-5)


@settings(deadline=None, max_examples=15)
@given(st.permutations(range(len(TEXTS))))
def test_the_order_of_the_input_changes_no_bit(order: list[int]) -> None:
    listed = items()
    shuffled = SCORER.score([listed[i] for i in order])
    assert shuffled.ids == tuple(str(i) for i in order)
    assert shuffled.value.tolist() == SCORER.score(listed).value[order].tolist()


@settings(deadline=None, max_examples=15)
@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), min_size=1, max_size=5))
def test_exchanging_the_sides_turns_every_margin_round_exactly(texts: list[tuple[str, str]]) -> None:
    forth = SCORER.compare([pair(a, b) for a, b in texts])
    back = SCORER.compare([pair(b, a) for a, b in texts])
    assert (forth.margin == -back.margin).all()
    assert forth.status.tolist() == ["ok"] * len(texts)


@pytest.mark.parametrize("text", ["", "x", "The Rhine.", "<|end|>"])
def test_equal_answers_have_the_margin_zero(text: str) -> None:
    assert SCORER.compare([pair("y", "z"), pair(text, text)]).margin[1] == 0.0


def test_a_margin_is_the_difference_of_the_two_scores() -> None:
    margins = SCORER.compare([pair("x", "42"), pair("", "The Rhine.")])
    first, second = SCORER.score(items(("x", ""))).value, SCORER.score(items(("42", "The Rhine."))).value
    np.testing.assert_allclose(margins.margin, first - second, atol=1e-5)
    assert (margins.unit, margins.scorer, margins.ab) == ("logit", "rm", None)
    assert abs(margins.margin[0]) > 0.01


def test_what_is_too_long_is_not_scored_and_says_so() -> None:
    scores = SCORER.score([item("x"), item(LONG)])
    assert scores.status.tolist() == ["ok", "context_overflow"]
    assert np.isnan(scores.value).tolist() == [False, True]
    margins = SCORER.compare([pair(LONG, "x"), pair("x", LONG), pair("x", "y")])
    assert margins.status.tolist() == ["context_overflow", "context_overflow", "ok"]
    nothing = SCORER.compare([pair(LONG, LONG)])
    assert not nothing.scored.any()
    assert nothing.cost.prompt_tokens == 0


def test_under_the_policy_error_nothing_is_scored_before_all_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    one = replace(SCORER, over="error")
    monkeypatch.setattr(MODEL, "rewards", lambda *_: pytest.fail("scored before all were encoded"))
    with pytest.raises(InputError, match=r"rm: 'late': \d+ tokens, but the model reads at most 256"):
        one.score([item("x"), item(LONG, name="late")])


def test_under_the_policy_prompt_left_the_prompt_gives_way() -> None:
    one = replace(SCORER, over="prompt_left")
    assert one.score([item("x", LONG), item(LONG)]).status.tolist() == ["ok", "context_overflow"]
    assert one.score([item("x", LONG)]).cost.prompt_tokens == 256


def test_a_shorter_limit_is_kept_and_a_longer_one_is_the_models() -> None:
    assert replace(SCORER, max_length=10).score([item("x")]).status.tolist() == ["context_overflow"]
    assert replace(SCORER, max_length=10**6).score([item(LONG)]).status.tolist() == ["context_overflow"]


def test_a_dialogue_that_the_template_refuses_is_invalid_not_fatal(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = model()
    mine.tokenizer.chat_template = "{% if messages[0].role == 'system' %}{{ raise_exception('no') }}{% endif %}" + str(
        mine.tokenizer.chat_template
    )
    one = ScalarScorer(model=mine, tokens=mine.tokens, name="rm")
    odd = Item(id="odd", group="g", prompt=(Message(role="system", content="s"),), response="x")
    assert one.score([odd, item("x")]).status.tolist() == ["invalid", "ok"]
    with pytest.raises(InputError, match="'odd': the model's chat template refuses"):
        replace(one, over="error").score([odd])


def test_a_reward_that_is_no_number_is_an_error_of_the_engine() -> None:
    mine = model()
    mine.head.weight.data.fill_(float("inf"))
    scores = ScalarScorer(model=mine, tokens=mine.tokens, name="rm").score([item("x"), item(LONG)])
    assert scores.status.tolist() == ["engine_error", "context_overflow"]


@pytest.mark.parametrize("bad", [{"over": "left"}, {"batch_tokens": 0}, {"max_length": 0}])
def test_settings_that_cannot_be_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="scorer 'rm': over is one of"):
        replace(SCORER, **bad)


def test_tokens_are_counted_and_repeats_are_counted_as_cached() -> None:
    once, twice = SCORER.score([item("x")]).cost, SCORER.score([item("x"), item("x")]).cost
    n = once.prompt_tokens
    assert (once.cached_tokens, twice.prompt_tokens, twice.cached_tokens, twice.new_tokens) == (0, 2 * n, n, 0)
    # per layer q 32·32, k and v 32·16, o 32·32, mlp 3·32·48, two norms; then the last norm and the head
    weights = 2 * (2 * 32 * 32 + 2 * 32 * 16 + 3 * 32 * 48 + 2 * 32) + 32 + 32
    assert once.flops == twice.flops == 2 * weights * n
    assert once.seconds > 0


def test_scoring_leaves_the_model_in_its_mode() -> None:
    mine = model()
    one = ScalarScorer(model=mine, tokens=mine.tokens, name="rm")
    mine.train()
    one.score([item("x")])
    assert mine.training


def test_no_item_gives_no_score() -> None:
    assert SCORER.score([]).value.shape == (0,)
    assert SCORER.compare([]).margin.shape == (0,)


def test_a_run_folder_becomes_the_scorer_that_was_saved(tmp_path: Path) -> None:
    run = tmp_path / "seed0"
    MODEL.save(run / "model")
    (run / "assay.json").write_text(json.dumps({"family": "scalar", "method": "anchored"}))
    with pytest.raises(InputError, match="holds no DONE"):
        load_scorer(run)
    (run / "DONE").write_text("{}")
    one = load_scorer(run, batch_tokens=64)
    assert (one.name, one.method, one.batch_tokens) == ("seed0", "anchored", 64)
    np.testing.assert_allclose(one.score(items()).value, SCORER.score(items()).value, atol=1e-5)


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "cannot be read"), ('{"family": "prm", "method": "grm"}', "family scalar"), ("[]", "family scalar")],
)
def test_another_folder_is_refused(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "DONE").write_text("{}")
    (tmp_path / "assay.json").write_text(text)
    with pytest.raises(InputError, match=said):
        load_scorer(tmp_path)
